package sinks

import (
	"context"
	"io"
	"iter"
)

// A Bucket keeps immutable named objects. Names are slash-separated and relative, hold no empty, "." or ".." part,
// and are valid on every system that the archive format speaks of.
//
// Methods may be called from many goroutines. A Bucket never overwrites and never deletes a visible object.
type Bucket interface {
	// Create starts an object. Nothing is visible before its Commit.
	Create(ctx context.Context, name string) (Upload, error)

	// Open opens an object for reading at any offset. ErrNotExist if there is none.
	Open(ctx context.Context, name string) (Object, error)

	// List yields the objects whose names begin with prefix, in byte order of the names. Unfinished uploads are
	// not among them.
	List(ctx context.Context, prefix string) iter.Seq2[ObjectInfo, error]
}

// An Upload is an object being written, by one goroutine. It ends with Commit or Abort.
type Upload interface {
	io.Writer

	// Commit makes the object durable (it survives a power cut) and visible in one step, or leaves nothing visible.
	// ErrExist: an object of that name is there already; ErrFull: no room. A cancelled context commits nothing.
	Commit(ctx context.Context) error

	// Abort forgets the object and removes what was written. It is safe after Commit, where it does nothing.
	Abort() error
}

// An Object is open for reading. ReadAt may be called concurrently.
type Object interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// ObjectInfo is what a listing tells of an object.
type ObjectInfo struct {
	Name string
	Size int64
}
