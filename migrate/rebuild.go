package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// Rebuild makes the checkpoints of the mailboxes again from the sink alone, as if they had been lost. The mailboxes need an
// address only; no server is asked. Checkpoints that are there already are an error: they may be further than the sink's
// pages tell.
func Rebuild(ctx context.Context, o Options) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	r := &run{Options: o}
	for _, mb := range o.Mailboxes {
		if err := r.rebuild(ctx, mb); err != nil {
			return err
		}
	}
	return nil
}

// ErrHasState says that a mailbox has checkpoints already.
var ErrHasState = errors.New("there are checkpoints of this mailbox already")

func (r *run) rebuild(ctx context.Context, mb Mailbox) (err error) {
	m := &mailboxRun{run: r, mb: mb, key: checkpoints.Key{Job: r.Job, Mailbox: mb.Address}}
	unlock, err := r.Checkpoints.Lock(ctx, m.key)
	if err != nil {
		return m.fail(State, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	_, err = r.Checkpoints.Mailbox(ctx, m.key)
	switch {
	case err == nil:
		return m.fail(State, ErrHasState)
	case !errors.Is(err, checkpoints.ErrNotFound):
		return m.fail(State, err)
	}
	held, err := r.Sink.Folders(ctx, mb.Address)
	if err != nil {
		return m.fail(Destination, err)
	}
	if len(held) > 0 && !slices.ContainsFunc(held, func(f sinks.Folder) bool { return !f.Imported() }) {
		return nil // what was read from files has no checkpoints
	}
	m.state.Key = m.key
	if err := m.adoptMailbox(ctx); err != nil {
		return m.fail(State, err)
	}
	folders, err := r.Checkpoints.Folders(ctx, m.key)
	if err != nil {
		return m.fail(State, err)
	}
	if len(folders) == 0 {
		return m.fail(Destination, fmt.Errorf("the archive holds no page of it: %w", checkpoints.ErrNotFound))
	}
	for _, cp := range folders {
		f := newFolderRun(m, cp, "")
		if err := f.adopt(ctx); err != nil {
			return err
		}
	}
	return nil
}
