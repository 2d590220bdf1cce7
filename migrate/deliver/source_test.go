package deliver

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/sinks"
)

// mailbox is a Source that can be changed between runs.
type mailbox struct {
	folders  []*mailFolder
	last     int
	versions map[string][]byte // by item and hash
	events   map[string]sinks.Event
	broken   map[string]error // why an item's contents cannot be read
}

type mailFolder struct {
	Folder
	items []*Item
	left  []Left
}

func newMailbox() *mailbox {
	return &mailbox{versions: map[string][]byte{}, events: map[string]sinks.Event{}, broken: map[string]error{}}
}

func (m *mailbox) folder(path, class string, typ int) *mailFolder {
	m.last++
	f := &mailFolder{Folder: Folder{Folder: sinks.Folder{ID: fmt.Sprintf("f%07d", m.last), Path: path, Class: class, Type: typ}}}
	m.folders = append(m.folders, f)
	return f
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// add adds an item and returns it.
func (m *mailbox) add(f *mailFolder, body string) *Item {
	m.last++
	it := &Item{Event: sinks.Event{Op: sinks.OpAdd, ID: fmt.Sprintf("%016x", m.last), Subject: "about " + body[:min(len(body), 9)]}}
	m.edit(it, body)
	f.items = append(f.items, it)
	return it
}

func (m *mailbox) edit(it *Item, body string) {
	it.SHA256, it.Size = hashOf([]byte(body)), int64(len(body))
	m.versions[it.ID+it.SHA256] = []byte(body)
	m.events[it.ID+it.SHA256] = it.Event
}

func (m *mailbox) contents(id, sha string) []sinks.Content {
	body := m.versions[id+sha]
	return []sinks.Content{{Ext: ".eml", Size: int64(len(body)), Open: func() (io.ReadCloser, error) {
		if err := m.broken[id]; err != nil {
			return nil, err
		}
		return io.NopCloser(bytes.NewReader(body)), nil
	}}}
}

// body returns what an item holds.
func (m *mailbox) body(it *Item) string { return string(m.versions[it.ID+it.SHA256]) }

// link says where the trace of a move is.
type link int

const (
	linkTo   link = iota // at the item that left
	linkFrom             // at the item that came
	linkNone             // nowhere
)

// move moves an item, which gets another id, and returns it.
func (m *mailbox) move(from *mailFolder, it *Item, to *mailFolder, l link) *Item {
	from.items = slices.DeleteFunc(from.items, func(other *Item) bool { return other == it })
	m.last++
	n := *it
	n.ID, n.MovedFrom = fmt.Sprintf("%016x", m.last), ""
	left := Left{ID: it.ID, MovedFrom: it.MovedFrom}
	switch l {
	case linkTo:
		left.MovedTo = n.ID
	case linkFrom:
		n.MovedFrom = it.ID
	}
	from.left = append(from.left, left)
	m.edit(&n, m.body(it))
	to.items = append(to.items, &n)
	return &n
}

func (m *mailbox) remove(f *mailFolder, it *Item) {
	f.items = slices.DeleteFunc(f.items, func(other *Item) bool { return other == it })
	f.left = append(f.left, Left{ID: it.ID, MovedFrom: it.MovedFrom})
}

// rename renames a folder with those below it.
func (m *mailbox) rename(f *mailFolder, path string) {
	old := f.Path
	for _, g := range m.folders {
		if g.Path == old || strings.HasPrefix(g.Path, old+"/") {
			g.Path = path + strings.TrimPrefix(g.Path, old)
		}
	}
}

// removeFolder deletes a folder.
func (m *mailbox) removeFolder(f *mailFolder) {
	for _, it := range slices.Clone(f.items) {
		m.remove(f, it)
	}
	f.Gone = true
}

func (m *mailbox) Folders(ctx context.Context) ([]Folder, error) {
	var all []Folder
	for _, f := range m.folders {
		all = append(all, f.Folder)
	}
	return all, ctx.Err()
}

func (m *mailbox) at(id string) *mailFolder {
	i := slices.IndexFunc(m.folders, func(f *mailFolder) bool { return f.ID == id })
	return m.folders[i]
}

func (m *mailbox) Items(ctx context.Context, f Folder) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for _, it := range m.at(f.ID).items {
			item := *it
			item.Contents = m.contents(it.ID, it.SHA256)
			if ctx.Err() != nil {
				yield(Item{}, ctx.Err())
				return
			}
			if !yield(item, nil) {
				return
			}
		}
	}
}

func (m *mailbox) Left(_ context.Context, f Folder) iter.Seq2[Left, error] {
	return func(yield func(Left, error) bool) {
		for _, l := range m.at(f.ID).left {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func (m *mailbox) Version(_ context.Context, _, item, sha string) (Item, error) {
	if _, ok := m.versions[item+sha]; !ok {
		return Item{}, fmt.Errorf("%s of %s: %w", sha, item, sinks.ErrNotExist)
	}
	return Item{Event: m.events[item+sha], Contents: m.contents(item, sha)}, nil
}

// line is what both sides are compared by.
func line(path, body string, read bool, flag string) string {
	if flag == "none" {
		flag = ""
	}
	return fmt.Sprintf("%s: %q read=%v flag=%s", path, body, read, flag)
}

// lines returns what the source has, each folder under the path that to gives.
func (m *mailbox) lines(to func(string) string) []string {
	var all []string
	for _, f := range m.folders {
		if f.Gone {
			continue
		}
		for _, it := range f.items {
			all = append(all, line(to(f.Path), m.body(it), it.Read != nil && *it.Read, it.Flag))
		}
	}
	slices.SortFunc(all, cmp.Compare)
	return all
}

func linesOf(t *sinktestTarget) []string {
	var all []string
	for _, k := range t.Holds() {
		all = append(all, line(k.Path, k.Body, k.Read, k.Flag))
	}
	slices.SortFunc(all, cmp.Compare)
	return all
}
