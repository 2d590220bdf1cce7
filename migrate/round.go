package migrate

import (
	"context"
	"errors"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// round reads what is planned into the sink, as a run does, and tells of it. The errors of folders that will be tried again in the
// next round are its error; those of others are told.
func (w *watcher) round(ctx context.Context, p plan) error {
	release, err := w.slot(ctx)
	if err != nil {
		return err
	}
	defer release()
	m := w.begin(p)
	err = w.read(ctx, m, p)
	did, err := w.end(ctx, m, p, err)
	if err != nil {
		return err
	}
	now := w.wall()
	if p.whole {
		w.whole, w.where = now, whereabouts{named: w.where.named}
		w.way, w.refused = byPing, min(w.refused, maxPingFailures-1) // the server may have learned it
	}
	if p.tree || p.whole {
		w.tree = now
	}
	if p.whole {
		if err := w.note(ctx, w.standing(), nil); err != nil {
			return err
		}
	}
	w.tellRound(did)
	return nil
}

// tellRound tells what a round did, if it looked at a folder.
func (w *watcher) tellRound(did *Event) {
	if did != nil {
		did.Folders = len(w.watched())
		w.emit(*did)
	}
}

// slot waits until this mailbox may be read: not all of them are at the same time.
func (w *watcher) slot(ctx context.Context) (release func(), err error) {
	select {
	case w.rounds <- struct{}{}:
		return func() { <-w.rounds }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// maxStretch bounds the segments that wait for their record.
const maxStretch = 64

// recordDue tells whether what was stored is to be recorded now.
func (w *watcher) recordDue(now time.Time) bool {
	n := len(w.stretch.segments)
	return n >= maxStretch || n > 0 && (now.Sub(w.recorded) >= w.o.Record || now.Before(w.recorded))
}

// begin makes the run of a round, with all that the watch knows.
func (w *watcher) begin(p plan) *mailboxRun {
	m := w.newMailboxRun(w.mb)
	m.id, m.governor, m.where, m.client, m.state = w.stretch.id, w.governor, w.where, w.client, w.state
	m.moves = w.moves // the two halves of a move may come in different rounds
	m.brief, m.again, m.told, m.upTo = !p.whole, !w.good.IsZero(), w.told, w.upTo
	return m
}

// read does the work of a round.
func (w *watcher) read(ctx context.Context, m *mailboxRun, p plan) error {
	switch {
	case m.state.DeviceID == "":
		return m.read(ctx)
	case m.client == nil:
		return m.following(ctx, m.pass)
	}
	if p.whole {
		if err := m.hierarchy(ctx); err != nil {
			return err
		}
		return m.drainAll(ctx)
	}
	tree, err := m.knownTree(ctx)
	if err != nil {
		return err
	}
	if p.tree {
		if err := m.updateTree(ctx, tree); err != nil {
			return err
		}
	}
	m.takeFolders(tree, func(n *node) bool {
		s := w.spots[n.ID]
		return n.dirty || p.news[n.ID] || s == nil && !n.Gone || s != nil && s.pending
	})
	if len(m.folders) == 0 {
		return nil
	}
	return m.drainAll(ctx)
}

// end takes over what a round did, and leaves of its error what is not its folders' own: those will be tried again, in the next round
// or in one that reads everything, if they are not of the kind that ends the mailbox. What the round did is to be told; nil = it looked
// at no folder.
func (w *watcher) end(ctx context.Context, m *mailboxRun, p plan, err error) (*Event, error) {
	w.client, w.state, w.mb, w.governor, w.where = m.client, m.state, m.mb, m.governor, m.where
	w.stretch.add(m.segments)
	result, _ := m.outcome(ctx, nil)
	now, stored := w.wall(), sinks.FolderState{}
	for _, f := range m.folders {
		s := w.spot(f)
		c := f.counts
		w.stretch.moved = w.stretch.moved || len(m.segments) > 0 || s.cp.SyncKey != f.cp.SyncKey
		stored.Stored, stored.Changed, stored.Deleted = stored.Stored+c.Stored, stored.Changed+c.Changed, stored.Deleted+c.Deleted
		s.take(f, p, now, w.Backoff)
		if f.err == nil || ctx.Err() != nil {
			continue
		}
		if !w.bears(f.err, true) {
			return nil, errors.Join(w.own(m, err), f.err)
		}
		w.putOff(s, f.err)
	}
	w.suspect(m, p)
	if err = w.own(m, err); err != nil || ctx.Err() != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	if stored != (sinks.FolderState{}) {
		w.hasty = 0
	}
	if p.whole || p.tree || len(m.folders) > 0 {
		w.served()
	}
	if len(m.folders) == 0 {
		return nil, nil
	}
	return &Event{
		Event: EventWatching, Mailbox: w.mb.Address, Result: string(result),
		Stored: stored.Stored, Changed: stored.Changed, Deleted: stored.Deleted,
	}, nil
}

// sweepEvery is how often doubts lead to a reading of all folders, at the most.
const sweepEvery = time.Minute

// suspect has all folders read in the next round if one of them, or the tree, had to begin anew: what a server has forgotten of one
// it may have forgotten of the others, and then it tells no news of them.
func (w *watcher) suspect(m *mailboxRun, p plan) {
	lost := m.renewed
	for _, f := range m.folders {
		lost = lost || f.resyncs > 0
	}
	w.doubt = !p.whole && !p.all && (w.doubt || lost)
}

// putOff leaves a folder that could not be read to the next round, a few times, if that may help, and then to the next one that
// reads everything.
func (w *watcher) putOff(s *spot, err error) {
	if s.tries++; s.tries < maxTries && Temporary(err) {
		s.pending = true
		return
	}
	s.tries, s.failed = 0, true
	w.emitProblem(w.mb.Address, s.cp.Path, err)
}

// own leaves of a round's error what is not one of its folders': those are dealt with.
func (w *watcher) own(m *mailboxRun, err error) error {
	joined, ok := err.(interface{ Unwrap() []error }) // what drainAll joined, not what it wraps
	if !ok {
		return err
	}
	var rest []error
	for _, e := range joined.Unwrap() {
		of := false
		for _, f := range m.folders {
			of = of || f.err != nil && e == f.err //nolint:errorlint // the very same
		}
		if !of {
			rest = append(rest, e)
		}
	}
	return errors.Join(rest...)
}

// spot is what the watch knows of a folder.
func (w *watcher) spot(f *folderRun) *spot {
	s := w.spots[f.cp.ID]
	if s == nil {
		s = &spot{}
		w.spots[f.cp.ID] = s
	}
	if f.adopted {
		w.upTo[f.cp.ID] = true
	}
	return s
}

// take takes over how a round left the folder.
func (s *spot) take(f *folderRun, p plan, now time.Time, unit time.Duration) {
	s.cp, s.run, s.pending, s.failed = f.cp, f, false, false
	if f.err == nil {
		s.tries = 0
	}
	st := f.state()
	st.Stored, st.Changed, st.Deleted = st.Stored+s.state.Stored, st.Changed+s.state.Changed, st.Deleted+s.state.Deleted
	st.Resyncs, st.Recovered, st.Vanished = st.Resyncs+s.state.Resyncs, st.Recovered+s.state.Recovered, st.Vanished+s.state.Vanished
	st.Audited = st.Audited || s.state.Audited
	if s.state.PathBefore != "" && st.Path != s.state.PathBefore {
		st.PathBefore = s.state.PathBefore
	}
	s.state = st
	c := f.counts
	switch {
	case c.Stored+c.Changed+c.Deleted > 0:
		s.news, s.fruitless, s.muted = now, 0, time.Time{}
	case p.called && p.news[f.cp.ID]:
		if s.fruitless++; s.fruitless > 1 {
			s.muted = now.Add(min(10*unit<<min(s.fruitless-2, 20), maxMuted))
		}
	}
}

// maxMuted is for how long a folder, whose news turn out to be none time and again, is not waited for.
const maxMuted = 10 * time.Minute

// note writes the run record of the stretch, and begins another one. It names all folders as they are: what was not read in this
// stretch is as the last record has it.
func (w *watcher) note(ctx context.Context, result Result, cause error) error {
	m := w.newMailboxRun(w.mb)
	m.where = w.where
	m.id, m.started, m.client, m.state, m.segments = w.stretch.id, w.stretch.started, w.client, w.state, w.stretch.segments
	var states, others []sinks.FolderState
	for _, s := range w.spots {
		if s.run == nil {
			others = append(others, s.state)
			continue
		}
		m.folders, states = append(m.folders, s.run), append(states, s.state)
	}
	if err := m.record(ctx, result, cause, states, others...); err != nil {
		return err
	}
	w.state, w.stretch, w.recorded, w.moves = m.state, newStretch(w.run), w.wall(), &moveLog{}
	for _, s := range w.spots {
		s.run = nil
		st := &s.state
		st.Stored, st.Changed, st.Deleted, st.Resyncs, st.Recovered, st.Vanished, st.Audited, st.PathBefore = 0, 0, 0, 0, 0, 0, false, ""
		st.Ledger = nil // the record has it
	}
	return nil
}

// standing is how the folders are, all together.
func (w *watcher) standing() Result {
	result := ResultOK
	for _, s := range w.spots {
		switch st := s.state; {
		case st.Problem != "":
			result = worse(result, ResultFailed)
		case !st.Balanced:
			result = worse(result, ResultUnbalanced)
		case st.Quarantined > 0:
			result = worse(result, ResultPartial)
		}
	}
	return result
}

// watched lists the folders whose news can be waited for.
func (w *watcher) watched() (spots []*spot) {
	now := w.wall()
	for _, s := range w.spots {
		key := s.cp.SyncKey != "" && s.cp.SyncKey != string(eas.InitialKey)
		if key && !s.cp.Gone && !s.failed && !now.Before(s.muted) && w.pingable(s) {
			spots = append(spots, s)
		}
	}
	return spots
}
