package twoway_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/twoway"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// history is what happened to the items of both sides. Each has a name of its own, and each edit writes a value of its own.
type history struct {
	w       *world
	next    int
	gone    map[string]bool   // names that a side deleted
	values  map[string]string // that nobody overwrote who saw them, to their names
	deletes bool
	create  func(name, value string) *wbxml.Element
	edit    func(e *wbxml.Element, value string) *wbxml.Element
	tag     wbxml.Tag
}

func (h *history) unique(kind string) string {
	h.next++
	return fmt.Sprintf("%s%d", kind, h.next)
}

func (h *history) wrote(e *wbxml.Element, before string) {
	delete(h.values, before)
	h.values[e.Value(h.tag)] = name(e)
}

// here does something to the program's items, there to the server's.
func (h *history) here(rng *rand.Rand) {
	l := h.w.local.m
	ids := slices.Sorted(maps.Keys(l))
	switch k := rng.IntN(10); {
	case len(ids) == 0 || k < 4 && len(ids) < 40:
		e := h.create(h.unique("here"), h.unique("v"))
		l[h.unique("local")] = e
		h.wrote(e, "")
	case k < 8 || !h.deletes:
		id := ids[rng.IntN(len(ids))]
		before := l[id].Value(h.tag)
		l[id] = h.edit(l[id].Clone(), h.unique("v"))
		h.wrote(l[id], before)
	default:
		id := ids[rng.IntN(len(ids))]
		h.gone[name(l[id])] = true
		delete(l, id)
	}
}

func (h *history) there(rng *rand.Rand) {
	f := h.w.server
	all := map[eas.ServerID]*wbxml.Element{}
	for id, it := range f.Items() {
		all[id] = props(it.Properties...)
	}
	ids := slices.Sorted(maps.Keys(all))
	switch k := rng.IntN(10); {
	case len(ids) == 0 || k < 4 && len(ids) < 40:
		e := h.create(h.unique("there"), h.unique("v"))
		f.Add(easserver.Item{Properties: e.Children})
		h.wrote(e, "")
	case k < 8 || !h.deletes:
		id := ids[rng.IntN(len(ids))]
		before := all[id].Value(h.tag)
		e := h.edit(all[id].Clone(), h.unique("v"))
		if err := f.Change(id, func(it *easserver.Item) { it.Properties = e.Children }); err != nil {
			h.w.t.Fatal(err)
		}
		h.wrote(e, before)
	default:
		id := ids[rng.IntN(len(ids))]
		h.gone[name(all[id])] = true
		if err := f.Delete(id); err != nil {
			h.w.t.Fatal(err)
		}
	}
}

// TestConverges lets both sides change at random, while a Sync runs too, with requests, answers and halves of answers that get lost,
// keys that the server forgets, and crashes at every step. When all is well again, both sides must have the same, nothing twice,
// and nothing must be missing that nobody deleted. AIRLIFT_FAULTS=full makes it 60 rounds of each kind.
func TestConverges(t *testing.T) {
	rounds := 15
	if os.Getenv("AIRLIFT_FAULTS") == "full" {
		rounds = 60
	}
	seed := uint64(0)
	for _, v := range []eas.Version{eas.Version121, eas.Version140, eas.Version141, eas.Version160, eas.Version161} {
		for _, rule := range []twoway.Rule{twoway.KeepBoth, twoway.ServerWins, twoway.ClientWins} {
			for _, deletes := range []bool{false, true} {
				seed++
				t.Run(fmt.Sprintf("%s/%d/deletes=%v", v, rule, deletes), func(t *testing.T) { converge(t, seed, v, rule, deletes, rounds) })
			}
		}
	}
}

func converge(t *testing.T, seed uint64, v eas.Version, rule twoway.Rule, deletes bool, rounds int) {
	faults := easserver.NewFaults(seed, easserver.FaultRule{Fault: easserver.FaultForgetKey, Rate: 0.03})
	w := newWorld(t, seed, v, "Contacts", easserver.Config{Faults: faults})
	w.folder.Rule, w.folder.WindowSize, w.folder.MaxCommands = rule, 5, 4
	h := &history{
		w: w, gone: map[string]bool{}, values: map[string]string{}, deletes: deletes, create: contact, tag: wbxml.ContactsJobTitle,
		edit: func(e *wbxml.Element, value string) *wbxml.Element {
			for i := range e.Children {
				if e.Children[i].Tag == wbxml.ContactsJobTitle {
					e.Children[i].Text = value
				}
			}
			return e
		},
	}
	for range 8 {
		h.here(w.rng)
		h.there(w.rng)
	}
	crashes, restarts := 0, 0
	for round := range rounds {
		for range w.rng.IntN(4) {
			h.here(w.rng)
		}
		for range w.rng.IntN(4) {
			h.there(w.rng)
		}
		w.net.rate, w.crash.rate = 0.15, 0.04
		w.net.before = func() {
			if w.rng.IntN(4) == 0 {
				h.here(w.rng)
			}
			if w.rng.IntN(4) == 0 {
				h.there(w.rng)
			}
		}
		for range 3 { // started again, each time into the same mess
			w.crash.down = false
			res, err := twoway.Sync(t.Context(), w.client, w.folder)
			restarts += res.Restarts
			if err != nil {
				crashes++
			}
		}
		if round%5 != 4 {
			continue
		}
		w.net.rate, w.crash.rate, w.net.before, w.crash.down = 0, 0, nil, false
		restarts += w.quiet().Restarts
		here, there := w.here(h.tag), w.there(h.tag)
		if d := cmp.Diff(here, there); d != "" {
			t.Fatalf("round %d: the sides differ (-here +there):\n%s", round, d)
		}
		h.check(here, rule)
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
		if again := w.quiet(); again.Requests > 1 || again.Put+again.Deleted+again.Added+again.Changed+again.Erased > 0 {
			if again.Restarts == 0 { // the server forgot the key, which it may
				t.Fatalf("round %d: it does not come to rest: %+v", round, again)
			}
		}
	}
	if crashes < rounds/4 || restarts == 0 && rounds >= 60 {
		t.Errorf("%d crashes, %d restarts: nothing was tried", crashes, restarts)
	}
}

func (h *history) check(all []string, rule twoway.Rule) {
	t := h.w.t
	names, values := map[string]int{}, map[string]bool{}
	for _, s := range all {
		n, v, _ := strings.Cut(s, "=")
		if values[v] {
			t.Errorf("%s is doubled", s)
		}
		names[n]++
		values[v] = true
	}
	for n, k := range names {
		if k > 1 && rule != twoway.KeepBoth {
			t.Errorf("%d of %s", k, n)
		}
	}
	for v, n := range h.values {
		switch {
		case h.gone[n]:
		case names[n] == 0:
			t.Errorf("%s is lost", n)
		case rule == twoway.KeepBoth && !values[v]:
			t.Errorf("%s of %s is lost", v, n)
		}
	}
	// What lost a conflict is not missed later.
	if rule != twoway.KeepBoth {
		for v := range h.values {
			if !values[v] {
				delete(h.values, v)
			}
		}
	}
}
