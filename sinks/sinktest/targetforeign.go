package sinktest

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/airlift-eas/airlift/sinks"
)

// Kept is an item that a [Target] keeps.
type Kept struct {
	Path, Class, ID string
	Key             string // by which it was put; "" = somebody else's
	Body            string
	Read            bool
	Flag            string
	Categories      []string
}

func (k *kept) seen(f *folder) Kept {
	return Kept{
		Path: f.Path, Class: f.Class, ID: k.id, Key: k.item.Key, Body: string(k.body),
		Read: k.item.Read != nil && *k.item.Read, Flag: k.item.Flag, Categories: k.item.Categories,
	}
}

// Holds returns everything that it keeps, in the order of paths, classes and contents.
func (t *Target) Holds() []Kept {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Kept
	for _, f := range t.folders {
		for _, k := range f.items {
			all = append(all, k.seen(f))
		}
	}
	slices.SortStableFunc(all, func(a, b Kept) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Body, b.Body), cmp.Compare(a.Key, b.Key))
	})
	return all
}

// Paths returns the paths of its folders, sorted.
func (t *Target) Paths() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []string
	for _, f := range t.folders {
		all = append(all, f.Path)
	}
	slices.Sort(all)
	return all
}

// The methods below are what people do at the target while nobody looks. No fault befalls them.

// Folder adds a folder, or finds it.
func (t *Target) Folder(path, class string, typ int) sinks.Place {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.at(path, class); f != nil {
		return f.Place
	}
	return t.add(sinks.Place{Path: path, Class: class, Type: typ}).Place
}

// Insert puts an item into a folder, as somebody else, and returns its id.
func (t *Target) Insert(p sinks.Place, item sinks.TargetItem) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, err := t.byID(p.ID)
	if err != nil {
		panic(err)
	}
	item.Key = ""
	body, extra, err := read(item)
	if err != nil {
		panic(err)
	}
	t.last++
	k := &kept{id: strconv.Itoa(t.last), n: t.last, item: item, body: body, extra: extra}
	f.items = append(f.items, k)
	return k.id
}

// Edit changes an item: its body if it is not nil, and its event. It reports whether it is there.
func (t *Target) Edit(id string, change func(e *sinks.Event, body []byte) []byte) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.folders {
		for _, k := range f.items {
			if k.id == id {
				k.body = change(&k.item.Event, k.body)
				return true
			}
		}
	}
	return false
}

// Discard removes items for which drop holds.
func (t *Target) Discard(drop func(Kept) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.folders {
		f.items = slices.DeleteFunc(f.items, func(k *kept) bool {
			return drop(k.seen(f))
		})
	}
}

// DiscardFolder removes a folder with all that is in it.
func (t *Target) DiscardFolder(p sinks.Place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.folders = slices.DeleteFunc(t.folders, func(f *folder) bool { return f.ID == p.ID })
}
