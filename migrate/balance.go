package migrate

import (
	"context"
	"slices"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// estimateBatch is how many folders one GetItemEstimate asks about.
const estimateBatch = 25

// prime asks what the server holds at the beginning of a pass from key 0. Servers differ in what they estimate: SOGo
// and Z-Push count the folder, Exchange counts what the key has still to bring. With the first key the two are one.
func (f *folderRun) prime(ctx context.Context) {
	est, err := f.m.client.GetItemEstimate(ctx, []eas.EstimateRequest{f.estimateRequest()})
	if err == nil && len(est) == 1 && est[0].Err == nil {
		f.primed = est[0].Count
	}
}

func (f *folderRun) estimateRequest() eas.EstimateRequest {
	return eas.EstimateRequest{
		Key: eas.SyncKey(f.cp.SyncKey), CollectionID: eas.CollectionID(f.cp.ServerID), Class: eas.Class(f.cp.Class), Options: f.opts,
	}
}

// estimateAll asks what the server holds of the drained folders and compares it with the ledger.
func (m *mailboxRun) estimateAll(ctx context.Context, folders []*folderRun) error {
	var ask []*folderRun
	for _, f := range folders {
		if f.err == nil && f.drained && f.cp.SyncKey != "" && f.cp.SyncKey != "0" {
			ask = append(ask, f)
		}
	}
	for batch := range slices.Chunk(ask, estimateBatch) {
		if err := m.estimateBatch(ctx, batch); err != nil {
			return m.fail(Source, err)
		}
	}
	for _, f := range ask {
		if err := f.compare(ctx); err != nil {
			return err
		}
	}
	return nil
}

// estimateBatch asks about several folders in one request, and one by one when the server fails that. A folder that it
// will not count is not an error: the folder is then reported as not estimated.
func (m *mailboxRun) estimateBatch(ctx context.Context, batch []*folderRun) error {
	reqs := make([]eas.EstimateRequest, len(batch))
	for i, f := range batch {
		reqs[i] = f.estimateRequest()
	}
	var ests []eas.Estimate
	err := m.retry(ctx, "", func() (err error) {
		ests, err = m.client.GetItemEstimate(ctx, reqs)
		return err
	})
	if err != nil {
		if a := judge(err).action; a == actMailbox || a == actRun {
			return err
		}
		if len(batch) == 1 {
			m.emit(Event{Event: EventWarning, Mailbox: m.mb.Address, Folder: batch[0].cp.Path, Message: "no estimate: " + err.Error()})
			return nil
		}
		for _, f := range batch {
			if err := m.estimateBatch(ctx, []*folderRun{f}); err != nil {
				return err
			}
		}
		return nil
	}
	for _, e := range ests {
		for _, f := range batch {
			if e.Err == nil && string(e.CollectionID) == f.cp.ServerID {
				f.estimate = e.Count
			}
		}
	}
	return nil
}

// compare holds the server's count against the ledger.
func (f *folderRun) compare(ctx context.Context) error {
	counts, err := f.m.Checkpoints.Counts(ctx, f.key)
	if err != nil {
		return f.fail(State, err)
	}
	f.counts.Excluded, f.counts.Quarantined = counts[checkpoints.Excluded], counts[checkpoints.Quarantined]
	f.live = counts[checkpoints.Archived] + f.counts.Excluded + f.counts.Quarantined
	switch {
	case f.estimate < 0:
		f.balanced = true // it did not say, and there is nothing to hold against it; the record shows no estimate
	case f.estimate == 0 && f.live > 0 && f.primed != 0:
		// The server counts what the key has still to bring: nothing. What it held when the pass began is known.
		total := f.live
		if f.primed > 0 {
			total = f.primed
		} else if f.cp.Estimate >= 0 && !f.cp.Balanced {
			total = f.cp.Estimate
		}
		f.estimate = total
		f.balanced = total == f.live
	default:
		f.balanced = f.estimate == f.live
	}
	return nil
}

// finishPass ends a pass from key 0 that had a ledger to be matched against: what the pass did not show has left the
// folder, provided that the pass showed as many items as the server says it holds. The reason of the pass is written
// even when nothing had to be stored.
func (f *folderRun) finishPass(ctx context.Context) error {
	if !f.cp.Resync {
		return nil
	}
	var gone []checkpoints.Item
	seen := 0
	for row, err := range f.m.Checkpoints.Live(ctx, f.key, checkpoints.Archived, checkpoints.Excluded, checkpoints.Quarantined) {
		if err != nil {
			return f.fail(State, err)
		}
		if row.Pass == f.cp.Pass {
			seen++
		} else {
			gone = append(gone, row)
		}
	}
	if total := f.total(ctx); len(gone) > 0 && total != seen {
		f.m.emit(Event{
			Event: EventWarning, Mailbox: f.m.mb.Address, Folder: f.cp.Path, Live: seen,
			Message: "the pass from key 0 did not show every item of the ledger, and the server's count does not explain it: they are kept as live",
		})
		gone = nil
	}
	return f.closePass(ctx, gone)
}

// total is the server's count of the whole folder at this moment, -1 if it does not say.
func (f *folderRun) total(ctx context.Context) int {
	est, err := f.m.client.GetItemEstimate(ctx, []eas.EstimateRequest{f.estimateRequest()})
	if err != nil || len(est) != 1 || est[0].Err != nil {
		return f.primed
	}
	if est[0].Count == 0 && f.primed >= 0 {
		return f.primed
	}
	return est[0].Count
}

// closePass writes the end of a pass: the deletions that it showed, and its reason if no segment carried it yet.
func (f *folderRun) closePass(ctx context.Context, gone []checkpoints.Item) error {
	w := f.newPage(f.cp.SyncKey)
	defer w.abort()
	for _, row := range gone {
		w.keep(row)
		e := sinks.Event{Op: sinks.OpDelete, ID: row.ID, ServerID: row.ServerID, Reason: "not shown by a pass from key 0"}
		if row.SHA256 != "" {
			e.MovedTo = f.m.moves.remove(row.SHA256, f.cp.ID, row.ID)
		}
		if _, err := w.put(ctx, e); err != nil {
			return err
		}
	}
	if len(f.carry) > 0 {
		if err := w.begin(ctx); err != nil {
			return err
		}
	}
	f.cp.Resync = false
	return w.commit(ctx, f.cp.SyncKey)
}

// retire notes once that a folder is gone from the server, and its items with it.
func (f *folderRun) retire(ctx context.Context) error {
	var gone []checkpoints.Item
	for row, err := range f.m.Checkpoints.Live(ctx, f.key, checkpoints.Archived, checkpoints.Excluded, checkpoints.Quarantined) {
		if err != nil {
			return f.fail(State, err)
		}
		gone = append(gone, row)
	}
	f.balanced = true
	if len(gone) == 0 {
		return nil
	}
	return f.closePass(ctx, gone)
}
