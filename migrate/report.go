package migrate

import (
	"context"

	"github.com/airlift-eas/airlift/sinks"
)

// report tells how the folder ended, and returns its part of the run record.
func (f *folderRun) report() sinks.FolderState {
	st := f.state()
	f.m.tell(f.cp.ID, figures{estimated: max(f.estimate, 0), live: f.live, excluded: st.Excluded, quarantined: st.Quarantined})
	f.m.emit(Event{
		Event: EventFolderEnd, Mailbox: f.m.mb.Address, Folder: f.cp.Path, FolderID: f.cp.ID, Class: f.cp.Class, Page: f.cp.Seq,
		Stored: st.Stored, Changed: st.Changed, Deleted: st.Deleted, Excluded: st.Excluded, Quarantined: st.Quarantined,
		Recovered: st.Recovered, Vanished: st.Vanished, Audited: st.Audited, Estimated: st.Estimated, Live: f.live, Balanced: &st.Balanced, Message: st.Problem,
	})
	return st
}

// state is the folder's part of the run record.
func (f *folderRun) state() sinks.FolderState {
	st := f.counts
	st.Folder, st.Seq, st.Live, st.Gone, st.PathBefore = f.folder(), f.cp.Seq, f.live, f.cp.Gone, f.was
	if f.estimate >= 0 {
		st.Estimated = &f.estimate
	}
	st.Balanced = f.err == nil && f.balanced
	if !f.cp.Resync {
		st.SyncKey, st.Options = f.cp.SyncKey, f.cp.Options
	}
	switch {
	case f.err != nil:
		st.Problem = f.err.Error()
	case !f.drained && !f.cp.Gone:
		st.Problem = "the run ended before the folder was read to its end"
	}
	return st
}

// figures are what the summary says of a folder as it is, whenever it was read.
type figures struct{ estimated, live, excluded, quarantined int }

// tell adds the figures of a folder to the summary, in the place of those that an earlier round told.
func (m *mailboxRun) tell(folder string, now figures) {
	before := m.told[folder]
	if m.told != nil {
		m.told[folder] = now
	}
	m.stats.add(func(s *Summary) {
		s.ItemsEstimated += now.estimated - before.estimated
		s.ItemsLive += now.live - before.live
		s.ItemsExcluded += now.excluded - before.excluded
		s.ItemsQuarantined += now.quarantined - before.quarantined
	})
}

// result is how the folder ended.
func (f *folderRun) result() Result {
	switch {
	case f.err != nil:
		return ResultFailed
	case !f.balanced:
		return ResultUnbalanced
	case f.counts.Quarantined > 0:
		return ResultPartial
	}
	return ResultOK
}

// save stores the folder's outcome.
func (f *folderRun) save(ctx context.Context) error {
	f.cp.Estimate, f.cp.Balanced, f.cp.Problem = f.estimate, f.err == nil && f.balanced, ""
	f.cp.Doubted = f.cp.Doubted && !f.cp.Balanced
	if f.err != nil {
		f.cp.Problem = f.err.Error()
	}
	if f.drained {
		f.cp.Drained = f.m.Now()
	}
	return f.m.Checkpoints.SaveFolder(ctx, f.m.key, f.cp)
}

// recorded notes that a run record names the folder's segments.
func (f *folderRun) recorded(ctx context.Context) error {
	if f.cp.Recorded == f.cp.Seq || !f.adopted {
		return nil
	}
	f.cp.Recorded = f.cp.Seq
	return f.m.Checkpoints.SaveFolder(ctx, f.m.key, f.cp)
}
