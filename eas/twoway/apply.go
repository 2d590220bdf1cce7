package twoway

import (
	"context"
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// apply does here what the inbox says. All of it may have been done before.
func (r *run) apply(ctx context.Context) error {
	r.fresh = false
	l, err := r.look(ctx)
	if err != nil {
		return err
	}
	var left []Incoming
	for _, in := range r.state.Inbox {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.stuck[in.name()] { // it is tried again with the next Sync
			left = append(left, in)
			continue
		}
		id, failed, err := r.applyOne(ctx, in, l)
		if err != nil {
			return err
		}
		if failed != nil {
			r.fail(Failure{ID: id, ServerID: in.ServerID, Op: in.Op, Here: true, Err: failed})
			left = append(left, in)
			r.stuck[in.name()] = true
		}
	}
	r.state.Inbox = left
	return r.save(ctx)
}

// local is how things are here.
type local struct {
	hash    map[string]string // by ID
	items   map[string]Item   // those that the inbox may be about
	unknown map[string][]string
}

func (r *run) look(ctx context.Context) (*local, error) {
	l := &local{hash: map[string]string{}, items: map[string]Item{}, unknown: map[string][]string{}}
	about := map[string]bool{}
	for _, in := range r.state.Inbox {
		about[in.ID], about[r.byServer[in.ServerID]] = true, true
	}
	for it, err := range r.f.Local.Items(ctx) {
		if err != nil {
			return nil, fmt.Errorf("items: %w", err)
		}
		if it.ID == "" || it.Properties == nil {
			return nil, fmt.Errorf("items: %q has no properties, or no ID", it.ID)
		}
		l.hash[it.ID] = r.hash(it.Properties)
		if about[it.ID] {
			l.items[it.ID] = Item{ID: it.ID, Properties: it.Properties.Clone()}
		}
		if r.state.Items[it.ID] == nil {
			key := r.identity(l.hash[it.ID], r.mark(it.Properties))
			l.unknown[key] = append(l.unknown[key], it.ID)
		}
	}
	return l, nil
}

// take finds an item that nobody knows yet.
func (l *local) take(r *run, key string) string {
	for key != "" && len(l.unknown[key]) > 0 {
		id := l.unknown[key][0]
		l.unknown[key] = l.unknown[key][1:]
		if r.state.Items[id] == nil {
			return id
		}
	}
	return ""
}

// applyOne does one change. failed is why Local did not do it.
func (r *run) applyOne(ctx context.Context, in Incoming, l *local) (id string, failed, err error) {
	id = in.ID
	if id == "" {
		id = r.byServer[in.ServerID]
	}
	e := r.state.Items[id]
	switch {
	case in.Op == eas.OpDelete && e == nil:
		return id, nil, nil
	case in.Op == eas.OpDelete:
		failed, err = r.erase(ctx, id, e, l)
		return id, failed, err
	case e == nil:
		return in.NewID, r.arrive(ctx, in, l), nil
	}
	failed, err = r.update(ctx, id, e, in, l)
	return id, failed, err
}

// arrive takes in an item that is new.
func (r *run) arrive(ctx context.Context, in Incoming, l *local) error {
	if _, done := l.hash[in.NewID]; done {
		r.enter(in.NewID, in, in.There)
		return nil
	}
	if id := l.take(r, r.identity(in.There, r.mark(&in.Content.Element))); id != "" {
		r.result.Linked++
		r.enter(id, in, in.There) // a message's flags may differ: then those here are sent
		return nil
	}
	if r.class != eas.ClassEmail && r.state.Repeated[in.There] {
		delete(r.state.Repeated, in.There)
		r.enter(in.NewID, in, in.There) // it is not here, so it will be deleted there
		return nil
	}
	return r.put(ctx, in.NewID, in)
}

// enter notes that both sides have an item.
func (r *run) enter(id string, in Incoming, here string) {
	e := &Entry{ServerID: in.ServerID, Here: here, There: in.There, Stay: r.stay(&in.Content.Element)}
	if r.class == eas.ClassEmail {
		e.Mark = r.mark(&in.Content.Element)
	}
	if old := r.state.Items[id]; old != nil {
		e.ClientID = old.ClientID
	}
	r.state.Items[id] = e
	r.byServer[in.ServerID] = id
}

func (r *run) put(ctx context.Context, id string, in Incoming) error {
	stored, err := r.f.Local.Put(ctx, Item{ID: id, ServerID: in.ServerID, Properties: &in.Content.Element})
	if err != nil {
		return err
	}
	r.result.Put++
	here := in.There
	if stored != nil {
		here = r.hash(stored)
	}
	r.enter(id, in, here)
	return nil
}

// update takes in the server's content of an item.
func (r *run) update(ctx context.Context, id string, e *Entry, in Incoming, l *local) (failed, err error) {
	here, exists := l.hash[id]
	if r.class == eas.ClassEmail {
		if !exists {
			return nil, nil // it is deleted, and will be there
		}
		in.Content = &Content{overlay(l.items[id].Properties, &in.Content.Element)}
		in.There = r.hash(&in.Content.Element)
	}
	switch {
	case in.There == e.there():
		e.There = in.There
		return nil, nil
	case exists && here == in.There:
		r.enter(id, in, here)
		return nil, nil
	case exists && here == e.Here:
		return r.put(ctx, id, in), nil
	}
	c := Conflict{ID: id, Class: r.class, Server: &Item{ID: id, ServerID: in.ServerID, Properties: &in.Content.Element}}
	if exists {
		it := l.items[id]
		c.Here = &it
	}
	rule, err := r.decide(ctx, c)
	if err != nil {
		return nil, err
	}
	delete(r.held, id)
	switch rule {
	case ClientWins:
		e.There = in.There // what is here differs from Here, and will be sent
		return nil, nil
	case KeepBoth:
		if err := r.keep(ctx, c.Here.Properties, here, in.NewID, l); err != nil {
			return err, nil
		}
	}
	return r.put(ctx, id, in), nil
}

// erase takes in that the server has an item no more.
func (r *run) erase(ctx context.Context, id string, e *Entry, l *local) (failed, err error) {
	here, exists := l.hash[id]
	if exists && here != e.Here && (r.class != eas.ClassEmail || r.drafts) {
		it := l.items[id]
		rule, err := r.decide(ctx, Conflict{ID: id, Class: r.class, Here: &it})
		if err != nil {
			return nil, err
		}
		if delete(r.held, id); rule == ClientWins {
			r.forget(id) // and is new to the server
			return nil, nil
		}
	}
	if exists {
		if err := r.f.Local.Delete(ctx, id); err != nil {
			return err, nil
		}
		r.result.Deleted++
	}
	r.forget(id)
	return nil, nil
}

// keep makes an item of its own of what is here. It may have been made before, and may have been changed since then: then it stays as
// it is.
func (r *run) keep(ctx context.Context, props *wbxml.Element, hash, id string, l *local) error {
	if len(l.unknown[hash]) > 0 {
		return nil
	}
	if _, taken := l.hash[id]; taken {
		id = newID("")
	}
	if _, err := r.f.Local.Put(ctx, Item{ID: id, Properties: another(props, id)}); err != nil {
		return err
	}
	r.result.Put++
	return nil
}

// another is a copy of an item that is one of its own: the UID of an event is the same wherever that event is, MS-ASCAL 2.2.2.46.
func another(props *wbxml.Element, uid string) *wbxml.Element {
	e := props.Clone()
	for i := range e.Children {
		if e.Children[i].Tag == wbxml.CalendarUID {
			e.Children[i].Text = uid
		}
	}
	e.Children = slices.DeleteFunc(e.Children, func(c wbxml.Element) bool { return c.Tag == wbxml.CalendarClientUid })
	return e
}
