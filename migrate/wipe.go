package migrate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
)

// A Remover is what of a mailbox's credentials the caller keeps on behalf of its user, such as a token file.
type Remover interface {
	// Remove removes them for good, and tells what they were. Removing what is not there any more is no error.
	Remove(ctx context.Context) (what string, err error)
}

// refuseWipe tells the server the truth of a wipe: it was not done. What an archive holds stays, and MS-ASPROV 3.1.5.1.2.2 counts a
// wipe as done only when all that ever came from the server is destroyed.
func refuseWipe(context.Context, *eas.RemoteWipeError) bool { return false }

// stateForWipe prepares a mailbox that was wiped before its folders were looked at for its last record: it tells how they stood.
func (m *mailboxRun) stateForWipe(ctx context.Context) error {
	if len(m.folders) > 0 {
		return nil
	}
	ctx, cancel := moment(ctx)
	defer cancel()
	tree, err := m.knownTree(ctx)
	if err != nil {
		return err
	}
	m.takeFolders(tree, func(*node) bool { return true })
	for _, f := range m.folders {
		if err := f.count(ctx); err != nil {
			return err
		}
	}
	return nil
}

// wiped does for a mailbox what its administrator asked for, when its last record is written: the sync state goes, and the
// credentials that airlift keeps. The archive stays, every byte.
func (m *mailboxRun) wiped(ctx context.Context, why error) error {
	ctx, cancel := moment(ctx)
	defer cancel()
	var gone []string
	var errs []error
	if store, ok := m.Checkpoints.(checkpoints.Forgetter); ok {
		if err := store.Forget(ctx, m.key); err != nil {
			errs = append(errs, m.fail(State, fmt.Errorf("remote wipe: %w", err)))
		} else {
			gone = append(gone, "its checkpoints")
		}
	}
	if m.mb.Credentials != nil {
		what, err := m.mb.Credentials.Remove(ctx)
		if err != nil {
			errs = append(errs, m.fail(Source, fmt.Errorf("remote wipe: %w", err)))
		} else if what != "" {
			gone = append(gone, what)
		}
	}
	told := "the server could not be told"
	if wipe := new(eas.RemoteWipeError); errors.As(why, &wipe) && wipe.Acknowledged {
		told = "the server was told that it was not wiped"
	}
	if len(gone) > 0 {
		m.emit(Event{
			Event: EventWarning, Mailbox: m.mb.Address,
			Message: "remote wipe: removed " + strings.Join(gone, " and ") + "; the archive is as it was, and " + told,
		})
	}
	return errors.Join(errs...)
}
