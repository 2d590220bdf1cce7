package importer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/airlift-eas/airlift/sinks/export/ical"
)

// Bounds of what is held in memory, in bytes.
const (
	maxCalendar = 64 << 20 // a .ics file
	maxCard     = 16 << 20 // a vCard, with its picture
)

// inMemory makes an item of bytes.
func (f found) inMemory(data []byte) *found {
	f.size = int64(len(data))
	f.open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	return &f
}

// classOf is the class of a component; VFREEBUSY and what is not known are the calendar's.
func classOf(component string) string {
	switch component {
	case "VTODO":
		return "Tasks"
	case "VJOURNAL":
		return "Notes"
	}
	return "Calendar"
}

// ics reads a .ics file.
func (r *reader) ics(f found) error {
	if f.size > maxCalendar {
		return fmt.Errorf("%d bytes: %w", f.size, ErrTooLarge)
	}
	data, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	calendars, err := ical.Parse(data)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	objects := ical.Objects(calendars)
	f.ext = ".ics"
	for _, class := range []string{"Calendar", "Tasks", "Notes"} {
		for _, o := range objects {
			if f.class = classOf(o.Name); f.class != class {
				continue
			}
			bytes := data
			if len(objects) > 1 {
				bytes = o.Bytes()
			}
			if err := r.take(f.inMemory(bytes)); err != nil {
				return err
			}
		}
	}
	return nil
}

// vcf reads a .vcf file, card by card.
func (r *reader) vcf(f found) error {
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer file.Close()
	f.class, f.ext = "Contacts", ".vcf"
	lines := bufio.NewReaderSize(file, 64<<10)
	var card bytes.Buffer
	depth := 0 // vCard 2.1 has cards in cards
	for {
		whole := card.Len()
		err := readLine(lines, &card)
		switch line := bytes.TrimSpace(bytes.TrimPrefix(card.Bytes()[whole:], []byte("\ufeff"))); {
		case errors.Is(err, io.EOF) && len(line) == 0 && depth == 0:
			return nil
		case errors.Is(err, io.EOF) && len(line) == 0:
			return fmt.Errorf("no end of a card: %w", ErrFormat)
		case err != nil && !errors.Is(err, io.EOF):
			return err
		case is(line, "BEGIN:VCARD"):
			depth++
		case depth == 0 && len(line) > 0:
			return fmt.Errorf("%.40q outside of a card: %w", line, ErrFormat)
		case depth == 0:
			card.Reset()
		case is(line, "END:VCARD"):
			if depth--; depth > 0 {
				continue
			}
			if err := r.take(f.inMemory(bytes.Clone(bytes.TrimPrefix(card.Bytes(), []byte("\ufeff"))))); err != nil {
				return err
			}
			card.Reset()
		}
	}
}

func is(line []byte, what string) bool { return strings.EqualFold(string(line), what) }

// readLine appends a line to b, which may grow to the size of a card.
func readLine(r *bufio.Reader, b *bytes.Buffer) error {
	for {
		piece, err := r.ReadSlice('\n')
		b.Write(piece)
		if b.Len() > maxCard {
			return fmt.Errorf("a card of more than %d bytes: %w", maxCard, ErrTooLarge)
		}
		if err != bufio.ErrBufferFull { //nolint:errorlint // a bufio.Reader returns it as it is
			return err
		}
	}
}
