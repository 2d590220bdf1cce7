package sinks

import (
	"context"
	"io"
	"iter"
)

// A Bucket keeps immutable named objects. Names are what CheckName takes; anything else is ErrName.
//
// Methods may be called from many goroutines. A Bucket never overwrites and never deletes a visible object.
type Bucket interface {
	// Create starts an object. Nothing is visible before its Commit. The context governs the whole upload.
	Create(ctx context.Context, name string) (Upload, error)

	// Open opens an object for reading at any offset. ErrNotExist if there is none. The context governs the reads too.
	Open(ctx context.Context, name string) (Object, error)

	// List yields the objects whose names begin with prefix and sort above after, in byte order of the names.
	// Unfinished uploads are not among them. An iteration ends at the first error.
	List(ctx context.Context, prefix, after string) iter.Seq2[ObjectInfo, error]
}

// An Upload is an object being written, by one goroutine. It ends with Commit, whatever that returns, or with Abort.
type Upload interface {
	// Write appends. ErrFull: no room. After an error the upload can only be aborted.
	io.Writer

	// Commit makes the object durable (it survives a power cut) and visible in one step, or leaves nothing visible.
	// ErrExist: an object of that name is there already; ErrFull: no room. A cancelled context commits nothing.
	// After any other error the outcome may be unknown (a lost answer). The caller then looks with Open: what that
	// finds is whole and durable.
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

// A Tagged object tells which state of it is open. It is an Object's where the listing of its Bucket tells ETags.
type Tagged interface {
	// ETag returns what a listing would tell of what is open; "" = it is not known.
	ETag() string
}

// ObjectInfo is what a listing tells of an object.
type ObjectInfo struct {
	Name string
	Size int64
	// ETag tells the states of an object apart, should somebody replace it: other bytes have another one. "" = the listing
	// does not tell.
	ETag string
}
