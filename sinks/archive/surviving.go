package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

var _ sinks.Salvager = (*Archive)(nil)

// Surviving implements sinks.Salvager. That a page is missing is known from those that are there, and from the run records
// for the last ones.
func (a *Archive) Surviving(ctx context.Context, mailbox, dir string) iter.Seq2[sinks.Committed, error] {
	return func(yield func(sinks.Committed, error) bool) {
		lost := func(seq int, why error) bool {
			c := sinks.Committed{Page: sinks.Page{Seq: seq}, Segment: sinks.Segment{Name: a.SegmentName(mailbox, dir, seq)}}
			return yield(c, fmt.Errorf("page %d of %s: %w: %w", seq, dir, sinks.ErrCorrupt, why))
		}
		next := 1
		prefix := a.names.folderPrefix(mailbox, dir)
		for o, err := range a.bucket.List(ctx, prefix, "") {
			if err != nil {
				yield(sinks.Committed{}, err)
				return
			}
			seq := a.names.seq(o.Name[len(prefix):])
			if seq == 0 {
				continue
			}
			for ; next < seq; next++ {
				if !lost(next, sinks.ErrNotExist) {
					return
				}
			}
			next = seq + 1
			c, err := a.manifest(ctx, mailbox, o)
			switch {
			case errors.Is(err, sinks.ErrCorrupt), errors.Is(err, ErrSealed): // damage of a header may look like another's key
				if !lost(seq, err) {
					return
				}
			case err != nil:
				yield(sinks.Committed{}, err)
				return
			case !yield(c, nil):
				return
			}
		}
		record, err := a.lastRun(ctx, mailbox, time.Time{})
		if err != nil {
			yield(sinks.Committed{}, err)
			return
		}
		for ; next <= record.through(dir); next++ {
			if !lost(next, sinks.ErrNotExist) {
				return
			}
		}
	}
}
