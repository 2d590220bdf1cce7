package mbox

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strings"
	"time"
)

// ErrFormat says that a file does not begin with a From_ line.
var ErrFormat = errors.New("no mbox: it does not begin with a line \"From \"")

// A Message is where a message is in an mbox file.
type Message struct {
	Sender string    // of the From_ line
	Date   time.Time // of the From_ line, in UTC where it names no zone; zero = it has none that is one
	Offset int64     // of the message's first byte in the file
	Size   int64     // of the message as it is in the file, with what quotes it
}

// Messages yields the messages of an mbox file in their order, reading it once. An iteration ends at the first error. A file
// without anything in it has no messages; one that is something else is ErrFormat.
func Messages(r io.Reader) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		s := scanner{r: bufio.NewReaderSize(r, bufferSize)}
		err := s.scan(func(m Message) bool { return yield(m, nil) })
		if err != nil {
			yield(Message{}, fmt.Errorf("byte %d: %w", s.at, err))
		}
	}
}

// Open reads a message of the file, as it was before it was put there.
func Open(file io.ReaderAt, m Message) io.ReadCloser {
	section := io.NewSectionReader(file, m.Offset, m.Size)
	return io.NopCloser(&quoter{src: bufio.NewReaderSize(section, bufferSize)})
}

// scanner finds the From_ lines of a file.
type scanner struct {
	r     *bufio.Reader
	at    int64 // bytes read
	blank int   // length of the line before, if it was empty; 0 if it was not
	open  bool  // a message is begun
	now   Message
	mark  bool // its From_ line ends with the mark of one whose last line has no end
}

func (s *scanner) scan(yield func(Message) bool) error {
	for {
		line, next, err := s.peekFrom()
		if err != nil {
			return err
		}
		if line != nil && (!s.open || s.begins(line, next)) {
			if s.open && !yield(s.end()) {
				return nil
			}
			if err := s.begin(line); err != nil {
				return err
			}
			continue
		}
		more, err := s.line()
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if s.open {
		yield(s.end())
	}
	return nil
}

const maxFromLine = 4 << 10

// peekFrom returns the line that comes next if it begins as a From_ line does, and the beginning of the one behind it.
func (s *scanner) peekFrom() (line, next []byte, err error) {
	head, err := s.r.Peek(len(from))
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	if !bytes.Equal(head, from) {
		return nil, nil, nil
	}
	head, err = s.r.Peek(maxFromLine)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	line, next, ok := bytes.Cut(head, []byte("\n"))
	if !ok && len(head) == maxFromLine {
		return nil, nil, nil
	}
	return line, next, nil
}

var (
	dated = regexp.MustCompile(`\d:\d\d.*\b\d{4}\b`)
	field = regexp.MustCompile(`^[!-9;-~]+[ \t]*:`) // RFC 5322 2.2, 4.5
)

// begins tells a From_ line from a line of a message that is not quoted.
func (s *scanner) begins(line, next []byte) bool {
	return dated.Match(line) || s.blank > 0 && field.Match(next)
}

func (s *scanner) begin(line []byte) error {
	n, err := s.r.Discard(len(line) + 1)
	s.at += int64(n)
	if err != nil && err != io.EOF {
		return err
	}
	text := strings.TrimSuffix(string(line), "\r")
	text, s.mark = strings.CutSuffix(text, string(partialMark))
	s.now = Message{Offset: s.at}
	s.now.Sender, s.now.Date = parseFrom(text)
	s.open, s.blank = true, 0
	return nil
}

// line reads a line of a message.
func (s *scanner) line() (more bool, err error) {
	n, end := 0, 0
	for {
		piece, err := s.r.ReadSlice('\n')
		n += len(piece)
		if err == bufio.ErrBufferFull { //nolint:errorlint // a bufio.Reader returns it as it is
			continue
		}
		if err != nil && err != io.EOF {
			return false, err
		}
		if err == io.EOF && n == 0 {
			return false, nil
		}
		switch {
		case bytes.HasSuffix(piece, []byte("\r\n")):
			end = 2
		case bytes.HasSuffix(piece, []byte("\n")):
			end = 1
		}
		break
	}
	s.at += int64(n)
	if !s.open && n > end {
		return false, ErrFormat
	}
	s.blank = 0
	if n == end {
		s.blank = n
	}
	return true, nil
}

// end is the message that ends here. An empty line before the next From_ line is not its own.
func (s *scanner) end() Message {
	m := s.now
	m.Size = s.at - m.Offset - int64(s.blank)
	if s.mark && s.blank > 0 && m.Size > 0 {
		m.Size-- // the line feed that the writer put there
	}
	return m
}

var fromDate = regexp.MustCompile(
	`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d\d?) +(\d\d?:\d\d(?::\d\d)?)(?: +[A-Z]{3,4})? +(?:([+-]\d{4}) +)?(\d{4})(?: +([+-]\d{4}))?`)

// parseFrom takes a From_ line apart.
func parseFrom(line string) (sender string, date time.Time) {
	sender, _, _ = strings.Cut(strings.TrimPrefix(line, "From "), " ")
	m := fromDate.FindStringSubmatch(line)
	if m == nil {
		return sender, time.Time{}
	}
	clock := m[3]
	if strings.Count(clock, ":") == 1 {
		clock += ":00"
	}
	zone := m[4] + m[6]
	if len(zone) != 5 {
		zone = "+0000"
	}
	date, err := time.Parse("Jan 2 15:04:05 2006 -0700", strings.Join([]string{m[1], m[2], clock, m[5], zone}, " "))
	if err != nil {
		return sender, time.Time{}
	}
	return sender, date.UTC()
}
