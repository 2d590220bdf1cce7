package twoway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// ids are those of the state, in an order that is always the same.
func (r *run) ids() []string { return slices.Sorted(maps.Keys(r.state.Items)) }

// collect compares the program's items with the state, and fills the outbox. It is done when nothing is to be sent.
func (r *run) collect(ctx context.Context) (done bool, err error) {
	b := batch{r: r}
	seen := map[string]bool{}
	for it, err := range r.f.Local.Items(ctx) {
		switch {
		case err != nil:
			return false, fmt.Errorf("items: %w", err)
		case it.ID == "" || it.Properties == nil || seen[it.ID]:
			return false, fmt.Errorf("items: %q has no properties, no ID, or came twice", it.ID)
		}
		if seen[it.ID] = true; b.full || r.held[it.ID] {
			continue
		}
		cmds, err := r.commands(it)
		if err != nil {
			r.fail(Failure{ID: it.ID, Op: eas.OpAdd, Err: err})
			continue
		}
		b.add(cmds)
	}
	forgotten := len(r.state.Repeated) > 0
	for _, id := range r.ids() {
		switch e := r.state.Items[id]; {
		case seen[id], r.held[id]:
		case e.ServerID == "":
			delete(r.state.Items, id)
			forgotten = true
		default:
			b.add([]Outgoing{{Op: eas.OpDelete, ID: id, ServerID: e.ServerID}})
		}
	}
	if r.state.Outbox = b.out; len(b.out) > 0 {
		return false, nil
	}
	r.state.Repeated = nil
	if forgotten {
		return true, r.save(ctx)
	}
	return true, nil
}

// batch is a request while it is filled.
type batch struct {
	r           *run
	out         []Outgoing
	items, size int
	full        bool
}

func (b *batch) add(cmds []Outgoing) {
	if len(cmds) == 0 || b.full {
		return
	}
	n := 0
	for _, o := range cmds {
		if o.Content != nil {
			n += sizeOf(&o.Content.Element)
		}
	}
	if b.items > 0 && (b.items >= b.r.batch || b.size+n > b.r.f.MaxBytes || len(b.out)+len(cmds) > mostCommands) {
		b.full = true
		return
	}
	b.out = append(b.out, cmds...)
	b.items++
	b.size += n
}

// sizeOf is about how many bytes an element takes.
func sizeOf(e *wbxml.Element) int {
	n := len(e.Text) + 4
	for i := range e.Children {
		n += sizeOf(&e.Children[i])
	}
	return n
}

// settle notes what became of the outbox. It returns the items that the server says it does not have.
func (r *run) settle(responses []eas.CommandResponse, again bool) (gone []Incoming) {
	added := map[string]eas.CommandResponse{}
	failed := map[eas.ServerID]eas.CommandResponse{}
	for _, res := range responses {
		switch {
		case res.Op == eas.OpAdd:
			added[res.ClientID] = res
		case res.Err != nil:
			failed[res.ServerID] = res
		}
	}
	for _, o := range r.state.Outbox {
		res, said := failed[o.ServerID]
		switch {
		case o.Op == eas.OpAdd:
			res, said = added[o.ClientID]
			r.added(o, res, said, again)
		case said && code(res.Err) == 8 && res.InstanceID.IsZero():
			if o.Op == eas.OpDelete && o.Instance.IsZero() {
				r.forget(o.ID)
			} else if o.Instance.IsZero() {
				gone = append(gone, Incoming{Op: eas.OpDelete, ServerID: o.ServerID})
			}
		case said && code(res.Err) == 7:
			r.held[o.ID] = true // the server's own content follows
		case said:
			if !r.held[o.ID] {
				r.fail(Failure{ID: o.ID, ServerID: o.ServerID, Op: o.Op, Err: res.Err})
			}
		case !o.Instance.IsZero(): // its event's Change says it
		case o.Op == eas.OpDelete:
			r.result.Erased++
			r.forget(o.ID)
		default: // no answer is success, MS-ASCMD 2.2.3.24
			r.result.Changed++
			e := r.state.Items[o.ID]
			e.Here, e.There, e.Stay = o.Here, "", o.Stay
		}
	}
	return gone
}

func (r *run) added(o Outgoing, res eas.CommandResponse, said, again bool) {
	if said && res.Err != nil {
		r.fail(Failure{ID: o.ID, Op: o.Op, Err: res.Err})
		return
	}
	e := &Entry{ServerID: res.ServerID, ClientID: o.ClientID, Here: o.Here, Stay: o.Stay}
	if other, taken := r.byServer[e.ServerID]; taken && other != o.ID {
		// QUIRK(SOGo 5.8): an event with the UID of another replaces it.
		e.ServerID = ""
	}
	if e.ServerID == "" || r.class == eas.ClassEmail {
		e.Mark = o.Mark
	}
	r.state.Items[o.ID] = e
	if e.ServerID != "" {
		r.byServer[e.ServerID] = o.ID
		r.result.Added++
	}
	if again {
		if r.state.Repeated == nil {
			r.state.Repeated = map[string]bool{}
		}
		r.state.Repeated[o.Here] = true
	}
}

// forget drops an item from the state.
func (r *run) forget(id string) {
	if e := r.state.Items[id]; e != nil && r.byServer[e.ServerID] == id {
		delete(r.byServer, e.ServerID)
	}
	delete(r.state.Items, id)
}

func code(err error) int {
	var st *eas.StatusError
	if errors.As(err, &st) {
		return st.Code
	}
	return 0
}
