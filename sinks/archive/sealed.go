package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks"
)

// What the age format says of sizes. https://age-encryption.org/v1
const (
	ageHeader = 2 << 20  // bytes of a header, as far as age reads
	ageNonce  = 16       // between the header and the first chunk
	ageChunk  = 64 << 10 // plaintext bytes of every chunk but the last
	ageTag    = 16       // behind each chunk
	ageSealed = ageChunk + ageTag

	headSize = 64 << 10 // read at once from the beginning of an object: most headers
)

// A sealedObject is an age file of the archive, open for reading, of which the header has been read.
type sealedObject struct {
	obj   sinks.Object
	name  string
	shown []byte // what is in clear, uncompressed

	head    []byte // the object's beginning, with all of the header
	header  int64  // length of the header
	ahead   []byte // a part of the object that was read ahead
	aheadAt int64
	failed  error // of the object's reads, the first
}

// openSealed opens an object of an encrypted archive and reads what is in clear. Close it after use.
func (a *Archive) openSealed(ctx context.Context, name, kind string) (*sealedObject, error) {
	o, err := a.bucket.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	s, err := a.newSealed(o, name, kind)
	if err != nil {
		o.Close()
		return nil, err
	}
	return s, nil
}

func (a *Archive) newSealed(o sinks.Object, name, kind string) (*sealedObject, error) {
	s := &sealedObject{obj: o, name: name}
	if err := s.readHeader(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var all stanzas
	_, err := age.DecryptHeader(s.head[:s.header], &all)
	if all == nil {
		return nil, fmt.Errorf("%s: age header: %w: %w", name, sinks.ErrCorrupt, err)
	}
	if s.shown, err = a.codec.readStanza(kind, all); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if _, err := s.plainSize(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// Close closes the object.
func (s *sealedObject) Close() error { return s.obj.Close() }

// stanzas is an identity that opens nothing and keeps what it is shown.
type stanzas []*age.Stanza

func (s *stanzas) Unwrap(all []*age.Stanza) ([]byte, error) {
	*s = all
	return nil, age.ErrIncorrectIdentity
}

// readHeader reads the object's beginning until all of the header is in it. A header is text, and the line that ends it is
// the only one that begins with three dashes.
func (s *sealedObject) readHeader() error {
	for n := int64(headSize); ; n *= 4 {
		from := int64(len(s.head))
		to := min(n, s.obj.Size())
		more, err := readRange(s.obj, from, to-from)
		if err != nil {
			return err
		}
		s.head = append(s.head, more...)
		if i := bytes.Index(s.head, []byte("\n---")); i >= 0 {
			if j := bytes.IndexByte(s.head[i+1:], '\n'); j >= 0 {
				s.header = int64(i + 1 + j + 1)
				return nil
			}
		}
		if to == s.obj.Size() || to > ageHeader {
			return fmt.Errorf("age header: it does not end: %w", sinks.ErrCorrupt)
		}
	}
}

// chunks returns where the first chunk begins, and how many there are.
func (s *sealedObject) chunks() (at, n int64) {
	at = s.header + ageNonce
	return at, (s.obj.Size() - at + ageSealed - 1) / ageSealed
}

// plainSize returns the size of what is inside. Not every size is one.
func (s *sealedObject) plainSize() (int64, error) {
	at, n := s.chunks()
	size := s.obj.Size() - at - n*ageTag
	if n < 1 || size < 0 || (size+ageChunk-1)/ageChunk != n && size != 0 {
		return 0, fmt.Errorf("it is cut short: %d bytes behind the age header: %w", s.obj.Size()-s.header, sinks.ErrCorrupt)
	}
	return size, nil
}

// fetch reads the chunks from first to last ahead in one request, if they have not been read yet.
func (s *sealedObject) fetch(first, last int64) error {
	at, n := s.chunks()
	from, to := at+first*ageSealed, min(s.obj.Size(), at+min(n, last+1)*ageSealed)
	if to <= int64(len(s.head)) || from >= s.aheadAt && to <= s.aheadAt+int64(len(s.ahead)) {
		return nil
	}
	if int64(cap(s.ahead)) < to-from {
		s.ahead = make([]byte, to-from)
	}
	s.ahead, s.aheadAt = s.ahead[:to-from], from
	if err := readFullAt(s.obj, s.ahead, from); err != nil {
		s.ahead = s.ahead[:0]
		return err
	}
	return nil
}

// ReadAt reads the object, from memory what was read before.
func (s *sealedObject) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && err == nil {
		at := off + int64(n)
		switch {
		case at < int64(len(s.head)):
			n += copy(p[n:], s.head[at:])
		case at >= s.aheadAt && at < s.aheadAt+int64(len(s.ahead)):
			n += copy(p[n:], s.ahead[at-s.aheadAt:])
		case at >= s.obj.Size():
			err = io.EOF
		default:
			var more int
			more, err = s.obj.ReadAt(p[n:], at)
			n += more
			if err != nil && err != io.EOF && s.failed == nil {
				s.failed = err
			}
		}
	}
	if n == len(p) && err == io.EOF {
		err = nil
	}
	return n, err
}

// broken says what an error of age means: that the object could not be read, that no identity fits, or that it is not what
// was written.
func (s *sealedObject) broken(err error) error {
	switch {
	case err == nil:
		return nil
	case s.failed != nil:
		return s.failed
	}
	return ageError(err)
}

func ageError(err error) error {
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return fmt.Errorf("no identity that was given opens it: %w", ErrSealed)
	}
	return corrupt("age", err)
}

// A plainObject is what is inside an age file, as an object. It is for one goroutine.
type plainObject struct {
	s    *sealedObject
	r    io.ReaderAt
	size int64
}

// open opens what is inside. Closing that closes the object.
func (s *sealedObject) open(id age.Identity) (*plainObject, error) {
	_, n := s.chunks()
	if err := s.fetch(max(0, n-2), n); err != nil { // age looks at the last chunk first, and so do we
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	r, size, err := age.DecryptReaderAt(s, s.obj.Size(), id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, s.broken(err))
	}
	return &plainObject{s: s, r: r, size: size}, nil
}

func (o *plainObject) Size() int64  { return o.size }
func (o *plainObject) Close() error { return o.s.Close() }

// ReadAt reads the chunks that hold the bytes in one request.
func (o *plainObject) ReadAt(p []byte, off int64) (int, error) {
	if off >= o.size || len(p) == 0 {
		return 0, io.EOF
	}
	last := min(off+int64(len(p)), o.size) - 1
	if err := o.s.fetch(off/ageChunk, last/ageChunk); err != nil {
		return 0, err
	}
	n, err := o.r.ReadAt(p, off)
	if err != nil && err != io.EOF {
		err = o.s.broken(err)
	}
	return n, err
}
