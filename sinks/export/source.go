package export

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
)

// Bounds of what is held of segments: so many are open at once, each with so many frames of at most 1 MiB besides the one at hand.
// Items that follow each other in time mostly lie in few of them.
const (
	maxOpen   = 8
	maxFrames = 7
)

// source reads entries of segments.
type source struct {
	a    *archive.Archive
	open []openSegment // the last used one last
}

type openSegment struct {
	name string
	r    *archive.SegmentReader
}

// entry opens an entry. It is read before the next one is opened.
func (s *source) entry(ctx context.Context, segment string, e sinks.Entry) (io.Reader, error) {
	r, err := s.segment(ctx, segment)
	if err != nil {
		return nil, err
	}
	return r.Open(e)
}

func (s *source) segment(ctx context.Context, name string) (*archive.SegmentReader, error) {
	if i := slices.IndexFunc(s.open, func(o openSegment) bool { return o.name == name }); i >= 0 {
		o := s.open[i]
		s.open = append(slices.Delete(s.open, i, i+1), o)
		return o.r, nil
	}
	if len(s.open) == maxOpen {
		err := s.open[0].r.Close()
		s.open = slices.Delete(s.open, 0, 1)
		if err != nil {
			return nil, err
		}
	}
	r, err := s.a.OpenSegment(ctx, name)
	if err == nil {
		s.open = append(s.open, openSegment{name, r.Keep(maxFrames)})
	}
	return r, err
}

// endsLine tells whether an entry ends with a line feed. An empty one does.
func (s *source) endsLine(ctx context.Context, segment string, e sinks.Entry) (bool, error) {
	if e.Size == 0 {
		return true, nil
	}
	// What is read before its end is not held against its hash.
	r, err := s.entry(ctx, segment, sinks.Entry{Name: e.Name, Size: 1, Offset: e.Offset + e.Size - 1})
	if err != nil {
		return false, err
	}
	var last [1]byte
	_, err = io.ReadFull(r, last[:])
	return last[0] == '\n', err
}

func (s *source) close() {
	for _, o := range s.open {
		_ = o.r.Close() // nothing was written to it
	}
	s.open = nil
}

// dateOf is an item's own date, or when it was stored.
func dateOf(item *archive.Item) time.Time {
	if item.Received != nil {
		return *item.Received
	}
	return *item.Stored
}

// timeOf is the time of an item's file: its own date, as in the archive, or when it was stored if it has none that a file can
// have, or one in the future.
func timeOf(item *archive.Item) time.Time {
	if d := dateOf(item); d.Unix() >= 0 && !d.After(*item.Stored) {
		return d
	}
	return *item.Stored
}
