package easserver

import (
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// syncState is what the server knows of a device's copy of a folder: the set of
// items that the device has, and the place in the folder's log up to which it
// has been told. Two keys are valid. key stands for that state. prev stands for
// the state before the last page, which is kept, so that a device whose answer
// got lost gets the same page again.
type syncState struct {
	folder *Folder
	key    string
	prev   string // "" when the last answer was to key 0

	have     bitset
	pos      uint64
	filtered bool // items may be in the folder and not in have, or in have and outside of the filter

	repeats int             // how often prev came again
	hidden  map[uint32]bool // items of have that were not sent: a fault

	page    page              // led from prev to key
	digest  [sha256.Size]byte // of the client's commands that came with prev
	results []result          // what was answered to them

	options   options
	supported *supported
	whole     bool // ConversationMode
}

type opKind byte

const (
	opAdd opKind = iota + 1
	opChange
	opDelete
	opSoftDelete
)

// op is one command of the server.
type op struct {
	kind opKind
	v    *version
	full bool // a Change that sends more than flags

	// What faults make of it.
	as     opKind // it is called so; 0: as what it is
	silent bool   // it is not sent, and nobody knows
	spoil  spoil
}

// page is the commands that lead from one state to the next, and where both are.
type page struct {
	ops              []op
	more             bool
	filter           filter
	from, to         uint64
	filtered, before bool // syncState.filtered after and before the page
}

// shown returns the commands that are sent.
func (p *page) shown() []op {
	if !slices.ContainsFunc(p.ops, op.unsent) {
		return p.ops
	}
	return slices.DeleteFunc(slices.Clone(p.ops), op.unsent)
}

func (o op) unsent() bool { return o.silent }

// newKey returns a key that tells nothing of the state it stands for. It is valid
// for as long as the server runs.
func newKey() string { return rand.Text() }

// plan returns the next page of at most n commands that f admits. It changes
// nothing.
func (st *syncState) plan(d *device, f filter, n int) page {
	p := page{filter: f, from: st.pos, to: st.pos, before: st.filtered, filtered: f.active()}
	if st.filtered || f.active() {
		if p.leaveAndEnter(st, n); p.more {
			p.filtered = true
			return p
		}
	}
	p.changes(st, d, n)
	return p
}

// leaveAndEnter plans what the filter alone brings about: items that got older
// than the window are soft-deleted; those that a wider filter lets in are added.
func (p *page) leaveAndEnter(st *syncState, n int) {
	for _, v := range st.folder.items {
		has, in := st.have.has(v.num), !v.deleted && p.filter.admits(v)
		switch {
		case has && !in && !v.deleted:
			p.add(op{kind: opSoftDelete, v: v}, n)
		case !has && in && v.seq <= st.pos:
			p.add(op{kind: opAdd, v: v}, n)
		}
		if p.more {
			return
		}
	}
}

// changes plans what the log holds beyond the state's place in it.
func (p *page) changes(st *syncState, d *device, n int) {
	log := st.folder.log
	for i := st.pos; i < uint64(len(log)); i++ {
		v := st.folder.items[log[i]]
		if v.seq == i+1 { // otherwise a later entry counts
			p.change(st, d, v, n)
			if p.more {
				return
			}
		}
		p.to = i + 1
	}
}

func (p *page) change(st *syncState, d *device, v *version, n int) {
	has := st.have.has(v.num)
	switch {
	case has && v.deleted:
		p.add(op{kind: opDelete, v: v}, n)
	case v.deleted || !p.filter.admits(v) || has && v.origin == d && d != nil:
	case has:
		p.add(op{kind: opChange, v: v, full: v.content > st.pos}, n)
	default:
		p.add(op{kind: opAdd, v: v}, n)
	}
}

func (p *page) add(o op, n int) {
	if len(p.ops) >= n {
		p.more = true
		return
	}
	p.ops = append(p.ops, o)
}

// advance makes p the last page: key becomes prev, and a new key stands for the
// state after p.
func (st *syncState) advance(p page) {
	for _, o := range p.ops {
		switch o.kind {
		case opAdd:
			st.have.add(o.v.num)
			if o.silent {
				st.hide(o.v.num)
			}
		case opDelete, opSoftDelete:
			st.have.remove(o.v.num)
		}
	}
	st.page, st.pos, st.filtered = p, p.to, p.filtered
	st.prev, st.key = st.key, newKey()
}

// retreat takes the last page back: the device has shown that it did not keep it.
func (st *syncState) retreat() {
	for _, o := range st.page.ops {
		switch o.kind {
		case opAdd:
			st.have.remove(o.v.num)
			delete(st.hidden, o.v.num)
		case opDelete, opSoftDelete:
			st.have.add(o.v.num)
		}
	}
	st.pos, st.filtered = st.page.from, st.page.before
	st.key, st.prev = st.prev, ""
}

// again tells whether the last page is what a repeat of prev should get: it fits
// the window, and was made with the same filter.
func (st *syncState) again(kind int, window int) bool {
	return st.page.filter.kind == kind && len(st.page.ops) <= window
}

// filter is a FilterType at a time. MS-ASCMD 2.2.3.68.2.
type filter struct {
	kind          int
	since         time.Time
	conversations map[string]bool // that come whole, whatever the age of their messages
}

// filter is a filter for a folder now. With whole conversations it admits what belongs to
// one of which it admits a message. MS-ASCMD 2.2.3.36.2.
func (x *exchange) filter(folder *Folder, kind int, whole bool) filter {
	f := newFilter(kind, x.cfg.Now())
	if !whole || !f.active() {
		return f
	}
	found := map[string]bool{}
	for _, v := range folder.items {
		if !v.deleted && v.Message != nil && f.admits(v) {
			found[string(v.header().conversationID())] = true
		}
	}
	f.conversations = found
	return f
}

// filterAges are the periods that the kinds 1 to 7 stand for.
var filterAges = [...]struct{ months, days int }{1: {0, 1}, 2: {0, 3}, 3: {0, 7}, 4: {0, 14}, 5: {1, 0}, 6: {3, 0}, 7: {6, 0}}

// newFilter returns the filter for items that are dated after now less the period
// of kind.
func newFilter(kind int, now time.Time) filter {
	f := filter{kind: kind}
	if kind > 0 && kind < len(filterAges) {
		f.since = now.AddDate(0, -filterAges[kind].months, -filterAges[kind].days)
	}
	return f
}

func (f filter) active() bool { return f.kind != 0 }

func (f filter) admits(v *version) bool {
	switch {
	case f.kind == 0:
		return true
	case f.kind == 8:
		return itemValue(v.Properties, wbxml.TasksComplete) != "1"
	case v.Message != nil:
		return !v.Received.Before(f.since) || f.conversations != nil && f.conversations[string(v.header().conversationID())]
	}
	return eventAdmitted(v.Properties, f.since)
}

// eventAdmitted tells whether an event ends after since or recurs without an end.
func eventAdmitted(props []wbxml.Element, since time.Time) bool {
	end := itemValue(props, wbxml.CalendarEndTime)
	for i := range props {
		if r := &props[i]; r.Tag == wbxml.CalendarRecurrence {
			until := r.Value(wbxml.CalendarUntil)
			if until == "" {
				return true
			}
			end = max(end, until)
		}
	}
	t, err := wbxml.ParseTime(end)
	return err != nil || !t.Before(since)
}

// itemValue returns the text of the first property with the tag.
func itemValue(props []wbxml.Element, tag wbxml.Tag) string {
	for i := range props {
		if props[i].Tag == tag {
			return props[i].Text
		}
	}
	return ""
}
