package sinktest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// Target is a [sinks.Target] in memory: a reference of the contract, and for tests of who writes to one a server that can misbehave.
// The zero value is empty and takes everything. Its fields are set before it is used.
type Target struct {
	Classes   []string // that it takes; nil = all
	BatchSize int      // items of one Put; 0 = 8
	Room      int      // bytes that fit in; 0 = any number
	Limit     int64    // bytes of the largest item; 0 = any number

	PathIDs   bool // folders are named by their paths and items by folder and number, as IMAP does: a renaming gives other ids
	Replaces  bool // an update of contents stores the new item and then removes the old one, as with IMAP
	NoMoves   bool // Move is not supported
	NoRenames bool // RenameFolder is not supported
	UIDs      bool // its folders are a Recognizer: items of one MessageID are the same

	// Name says what the target makes of a folder's name; nil: it takes them all.
	Name func(string) string
	// Refuse says why an item is not taken; the error is that of its Placed. nil: all are.
	Refuse func(sinks.TargetItem) error
	// Alter changes what is about to be stored and says what it changed.
	Alter func(*sinks.TargetItem, *[]byte) []sinks.Alteration
	// Lie says of an item that it is reported as stored and is not: the Held that Put returns names nothing.
	Lie func(sinks.TargetItem) bool
	// Hides says of an item that it is there and no listing shows it.
	Hides func(Kept) bool
	// Changed says when an item was last changed; nil: the target does not tell.
	Changed func(Kept) time.Time
	// Fault is asked before each step of a call that changes something, with the number of steps that were done, once more after
	// the last one, and once in every other call. An error ends the call there.
	Fault func(op string, done int) error

	mu      sync.Mutex
	folders []*folder
	last    int // number of the last item
	places  int // number of the last folder
	writes  int
}

type folder struct {
	sinks.Place
	items []*kept
}

// kept is a stored item.
type kept struct {
	id    string
	n     int // when it came
	item  sinks.TargetItem
	body  []byte
	extra []byte // the second content
}

// Writes counts the steps that changed something.
func (t *Target) Writes() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.writes
}

func (t *Target) gate(ctx context.Context, op string, done int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if t.Fault == nil {
		return nil
	}
	if err := t.Fault(op, done); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// steps does n steps with the gate before each and after the last. A nil error of do goes on.
func (t *Target) steps(ctx context.Context, op string, n int, do func(i int) error) error {
	for i := range n {
		if err := t.gate(ctx, op, i); err != nil {
			return err
		}
		if err := do(i); err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
	}
	return t.gate(context.WithoutCancel(ctx), op, n)
}

// Takes implements sinks.Target.
func (t *Target) Takes(class string) bool {
	return t.Classes == nil || slices.Contains(t.Classes, class)
}

// Largest implements sinks.Bounded.
func (t *Target) Largest(string) int64 { return t.Limit }

// Close implements sinks.Target.
func (t *Target) Close() error { return nil }

// Folders implements sinks.Target.
func (t *Target) Folders(ctx context.Context) ([]sinks.Place, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.gate(ctx, "list folders", 0); err != nil {
		return nil, err
	}
	var places []sinks.Place
	for _, f := range t.folders {
		p := f.Place
		p.Items = len(f.items)
		places = append(places, p)
	}
	return places, nil
}

// MakeFolder implements sinks.Target.
func (t *Target) MakeFolder(ctx context.Context, want sinks.Place) (p sinks.Place, made bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	want.Path = t.spell(want.Path)
	names := sinks.SplitPath(want.Path)
	var missing []string
	for i := range names {
		if path := sinks.JoinPath(names[:i+1]...); t.at(path, want.Class) == nil && (i == len(names)-1 || !t.any(path)) {
			missing = append(missing, path)
		}
	}
	err = t.steps(ctx, "make folder "+want.Path, len(missing), func(i int) error {
		typ := 12
		if missing[i] == want.Path {
			typ = cmp.Or(want.Type, typ)
		}
		t.add(sinks.Place{Path: missing[i], Class: want.Class, Type: typ})
		return nil
	})
	if err != nil {
		return sinks.Place{}, false, err
	}
	return t.at(want.Path, want.Class).Place, len(missing) > 0, nil
}

func (t *Target) spell(path string) string {
	if t.Name == nil {
		return path
	}
	names := sinks.SplitPath(path)
	for i := range names {
		names[i] = t.Name(names[i])
	}
	return sinks.JoinPath(names...)
}

func (t *Target) add(p sinks.Place) *folder {
	t.places++
	t.writes++
	p.ID = fmt.Sprintf("F%d", t.places)
	if t.PathIDs {
		p.ID = p.Class + ":" + p.Path
	}
	f := &folder{Place: p}
	t.folders = append(t.folders, f)
	return f
}

func (t *Target) at(path, class string) *folder {
	for _, f := range t.folders {
		if f.Path == path && f.Class == class {
			return f
		}
	}
	return nil
}

func (t *Target) any(path string) bool {
	return slices.ContainsFunc(t.folders, func(f *folder) bool { return f.Path == path })
}

func (t *Target) byID(id string) (*folder, error) {
	for _, f := range t.folders {
		if f.ID == id {
			return f, nil
		}
	}
	return nil, fmt.Errorf("folder %s: %w", id, sinks.ErrNotExist)
}

// RenameFolder implements sinks.Target.
func (t *Target) RenameFolder(ctx context.Context, p sinks.Place, path string) (sinks.Place, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.NoRenames {
		return sinks.Place{}, fmt.Errorf("rename %s: %w", p.Path, errors.ErrUnsupported)
	}
	f, err := t.byID(p.ID)
	if err != nil {
		return sinks.Place{}, err
	}
	path = t.spell(path)
	if t.at(path, f.Class) != nil {
		return sinks.Place{}, fmt.Errorf("rename %s to %s: %w", f.Path, path, sinks.ErrExist)
	}
	err = t.steps(ctx, "rename "+f.Path, 1, func(int) error {
		t.writes++
		old := f.Path
		for _, g := range t.folders {
			rest, below := strings.CutPrefix(g.Path, old+"/")
			switch {
			case g == f:
				g.Path = path
			case below:
				g.Path = path + "/" + rest
			default:
				continue
			}
			if !t.PathIDs {
				continue
			}
			g.ID = g.Class + ":" + g.Path
			for _, k := range g.items {
				t.last++
				k.n, k.id = t.last, fmt.Sprint(t.last)
			}
		}
		return nil
	})
	return f.Place, err
}

// DeleteFolder implements sinks.Target.
func (t *Target) DeleteFolder(ctx context.Context, p sinks.Place) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, err := t.byID(p.ID)
	if err != nil {
		return err
	}
	below := slices.ContainsFunc(t.folders, func(g *folder) bool { return strings.HasPrefix(g.Path, f.Path+"/") })
	if len(f.items) > 0 || below {
		return fmt.Errorf("delete %s: %w", f.Path, sinks.ErrNotEmpty)
	}
	return t.steps(ctx, "delete folder "+f.Path, 1, func(int) error {
		t.writes++
		t.folders = slices.DeleteFunc(t.folders, func(g *folder) bool { return g == f })
		return nil
	})
}

// Open implements sinks.Target.
func (t *Target) Open(ctx context.Context, p sinks.Place) (sinks.TargetFolder, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.gate(ctx, "open "+p.Path, 0); err != nil {
		return nil, err
	}
	f, err := t.byID(p.ID)
	if err != nil {
		return nil, err
	}
	o := &openFolder{t: t, id: f.ID, mark: t.mark(f)}
	if t.UIDs {
		return recognizer{o}, nil
	}
	return o, nil
}

func (t *Target) mark(f *folder) string {
	if len(f.items) == 0 {
		return ""
	}
	return fmt.Sprint(t.last)
}

// read reads the contents of an item.
func read(item sinks.TargetItem) (body, extra []byte, err error) {
	var all [2][]byte
	for i, c := range item.Contents[:min(2, len(item.Contents))] {
		r, err := c.Open()
		if err != nil {
			return nil, nil, err
		}
		all[i], err = io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, nil, err
		}
		if int64(len(all[i])) != c.Size {
			return nil, nil, fmt.Errorf("%d bytes came, and %d were announced", len(all[i]), c.Size)
		}
	}
	return all[0], all[1], nil
}

// Item makes an item of bytes.
func Item(key string, e sinks.Event, ext string, body []byte) sinks.TargetItem {
	return sinks.TargetItem{Key: key, Event: e, Contents: []sinks.Content{{
		Ext: ext, Size: int64(len(body)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(body))), nil },
	}}}
}

func each[T any](all []T, err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}
