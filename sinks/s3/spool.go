package s3

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"

	"github.com/airlift-eas/airlift/sinks"
)

// A spool holds what will be uploaded, and the SHA-256 of each part of it. S3 wants to know the length and the hash of a
// body before it comes, and a body that is sent again must be there again.
type spool struct {
	limit int64  // bytes in memory
	part  int64  // bytes of a part
	dir   string // of the temporary file

	mem  []byte
	file *os.File // once it is more than limit
	size int64

	sums [][sha256.Size]byte // of the parts that are full
	hash hash.Hash           // of the last one
	left int64               // bytes that it still takes
}

func newSpool(o *Options) *spool {
	return &spool{limit: o.MemoryLimit, part: o.PartSize, dir: o.TempDir, hash: sha256.New(), left: o.PartSize}
}

func (s *spool) Write(p []byte) (int, error) {
	if s.size+int64(len(p)) > maxParts*s.part {
		return 0, fmt.Errorf("more than %d parts of %d bytes: %w", maxParts, s.part, sinks.ErrFull)
	}
	if s.file == nil && s.size+int64(len(p)) > s.limit {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	n := len(p)
	if s.file == nil {
		if need := len(s.mem) + n; need > cap(s.mem) {
			s.mem = slices.Grow(s.mem, max(n, min(len(s.mem), int(s.limit)-len(s.mem))))
		}
		s.mem = append(s.mem, p...)
	} else if m, err := s.file.Write(p); err != nil {
		return m, s.fileError(err)
	}
	s.size += int64(n)
	s.digest(p)
	return n, nil
}

// spill moves everything to a temporary file.
func (s *spool) spill() error {
	f, err := createTemp(s.dir)
	if err != nil {
		return s.fileError(err)
	}
	if _, err := f.Write(s.mem); err != nil {
		return errors.Join(s.fileError(err), f.Close())
	}
	s.file, s.mem = f, nil
	return nil
}

func (s *spool) digest(p []byte) {
	for len(p) > 0 {
		if s.left == 0 {
			s.sums = append(s.sums, s.sum())
			s.hash.Reset()
			s.left = s.part
		}
		n := min(int64(len(p)), s.left)
		s.hash.Write(p[:n])
		s.left -= n
		p = p[n:]
	}
}

func (s *spool) sum() (sum [sha256.Size]byte) {
	s.hash.Sum(sum[:0])
	return sum
}

// parts returns the hashes of the parts; one at least.
func (s *spool) parts() [][sha256.Size]byte { return append(slices.Clip(s.sums), s.sum()) }

// reader returns part i, counted from 0.
func (s *spool) reader(i int) *io.SectionReader {
	off := int64(i) * s.part
	return io.NewSectionReader(s, off, min(s.part, s.size-off))
}

func (s *spool) ReadAt(p []byte, off int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, off)
	}
	if off >= int64(len(s.mem)) {
		return 0, io.EOF
	}
	n := copy(p, s.mem[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close lets go of everything. A request that was given up may still be reading; it gets an error, or bytes that nobody
// waits for.
func (s *spool) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

func (s *spool) fileError(err error) error {
	if sinks.IsDiskFull(err) {
		return fmt.Errorf("the temporary directory %s: %w: %w", s.dir, sinks.ErrFull, err)
	}
	return fmt.Errorf("temporary file: %w", err)
}
