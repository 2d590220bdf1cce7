package migrate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

const (
	// ledgerPages is how many pages a run without checkpoints may have to read of a folder beside its ledger: a ledger is
	// kept each time that the folder has as many more.
	ledgerPages = 32
	// ledgerBatch is how many rows of a ledger go into the checkpoints at once.
	ledgerBatch = 5000
)

// adoptLedger takes the rows of the folder from the ledger that the archive keeps, and the folder stands behind its last page.
// A ledger that is lost or damaged is done without: the pages say the same.
func (f *folderRun) adoptLedger(ctx context.Context, l sinks.Ledger) error {
	keeper, ok := f.m.Sink.(sinks.Bookkeeper)
	if !ok {
		return nil
	}
	f.cp.Pass = l.Pass
	var batch []checkpoints.Item
	start := checkpoints.Position{SyncKey: f.cp.SyncKey}
	for row, err := range keeper.LedgerRows(ctx, f.m.mb.Address, l) {
		if errors.Is(err, sinks.ErrCorrupt) || errors.Is(err, sinks.ErrNotExist) {
			f.cp.Pass = 0
			f.warn(0, fmt.Sprintf("the folder's ledger cannot be read, its %d pages are: %v", l.Seq, err))
			return nil
		}
		if err != nil {
			return f.fail(Destination, fmt.Errorf("adopt the ledger: %w", err))
		}
		if batch = append(batch, itemOf(row, l.Pass)); len(batch) == ledgerBatch {
			if err := f.commit(ctx, start, "", false, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	// The key that goes with the page is in the record, or in the pages behind it.
	if err := f.commit(ctx, checkpoints.Position{Seq: l.Seq, SyncKey: start.SyncKey}, l.Last, false, batch); err != nil {
		return err
	}
	f.mirrored = l.Seq
	f.m.emit(Event{Event: EventAdopted, Mailbox: f.m.mb.Address, Folder: f.cp.Path, Page: l.Seq, Segment: l.Name})
	return nil
}

// keepLedgers stores the ledgers that are due, for the run record to name. What goes wrong is told and costs a run without
// checkpoints its time, nothing else.
func (m *mailboxRun) keepLedgers(ctx context.Context, states []sinks.FolderState) {
	keeper, ok := m.Sink.(sinks.Bookkeeper)
	if !ok || !slices.ContainsFunc(m.folders, (*folderRun).ledgerDue) {
		return
	}
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = moment(ctx)
		defer cancel()
	}
	stored := map[string]checkpoints.Position{}
	folders, err := m.Checkpoints.Folders(ctx, m.key)
	if err != nil {
		m.emit(Event{Event: EventWarning, Mailbox: m.mb.Address, Message: fmt.Sprintf("ledgers are not kept: %v", err)})
		return
	}
	for _, cp := range folders {
		stored[cp.ID] = checkpoints.Position{Seq: cp.Seq, SyncKey: cp.SyncKey}
	}
	for i, f := range m.folders {
		// Where a commit failed, or seemed to, the rows may be further than is known here.
		if !f.ledgerDue() || stored[f.cp.ID] != (checkpoints.Position{Seq: f.cp.Seq, SyncKey: f.cp.SyncKey}) {
			continue
		}
		l, err := keeper.KeepLedger(ctx, m.mb.Address, f.cp.Dir, m.id, sinks.Ledger{Seq: f.cp.Seq, Last: f.cp.Last, Pass: f.cp.Pass}, f.ledgerRows(ctx))
		if err != nil {
			f.warn(0, fmt.Sprintf("the folder's ledger is not kept: %v", err))
			continue
		}
		states[i].Ledger = &l
	}
}

// ledgerDue tells that the folder has many pages that no ledger has. While a pass from key 0 is under way the rows are
// between two states.
func (f *folderRun) ledgerDue() bool {
	every := f.m.LedgerPages
	return f.adopted && !f.cp.Resync && (f.cp.Seq/every > f.cp.Recorded/every || f.replayed >= every)
}

func (f *folderRun) ledgerRows(ctx context.Context) iter.Seq2[sinks.Row, error] {
	return func(yield func(sinks.Row, error) bool) {
		for item, err := range f.m.Checkpoints.Live(ctx, f.key) {
			if !yield(archiveRow(item), err) || err != nil {
				return
			}
		}
	}
}
