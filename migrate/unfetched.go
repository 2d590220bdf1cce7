package migrate

import (
	"context"
	"fmt"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// canFetch tells whether single items can be asked for: by ItemOperations, which protocol 2.5 does not have (MS-ASCMD 2.2.1.10).
func (s fetchSource) canFetch() bool { return s.client.Version().AtLeast(eas.Version120) }

// unasked decides of items that an enumeration did not show and that nobody can ask for. They are gone if the server counted no more
// than it showed, and else they are kept as living.
func (f *folderRun) unasked(unseen []checkpoints.Item, counted bool) []checkpoints.Item {
	if counted {
		return unseen
	}
	if n := len(unseen); n > 0 {
		f.warn(n, fmt.Sprintf("an enumeration did not show %d items, and protocol %s cannot ask for them: they are kept as living", n, f.m.client.Version()))
	}
	return nil
}

// bring takes items that an audit showed from one more enumeration, whole, where they cannot be fetched. Those that did not come are
// left in wanted.
func (p *pageWriter) bring(ctx context.Context, a *auditor, wanted map[eas.ServerID]bool) error {
	f, class := p.f, eas.Class(p.f.cp.Class)
	for key, first := eas.InitialKey, true; len(wanted) > 0; first = false {
		n, next, more, err := p.bringPage(ctx, a, eas.SyncRequest{
			Key: key, CollectionID: a.ids[f.cp.ID], Class: class, WindowSize: f.window, Options: eas.ArchiveOptions(class, a.client.Version()),
		}, wanted)
		if err != nil {
			return err
		}
		if !more && !first || more && n == 0 && !first {
			return nil // what did not come stays wanted
		}
		key = next
	}
	return nil
}

func (p *pageWriter) bringPage(ctx context.Context, a *auditor, q eas.SyncRequest, wanted map[eas.ServerID]bool) (n int, next eas.SyncKey, more bool, err error) {
	turn, err := a.m.governor.turn(ctx, "Sync of the audit")
	if err != nil {
		return 0, "", false, p.f.fail(Source, err)
	}
	defer func() { turn.done(err) }()
	page, err := a.client.Sync(ctx, q)
	if err != nil {
		return 0, "", false, p.f.fail(Source, err)
	}
	turn.answered()
	defer page.Close()
	for cmd, err := range page.Commands() {
		if err != nil {
			return 0, "", false, p.f.fail(Source, err)
		}
		n++
		if cmd.Item == nil || !wanted[cmd.ServerID] {
			continue
		}
		delete(wanted, cmd.ServerID)
		if err := p.upsert(ctx, p.from.name(cmd.ServerID), cmd.Item, sinks.ViaAudit, false); err != nil {
			return 0, "", false, err
		}
		if err := p.split(ctx); err != nil {
			return 0, "", false, err
		}
	}
	return n, page.Key, page.MoreAvailable, nil
}
