package imapdst

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
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
		if err := w.pass(line); err != nil {
			return err
		}
	}
}

// pass hands a response on, with the literals in it.
func (w *wire) pass(line []byte) error {
	k := kindOf(line)
	to := io.Writer(w.library)
	switch k {
	case kindForeign:
		to = io.Discard
	case kindAbilities:
		line = hideRev2(line)
	}
	for size := int64(0); ; {
		n, literal, err := k.literalAt(line)
		if err != nil {
			return err
		}
		if size += int64(len(line)) + min(n, maxLiteral); size > maxResponse {
			return fmt.Errorf("%w: a response of more than %d bytes", ErrProtocol, maxResponse)
		}
		if _, err := to.Write(line); err != nil || !literal {
			return err
		}
		if _, err := io.CopyN(to, w.in, n); err != nil {
			return noEOF(err)
		}
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

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

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
