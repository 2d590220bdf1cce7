package importer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/airlift-eas/airlift/eas/item"
)

// maxCalendar bounds a .ics file, which is held in memory, in bytes. Of a .vcf file one card is.
const maxCalendar = 64 << 20

// inMemory makes an item of bytes.
func (f found) inMemory(data []byte) *found {
	f.size = int64(len(data))
	f.open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	return &f
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
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

// ics reads a .ics file: class by class, so that what goes into one folder comes together.
func (r *reader) ics(f found) error {
	if f.size > maxCalendar {
		return fmt.Errorf("%d bytes: %w", f.size, ErrTooLarge)
	}
	data, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	items := map[string][][]byte{}
	n := 0
	for one, err := range item.SplitCalendar(data) {
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFormat, err)
		}
		class := classOf(one.Component)
		items[class] = append(items[class], one.Data)
		n++
	}
	if n == 0 {
		r.sum.Others++ // a calendar without anything in it
	}
	f.ext = ".ics"
	for _, f.class = range []string{"Calendar", "Tasks", "Notes"} {
		for _, one := range items[f.class] {
			f.apart = ""
			if n == 1 {
				f.apart, one = hexSum(one), data
			}
			if err := r.take(f.inMemory(one)); err != nil {
				return err
			}
		}
	}
	return nil
}

// vcf reads a .vcf file, card by card. A card that is too large, or the last one if it has no end, is a problem, and the
// others are stored.
func (r *reader) vcf(ctx context.Context, f found) error {
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer file.Close()
	f.class, f.ext = "Contacts", ".vcf"
	n := 0
	for card, err := range item.SplitVCards(file) {
		n++
		if err == nil {
			err = r.take(f.inMemory(endedAlike(card)))
		}
		if err != nil {
			if err := r.problem(ctx, f.path, err); err != nil {
				return err
			}
		}
	}
	if n == 0 && f.size > 0 {
		return fmt.Errorf("no card in it: %w", ErrFormat)
	}
	return nil
}

// endedAlike gives the last line of a card the end that its other lines have: what divides a file of cards ends it with LF.
func endedAlike(card []byte) []byte {
	text, ok := bytes.CutSuffix(card, []byte("\n"))
	if i := bytes.LastIndexByte(text, '\n'); ok && i > 0 && text[i-1] == '\r' && !bytes.HasSuffix(text, []byte("\r")) {
		return append(text, "\r\n"...)
	}
	return card
}
