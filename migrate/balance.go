package migrate

import (
	"context"

	"github.com/airlift-eas/airlift/checkpoints"
)

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

// doubt notes that an answer may have hidden what changed. It is durable before the page is, so that a run that does not come
// to the end of it leaves the doubt to the next.
func (f *folderRun) doubt(ctx context.Context) error {
	if f.cp.Doubted {
		return nil
	}
	f.cp.Doubted = true
	if err := f.m.Checkpoints.SaveFolder(ctx, f.m.key, f.cp); err != nil {
		return f.fail(State, err)
	}
	return nil
}

// balance decides whether server and ledger agree. An estimate is a hint, and servers mean different things by it:
//
//   - the items of the folder (Z-Push), which is the number to compare;
//   - what the key has still to bring (Exchange), which is nothing once the folder has drained;
//   - what the key's token matches, deleted items included (SOGo), which is some small number then.
//
// With the first key of a pass all of them count the whole folder, so that number is kept: a pass that brought less is no
// good. A server that counts less than there is in a drained folder counts what is to come, in all of them. Between passes a
// folder that was balanced stays so while nothing is to come, or while the server counts more by just as many as before. A
// folder whose numbers differ, or that behaved in a way that hides changes, is audited.
//
// A server that does not count is believed once nothing is open from before: in the first pass, and after one that balanced.
func (f *folderRun) balance() {
	said := f.estimate
	same := said == f.live && !f.m.countsChanges || f.primed == f.live
	drained := f.primed < 0 && f.cp.Balanced && (said == 0 || said < f.live && f.m.countsTheDeleted(f))
	usual := f.cp.Balanced && f.cp.Estimate >= 0 && (!f.m.countsChanges || f.m.countsTheDeleted(f)) && said-f.live == f.cp.Estimate-f.before
	uncounted := said < 0 && (f.first || f.cp.Balanced)
	f.balanced = (!f.cp.Doubted || f.primed == f.live) && f.primed <= f.live && (uncounted || same || drained || usual)
	switch {
	case said < 0 || said == f.live:
	case f.primed >= 0:
		f.estimate = f.primed
	case drained:
		f.estimate = f.live
	}
}
