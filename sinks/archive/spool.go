package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks"
)

const (
	spoolMemory = 1 << 20  // bytes of a page that wait in memory, at the most
	spoolFirst  = 64 << 10 // and what a page takes for a start
	spoolBudget = 64 << 20 // bytes of all open pages together that wait in memory
)

// spools is what the spools of an archive share.
type spools struct {
	dir  string       // of the files; "" = the system's
	used atomic.Int64 // bytes of memory
}

// take returns whether n more bytes of memory may be used.
func (s *spools) take(n int) bool {
	if s.used.Add(int64(n)) <= spoolBudget {
		return true
	}
	s.used.Add(-int64(n))
	return false
}

// fail names the place of a file that could not be written. sinks.ErrFull: it has no room.
func (s *spools) fail(err error) error {
	if sinks.IsDiskFull(err) {
		return fmt.Errorf("spool: the temporary directory %s: %w: %w", cmp.Or(s.dir, os.TempDir()), sinks.ErrFull, err)
	}
	return fmt.Errorf("spool: %w", err)
}

// A spool holds a page until its commit: what an age header says of a page is known at its end, and a header comes first. It
// is in memory as long as it is small, and then in a file. The file is an age file to a key that is nowhere but here, so
// what a crash leaves of it tells nothing but its size. It is written once, and then read once.
type spool struct {
	all *spools
	mem []byte // its capacity is taken from the budget

	file    *os.File
	linked  bool // the file still has a name, as it must where open files cannot be removed
	key     *age.X25519Identity
	to      io.WriteCloser // encrypts into the file
	written *bufio.Writer  // to the file
}

func (s *spools) open() *spool { return &spool{all: s} }

func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && s.room(len(p)) {
		s.mem = append(s.mem, p...)
		return len(p), nil
	}
	if s.file == nil {
		if err := s.spill(); err != nil {
			return 0, s.all.fail(err)
		}
	}
	n, err := s.to.Write(p)
	if err != nil {
		err = s.all.fail(err)
	}
	return n, err
}

// room makes room for n more bytes in memory, if they may be there.
func (s *spool) room(n int) bool {
	want := len(s.mem) + n
	if want <= cap(s.mem) {
		return true
	}
	size := max(spoolFirst, cap(s.mem))
	for size < want && size < spoolMemory {
		size *= 2
	}
	if size < want || !s.all.take(size-cap(s.mem)) {
		return false
	}
	s.mem = append(make([]byte, 0, size), s.mem...)
	return true
}

// spill moves what is in memory to a file.
func (s *spool) spill() (err error) {
	if s.key, err = age.GenerateX25519Identity(); err != nil {
		return err
	}
	if s.file, err = os.CreateTemp(s.all.dir, sinks.TempPrefix+"page-"); err != nil {
		return err
	}
	// While it is empty: a crash then leaves nothing at all.
	s.linked = os.Remove(s.file.Name()) != nil
	s.written = bufio.NewWriterSize(s.file, 64<<10)
	if s.to, err = age.Encrypt(s.written, s.key.Recipient()); err != nil {
		return err
	}
	_, err = s.to.Write(s.mem)
	s.forget()
	return err
}

func (s *spool) forget() {
	s.all.used.Add(-int64(cap(s.mem)))
	s.mem = nil
}

// reader ends the writing and reads what was written.
func (s *spool) reader() (io.Reader, error) {
	if s.file == nil {
		return bytes.NewReader(s.mem), nil
	}
	if err := errors.Join(s.to.Close(), s.written.Flush()); err != nil {
		return nil, s.all.fail(err)
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	r, err := age.Decrypt(bufio.NewReaderSize(s.file, 64<<10), s.key)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	return r, nil
}

// close lets go of the memory and the file. It may be called again.
func (s *spool) close() error {
	s.forget()
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.linked {
		err = errors.Join(err, os.Remove(s.file.Name()))
	}
	s.file, s.to, s.written, s.key = nil, nil, nil, nil
	return err
}
