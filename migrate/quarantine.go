package migrate

import (
	"context"
	"fmt"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// quarantine sets an item aside that could not be had, with the reason and what the server sent of it. The folder goes on,
// and the next run tries the item again.
func (p *pageWriter) quarantine(ctx context.Context, id eas.ServerID, cause error, raw ...sinks.Content) error {
	known, err := p.lookup(ctx, id)
	if err != nil {
		return err
	}
	e := sinks.Event{Op: sinks.OpQuarantine, ServerID: string(id), Reason: cause.Error()}
	if known != nil {
		if known.State == checkpoints.Quarantined && known.Reason == e.Reason {
			return nil // nothing new
		}
		e.ID = known.ID // an older version of it may be archived, and stays
	}
	if _, err := p.put(ctx, e, raw...); err != nil {
		return err
	}
	said := Error{Mailbox: p.f.m.mb.Address, Folder: p.f.cp.Path, Side: Source, Err: fmt.Errorf("item %s is quarantined: %w", id, cause)}
	p.f.m.problem()
	p.f.m.emit(Event{
		Event: EventProblem, Mailbox: p.f.m.mb.Address, Folder: p.f.cp.Path, Quarantined: 1,
		Message: said.Error(),
		Hint:    "every later run asks for it again; airlift status lists what is set aside",
	})
	return nil
}

// retryQuarantined asks once more for what earlier runs set aside.
func (f *folderRun) retryQuarantined(ctx context.Context) error {
	p := f.newPage(ctx, f.cp.SyncKey)
	defer p.abort()
	for row, err := range f.m.Checkpoints.Live(ctx, f.key, checkpoints.Quarantined) {
		if err != nil {
			return f.fail(State, err)
		}
		if strings.HasPrefix(row.ServerID, auditPrefix) {
			f.cp.Doubted = true // only an audit can ask for it again
			continue
		}
		p.bodies = append(p.bodies, eas.ServerID(row.ServerID))
	}
	if len(p.bodies) == 0 {
		return nil
	}
	if err := p.fetchPending(ctx); err != nil {
		return err
	}
	return p.commit(ctx, f.cp.SyncKey)
}
