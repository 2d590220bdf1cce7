package twoway

import (
	"context"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Sync brings the changes of each side to the other, until there are none. It may be called again after any error: it goes on where
// it stood. Two of them must not work on one folder at a time.
//
// What became of single items is in the Result; the error is for the whole: of the Store, of Local.Items, of the connection, of the
// context. eas.ErrNoCollection says that the folder is gone, or that the hierarchy has to be read again.
//
// Versions older than 12.1, and notes before 14.0, are errors.ErrUnsupported.
func Sync(ctx context.Context, client *eas.Client, f Folder) (Result, error) {
	r, err := newRun(ctx, client, f)
	if err != nil {
		return Result{}, fmt.Errorf("folder %s: %w", f.ID, err)
	}
	for done := false; !done; {
		if r.result.Requests >= r.f.MaxRequests {
			r.result.More = true
			break
		}
		if done, err = r.step(ctx); err != nil {
			return r.result, fmt.Errorf("folder %s: %w", f.ID, err)
		}
	}
	return r.result, nil
}

// maxAsked is how often a key is shown. QUIRK(Z-Push 2.7): the third time it leaves out an item, for ever.
const maxAsked = 2

// run is one Sync.
type run struct {
	c        *eas.Client
	f        Folder
	class    eas.Class
	drafts   bool // mail that is the client's own
	state    *State
	byServer map[eas.ServerID]string // ServerID to ID
	fresh    bool                    // the inbox was not gone through
	drained  bool                    // the server has told all
	lists    int                     // how often the folder was read as a whole
	batch    int                     // items of a request that changes something
	held     map[string]bool         // items that are left alone for the rest of the run
	stuck    map[string]bool         // changes that cannot be done here in this run
	result   Result
}

func newRun(ctx context.Context, client *eas.Client, f Folder) (*run, error) {
	f.withDefaults()
	class, ok := f.Type.Class()
	v := client.Version()
	switch {
	case f.ID == "" || f.Local == nil || f.Store == nil:
		return nil, errors.New("ID, Local and Store are needed")
	case !ok:
		return nil, fmt.Errorf("folders of type %d have no items: %w", f.Type, errors.ErrUnsupported)
	case !v.AtLeast(eas.Version121) || class == eas.ClassNotes && !v.AtLeast(eas.Version140):
		return nil, fmt.Errorf("%s in version %q: %w", class, v, errors.ErrUnsupported)
	}
	state, err := f.Store.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	if state == nil {
		state = &State{}
	}
	if state.Items == nil {
		state.Items = map[string]*Entry{}
	}
	r := &run{
		c: client, f: f, class: class, state: state, batch: f.MaxCommands, held: map[string]bool{}, stuck: map[string]bool{}, fresh: true,
		drafts: f.Type == eas.FolderDrafts && v.AtLeast(eas.Version160),
	}
	r.index()
	return r, nil
}

func (r *run) index() {
	r.byServer = map[eas.ServerID]string{}
	for id, e := range r.state.Items {
		if e.ServerID != "" {
			r.byServer[e.ServerID] = id
		}
	}
}

// step does one thing, and leaves a state that says what the next is. It is done when both sides have told all.
func (r *run) step(ctx context.Context) (done bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	switch s := r.state; {
	case len(s.Inbox) > 0 && r.fresh:
		return false, r.apply(ctx)
	case s.Key != "" && s.Version != r.c.Version(), s.Asked >= maxAsked:
		return false, r.restart(ctx)
	case s.Key == "":
		return false, r.list(ctx)
	case len(s.Outbox) == 0 && r.drained:
		return r.collect(ctx)
	}
	return false, r.exchange(ctx)
}

func (r *run) save(ctx context.Context) error {
	if err := r.f.Store.Save(ctx, r.state); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	return nil
}

func (r *run) fail(f Failure) {
	r.result.Failures = append(r.result.Failures, f)
	if f.ID != "" {
		r.held[f.ID] = true
	}
}

// restart forgets the key. What was on its way may have arrived, and is looked for when the folder is listed.
func (r *run) restart(ctx context.Context) error {
	s := r.state
	for _, o := range s.Outbox {
		if o.Op == eas.OpAdd {
			s.Items[o.ID] = &Entry{ClientID: o.ClientID, Here: o.Here, Mark: o.Mark, Stay: o.Stay}
		}
	}
	s.Key, s.Asked, s.Outbox = "", 0, nil
	r.drained = false
	r.result.Restarts++
	return r.save(ctx)
}

// exchange sends what is in the outbox, if anything, and takes the next page.
func (r *run) exchange(ctx context.Context) error {
	s := r.state
	s.Asked++
	if err := r.save(ctx); err != nil {
		return err
	}
	p, err := r.ask(ctx, s.Key, s.Outbox)
	switch {
	case err == nil:
	case lostKey(err):
		return r.restart(ctx)
	case len(s.Outbox) > 0 && refused(err):
		return r.split(ctx, err)
	default:
		return err
	}
	again := s.Asked > 1 && len(s.Outbox) > 0
	s.Key, s.Asked = p.key, 0
	gone := r.settle(p.responses, again)
	s.Outbox = nil
	r.receive(append(gone, p.changes...))
	r.drained = !p.more && !again // what the first of two equal requests made may come with the next page
	return r.save(ctx)
}

// split makes the next request smaller, since one of the items broke it. What of it was carried out is looked up.
func (r *run) split(ctx context.Context, err error) error {
	items := map[string]*Outgoing{}
	for i := range r.state.Outbox {
		items[r.state.Outbox[i].ID] = &r.state.Outbox[i]
	}
	r.batch = max(1, len(items)/2)
	if len(items) == 1 {
		for id, o := range items {
			r.fail(Failure{ID: id, ServerID: o.ServerID, Op: o.Op, Err: err})
		}
	}
	return r.restart(ctx)
}

// lostKey tells whether the server does not know the key. MS-ASCMD 2.2.3.177.17.
func lostKey(err error) bool {
	var st *eas.StatusError
	return errors.As(err, &st) && st.Command == "Sync" && st.Code == 3
}

// refused tells whether a command may have broken the request: the rules of the protocol, or the server.
func refused(err error) bool {
	var st *eas.StatusError
	var he *eas.HTTPError
	return errors.As(err, &st) && st.Command == "Sync" && (st.Code == 4 || st.Code == 6) ||
		errors.As(err, &he) && (he.Code == 400 || he.Code == 500 || he.Code == 501)
}

// errNothing: an answer without a body says that nothing changed, and cannot be the answer to commands, or to the question for the
// rest of a folder. QUIRK(SOGo 5.8): a folder that it does not find gets it, too.
var errNothing = fmt.Errorf("%w: the server sent nothing", eas.ErrTruncatedPage)

// page is an answer that was read to its end.
type page struct {
	key       eas.SyncKey
	more      bool
	empty     bool // the server sent nothing
	changes   []Incoming
	responses []eas.CommandResponse
}

// ask asks once, and reads the whole answer.
func (r *run) ask(ctx context.Context, key eas.SyncKey, out []Outgoing) (*page, error) {
	r.result.Requests++
	q := eas.SyncRequest{
		Key: key, CollectionID: r.f.ID, Class: r.class, WindowSize: r.f.WindowSize, DeletesAsMoves: !r.f.DeleteForGood,
		Options: r.options(), Supported: r.f.Supported,
	}
	for i := range out {
		o := &out[i]
		cmd := eas.ClientCommand{Op: o.Op, ServerID: o.ServerID, ClientID: o.ClientID, InstanceID: o.Instance}
		if o.Content != nil {
			cmd.Item = &o.Content.Element
		}
		q.Commands = append(q.Commands, cmd)
	}
	answer, err := r.c.Sync(ctx, q)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	p := &page{}
	for cmd, err := range answer.Commands() {
		if err != nil {
			return nil, err
		}
		if len(p.changes) >= r.f.MaxItems {
			return nil, ErrTooMany
		}
		p.changes = append(p.changes, r.incoming(cmd))
	}
	p.key, p.more, p.empty, p.responses = answer.Key, answer.MoreAvailable, answer.Empty, answer.Responses()
	if p.empty && len(out) > 0 {
		return nil, errNothing
	}
	return p, nil
}

func (r *run) options() eas.SyncOptions {
	o := eas.ArchiveOptions(r.class, r.c.Version())
	if r.class == eas.ClassEmail {
		o = eas.HeadersOnly(r.class, r.c.Version())
	}
	if r.drafts {
		o = eas.SyncOptions{Bodies: []eas.BodyPreference{{Type: eas.BodyPlain}, {Type: eas.BodyHTML}}}
	}
	who := r.conflict()
	o.Conflict = &who
	return o
}

func (r *run) incoming(cmd *eas.Command) Incoming {
	in := Incoming{Op: eas.OpDelete, ServerID: cmd.ServerID}
	if cmd.Item != nil {
		in.Op, in.Content = eas.OpChange, &Content{*cmd.Item.Properties.Clone()}
		in.There = r.hash(&in.Content.Element)
	}
	return in
}

// receive puts changes into the inbox. What it still has of the same items is older.
func (r *run) receive(changes []Incoming) {
	last := map[string]int{}
	inbox := r.state.Inbox[:0:0]
	for _, in := range append(r.state.Inbox, changes...) {
		in.NewID = newID(in.NewID)
		name := in.name()
		if i, ok := last[name]; ok {
			in.NewID = inbox[i].NewID
			if in.Content != nil && inbox[i].Content != nil && r.class == eas.ClassEmail {
				in.Content = &Content{overlay(&inbox[i].Content.Element, &in.Content.Element)}
				in.There = r.hash(&in.Content.Element)
			}
			inbox[i] = in
			continue
		}
		last[name] = len(inbox)
		inbox = append(inbox, in)
	}
	r.state.Inbox, r.fresh = inbox, true
}

// overlay is base with the properties of change. Servers send of mail only what changed. MS-ASCMD 2.2.3.24.
func overlay(base, change *wbxml.Element) wbxml.Element {
	e := wbxml.E(base.Tag)
	for _, c := range base.Children {
		if !change.Has(c.Tag) {
			e.Append(c)
		}
	}
	e.Append(change.Children...)
	return e
}
