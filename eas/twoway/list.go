package twoway

import (
	"context"
	"fmt"

	"github.com/airlift-eas/airlift/eas"
)

// list starts the folder over at key 0: it reads all of it, and matches it with what the state has. Until the last page it keeps
// nothing, so a crash starts it again.
func (r *run) list(ctx context.Context) error {
	listed, key, err := r.read(ctx)
	switch r.lists++; {
	case lostKey(err) && r.lists < maxLists:
		return nil // and once more
	case err != nil:
		return err
	}
	s := r.state
	s.Key, s.Version, s.Asked, s.Inbox = key, r.c.Version(), 0, nil
	r.receive(r.match(listed))
	r.drained = true
	return r.save(ctx)
}

// maxLists is how often one Sync reads a whole folder, when the server loses the key on the way.
const maxLists = 10

// read reads the whole folder.
func (r *run) read(ctx context.Context) (listed []Incoming, key eas.SyncKey, err error) {
	p, err := r.ask(ctx, eas.InitialKey, nil)
	if err != nil {
		return nil, "", err
	}
	all := map[eas.ServerID]Incoming{}
	var order []eas.ServerID
	// Up to a page with nothing on it: a server may say too early that there is no more.
	// That there is nothing at all, where there was something, it has to say twice: an answer that says so has no content to prove it.
	sure := len(r.state.Items) == 0
	for idle := false; !idle; {
		more := p.more
		if p, err = r.ask(ctx, p.key, nil); err != nil {
			return nil, "", err
		}
		if p.empty && more { // else all that was not read would be taken for deleted
			return nil, "", errNothing
		}
		for _, in := range p.changes {
			if in.Op == eas.OpDelete {
				delete(all, in.ServerID)
				continue
			}
			if _, twice := all[in.ServerID]; !twice {
				order = append(order, in.ServerID)
			}
			all[in.ServerID] = in
		}
		if idle = len(p.changes) == 0 && !p.more; idle && len(all) == 0 && !sure {
			idle, sure = false, true
		}
		if len(all) > r.f.MaxItems {
			return nil, "", fmt.Errorf("%w: more than %d", ErrTooMany, r.f.MaxItems)
		}
	}
	for _, id := range order {
		if in, ok := all[id]; ok {
			delete(all, id)
			listed = append(listed, in)
		}
	}
	return listed, p.key, nil
}

// match finds the items of the state in a listing, and returns what is left to do. ServerIds may have been given anew, so the
// same content counts more than the same ServerId.
func (r *run) match(listed []Incoming) (todo []Incoming) {
	items := r.state.Items
	found := map[string]bool{}         // of items
	taken := make([]bool, len(listed)) // of listed
	pair := func(i int, id string) {
		found[id], taken[i] = true, true
		items[id].ServerID, items[id].Again = listed[i].ServerID, false
	}
	identity := make([]string, len(listed))
	for i, in := range listed {
		identity[i] = r.identity(in.There, r.mark(&in.Content.Element))
		id, ok := r.byServer[in.ServerID]
		if !ok || identity[i] != r.identity(items[id].there(), items[id].Mark) {
			continue
		}
		pair(i, id)
		if in.There != items[id].there() { // a message with other flags
			todo = append(todo, in)
		}
	}
	sameContent := map[string][]string{}
	sameMark := map[string][]string{}
	for _, id := range r.ids() {
		if e := items[id]; !found[id] {
			sameContent[r.identity(e.there(), e.Mark)] = append(sameContent[r.identity(e.there(), e.Mark)], id)
			if e.ServerID == "" {
				sameMark[e.Mark] = append(sameMark[e.Mark], id)
			}
		}
	}
	take := func(from map[string][]string, key string) string {
		for key != "" && len(from[key]) > 0 {
			id := from[key][0]
			from[key] = from[key][1:]
			if !found[id] {
				return id
			}
		}
		return ""
	}
	for i, in := range listed {
		if taken[i] {
			continue
		}
		if id := take(sameContent, identity[i]); id != "" {
			pair(i, id)
			if r.class == eas.ClassEmail { // its flags may be others
				todo = append(todo, in)
			}
		}
	}
	for i, in := range listed {
		id, ok := r.byServer[in.ServerID]
		if !taken[i] && ok && !found[id] {
			pair(i, id)
			todo = append(todo, in)
		}
	}
	for i, in := range listed {
		if taken[i] {
			continue
		}
		if id := take(sameMark, r.mark(&in.Content.Element)); id != "" {
			pair(i, id)
			items[id].There = ""
		}
		todo = append(todo, in)
	}
	for _, id := range r.ids() {
		switch e := items[id]; {
		case found[id]:
		case e.ServerID == "":
			e.Again = true
		default:
			todo = append(todo, Incoming{Op: eas.OpDelete, ID: id})
			e.ServerID = "" // it may be another item's now
		}
	}
	r.index()
	return todo
}
