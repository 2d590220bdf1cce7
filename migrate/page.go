package migrate

import (
	"context"
	"errors"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// got is what one Sync answer held.
type got struct {
	items   int  // commands of the server
	fresh   bool // one was about an item that was not known, or that the pass had not shown
	more    bool // the server has more
	initial bool // the answer to key 0: a first key
}

// page is one turn of the page loop: ask with the committed key, store what comes, commit.
func (f *folderRun) page(ctx context.Context) (_ got, outcome error) {
	key := f.cp.SyncKey
	if key == "" {
		key = "0"
	}
	turn, err := f.m.governor.turn(ctx, "Sync")
	if err != nil {
		return got{}, f.fail(Source, err)
	}
	defer func() { turn.done(outcome) }()
	if key != "0" && !f.uncounted {
		asked, err := f.m.Checkpoints.Ask(ctx, f.key)
		if err != nil {
			return got{}, f.fail(State, err)
		}
		if asked > maxAsked {
			return got{}, f.fail(Source, errAsked)
		}
		f.cp.Asked = asked
	}
	f.uncounted = false
	began := f.m.Now()
	page, err := f.m.client.Sync(ctx, eas.SyncRequest{
		Key: eas.SyncKey(key), CollectionID: eas.CollectionID(f.cp.ServerID), Class: eas.Class(f.cp.Class),
		WindowSize: f.window, Options: f.opts,
	})
	if err != nil {
		return got{}, f.fail(Source, err)
	}
	turn.answered()
	defer page.Close()
	if f.cp.Asked > 1 {
		// An answer that got lost may have been taken for delivered.
		// QUIRK(SOGo 5.8): where all messages have one MODSEQ, a repeated key skips the rest of the folder with status 1.
		if err := f.doubt(ctx); err != nil {
			return got{}, err
		}
	}
	if page.Empty {
		return got{}, f.unchanged(ctx)
	}
	if key == "0" {
		f.cp.Pass++
		f.cp.Options = f.fingerprint()
	}
	w := f.newPage(ctx, key)
	defer w.abort()
	n := 0
	for cmd, err := range page.Commands() {
		if err != nil {
			return got{}, f.fail(Source, err)
		}
		n++
		if err := w.command(ctx, cmd); err != nil {
			return got{}, err
		}
		if err := w.split(ctx); err != nil {
			return got{}, err
		}
	}
	turn.done(nil) // what is fetched besides needs turns of its own
	if err := w.fetchPending(ctx); err != nil {
		return got{}, err
	}
	// QUIRK(SOGo 5.8): a key that it does not know gets an empty page, status 1 and a new key: all that was to come is
	// skipped. "No changes" is said by other means.
	if n == 0 && !page.MoreAvailable && key != "0" && string(page.Key) != key && (f.before > 0 || f.primed != 0) {
		if err := f.doubt(ctx); err != nil {
			return got{}, err
		}
	}
	if page.Key == eas.InitialKey {
		return got{}, f.fail(Source, errFirstKey)
	}
	if err := w.commit(ctx, string(page.Key)); err != nil {
		return got{}, err
	}
	if key == "0" {
		f.prime(ctx)
		f.beginTrial()
	}
	f.measure(n, f.m.Now().Sub(began))
	return got{items: n, fresh: w.fresh, more: page.MoreAvailable, initial: key == "0"}, nil
}

// unchanged notes an answer that says "no changes": the key was answered, so showing it again is no repeat.
func (f *folderRun) unchanged(ctx context.Context) error {
	return f.commit(ctx, checkpoints.Position{Seq: f.cp.Seq, SyncKey: f.cp.SyncKey}, f.cp.Last, f.cp.Resync, nil)
}

// pageWriter turns what the server sent for one page into events, contents and ledger rows.
type pageWriter struct {
	f       *folderRun
	ctx     context.Context // of the page, from its first thing to its commit: it governs the upload
	before  string
	w       sinks.PageWriter // nil until there is something to store
	events  int              // that w holds
	parts   int              // pages that were committed before w
	rows    []checkpoints.Item
	done    int            // how many of the rows are in the checkpoints, with the parts
	at      map[string]int // ServerID -> index in rows, of the latest
	bodies  []eas.ServerID // items whose bytes are still to be fetched
	heads   bool           // of messages that are stored only what changes is fetched, not the bytes
	files   []*withFiles   // items whose files are
	apart   []*apart       // messages whose ciphertext is
	from    fetchSource
	via     sinks.Via         // of what is fetched
	anew    map[string]bool   // ids to be stored again although the ledger has them: the sink lost them
	unseen  map[string]bool   // ids of the ledger that an audit did not show: what it shows instead may be the same items
	hidden  map[string]int    // ids of the ledger that a pass did not show, and the pass that did: fetching them is no showing
	claims  []claim           // items that may be known by another id
	tally   sinks.FolderState // of w
	inParts int               // items that the parts stored
	bytes   int64
	others  int  // messages that came by the ids of others
	fresh   bool // something was about an item that was not known, or that the pass had not shown

	looker
	fidelity Fidelity // of w
	findings []Event  // of w, to be told when it is durable

	claimed   map[string]bool // ids of the ledger that claims are about
	claimants map[string]bool // ids of the items that came, and whether it is settled what they are
}

func (f *folderRun) newPage(ctx context.Context, before string) *pageWriter {
	return &pageWriter{
		f: f, ctx: ctx, before: before, at: map[string]int{}, via: sinks.ViaFetch, claimed: map[string]bool{}, claimants: map[string]bool{},
		from: fetchSource{client: f.m.client, collection: eas.CollectionID(f.cp.ServerID)}, looker: looker{large: &f.m.large},
	}
}

// begin opens the segment with the first thing that has to be stored.
func (p *pageWriter) begin(ctx context.Context) error {
	if p.w != nil {
		return nil
	}
	f := p.f
	w, err := f.m.Sink.Begin(p.ctx, sinks.Page{
		Seq: f.cp.Seq + 1, Mailbox: f.m.mb.Address, Folder: f.folder(),
		Server: f.m.state.Server, EASVersion: string(f.m.client.Version()), DeviceID: f.m.state.DeviceID,
		KeyBefore: p.before, Prev: f.cp.Last, Time: f.m.Now(), RunID: f.m.id,
	})
	if err != nil {
		return f.fail(Destination, err)
	}
	p.w = w
	for _, e := range f.carry {
		if _, err := p.write(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// write puts an event into the open segment.
func (p *pageWriter) write(ctx context.Context, e sinks.Event, contents ...sinks.Content) (sinks.Event, error) {
	e, err := p.w.Put(ctx, e, contents...)
	if err != nil {
		return e, p.f.fail(Destination, err)
	}
	p.events++
	return e, nil
}

// put writes one event with its contents and keeps the ledger row that follows from it.
func (p *pageWriter) put(ctx context.Context, e sinks.Event, contents ...sinks.Content) (sinks.Event, error) {
	if err := p.begin(ctx); err != nil {
		return e, err
	}
	e, err := p.write(ctx, e, contents...)
	if err != nil {
		return e, err
	}
	p.bytes += e.Size
	known := p.rowAt(e.ServerID)
	p.fresh = p.fresh || known == nil || e.Op == sinks.OpAdd
	p.keep(rowOf(e, known, p.f.cp.Seq+1, p.f.cp.Pass))
	count(&p.tally, e)
	p.told(&e)
	return e, nil
}

// told counts what was verified of a stored item, and keeps what is to be said of it.
func (p *pageWriter) told(e *sinks.Event) {
	if e.Name == "" || e.Op == sinks.OpQuarantine {
		return
	}
	p.fidelity.count(e)
	findings := Findings(e)
	if len(findings) == 0 {
		return
	}
	if p.f.cp.Class == string(eas.ClassEmail) && e.Verified == nil {
		p.fidelity.NoMIME++
	}
	p.findings = append(p.findings, Event{
		Event: EventFidelity, Mailbox: p.f.m.mb.Address, Folder: p.f.cp.Path, ID: e.ID, ServerID: e.ServerID, Subject: e.Subject,
		Received: e.Received, Findings: findings,
	})
}

func (p *pageWriter) rowAt(serverID string) *checkpoints.Item {
	if i, ok := p.at[serverID]; ok {
		return &p.rows[i]
	}
	return nil
}

// keep adds a ledger row, or replaces the page's earlier row of the same item.
func (p *pageWriter) keep(row checkpoints.Item) {
	if pass, ok := p.hidden[row.ServerID]; ok {
		row.Pass = pass
	}
	if i, ok := p.at[row.ServerID]; ok && i >= p.done {
		p.rows[i] = row
		return
	}
	if p.f.seen != nil {
		p.f.seen.add(row.ServerID)
	}
	p.at[row.ServerID] = len(p.rows)
	p.rows = append(p.rows, row)
}

// lookup finds what is known of an item, in this page or before it. A row that is found in the ledger joins the page,
// so that events which follow build on it.
func (p *pageWriter) lookup(ctx context.Context, id eas.ServerID) (*checkpoints.Item, error) {
	if row := p.rowAt(string(id)); row != nil {
		return row, nil
	}
	if p.f.seen != nil && !p.f.seen.mayHave(string(id)) {
		return nil, nil
	}
	found, err := p.f.m.Checkpoints.Items(ctx, p.f.key, []string{string(id)})
	if err != nil {
		return nil, p.f.fail(State, err)
	}
	row, ok := found[string(id)]
	if !ok {
		return nil, nil
	}
	p.fresh = p.fresh || row.Pass != p.f.cp.Pass
	row.Pass = p.f.cp.Pass
	p.keep(row)
	return p.rowAt(string(id)), nil
}

// lookupLive finds what is known of an item that is on the server: one that was deleted comes back as another. One that had
// only left the filter's window is still the same.
func (p *pageWriter) lookupLive(ctx context.Context, id eas.ServerID) (*checkpoints.Item, error) {
	known, err := p.lookup(ctx, id)
	if known != nil && !isKept(*known) {
		known = nil
	}
	return known, err
}

func (f *folderRun) folder() sinks.Folder {
	return sinks.Folder{
		ID: f.cp.ID, Dir: f.cp.Dir, Path: f.cp.Path, Class: f.cp.Class, ServerID: f.cp.ServerID, Type: f.cp.Type,
	}
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

var errTruncated = errors.New("the server sent the body cut short")
