package archive

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// HoldState is what the hold records of an archive come to at one moment. A matter that holds at least one mailbox is open,
// and an object is to be held as long as an open matter holds its mailbox; what is no mailbox's, archive.json, rekeys/ and
// holds/, as long as any matter is open. It does not change; its methods may be called from many goroutines.
type HoldState struct {
	records []HoldRecord
	last    holdLink                // the newest; zero: there is none
	matters map[string]*matterState // all that ever held something, by hash
	dirs    map[string]int          // how many matters hold the mailbox of a directory; never 0
}

// matterState is a matter, open or not.
type matterState struct {
	name string               // "" = no record that could be opened told it
	held map[string]HeldUnder // by directory
	ever map[string]bool      // directories that it holds or has held
}

// HeldUnder is a mailbox that a matter holds.
type HeldUnder struct {
	Dir     string     // the mailbox's directory
	Mailbox string     // its address; "" = not known without an identity
	Record  HoldRecord // what put it under hold
}

// A Matter is an open one.
type Matter struct {
	Name      string // "" = not known without an identity
	Hash      string
	Mailboxes []HeldUnder // by directory
}

// holdCache is the newest state that an Archive has read.
type holdCache struct {
	mu    sync.Mutex
	state *HoldState // nil: none was read
}

// Held returns what is to be held now. It lists the hold records, and reads those that came since the last call: where there
// are none, that is one request. sinks.ErrCorrupt: it is not known what is to be held, since a record is damaged or missing.
func (a *Archive) Held(ctx context.Context) (*HoldState, error) {
	a.heldNow.mu.Lock()
	defer a.heldNow.mu.Unlock()
	before := a.heldNow.state
	if before == nil {
		before = &HoldState{}
	}
	s, grown := before, false
	for l, err := range a.holdsAfter(ctx, before.last) {
		if err != nil {
			return nil, fmt.Errorf("holds: %w", err)
		}
		if !grown {
			s, grown = before.clone(), true
		}
		s.apply(l)
	}
	a.heldNow.state = s
	return s, nil
}

// holdRef names the newest hold record that was read; nil: none.
func (a *Archive) holdRef() *HoldRef {
	a.heldNow.mu.Lock()
	defer a.heldNow.mu.Unlock()
	if s := a.heldNow.state; s != nil && s.last.Hold > 0 {
		return &HoldRef{Name: strings.TrimPrefix(a.names.hold(s.last.Hold), holdsDir), SHA256: s.last.sum}
	}
	return nil
}

func (s *HoldState) clone() *HoldState {
	c := &HoldState{
		records: slices.Clone(s.records), last: s.last, dirs: make(map[string]int), matters: make(map[string]*matterState),
	}
	maps.Copy(c.dirs, s.dirs)
	for hash, m := range s.matters {
		c.matters[hash] = &matterState{name: m.name, held: maps.Clone(m.held), ever: maps.Clone(m.ever)}
	}
	return c
}

// apply makes it the state after one record more. It reports whether each part of the record changed something, as it must
// for one that [Archive.Hold] wrote.
func (s *HoldState) apply(l holdLink) (follows bool) {
	r := l.HoldRecord
	s.records, s.last = append(s.records, r), l
	m := s.matters[r.MatterHash]
	if m == nil {
		m = &matterState{held: make(map[string]HeldUnder), ever: make(map[string]bool)}
		s.matters[r.MatterHash] = m
	}
	m.name = cmp.Or(r.Matter, m.name)
	follows = true
	for i, dir := range r.Dirs {
		if _, held := m.held[dir]; held == (r.Action == HoldSet) {
			follows = false
			continue
		}
		if r.Action == HoldRelease {
			delete(m.held, dir)
			if s.dirs[dir]--; s.dirs[dir] == 0 {
				delete(s.dirs, dir)
			}
			continue
		}
		h := HeldUnder{Dir: dir, Record: r}
		if r.Mailboxes != nil {
			h.Mailbox = r.Mailboxes[i]
		}
		m.held[dir], m.ever[dir] = h, true
		s.dirs[dir]++
	}
	return follows
}

// After returns the state after one record more, which need not have been written.
func (s *HoldState) After(r HoldRecord) *HoldState {
	next := s.clone()
	if r.Hold > 0 {
		next.apply(holdLink{HoldRecord: r})
	}
	return next
}

// Records returns how many hold records there are.
func (s *HoldState) Records() int { return s.last.Hold }

// Open reports whether a matter is open.
func (s *HoldState) Open() bool { return len(s.dirs) > 0 }

// Held reports whether the object of that name is to be held. Of a name that no object of an archive has it says what it
// says of archive.json.
func (s *HoldState) Held(name string) bool {
	dir, ok := dirOf(name)
	if !ok {
		return s.Open()
	}
	return s.dirs[dir] > 0
}

// HeldBy returns the open matters that an object of that name is to be held for, sorted: their names, or where those are not
// known their hashes.
func (s *HoldState) HeldBy(name string) []string {
	dir, ofMailbox := dirOf(name)
	var names []string
	for hash, m := range s.matters {
		if _, held := m.held[dir]; held || !ofMailbox && len(m.held) > 0 {
			names = append(names, cmp.Or(m.name, hash))
		}
	}
	slices.Sort(names)
	return names
}

// dirOf returns the directory of the mailbox that an object belongs to.
func dirOf(name string) (dir string, ok bool) {
	rest, ok := strings.CutPrefix(name, mailboxesDir)
	if !ok {
		return "", false
	}
	dir, _, ok = strings.Cut(rest, "/")
	return dir, ok
}

// Matters returns the open matters, by name, and those without one by hash.
func (s *HoldState) Matters() []Matter {
	var all []Matter
	for hash, m := range s.matters {
		if len(m.held) == 0 {
			continue
		}
		byDir := func(x, y HeldUnder) int { return strings.Compare(x.Dir, y.Dir) }
		all = append(all, Matter{Name: m.name, Hash: hash, Mailboxes: slices.SortedFunc(maps.Values(m.held), byDir)})
	}
	slices.SortFunc(all, func(x, y Matter) int { return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.Hash, y.Hash)) })
	return all
}

// ChangedSince returns the directories of the mailboxes that the records after the first n speak of, sorted.
func (s *HoldState) ChangedSince(n int) []string {
	var dirs []string
	for _, r := range s.records[min(max(n, 0), len(s.records)):] {
		dirs = append(dirs, r.Dirs...)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// HoldPrefixes returns where the objects are whose hold a change of these mailboxes' can change: those that are no mailbox's,
// and last those of each mailbox, by its directory.
func HoldPrefixes(dirs []string) []string {
	prefixes := []string{headName, rekeysDir, holdsDir}
	for _, dir := range dirs {
		prefixes = append(prefixes, mailboxesDir+dir+"/")
	}
	return prefixes
}
