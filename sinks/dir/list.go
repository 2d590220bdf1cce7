package dir

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/sinks"
)

// List implements sinks.Bucket. It holds the names of one directory a level, not those of the tree. Symbolic links and
// special files are no objects.
func (b *Bucket) List(ctx context.Context, prefix, after string) iter.Seq2[sinks.ObjectInfo, error] {
	return func(yield func(sinks.ObjectInfo, error) bool) {
		l := lister{b: b, ctx: ctx, prefix: prefix, after: after, yield: yield}
		start := "."
		if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
			start = prefix[:i]
			if sinks.CheckName(start) != nil {
				return // no object's name begins so
			}
			if info, err := b.root.Lstat(start); err == nil && !info.IsDir() {
				return
			}
		}
		if err := l.walk(start); err != nil && !errors.Is(err, errStop) {
			yield(sinks.ObjectInfo{}, err)
		}
	}
}

var errStop = errors.New("the consumer has enough")

type lister struct {
	b             *Bucket
	ctx           context.Context
	prefix, after string
	yield         func(sinks.ObjectInfo, error) bool
}

// walk yields what is below a directory. The names of a directory sort with the "/" that follows them in the names of
// its objects: a-b before a/b before a0.
func (l *lister) walk(dir string) error {
	if err := l.ctx.Err(); err != nil {
		return err
	}
	names, err := l.names(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		if sub, ok := strings.CutSuffix(name, "/"); ok {
			if err := l.walk(sub); err != nil {
				return err
			}
			continue
		}
		info, err := l.b.root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return mapError(l.b.full(name), err)
		}
		if info.Mode().IsRegular() && !l.yield(sinks.ObjectInfo{Name: name, Size: info.Size()}, nil) {
			return errStop
		}
	}
	return nil
}

// names returns the names in a directory that may lead to something to yield, in order, those of directories with a "/"
// at the end.
func (l *lister) names(dir string) ([]string, error) {
	var names []string
	err := l.b.readDir(dir, func(name string, isDir bool) {
		if strings.HasPrefix(path.Base(name), sinks.TempPrefix) {
			return
		}
		if isDir {
			name += "/"
		}
		below := name <= l.after && (!isDir || !strings.HasPrefix(l.after, name))
		if !below && strings.HasPrefix(name, l.prefix) {
			names = append(names, name)
		}
	})
	slices.Sort(names)
	return names, err
}

// readDir calls visit with the full name of each entry of a directory, in no order. No such directory: no entries.
func (b *Bucket) readDir(dir string, visit func(name string, isDir bool)) error {
	f, err := b.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return mapError(b.full(dir), err)
	}
	defer f.Close()
	for {
		entries, err := f.ReadDir(1024)
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			if name == "lost+found" {
				continue // fsck's own, at the root of a file system and root's alone
			}
			visit(name, e.IsDir())
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return mapError(b.full(dir), err)
		}
	}
}
