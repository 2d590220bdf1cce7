package migrate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// Locator knows where the server of one mailbox is, and where its credentials may go. Its methods keep nothing and may be
// repeated; a run calls them one at a time for a mailbox.
type Locator interface {
	// Discover finds the URL of the server by the mailbox's address. An error is judged as one of the source: what passes
	// is tried again.
	Discover(ctx context.Context) (url string, err error)
	// Transport makes what carries the credentials to a server. An error says that they must not go there, and why.
	Transport(url string) (http.RoundTripper, error)
}

// whereabouts is what a run learns of where its mailbox is.
type whereabouts struct {
	named    string // the server that the caller named, "" if none
	followed bool   // a 451 was followed
	searched bool   // the server was looked for anew
	renewed  bool   // everything started over because the server was upgraded
}

// home settles where the run begins: at the server where the mailbox was the last time, if the caller names the same one as
// then, or none as then; else at the one that they name; else where the address leads to.
func (m *mailboxRun) home(ctx context.Context) error {
	if m.mb.Locator == nil || m.state.Server == m.where.named && m.where.named != "" {
		return nil
	}
	if m.state.Server != "" && m.state.Named == m.where.named {
		// What is not trusted any more is as good as forgotten.
		if t, err := m.mb.Locator.Transport(m.state.Server); err == nil {
			m.moveTo(m.state.Server, t)
			return nil
		}
	}
	if m.where.named != "" {
		return nil
	}
	return m.retry(ctx, "", func() error {
		return m.governor.ask(ctx, "Autodiscover", func() error { return m.discover(ctx) }) // which may be told to wait, too
	})
}

// discover moves to where the address leads to.
func (m *mailboxRun) discover(ctx context.Context) error {
	if m.mb.Locator == nil {
		return errors.New("no server, and no way to find one")
	}
	m.where.searched = true
	url, err := m.mb.Locator.Discover(ctx)
	if err != nil {
		return err
	}
	t, err := m.mb.Locator.Transport(url)
	if err != nil {
		return err
	}
	m.moveTo(url, t)
	return nil
}

// moveTo makes the requests that follow go to another server. It is remembered when that has answered.
func (m *mailboxRun) moveTo(url string, t http.RoundTripper) {
	m.mb.Client.URL, m.mb.Client.Transport = url, t
	m.governor = m.run.governor(url)
}

// following does something, and does it again, at most once for each reason, when the mailbox turns out to be at another server
// or the server asks to synchronize anew. What was committed meanwhile stays.
func (m *mailboxRun) following(ctx context.Context, do func(context.Context) error) error {
	for {
		err := do(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		again, rerr := m.followed(ctx, bare(err))
		if rerr != nil {
			return m.fail(Source, rerr)
		}
		if !again {
			return err
		}
		m.beginAgain()
	}
}

// bare is what went wrong, without where.
func bare(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// beginAgain forgets what belongs to the server that was spoken to. What was done at it is kept for the run record.
func (m *mailboxRun) beginAgain() {
	m.client, m.auditor = nil, nil
	if m.earlier == nil {
		m.earlier = map[string]sinks.FolderState{}
	}
	for _, f := range m.folders {
		m.earlier[f.cp.ID] = f.counts
	}
	m.stats.add(func(s *Summary) { s.Folders -= m.counted })
	m.folders, m.counted = nil, 0
}

// followed goes where an error leads to, and tells whether it did. An error of its own takes the place of the first.
func (m *mailboxRun) followed(ctx context.Context, err error) (bool, error) {
	if errors.Is(err, eas.ErrUpgraded) {
		return m.renew(ctx, err)
	}
	if m.mb.Locator == nil {
		return false, nil
	}
	at := m.mb.Client.URL
	var he *eas.HTTPError
	moved := errors.As(err, &he) && errors.Is(he, eas.ErrRedirect) && he.Code/100 == 4 // 451, and no 302
	var to string
	switch {
	case moved && he.Moved() != "":
		if m.where.followed {
			return false, nil
		}
		m.where.followed, to = true, he.Moved()
	case !m.where.searched && m.where.named != "" && at != m.where.named && gone(err):
		m.where.searched, to = true, m.where.named // what was remembered is no more
	case !m.where.searched && (moved || m.where.named == "" && gone(err)): // MS-ASHTTP 3.1.5.2.2
		if derr := m.discover(ctx); derr != nil {
			return false, fmt.Errorf("%w: %w", derr, err)
		}
		if to = m.mb.Client.URL; to == at {
			return false, nil
		}
		m.tellMove(err)
		return true, nil
	default:
		return false, nil
	}
	if to == at {
		return false, nil
	}
	t, terr := m.mb.Locator.Transport(to)
	if terr != nil {
		return false, fmt.Errorf("%w: %w", terr, err)
	}
	m.moveTo(to, t)
	m.tellMove(err)
	return true, nil
}

// tellMove says where the mailbox is from now on.
func (m *mailboxRun) tellMove(why error) {
	m.emit(Event{
		Event: EventWarning, Mailbox: m.mb.Address, Server: m.mb.Client.URL,
		Message: fmt.Sprintf("the mailbox is now looked for at %s: %s", m.mb.Client.URL, why),
	})
}

// gone tells that there is no EAS any more where a server was.
func gone(err error) bool {
	var dns *net.DNSError
	return errors.Is(err, eas.ErrNotEAS) || errors.As(err, &dns) && dns.IsNotFound
}

// renew takes the hierarchy and every folder back to their beginnings, since the server was upgraded. MS-ASHTTP 3.1.5.1. The
// folders go first: after a crash on the way the server says it again. Nothing that is stored is stored again.
func (m *mailboxRun) renew(ctx context.Context, why error) (bool, error) {
	if m.where.renewed || m.key == (checkpoints.Key{}) {
		return false, nil
	}
	m.where.renewed, m.mb.Client.IgnoreUpgrade = true, true
	m.emit(Event{Event: EventResync, Mailbox: m.mb.Address, Message: why.Error()})
	folders, err := m.Checkpoints.Folders(ctx, m.key)
	if err != nil {
		return false, err
	}
	for i := range folders {
		if f := &folders[i]; f.SyncKey != "" && f.SyncKey != string(eas.InitialKey) {
			if err := m.startOver(ctx, f); err != nil {
				return false, err
			}
		}
	}
	m.state.HierarchyKey, m.state.EAS = "", ""
	return true, m.Checkpoints.SaveMailbox(ctx, m.state)
}
