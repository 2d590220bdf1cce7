package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/airlift-eas/airlift/sinks"
)

// memory is a bucket whose objects a test may damage.
type memory struct {
	mu      sync.Mutex
	objects map[string][]byte
	read    int64 // bytes asked of ReadAt
	reads   int
}

func newMemory() *memory { return &memory{objects: make(map[string][]byte)} }

func (m *memory) Create(ctx context.Context, name string) (sinks.Upload, error) {
	if err := errors.Join(ctx.Err(), sinks.CheckName(name)); err != nil {
		return nil, err
	}
	return &memoryUpload{m: m, name: name}, nil
}

func (m *memory) Open(ctx context.Context, name string) (sinks.Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.objects[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, sinks.ErrNotExist)
	}
	return &memoryObject{m: m, data: data}, ctx.Err()
}

func (m *memory) List(_ context.Context, prefix, after string) iter.Seq2[sinks.ObjectInfo, error] {
	return func(yield func(sinks.ObjectInfo, error) bool) {
		for _, name := range m.names() {
			if strings.HasPrefix(name, prefix) && name > after && !yield(sinks.ObjectInfo{Name: name, Size: int64(len(m.objects[name]))}, nil) {
				return
			}
		}
	}
}

func (m *memory) names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for name := range m.objects {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// copy returns a bucket of the same objects, for damaging one.
func (m *memory) copy() *memory {
	c := newMemory()
	for name, data := range m.objects {
		c.objects[name] = data
	}
	return c
}

type memoryObject struct {
	m    *memory
	data []byte
}

func (o *memoryObject) Size() int64  { return int64(len(o.data)) }
func (o *memoryObject) Close() error { return nil }

func (o *memoryObject) ReadAt(p []byte, off int64) (int, error) {
	o.m.mu.Lock()
	defer o.m.mu.Unlock()
	o.m.reads++
	o.m.read += int64(len(p))
	if off >= int64(len(o.data)) {
		return 0, io.EOF
	}
	n := copy(p, o.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

type memoryUpload struct {
	m    *memory
	name string
	data []byte
	over bool
}

func (u *memoryUpload) Write(p []byte) (int, error) {
	u.data = append(u.data, p...)
	return len(p), nil
}

func (u *memoryUpload) Commit(ctx context.Context) error {
	u.m.mu.Lock()
	defer u.m.mu.Unlock()
	if err := ctx.Err(); err != nil || u.over {
		return errors.Join(err, errors.New("the upload has ended"))
	}
	u.over = true
	if _, ok := u.m.objects[u.name]; ok {
		return fmt.Errorf("%s: %w", u.name, sinks.ErrExist)
	}
	u.m.objects[u.name] = u.data
	return nil
}

func (u *memoryUpload) Abort() error {
	u.over = true
	return nil
}

// faulty is a bucket of another one that fails where it is told to.
type faulty struct {
	sinks.Bucket
	room   int64 // bytes that may still be written; then there is no room left
	create error
	commit func(context.Context, sinks.Upload) error // in the place of Commit
}

func (f *faulty) Create(ctx context.Context, name string) (sinks.Upload, error) {
	if f.create != nil {
		return nil, f.create
	}
	up, err := f.Bucket.Create(ctx, name)
	return &faultyUpload{Upload: up, f: f}, err
}

type faultyUpload struct {
	sinks.Upload
	f *faulty
}

func (u *faultyUpload) Write(p []byte) (int, error) {
	n := int(min(int64(len(p)), u.f.room))
	u.f.room -= int64(n)
	if n, err := u.Upload.Write(p[:n]); err != nil || n < len(p) {
		return n, errors.Join(err, fmt.Errorf("/archive: %w", sinks.ErrFull))
	}
	return n, nil
}

func (u *faultyUpload) Commit(ctx context.Context) error {
	if u.f.commit != nil {
		return u.f.commit(ctx, u.Upload)
	}
	return u.Upload.Commit(ctx)
}

func TestNoRoom(t *testing.T) {
	for _, name := range []string{"at create", "at commit"} {
		t.Run(name, func(t *testing.T) {
			full := fmt.Errorf("/archive: %w", sinks.ErrFull)
			b := newMemory()
			create(t, b)
			f := &faulty{Bucket: b, room: 1 << 30}
			if name == "at create" {
				f.create = full
			} else {
				f.commit = func(_ context.Context, u sinks.Upload) error { return errors.Join(full, u.Abort()) }
			}
			wantNoPage(t, b, f)
		})
	}
}
