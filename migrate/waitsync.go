package migrate

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/eas"
)

// waitSync asks for what is new in folders, and the server answers when there is something. The answer is a page of each that has
// some, and is stored as such, because its key was shown; then those folders are read to their ends, as in a round.
func (w *watcher) waitSync(ctx context.Context, spots []*spot, until time.Time) (plan, error) {
	s, err := w.standBy(ctx, spots)
	if err != nil {
		return plan{}, err
	}
	defer func() { w.stretch.add(s.m.segments) }()
	// It is not to be ended when something else is due: a key whose answer is lost is in doubt.
	wait := max(min(w.beat.now, until.Sub(w.wall())), time.Second)
	if len(s.news) == 0 {
		const noLimit = 24 * time.Hour // of an answer that is being stored; the client bounds the time until it begins
		err = w.during(ctx, until.Add(noLimit), noLimit, func(ctx context.Context) error {
			return w.governor.aside(ctx, "Sync that waits", func() error { return s.ask(ctx, w, wait) })
		})
	}
	var st *eas.StatusError
	switch {
	case err == nil && len(s.news) == 0:
		w.served()
		w.hasty = 0
		w.beat.passed()
		return plan{}, nil
	case err == nil:
		return plan{}, s.settle(ctx, w)
	case errors.As(err, &st) && (st.Code == 4 || st.Code == 137 || st.Code == 138):
		w.way = byAsking
		w.emit(Event{Event: EventWarning, Mailbox: w.mb.Address, Message: "the server does not wait with Sync: " + w.way.text() + ": " + err.Error()})
		return plan{}, nil
	}
	return w.unanswered(ctx, err, len(spots))
}

// standingBy are folders whose keys are shown in one request.
type standingBy struct {
	m       *mailboxRun
	folders map[eas.CollectionID]*folderRun
	news    map[string]bool // by identity: folders that are to be read to their ends
}

// standBy prepares folders for a Sync that waits. One whose key was shown before, without an answer, has news: the page loop knows
// what to do then.
func (w *watcher) standBy(ctx context.Context, spots []*spot) (*standingBy, error) {
	m := w.begin(plan{})
	tree, err := m.knownTree(ctx)
	if err != nil {
		return nil, err
	}
	wanted := newsOf(spots[:min(len(spots), eas.MaxSyncFolders)])
	m.takeFolders(tree, func(n *node) bool { return wanted[n.ID] })
	s := &standingBy{m: m, folders: map[eas.CollectionID]*folderRun{}, news: map[string]bool{}}
	for _, f := range m.folders {
		if err := f.prepare(ctx); err != nil {
			return nil, err
		}
		s.folders[eas.CollectionID(f.cp.ServerID)] = f
		if f.cp.Asked > 0 {
			s.news[f.cp.ID] = true
		}
	}
	return s, nil
}

// ask sends the request and stores the answer.
func (s *standingBy) ask(ctx context.Context, w *watcher, wait time.Duration) error {
	b := eas.SyncBatch{Wait: wait}
	for _, f := range s.m.folders {
		asked, err := s.m.Checkpoints.Ask(ctx, f.key)
		if err != nil {
			return f.fail(State, err)
		}
		f.cp.Asked = asked
		b.Folders = append(b.Folders, eas.SyncRequest{
			Key: eas.SyncKey(f.cp.SyncKey), CollectionID: eas.CollectionID(f.cp.ServerID), Class: eas.Class(f.cp.Class),
			WindowSize: f.window, Options: f.opts,
		})
	}
	pages, err := s.m.client.SyncFolders(ctx, b)
	if err != nil {
		return err
	}
	defer pages.Close()
	if pages.Empty {
		return s.unchanged(ctx, maps.Clone(s.folders))
	}
	release, err := w.slot(ctx)
	if err != nil {
		return err
	}
	defer release()
	return s.store(ctx, pages)
}

// unchanged notes of folders that the server has nothing new of them.
func (s *standingBy) unchanged(ctx context.Context, folders map[eas.CollectionID]*folderRun) error {
	for _, f := range folders {
		if err := f.unchanged(ctx); err != nil {
			return err
		}
	}
	return nil
}

// store stores the pages of an answer. None is committed before all of it was read.
func (s *standingBy) store(ctx context.Context, pages *eas.SyncPages) error {
	type answered struct {
		w   *pageWriter
		key eas.SyncKey
	}
	var all []answered
	defer func() {
		for _, a := range all {
			a.w.abort()
		}
	}()
	silent := maps.Clone(s.folders)
	for page, err := range pages.Pages() {
		if err != nil {
			return s.m.fail(Source, err)
		}
		f := s.folders[page.CollectionID]
		delete(silent, page.CollectionID)
		s.news[f.cp.ID] = true
		if page.Err != nil {
			continue // the page loop asks again, and decides what it means
		}
		w := f.newPage(ctx, f.cp.SyncKey)
		all = append(all, answered{w: w})
		n := 0
		for cmd, err := range page.Commands() {
			n++
			if err != nil {
				return f.fail(Source, err)
			}
			if err := w.command(ctx, cmd); err != nil {
				return err
			}
			if err := w.split(ctx); err != nil {
				return err
			}
		}
		if n == 0 && !page.MoreAvailable && string(page.Key) != f.cp.SyncKey { // as in the page loop
			if err := f.doubt(ctx); err != nil {
				return err
			}
		}
		all[len(all)-1].key = page.Key
	}
	for _, a := range all {
		if err := a.w.fetchPending(ctx); err != nil {
			return err
		}
		if err := a.w.commit(ctx, string(a.key)); err != nil {
			return err
		}
	}
	return s.unchanged(ctx, silent)
}

// settle reads the folders that have news to their ends.
func (s *standingBy) settle(ctx context.Context, w *watcher) error {
	release, err := w.slot(ctx)
	if err != nil {
		return err
	}
	defer release()
	s.m.folders = slices.DeleteFunc(s.m.folders, func(f *folderRun) bool { return !s.news[f.cp.ID] })
	did, err := w.end(ctx, s.m, plan{news: s.news, called: true}, s.m.drainAll(ctx))
	w.tellRound(did)
	return err
}
