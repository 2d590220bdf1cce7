package deliver

import (
	"io"
	"slices"
	"sync"

	"github.com/airlift-eas/airlift/sinks"
)

// faults are the errors by which the source did not give the contents of items.
type faults struct {
	mu  sync.Mutex
	err []error // by the item's index
}

// guard returns items that note why their contents cannot be read: what a target says of an item that it was not given is not the
// target's fault.
func guard(items []sinks.TargetItem) ([]sinks.TargetItem, *faults) {
	f := &faults{err: make([]error, len(items))}
	guarded := slices.Clone(items)
	for i := range guarded {
		guarded[i].Contents = slices.Clone(guarded[i].Contents)
		for j := range guarded[i].Contents {
			open := guarded[i].Contents[j].Open
			guarded[i].Contents[j].Open = func() (io.ReadCloser, error) {
				r, err := open()
				if err != nil {
					f.note(i, err)
					return nil, err
				}
				return &guardedReader{r, f, i}, nil
			}
		}
	}
	return guarded, f
}

func (f *faults) note(i int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err[i] == nil {
		f.err[i] = err
	}
}

// first returns the first item that could not be read, and why.
func (f *faults) first() (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, err := range f.err {
		if err != nil {
			return i, err
		}
	}
	return 0, nil
}

// of returns why an item could not be read; nil: it could.
func (f *faults) of(i int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err[i]
}

type guardedReader struct {
	io.ReadCloser
	f *faults
	i int
}

func (r *guardedReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		r.f.note(r.i, err)
	}
	return n, err
}
