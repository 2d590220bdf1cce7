package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// Comparison is the outcome of Reconcile.
type Comparison struct {
	Result    Result  `json:"result"` // ok = archive and server agree
	Mailboxes int     `json:"mailboxes"`
	Folders   int     `json:"folders"`
	Listed    int     `json:"items_listed"`    // items that the server showed
	Missing   int     `json:"items_missing"`   // of them the archive does not have
	Gone      int     `json:"items_gone"`      // items that live in the archive, and that the server does not have
	Lost      int     `json:"pages_lost"`      // pages of the archive that cannot be read
	Recovered int     `json:"items_recovered"` // missing ones that were stored now
	Requests  int     `json:"requests"`
	Seconds   float64 `json:"seconds"`
}

// Reconcile compares what the sink itself holds, not what the checkpoints say of it, with the server, item by item: each
// folder is enumerated under the audit's device partnership. With repair what is missing is fetched and stored, and what has
// gone from the server is noted; nothing else is changed. The sink must be a sinks.Salvager.
func Reconcile(ctx context.Context, o Options, repair bool) (Comparison, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Comparison{Result: ResultFailed}, err
	}
	archive, ok := o.Sink.(sinks.Salvager)
	if !ok {
		return Comparison{Result: ResultFailed}, fmt.Errorf("reconcile: %w: the destination cannot be read back", errors.ErrUnsupported)
	}
	r := &run{Options: o, id: sinks.NewRunID(o.Now())}
	started := time.Now()
	c := Comparison{Result: ResultOK, Mailboxes: len(o.Mailboxes)}
	var errs []error
	for _, mb := range o.Mailboxes {
		if ctx.Err() == nil {
			errs = append(errs, r.reconcile(ctx, mb, &reconciler{archive: archive, repair: repair, c: &c}))
		}
	}
	err = errors.Join(append(errs, ctx.Err())...)
	switch {
	case ctx.Err() != nil:
		c.Result = ResultInterrupted
	case err != nil:
		c.Result = ResultFailed
	case c.Missing > c.Recovered || c.Lost > 0 || c.Gone > 0 && !repair:
		c.Result = ResultUnbalanced
	}
	c.Requests, c.Seconds = r.stats.summary().Requests, time.Since(started).Seconds()
	return c, err
}

// reconciler compares one mailbox.
type reconciler struct {
	archive sinks.Salvager
	repair  bool
	c       *Comparison
}

func (r *run) reconcile(ctx context.Context, mb Mailbox, rec *reconciler) (err error) {
	m := r.newMailboxRun(mb)
	unlock, err := r.Checkpoints.Lock(ctx, m.key)
	if err != nil {
		return m.fail(State, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := m.load(ctx); err != nil {
		return m.fail(State, err)
	}
	var a *auditor
	if err := m.following(ctx, func(ctx context.Context) (err error) {
		if err := m.connect(ctx); err != nil {
			return m.fail(Source, err)
		}
		if err := m.hierarchy(ctx); err != nil {
			return err
		}
		if a, err = m.auditing(ctx); err != nil {
			return m.fail(Source, err)
		}
		return nil
	}); err != nil {
		return err
	}
	var errs []error
	for _, f := range m.folders {
		rec.c.Folders++
		if f.cp.Gone {
			continue
		}
		if err := rec.folder(ctx, a, f); err != nil {
			errs = append(errs, err)
		}
	}
	if len(m.segments) > 0 {
		errs = append(errs, m.recordRepair(ctx, errors.Join(errs...)))
	}
	return errors.Join(errs...)
}

// recordRepair writes the run record of a repair: it names the segments that were written or adopted.
func (m *mailboxRun) recordRepair(ctx context.Context, cause error) error {
	result := ResultOK
	if cause != nil {
		result = ResultFailed
	}
	var states []sinks.FolderState
	for _, f := range m.folders {
		if err := f.count(ctx); err != nil {
			return err
		}
		f.estimate, f.balanced, f.drained = f.cp.Estimate, f.cp.Balanced, !f.cp.Drained.IsZero()
		states = append(states, f.report())
	}
	return m.record(ctx, result, cause, states)
}

// folder compares one folder, tells the differences, and repairs what can be.
func (rec *reconciler) folder(ctx context.Context, a *auditor, f *folderRun) error {
	adopted := f.prepare(ctx) // what is lost is told below
	if adopted != nil && !errors.Is(adopted, sinks.ErrCorrupt) {
		return adopted
	}
	held, err := rec.held(ctx, f)
	if err != nil {
		return f.fail(Destination, err)
	}
	if _, ok := a.ids[f.cp.ID]; !ok && len(held) == 0 {
		return nil // a folder that nobody was ever shown anything of
	}
	c, err := a.compare(ctx, f, sorted(held))
	if err != nil && f.isContainer(ctx) {
		return nil
	}
	if err != nil {
		return f.fail(Source, err)
	}
	gone, err := f.gone(ctx, a, c, c.unseen)
	if err != nil {
		return err
	}
	if c.stable {
		if c.altered, err = f.others(ctx, c.altered, held); err != nil {
			return err
		}
	}
	rec.c.Listed += c.listed
	rec.c.Missing += len(c.missing) + len(c.altered)
	rec.c.Gone += len(gone)
	tell := func(event string, id, subject, message string) {
		f.m.emit(Event{Event: event, Mailbox: f.m.mb.Address, Folder: f.cp.Path, ServerID: id, Subject: subject, Message: message})
	}
	for _, l := range c.missing {
		tell(EventMissing, string(l.id), l.subject, "the server has it, the archive does not")
	}
	for _, l := range c.altered {
		tell(EventMissing, string(l.id), l.subject, "the server has it, the archive has another message by its id")
	}
	for _, row := range gone {
		tell(EventGone, row.ServerID, "", "item "+row.ID+" lives in the archive, the server does not have it")
	}
	if !rec.repair || len(c.missing)+len(c.altered)+len(gone) == 0 {
		return nil
	}
	if adopted != nil && f.cp.Seq == 0 {
		return adopted // nothing tells where its chain of pages goes on
	}
	recovered, err := f.repair(ctx, a, c, gone)
	rec.c.Recovered += recovered
	return err
}

// held makes the rows of what the archive itself holds of a folder, and tells which pages are lost.
func (rec *reconciler) held(ctx context.Context, f *folderRun) (map[string]checkpoints.Item, error) {
	rows := map[string]sinks.Row{}
	for page, err := range rec.archive.Surviving(ctx, f.m.mb.Address, f.cp.Dir) {
		if errors.Is(err, sinks.ErrCorrupt) {
			rec.c.Lost++
			f.m.emit(Event{
				Event: EventLost, Mailbox: f.m.mb.Address, Folder: f.cp.Path, Page: page.Page.Seq, Segment: page.Segment.Name, Message: err.Error(),
			})
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := sinks.Replay(page, rows, nil); err != nil {
			return nil, err
		}
	}
	held := map[string]checkpoints.Item{}
	for id, row := range rows {
		// A change of an item whose page is lost makes a row without bytes; a quarantined one has none either.
		if row.State == sinks.RowExcluded || row.State == sinks.RowArchived && row.SHA256 != "" {
			held[id] = itemOf(row, 0)
		}
	}
	return held, nil
}

// sorted goes through rows in the order of their ids.
func sorted(held map[string]checkpoints.Item) rows {
	ids := slices.SortedFunc(maps.Keys(held), compareIDs)
	return func() iter.Seq2[checkpoints.Item, error] {
		return func(yield func(checkpoints.Item, error) bool) {
			for _, id := range ids {
				if !yield(held[id], nil) {
					return
				}
			}
		}
	}
}

// repair stores what the archive lacks, also what the ledger says that it has, and notes what has gone.
func (f *folderRun) repair(ctx context.Context, a *auditor, c *comparison, gone []checkpoints.Item) (recovered int, err error) {
	p := f.newPage(ctx, f.cp.SyncKey)
	defer p.abort()
	p.via, p.anew = sinks.ViaAudit, map[string]bool{}
	if f.namesAlike(ctx, c); !c.stable {
		p.from = fetchSource{client: a.client, collection: a.ids[f.cp.ID], prefix: auditPrefix}
	}
	for _, l := range c.missing {
		p.anew[string(p.from.name(l.id))] = true
		p.bodies = append(p.bodies, l.id)
	}
	for _, l := range c.altered {
		p.bodies = append(p.bodies, l.id)
	}
	defer func() { f.adopted = f.adopted || p.parts > 0 }() // the chain goes on behind what is lost
	if err := p.fetchPending(ctx); err != nil {
		return p.inParts, err
	}
	if err := p.leave(ctx, gone, "not on the server: reconcile asked for it"); err != nil {
		return p.inParts, err
	}
	if p.w == nil {
		return p.inParts, nil // nothing could be had, or nothing more
	}
	if err := p.commit(ctx, cmp.Or(f.cp.SyncKey, string(eas.InitialKey))); err != nil {
		return p.inParts, err
	}
	f.adopted = true
	return p.inParts, nil
}
