package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
)

// segments keeps the segments open that were read last: items that follow each other in a folder mostly lie in few of them. It may be used
// from many goroutines. Close it after use.
type segments struct {
	archive *archive.Archive

	mu   sync.Mutex
	kept []keptSegment // the last used one last
}

type keptSegment struct {
	name   string
	reader *archive.SegmentReader
}

const (
	maxSegments = 16
	maxFrames   = 3       // that each keeps, of at most 1 MiB
	smallEntry  = 1 << 20 // bytes of what is read at once, and of a larger one piece by piece
)

// open opens an entry, which is read while others are.
func (s *segments) open(ctx context.Context, segment string, e sinks.Entry) (io.ReadCloser, error) {
	if e.Size > smallEntry {
		return s.archive.OpenEntry(ctx, segment, e)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.reader(ctx, segment)
	if err != nil {
		return nil, err
	}
	entry, err := r.Open(e)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(entry)
	if err = errors.Join(err, entry.Close()); err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

func (s *segments) reader(ctx context.Context, name string) (*archive.SegmentReader, error) {
	if i := slices.IndexFunc(s.kept, func(k keptSegment) bool { return k.name == name }); i >= 0 {
		k := s.kept[i]
		s.kept = append(slices.Delete(s.kept, i, i+1), k)
		return k.reader, nil
	}
	if len(s.kept) == maxSegments {
		err := s.kept[0].reader.Close()
		s.kept = slices.Delete(s.kept, 0, 1)
		if err != nil {
			return nil, err
		}
	}
	// A reader outlives the call that opens it.
	r, err := s.archive.OpenSegment(context.WithoutCancel(ctx), name)
	if err == nil {
		s.kept = append(s.kept, keptSegment{name, r.Keep(maxFrames)})
	}
	return r, err
}

// Close closes them.
func (s *segments) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, k := range s.kept {
		err = errors.Join(err, k.reader.Close())
	}
	s.kept = nil
	return err
}
