package migrate

import (
	"context"

	"github.com/airlift-eas/airlift/checkpoints"
)

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
// With the first key of a pass all of them count the whole folder, so that number is kept. A folder whose numbers differ is
// audited. Between passes a folder that was balanced stays so while the server counts fewer than the ledger holds, or more
// by just as many as before (SOGo counts the events and tasks of a calendar together).
func (f *folderRun) balance() {
	said := f.estimate
	pending := said >= 0 && said < f.live && f.primed < 0 && f.cp.Balanced
	known := f.cp.Balanced && f.cp.Estimate >= 0 && said-f.live == f.cp.Estimate-f.before
	f.balanced = said < 0 || said == f.live || f.primed == f.live || pending || known
	switch {
	case said < 0 || said == f.live:
	case f.primed >= 0:
		f.estimate = f.primed
	case pending:
		f.estimate = f.live
	}
}
