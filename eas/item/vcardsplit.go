package item

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// SplitVCards divides a file of vCards into those for ParseVCard, one after the
// other, each in memory of its own. What stands between cards is left out.
//
// A card that is larger than 16 MiB is an error in its place, and so is one that
// the file ends in, which wraps io.ErrUnexpectedEOF; after an error of r there is
// nothing more.
func SplitVCards(r io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		s := cardSplitter{r: bufio.NewReaderSize(transform.NewReader(r, unicode.BOMOverride(encoding.Nop.NewDecoder())), 64<<10), end: '\n'}
		begin, _ := s.r.Peek(1 << 10) // an error comes again with the first line
		if bytes.IndexByte(begin, '\r') >= 0 && bytes.IndexByte(begin, '\n') < 0 {
			s.end = '\r'
		}
		for n := 1; ; n++ {
			card, err := s.next()
			switch {
			case errors.Is(err, io.EOF) && s.depth == 0:
				return
			case errors.Is(err, io.EOF):
				err = fmt.Errorf("vCard %d: %w", n, io.ErrUnexpectedEOF)
			case err != nil:
				err = fmt.Errorf("vCard %d: %w", n, err)
			}
			if !yield(card, err) || s.failed {
				return
			}
		}
	}
}

type cardSplitter struct {
	r      *bufio.Reader
	end    byte // of a line
	depth  int  // how many cards are open: one may be inside another in 2.1
	failed bool
}

// next returns the next card, from its BEGIN to its END.
func (s *cardSplitter) next() ([]byte, error) {
	s.depth = 0
	var card []byte
	for begins := true; ; {
		part, err := s.r.ReadSlice(s.end) // a part of a line if it is longer than the buffer
		whole := begins
		begins = !errors.Is(err, bufio.ErrBufferFull)
		if err != nil && begins && !errors.Is(err, io.EOF) {
			s.failed = true
			return nil, err
		}
		if whole && begins {
			switch {
			case isCardMark(part, "BEGIN:VCARD"):
				s.depth++
			case isCardMark(part, "END:VCARD"):
				s.depth = max(0, s.depth-1)
				if s.depth == 0 && len(card) > 0 {
					return finishedCard(append(append(card, bytes.TrimSpace(part)...), s.end))
				}
			}
		}
		if s.depth > 0 && len(card) <= maxCard {
			card = append(card, part...)
		}
		if errors.Is(err, io.EOF) {
			s.failed = true
			return nil, io.EOF
		}
	}
}

func finishedCard(card []byte) ([]byte, error) {
	if len(card) > maxCard {
		return nil, fmt.Errorf("larger than %d MiB", maxCard>>20)
	}
	return card, nil
}
