package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/s3"
)

// planner makes a plan. What it looks at it only reads.
type planner struct {
	to      place
	state   string
	window  int
	archive *archive.Archive // nil: a run would make it
	store   *sqlite.Store    // nil: there are no checkpoints
	plan    plan

	bytes int64 // that the mailboxes have in the archive
	items int   // likewise
}

// planRun tells what a run over the mailboxes would cost at the store, and what it took to find out.
func planRun(ctx context.Context, to place, state string, window int, probes []*migrate.Probe) (p *plan, spent *s3.Stats, err error) {
	b, err := to.open(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	store, ok := b.(*s3.Bucket)
	if !ok {
		return nil, nil, nil
	}
	w := planner{to: to, state: state, window: window}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.open(ctx, store); err != nil {
		return nil, nil, err
	}
	for _, probe := range probes {
		if err := w.mailbox(ctx, probe); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", probe.Mailbox, err)
		}
	}
	switch {
	case w.plan.Items == 0:
		w.plan.BytesUp = new(int64)
	case w.items > 0:
		n := int64(float64(w.bytes) / float64(w.items) * float64(w.plan.Items))
		w.plan.BytesUp = &n
	}
	w.plan.goesOn = w.items > 0
	s := store.Stats()
	return &w.plan, &s, nil
}

// open opens what is there, and counts what opening it costs a run: see openDestination.
func (w *planner) open(ctx context.Context, b *s3.Bucket) error {
	w.plan.add(w.to.s3.OpenCost())
	w.plan.Lists++                                            // of the uploads, by Clean
	w.plan.Heads, w.plan.Gets = w.plan.Heads+1, w.plan.Gets+1 // archive.json
	encrypted := len(w.to.keys.Recipients) > 0
	var err error
	switch w.archive, err = archive.OpenWith(ctx, b, w.to.keys); {
	case errors.Is(err, sinks.ErrNotExist):
		w.archive = nil
		if err := archive.Vacant(ctx, b); err != nil {
			return err
		}
		// It is not there, was not a moment later, and nothing else is; it is made; at the end it has no hold records.
		w.plan.add(s3.Stats{Heads: 2, Lists: 2, Puts: 1})
	case err != nil:
		return err
	default:
		encrypted = w.archive.Encrypted()
	}
	if encrypted {
		w.plan.Lists++ // of the changes of its recipients
	}
	if w.archive != nil {
		held, err := w.archive.Held(ctx)
		if err != nil {
			return err
		}
		w.to.s3.Hold = held.Held
		w.plan.Lists += 2 // of the hold records, when it begins and when it ends
	}
	_, _, known, err := trusted(b, w.to, w.state)
	if err != nil {
		return err
	}
	if !known {
		w.plan.add(w.to.s3.CheckCost())
	}
	w.store, err = sqlite.OpenReadOnly(ctx, filepath.Join(w.state, checkpointsFile))
	if errors.Is(err, checkpoints.ErrNotFound) {
		w.store, err = nil, nil
	}
	return err
}

func (w *planner) close() error {
	if w.store == nil {
		return nil
	}
	return w.store.Close()
}

// mailbox counts what a run asks for in one mailbox.
func (w *planner) mailbox(ctx context.Context, probe *migrate.Probe) error {
	var extents []archive.Extent
	var last *sinks.Run // nil: no run was recorded
	if w.archive != nil {
		var err error
		if extents, err = w.archive.Extents(ctx, probe.Mailbox); err != nil {
			return err
		}
		run, err := w.archive.LastRun(ctx, probe.Mailbox)
		if err == nil {
			last = &run
		} else if !errors.Is(err, sinks.ErrNotExist) {
			return err
		}
	}
	held, known, err := w.checkpoints(ctx, probe.Mailbox)
	if err != nil {
		return err
	}
	if !known {
		w.plan.add(takeover(extents, last))
		held = heldOf(last)
	}
	for _, e := range extents {
		w.bytes += e.Bytes
	}
	for _, h := range held {
		w.items += h.Items
	}
	e := probe.Expect(held, w.window)
	w.plan.Items, w.plan.Pages, w.plan.Uncounted = w.plan.Items+e.Items, w.plan.Pages+e.Pages, w.plan.Uncounted+e.Uncounted
	// Each folder is looked at for pages that the checkpoints do not have; and the run record is written, behind the others.
	w.plan.add(s3.Stats{Puts: int64(e.Pages) + 1, Lists: int64(e.Folders) + 1})
	if last != nil {
		w.plan.add(s3.Stats{Heads: 2, Gets: 2}) // it names the newest of them
	}
	return nil
}

// checkpoints returns what they hold of a mailbox, and whether they know it.
func (w *planner) checkpoints(ctx context.Context, mailbox string) (held []migrate.Held, known bool, err error) {
	if w.store == nil || w.archive == nil {
		return nil, false, nil
	}
	key := checkpoints.Key{Job: w.archive.ID(), Mailbox: mailbox}
	m, err := w.store.Mailbox(ctx, key)
	if errors.Is(err, checkpoints.ErrNotFound) || err == nil && m.DeviceID == "" {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	folders, err := foldersOf(ctx, w.store, key)
	for _, f := range folders {
		held = append(held, migrate.Held{Path: f.Folder, Class: f.Class, Items: f.Items + f.Excluded + f.Quarantined})
	}
	return held, true, err
}

func heldOf(run *sinks.Run) (held []migrate.Held) {
	if run == nil {
		return nil
	}
	for _, f := range run.Folders {
		held = append(held, migrate.Held{Path: f.Path, Class: f.Class, Items: f.Live})
	}
	return held
}

// readAtOnce is how much of an object is read with one request where all of it is read.
const readAtOnce = 4 << 20

// takeover is what it costs to make the checkpoints of a mailbox from the archive: its folders, what the last run left of
// them, and where no record tells the device a page of each; then its ledger and each page behind it, and all of the last one
// for its hash.
func takeover(extents []archive.Extent, last *sinks.Run) s3.Stats {
	const inOneAnswer = 1000
	s := s3.Stats{Lists: 3}
	ledgers := make(map[string]*sinks.Ledger)
	if last != nil {
		s = s.Plus(s3.Stats{Heads: 2, Gets: 2})
		for _, f := range last.Folders {
			ledgers[f.Dir] = f.Ledger
		}
	}
	segments := 0
	for _, e := range extents {
		segments += e.Segments
		if last == nil || last.DeviceID == "" {
			s = s.Plus(s3.Stats{Lists: 1, Heads: 1, Gets: 1})
		}
		behind := e.Segments
		if l := ledgers[e.Dir]; l != nil {
			behind -= l.Seq
			s = s.Plus(s3.Stats{Heads: 1, Gets: 1})
		}
		if behind > 0 {
			s = s.Plus(s3.Stats{Heads: int64(behind) + 1, Gets: int64(behind) + max(1, (e.Last+readAtOnce-1)/readAtOnce)})
		}
		s.Lists += int64(behind / inOneAnswer)
	}
	s.Lists += int64(segments / inOneAnswer)
	return s
}
