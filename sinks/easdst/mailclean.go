package easdst

import (
	"context"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/sinks"
)

// clean removes what a trial made. What cannot be removed is named.
func (a *attempt) clean(ctx context.Context, place sinks.Place) {
	left := func(what string, err error) {
		if err != nil {
			a.trial.Left = append(a.trial.Left, fmt.Sprintf("%s: %v", what, err))
		}
	}
	if a.drafts != nil {
		if a.trial.Elsewhere != "" {
			left("the message in "+a.draftsPath, a.cleanDrafts(ctx))
		}
		left(a.draftsPath, a.drafts.Close())
	}
	if a.f != nil {
		left("the message in "+place.Path, a.cleanFolder(ctx))
		left(place.Path, a.f.Close())
	}
	err := a.persist(ctx, func() error { return a.t.DeleteFolder(ctx, place) })
	if errors.Is(err, sinks.ErrNotExist) {
		err = nil
	}
	left("the folder "+place.Path, err)
}

// persist tries again what a server that is starting anew refuses.
func (a *attempt) persist(ctx context.Context, do func() error) (err error) {
	for n := 1; n <= maxTries; n++ {
		if err = do(); !errors.Is(err, sinks.ErrUnavailable) {
			return err
		}
		if werr := wait(ctx, a.t.o.Settle/2); werr != nil {
			break
		}
	}
	return err
}

// cleanFolder removes the messages of this trial and of earlier ones.
func (a *attempt) cleanFolder(ctx context.Context) error {
	c := a.f.c
	return a.persist(ctx, func() error {
		defer c.lock()()
		if err := c.current(ctx); err != nil {
			return told(err)
		}
		var all []sinks.Held
		for id, one := range c.held {
			if _, old := a.before[id]; a.before != nil && !old || one.mail.subject == hashSubject(canarySubject) {
				all = append(all, sinks.Held{ID: string(id), State: one.state})
			}
		}
		gone, err := c.remove(ctx, all)
		if err == nil && len(gone) < len(all) {
			err = fmt.Errorf("%d of %d deleted", len(gone), len(all))
		}
		return err
	})
}

func (a *attempt) cleanDrafts(ctx context.Context) error {
	return a.persist(ctx, func() error {
		a.t.alone.RLock()
		found, err := a.inDrafts(ctx)
		a.t.alone.RUnlock()
		if err != nil {
			return told(err)
		}
		gone, err := a.drafts.Delete(ctx, found)
		if err == nil && len(gone) < len(found) {
			err = fmt.Errorf("%d of %d deleted", len(gone), len(found))
		}
		return err
	})
}
