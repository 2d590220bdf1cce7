package export

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// keep tells whether a file is there already with the bytes that its line says, and if so notes it.
func (t *tree) keep(sum *Summary, line Line, mtime time.Time) (bool, error) {
	same, err := t.same(line)
	if !same || err != nil {
		return false, err
	}
	return true, t.kept(sum, line, mtime)
}

// kept notes a file that is there with its bytes.
func (t *tree) kept(sum *Summary, line Line, mtime time.Time) error {
	if err := t.add(sum, line, fateKept); err != nil {
		return err
	}
	sum.Kept++
	return t.root.Chtimes(line.Path, mtime, mtime)
}

// same tells whether the file of a line is there with its bytes.
func (t *tree) same(line Line) (bool, error) {
	f, err := t.root.Open(line.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() != line.Size {
		return false, err
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return false, err
	}
	return hex.EncodeToString(hash.Sum(nil)) == line.SHA256, nil
}

// add notes a file, before it gets its name: what has a name is noted.
func (t *tree) add(sum *Summary, line Line, f fate) error {
	key := t.sumOf(line.Path)
	if _, twice := t.fates[key]; twice {
		return fmt.Errorf("%s: two files of one name", line.Path)
	}
	if err := t.note(line); err != nil {
		return err
	}
	t.fates[key] = f
	sum.Files++
	sum.Bytes += line.Size
	return nil
}

// copy writes a file that shall have the bytes that its line says.
func (t *tree) copy(sum *Summary, line Line, r io.Reader, mtime time.Time) error {
	o, err := t.create()
	if err != nil {
		return err
	}
	defer o.abort()
	if _, err := io.Copy(o, r); err != nil {
		return err
	}
	return o.commit(sum, line, mtime)
}

// text writes a small file, unless it is there.
func (t *tree) text(sum *Summary, line Line, text string, mtime time.Time) error {
	h := sha256.Sum256([]byte(text))
	line.Size, line.SHA256 = int64(len(text)), hex.EncodeToString(h[:])
	if kept, err := t.keep(sum, line, mtime); kept || err != nil {
		return err
	}
	return t.copy(sum, line, strings.NewReader(text), mtime)
}

// out is a file that is being written.
type out struct {
	t    *tree
	temp string
	f    *os.File
	w    *bufio.Writer
	hash hash.Hash
	size int64
}

func (t *tree) create() (*out, error) {
	t.temps++
	o := &out{t: t, temp: fmt.Sprintf("%s/new-%d", workDir, t.temps), hash: sha256.New()}
	var err error
	if o.f, err = t.root.OpenFile(o.temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, err
	}
	o.w = bufio.NewWriterSize(o.f, 64<<10)
	return o, nil
}

func (o *out) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	o.hash.Write(p[:n])
	o.size += int64(n)
	return n, err
}

// commit notes the file and gives it its name. Size and hash of the line are filled in where it has none.
func (o *out) commit(sum *Summary, line Line, mtime time.Time) error {
	if err := errors.Join(o.w.Flush(), o.f.Close()); err != nil {
		return err
	}
	o.f = nil
	if line.SHA256 == "" {
		line.Size, line.SHA256 = o.size, hex.EncodeToString(o.hash.Sum(nil))
	}
	if err := errors.Join(o.t.root.Chtimes(o.temp, mtime, mtime), o.t.mkdir(path.Dir(line.Path))); err != nil {
		return err
	}
	if err := o.t.add(sum, line, fateWritten); err != nil {
		return err
	}
	return o.t.root.Rename(o.temp, line.Path)
}

// abort removes the file unless it has got its name.
func (o *out) abort() {
	if o.f != nil {
		_ = o.f.Close() // it goes
	}
	_ = o.t.root.Remove(o.temp) // the next export removes it, too
}

// a mark is a place in a file to which it can be taken back.
type mark struct {
	size int64
	hash hash.Hash
}

// mark tells where the file ends.
func (o *out) mark() (mark, error) {
	clone, err := o.hash.(hash.Cloner).Clone()
	return mark{o.size, clone}, err
}

// rewind takes the file back to a mark.
func (o *out) rewind(m mark) error {
	err := o.w.Flush()
	if err == nil {
		err = o.f.Truncate(m.size)
	}
	if err == nil {
		_, err = o.f.Seek(m.size, io.SeekStart)
	}
	o.size, o.hash = m.size, m.hash
	return err
}
