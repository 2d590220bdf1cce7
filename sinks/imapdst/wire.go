package imapdst

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds on what a server can send. The library reads lines and literals into memory, all but those of BODY[].
const (
	maxLine    = 1 << 20
	maxLiteral = 64 << 10 // of a name
	maxBody    = 1 << 32  // of a message, which is streamed. RFC 3501: a number has 32 bits
)

// ErrProtocol says that a server answered with what IMAP does not know, or without end.
var ErrProtocol = errors.New("not an answer of IMAP")

// A wire is one connection, on which two speak in turn: the library, for which it is a net.Conn, and APPEND, which the library sends one
// by one, with a round trip each, and closes the connection when it is refused.
//
// What the server sends is read here, line by line and bounded, and handed on: the answers to commands with the tags of APPEND to it, and
// all else to the library. Deadlines are those of progress, and only while somebody waits: the library's own, which bound a whole
// message, are not used.
type wire struct {
	net.Conn // that below, with its TLS
	timeout  time.Duration

	in      *bufio.Reader
	library *io.PipeWriter // what the library reads
	reads   *io.PipeReader
	owner   sync.WaitGroup

	turn    sync.Mutex // held by who writes a command
	own     atomic.Bool
	answers chan answer   // to the commands of APPEND
	done    chan struct{} // closed when nothing more will come

	mu    sync.Mutex
	busy  int   // who wait for something
	err   error // why nothing more will come
	bye   string
	ended bool
}

// newWire takes over a connection, of which in has read the greeting and perhaps more.
func newWire(c net.Conn, in *bufio.Reader, greeting []byte, timeout time.Duration) *wire {
	w := &wire{Conn: c, timeout: timeout, answers: make(chan answer, 2*maxBatch), done: make(chan struct{})}
	more, _ := in.Peek(in.Buffered()) // what is there can be peeked at
	w.in = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(more), timed{c, w}), 64<<10)
	w.reads, w.library = io.Pipe()
	w.owner.Go(func() {
		defer close(w.done)
		_, err := w.library.Write(greeting)
		if err == nil {
			err = w.pump()
		}
		w.mu.Lock()
		w.err = err
		w.mu.Unlock()
		w.library.CloseWithError(err)
		w.Conn.Close()
	})
	return w
}

// Close ends the connection and waits until nothing of it is left.
func (w *wire) Close() error {
	err := w.Conn.Close()
	w.reads.CloseWithError(net.ErrClosed)
	w.owner.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// pump hands on what the server sends.
func (w *wire) pump() error {
	for {
		line, err := w.line()
		if err != nil {
			return err
		}
		if w.isOwn(line) {
			a, err := parseAnswer(line)
			if err != nil {
				return err
			}
			select {
			case w.answers <- a:
			default:
				return fmt.Errorf("%w: more answers than commands", ErrProtocol)
			}
			continue
		}
		if b, ok := bytes.CutPrefix(line, []byte("* BYE")); ok {
			w.mu.Lock()
			w.bye = string(bytes.TrimSpace(b))
			w.mu.Unlock()
		}
		if err := w.pass(hideRev2(line)); err != nil {
			return err
		}
	}
}

// pass hands a response on to the library, with the literals in it.
func (w *wire) pass(line []byte) error {
	fetch := isFetch(line)
	for first := true; ; first = false {
		n, literal := literalAt(line)
		switch {
		case (literal || first && isData(line)) && inString(line):
			return fmt.Errorf("%w: a string without end", ErrProtocol)
		case literal && n > maxLiteral && !(fetch && isBody(line)) || n > maxBody:
			return fmt.Errorf("%w: a literal of %d bytes", ErrProtocol, n)
		}
		if _, err := w.library.Write(line); err != nil || !literal {
			return err
		}
		if _, err := io.CopyN(w.library, w.in, n); err != nil {
			return noEOF(err)
		}
		var err error
		if line, err = w.line(); err != nil {
			return err
		}
	}
}

// line reads one line with its end. It is valid until the next.
func (w *wire) line() ([]byte, error) {
	line, err := w.in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	whole := bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(whole) > maxLine {
			return nil, fmt.Errorf("%w: a line of more than %d bytes", ErrProtocol, maxLine)
		}
		line, err = w.in.ReadSlice('\n')
		whole = append(whole, line...)
	}
	return whole, err
}

// isOwn tells the answers to APPEND: those with its tags, and while it waits what asks for more.
func (w *wire) isOwn(line []byte) bool {
	return line[0] == ownTag || line[0] == '+' && w.own.Load()
}

// literalAt returns the length of the literal that a line ends with.
func literalAt(line []byte) (n int64, ok bool) {
	line = bytes.TrimRight(line, "\r\n")
	if !bytes.HasSuffix(line, []byte{'}'}) {
		return 0, false
	}
	digits := line[bytes.LastIndexByte(line, '{')+1 : len(line)-1]
	n, err := strconv.ParseInt(string(digits), 10, 64)
	return n, err == nil && n >= 0 && digits[0] != '+'
}

// inString tells that a line ends within a quoted string. RFC 3501 4.3.
func inString(line []byte) (quoted bool) {
	if bytes.IndexByte(line, '"') < 0 {
		return false
	}
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == '\\' && quoted:
			i++
		}
	}
	return quoted
}

// isFetch tells "* 12 FETCH (...".
func isFetch(line []byte) bool {
	f := bytes.SplitN(line, []byte{' '}, 4)
	return len(f) == 4 && string(f[0]) == "*" && strings.EqualFold(string(f[2]), "FETCH")
}

// isData tells a response whose quotes are those of strings, and not of a text to people.
func isData(line []byte) bool {
	f := bytes.SplitN(line, []byte{' '}, 3)
	return len(f) == 3 && string(f[0]) == "*" && (isFetch(line) || strings.EqualFold(string(f[1]), "LIST") || strings.EqualFold(string(f[1]), "STATUS"))
}

// isBody tells that the literal at the end of a line is that of BODY[].
func isBody(line []byte) bool {
	before := bytes.TrimRight(line[:bytes.LastIndexByte(line, '{')], " ")
	return bytes.Contains(bytes.ToUpper(before), []byte("BODY[")) && bytes.HasSuffix(before, []byte{']'})
}

// hideRev2 takes IMAP4rev2 out of capabilities that have IMAP4rev1 too. Such a server speaks IMAP4rev1 until ENABLE (RFC 9051 7.2.2), and
// the library would send it names in UTF-8 all the same.
func hideRev2(line []byte) []byte {
	const rev1, rev2 = " IMAP4REV1", " IMAP4REV2"
	upper := bytes.ToUpper(line)
	at := bytes.Index(upper, []byte(rev2))
	if at < 0 || !bytes.Contains(upper, []byte("CAPABILITY ")) || !bytes.Contains(upper, []byte(rev1)) {
		return line
	}
	return append(bytes.Clone(line[:at]), line[at+len(rev2):]...)
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// ---- for the library --------------------------------------------------------------------------------------------------

// Read is the library's.
func (w *wire) Read(p []byte) (int, error) { return w.reads.Read(p) }

// Write is the library's: it waits while APPEND has its turn.
func (w *wire) Write(p []byte) (int, error) {
	w.turn.Lock()
	defer w.turn.Unlock()
	return w.send(p)
}

// SetDeadline does nothing: see wait.
func (*wire) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (*wire) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (*wire) SetWriteDeadline(time.Time) error { return nil }

// ---- progress ---------------------------------------------------------------------------------------------------------

// send writes, as long as the server takes something.
func (w *wire) send(p []byte) (int, error) {
	const piece = 64 << 10
	for n := 0; ; {
		if err := w.Conn.SetWriteDeadline(time.Now().Add(w.timeout)); err != nil {
			return n, err
		}
		m, err := w.Conn.Write(p[n:min(len(p), n+piece)])
		w.progress()
		if n += m; err != nil || n == len(p) {
			return n, err
		}
	}
}

// timed reads from a connection of a wire.
type timed struct {
	net.Conn
	w *wire
}

func (t timed) Read(p []byte) (int, error) {
	t.w.progress()
	return t.Conn.Read(p)
}

// wait bounds the time in which nothing comes, until the function that it returns is called.
func (w *wire) wait() (over func()) {
	w.mu.Lock()
	w.busy++
	w.mu.Unlock()
	w.progress()
	return func() {
		w.mu.Lock()
		w.busy--
		w.mu.Unlock()
		w.progress()
	}
}

// progress sets how long may pass until the next byte.
func (w *wire) progress() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	var until time.Time
	if w.busy > 0 {
		until = time.Now().Add(w.timeout)
	}
	_ = w.Conn.SetReadDeadline(until) // it is closed: the reader sees that
}

// end makes all that waits fail.
func (w *wire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	_ = w.Conn.SetDeadline(time.Unix(1, 0)) // it is closed, which is as good
}

// why tells what ended the connection; nil = nothing yet.
func (w *wire) why() error {
	select {
	case <-w.done:
	default:
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bye != "" {
		return fmt.Errorf("the server closed the connection: %s", w.bye)
	}
	return noEOF(w.err)
}
