package deliver

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// chaos changes a source and a target at random between passes, and knows what the target has to hold.
type chaos struct {
	*rand.Rand
	w       *world
	n       int
	touched map[string]bool // items of the source whose copy at the target somebody changed or removed
	became  map[string]string
	foreign []string // bodies that somebody put into the target
}

// touch notes that somebody changed an item's copy, whatever the item is by now.
func (c *chaos) touch(item string) {
	for ; item != ""; item = c.became[item] {
		c.touched[item] = true
	}
}

func (c *chaos) folder() *mailFolder {
	for {
		if f := c.w.src.folders[c.IntN(len(c.w.src.folders))]; !f.Gone {
			return f
		}
	}
}

func (c *chaos) item() (*mailFolder, *Item) {
	for range 100 {
		if f := c.folder(); len(f.items) > 0 {
			return f, f.items[c.IntN(len(f.items))]
		}
	}
	return nil, nil
}

func (c *chaos) body() string {
	c.n++
	if c.IntN(10) == 0 {
		return "the same again"
	}
	return fmt.Sprintf("body %d", c.n)
}

// source makes one change in the source.
func (c *chaos) source() {
	m := c.w.src
	f, it := c.item()
	switch k := c.IntN(20); {
	case k < 6 || it == nil:
		m.add(c.folder(), c.body())
	case k < 8:
		it.Read = ptr(c.IntN(2) == 0)
	case k < 10:
		it.Flag = []string{"active", "complete", "none"}[c.IntN(3)]
	case k < 11:
		m.edit(it, c.body())
	case k < 15:
		to := c.folder()
		if to == f {
			return
		}
		n := m.move(f, it, to, link(c.IntN(2)))
		c.became[it.ID] = n.ID
		if c.touched[it.ID] {
			c.touch(n.ID)
		}
	case k < 17:
		m.remove(f, it)
	case k < 18:
		if path := c.path(); f.Type == 12 && !strings.HasPrefix(path, f.Path+"/") { // none is put into itself
			m.rename(f, path)
		}
	case k < 19:
		m.folder(c.path(), "Email", 12)
	default:
		if f.Type == 12 && len(m.folders) > 4 && !c.below(f) {
			m.removeFolder(f)
		}
	}
}

// path is one that no folder has, below one that is there or below none.
func (c *chaos) path() string {
	c.n++
	name := fmt.Sprintf("Ordner %d", c.n)
	if c.IntN(2) == 0 {
		if f := c.folder(); len(sinks.SplitPath(f.Path)) < 4 {
			return f.Path + "/" + name
		}
	}
	return name
}

func (c *chaos) below(f *mailFolder) bool {
	return slices.ContainsFunc(c.w.src.folders, func(g *mailFolder) bool { return !g.Gone && strings.HasPrefix(g.Path, f.Path+"/") })
}

// target makes one change at the target.
func (c *chaos) target() {
	held := c.w.dst.Holds()
	if len(held) == 0 {
		return
	}
	k := held[c.IntN(len(held))]
	if c.w.dst.PathIDs && slices.Contains([]string{"the same again", "done 0", "inbox 0"}, k.Body) {
		return // where a renaming takes the ids away, of several that are the same nobody can tell which one was touched
	}
	switch c.IntN(4) {
	case 0:
		c.n++
		body := fmt.Sprintf("somebody's %d", c.n)
		p := c.w.dst.Folder(k.Path, k.Class, 12)
		c.w.dst.Insert(p, sinktest.Item("", sinks.Event{}, ".eml", []byte(body)))
		c.foreign = append(c.foreign, body)
	case 1:
		item := c.itemAt(k.ID)
		if item == "" {
			return
		}
		c.touch(item)
		c.w.dst.Edit(k.ID, func(e *sinks.Event, body []byte) []byte {
			e.Flag = "complete"
			e.Categories = append(e.Categories, "Theirs")
			return body
		})
	case 2:
		item := c.itemAt(k.ID)
		if item == "" {
			return
		}
		c.touch(item)
		c.w.dst.Discard(func(other sinktest.Kept) bool { return other.ID == k.ID })
	}
}

// itemAt returns the item of the source that a receipt names for what the target holds.
func (c *chaos) itemAt(id string) string {
	for _, r := range c.w.rec.rows[aliceKey] {
		if r.ID == id && r.State == checkpoints.Placed {
			return itemOf(r.Item)
		}
	}
	return ""
}

// compare says that the target holds what the source has, but for what somebody touched there.
func (c *chaos) compare(t *testing.T) {
	t.Helper()
	var want []string
	untouched := map[string]bool{}
	for _, f := range c.w.src.folders {
		for _, it := range f.items {
			if f.Gone || c.touched[it.ID] {
				continue
			}
			untouched[it.ID] = true
			want = append(want, line(toTarget(f.Path), c.w.src.body(it), it.Read != nil && *it.Read, it.Flag))
		}
	}
	slices.Sort(want)
	byID := map[string]string{}
	for _, r := range c.w.rec.rows[aliceKey] {
		if r.ID != "" && r.State == checkpoints.Placed {
			byID[r.ID] = itemOf(r.Item)
		}
	}
	var got, foreign []string
	for _, k := range c.w.dst.Holds() {
		switch {
		case strings.HasPrefix(k.Body, "somebody's"):
			foreign = append(foreign, k.Body)
		case byID[k.ID] == "":
			t.Fatalf("the target has %+v, and no receipt says so", k)
		case c.touched[byID[k.ID]]:
		default:
			got = append(got, line(k.Path, k.Body, k.Read, k.Flag))
		}
	}
	slices.Sort(got)
	slices.Sort(foreign)
	slices.Sort(c.foreign)
	if d := cmp.Diff(want, got) + cmp.Diff(c.foreign, foreign); d != "" {
		t.Fatalf("-source +target\n%s", d)
	}
}

// TestRandomPasses makes ten passes with changes on both sides between them. After each the two hold the same, apart from what was changed at
// the target, and another pass writes nothing. Undo takes everything away that nobody touched.
func TestRandomPasses(t *testing.T) {
	seeds := 30
	if os.Getenv("AIRLIFT_CRASH") != "" {
		seeds = 200
	}
	for name, flavour := range flavours {
		if name == "alters everything" || name == "other names" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range seeds {
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					randomPasses(t, flavour, uint64(seed))
				})
			}
		})
	}
}

func randomPasses(t *testing.T, flavour func(*sinktest.Target), seed uint64) {
	w := newWorld()
	flavour(w.dst)
	w.inbox()
	w.opts.Deletes = true
	before, paths := w.dst.Holds(), w.dst.Paths()
	c := &chaos{Rand: rand.New(rand.NewPCG(seed, 7)), w: w, touched: map[string]bool{}, became: map[string]string{}}
	for range 10 {
		w.run(t)
		c.compare(t)
		w.still(t)
		for range c.IntN(15) {
			c.source()
		}
		for range c.IntN(4) {
			c.target()
		}
	}
	w.run(t)
	c.compare(t)
	for range 3 {
		c.target()
	}
	u, err := Undo(t.Context(), w.opts)
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	for _, l := range u.Left {
		left[l.Item] = true
		if !c.touched[l.Item] {
			t.Errorf("%s was left, and nobody touched it: %s", l.Item, l.Reason)
		}
	}
	w.dst.Discard(func(k sinktest.Kept) bool {
		return strings.HasPrefix(k.Body, "somebody's") || left[c.itemAt(k.ID)]
	})
	if d := cmp.Diff(before, w.dst.Holds()); d != "" {
		t.Errorf("after Undo: -before +after\n%s", d)
	}
	kept := map[string]bool{}
	for _, k := range u.Kept {
		kept[k.Path] = true
	}
	for _, path := range w.dst.Paths() {
		if !slices.Contains(paths, path) && !kept[path] {
			t.Errorf("folder %s is still there", path)
		}
	}
}
