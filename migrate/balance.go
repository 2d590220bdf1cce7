package migrate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
		f.m.emit(Event{Event: EventEstimate, Mailbox: f.m.mb.Address, Folder: f.cp.Path, Class: f.cp.Class, Estimated: &f.primed})
	}
}

func (f *folderRun) estimateRequest() eas.EstimateRequest {
	return eas.EstimateRequest{
		Key: eas.SyncKey(f.cp.SyncKey), CollectionID: eas.CollectionID(f.cp.ServerID), Class: eas.Class(f.cp.Class),
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
	if err := f.count(ctx); err != nil {
		return err
	}
	f.balance()
	return nil
}

// count takes the folder's figures from the ledger.
func (f *folderRun) count(ctx context.Context) error {
	counts, err := f.m.Checkpoints.Counts(ctx, f.key)
	if err != nil {
		return f.fail(State, err)
	}
	f.counts.Excluded, f.counts.Quarantined = counts[checkpoints.Excluded], counts[checkpoints.Quarantined]
	f.live = counts[checkpoints.Archived] + f.counts.Excluded + f.counts.Quarantined
	return nil
}

// balance decides whether server and ledger agree. An estimate is a hint, and servers mean different things by it:
//
//   - the items of the folder (Z-Push), which is the number to compare;
//   - what the key has still to bring (Exchange), which is nothing once the folder has drained;
//   - what the key's token matches, deleted items included (SOGo), which is some small number then.
//
// With the first key of a pass all of them count the whole folder, so that number is kept. A folder whose numbers differ
// is passed through once more from key 0, and two enumerations that agree to the item outweigh any estimate. Between
// passes a folder that was balanced stays so while the server counts fewer than the ledger holds, or more by just as
// many as before (SOGo counts the events and tasks of a calendar together).
func (f *folderRun) balance() {
	said := f.estimate
	pending := said >= 0 && said < f.live && f.primed < 0 && f.cp.Balanced
	known := f.cp.Balanced && f.cp.Estimate >= 0 && said-f.live == f.cp.Estimate-f.before
	f.balanced = said < 0 || said == f.live || f.primed == f.live || f.confirmed || pending || known
	switch {
	case said < 0 || said == f.live:
	case f.primed >= 0:
		f.estimate = f.primed
	case pending:
		f.estimate = f.live
	}
}

// finishPass ends a pass from key 0 that had a ledger to be matched against: what the pass did not show, and the server
// does not have when asked for it, has left the folder. The reason of the pass is written even when nothing had to be
// stored. The pass confirms the ledger if every item of the one is in the other.
func (f *folderRun) finishPass(ctx context.Context) error {
	if !f.cp.Resync {
		return nil
	}
	var gone []checkpoints.Item
	for row, err := range f.m.Checkpoints.Live(ctx, f.key, checkpoints.Archived, checkpoints.Excluded, checkpoints.Quarantined) {
		if err != nil {
			return f.fail(State, err)
		}
		if row.Pass != f.cp.Pass {
			gone = append(gone, row)
		}
	}
	missing, err := f.reallyGone(ctx, gone)
	if err != nil {
		return err
	}
	f.confirmed = len(gone) == len(missing) && f.counts.Stored == f.base
	return f.closePass(ctx, missing)
}

// maxDoubts is how many items that a pass did not show are asked for one by one.
const maxDoubts = 500

// reallyGone leaves of the items that a pass from key 0 did not show those that the server does not have when it is
// asked for them: a pass can skip items while its status says success.
func (f *folderRun) reallyGone(ctx context.Context, gone []checkpoints.Item) ([]checkpoints.Item, error) {
	if len(gone) > maxDoubts {
		f.m.emit(Event{
			Event: EventWarning, Mailbox: f.m.mb.Address, Folder: f.cp.Path,
			Message: fmt.Sprintf("a pass from key 0 did not show %d items of the ledger: they are kept as live", len(gone)),
		})
		return nil, nil
	}
	var out []checkpoints.Item
	for _, row := range gone {
		there, err := f.isThere(ctx, eas.ServerID(row.ServerID))
		if err != nil {
			return nil, err
		}
		if !there {
			out = append(out, row)
		}
	}
	if n := len(gone) - len(out); n > 0 {
		f.m.emit(Event{
			Event: EventWarning, Mailbox: f.m.mb.Address, Folder: f.cp.Path, Live: n,
			Message: fmt.Sprintf("a pass from key 0 did not show %d items that the server still has", n),
		})
	}
	return out, nil
}

// isThere asks for one item without its body.
func (f *folderRun) isThere(ctx context.Context, id eas.ServerID) (bool, error) {
	class := eas.Class(f.cp.Class)
	resp, err := f.m.client.Fetch(ctx, []eas.Fetch{{
		CollectionID: eas.CollectionID(f.cp.ServerID), ServerID: id, Options: eas.HeadersOnly(class, f.m.client.Version()),
	}}, false)
	if err == nil {
		defer resp.Close()
		for res, rerr := range resp.Results() {
			if rerr != nil {
				err = rerr
				break
			}
			if res.ServerID == id {
				return res.Err == nil, nil
			}
		}
	}
	var he *eas.HTTPError
	switch {
	case err == nil:
		return false, nil // the answer does not name it
	case errors.As(err, &he) && (he.Code == http.StatusNotImplemented || he.Code == http.StatusInternalServerError):
		return false, nil // QUIRK(SOGo 5.8): its way to say that there is no such item
	}
	return false, f.fail(Source, err)
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
	if len(f.carry) > 0 && f.cp.Seq > 0 { // a folder that never held anything has nothing to say
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
