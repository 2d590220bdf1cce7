package migrate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

const (
	// auditPrefix begins the ids in the ledger of items that only the audit device could name.
	auditPrefix = "audit:"
	// maxRecover is how many missing items are fetched one by one; if there are more, the folder is read again instead.
	maxRecover = 200
)

// audit enumerates a drained folder a second time and settles what differs: what is missing is fetched and stored in a
// segment of its own, what has gone is noted, and the folder is balanced if server and ledger agree then.
func (f *folderRun) audit(ctx context.Context) error {
	if !f.auditable() {
		return nil
	}
	f.m.emit(Event{Event: EventAudit, Mailbox: f.m.mb.Address, Folder: f.cp.Path, Class: f.cp.Class, Estimated: counted(f.estimate), Live: f.live})
	a, c, err := f.enumerate(ctx)
	// What only the audit's device can name is better had from the beginning, under the mailbox's own ids.
	for err == nil && (len(c.missing) > maxRecover || len(c.missing) > 0 && !c.stable) && f.resyncs < maxResyncs {
		if err := f.restart(ctx, fmt.Sprintf("an audit found %d items that were never sent", len(c.missing))); err != nil {
			return err
		}
		if err := f.run(ctx); err != nil {
			return err
		}
		a, c, err = f.enumerate(ctx)
	}
	if err != nil {
		if v := judge(err); ctx.Err() != nil || v.action == actRun {
			return f.fail(Source, err)
		}
		f.warn(0, "it could not be audited: "+err.Error())
		return nil // and stays as it was: balanced or not
	}
	if err := f.recover(ctx, a, c); err != nil {
		return err
	}
	if c.others > 0 && len(c.altered) > maxRecover && f.resyncs < maxResyncs { // a pass looks at all of them
		if err := f.restart(ctx, fmt.Sprintf("an audit found other messages by the ids of %d", c.others)); err != nil {
			return err
		}
		if err := f.run(ctx); err != nil {
			return err
		}
	}
	if err := f.count(ctx); err != nil {
		return err
	}
	f.counts.Audited, f.cp.Doubted = true, false
	f.estimate = cmp.Or(max(c.estimate, 0), max(f.primed, f.estimate))
	if c.lacking > 0 {
		f.balanced = false
		f.warn(c.lacking, fmt.Sprintf("%d items that an audit showed did not come with the next enumeration: the next run asks for them", c.lacking))
		return nil
	}
	if f.balanced = f.estimate <= f.live || f.m.countsTheDeleted(f); !f.balanced {
		f.m.emit(Event{
			Event: EventWarning, Mailbox: f.m.mb.Address, Folder: f.cp.Path, Live: f.live,
			Message: fmt.Sprintf("the server counts %d items and shows %d, to two devices: it hides the rest, or counts wrong", f.estimate, f.live),
			Hint:    "look at the folder in a mail program; airlift reconcile compares it again at any time",
		})
	}
	return nil
}

// auditable tells that the folder was read to its end.
func (f *folderRun) auditable() bool {
	return f.err == nil && !f.cp.Gone && f.drained && f.cp.SyncKey != "" && f.cp.SyncKey != "0"
}

func (f *folderRun) enumerate(ctx context.Context) (*auditor, *comparison, error) {
	a, err := f.m.auditing(ctx)
	if err != nil {
		return nil, nil, err
	}
	c, err := a.compare(ctx, f, f.living())
	if err == nil {
		f.namesAlike(ctx, c)
	}
	return a, c, err
}

// namesAlike finds out, where nothing that is known could tell, whether both devices know the items by the same ids: it asks
// the mailbox's own device for some of what the audit's was shown.
func (f *folderRun) namesAlike(ctx context.Context, c *comparison) {
	const some = 3
	for _, l := range c.missing[:min(some, len(c.missing))] {
		if c.stable {
			return
		}
		key := ""
		err := f.m.fetch(ctx, f.m.client, "ItemOperations without bodies", []eas.Fetch{{
			CollectionID: eas.CollectionID(f.cp.ServerID), ServerID: l.id, Options: eas.HeadersOnly(eas.Class(f.cp.Class), f.m.client.Version()),
		}}, func(res *eas.FetchResult) error {
			if res.Err == nil && res.ServerID == l.id {
				key = identify(f.cp.Class, res.Item).key
			}
			return nil
		})
		c.stable = err == nil && key == l.key
	}
}

// recover stores what the first enumeration did not bring, and notes what has left the folder since.
func (f *folderRun) recover(ctx context.Context, a *auditor, c *comparison) error {
	p := f.newPage(ctx, f.cp.SyncKey)
	defer p.abort()
	p.via, p.unseen = sinks.ViaAudit, map[string]bool{}
	if !c.stable {
		p.from = fetchSource{client: a.client, collection: a.ids[f.cp.ID], prefix: auditPrefix}
	}
	wanted := map[eas.ServerID]bool{}
	for _, l := range c.missing {
		wanted[l.id] = true
		if p.from.canFetch() {
			p.bodies = append(p.bodies, l.id)
		}
	}
	outside, err := f.collect(f.softDeleted(), func(checkpoints.Item) bool { return true })
	if err != nil {
		return err
	}
	for _, row := range append(outside, c.unseen...) {
		p.unseen[row.ServerID] = true
	}
	if !p.from.canFetch() {
		if err := p.bring(ctx, a, wanted); err != nil {
			return err
		}
		c.lacking = len(wanted)
	}
	if c.stable && p.from.canFetch() && f.cp.Class == string(eas.ClassEmail) {
		for _, l := range c.altered[:min(maxRecover, len(c.altered))] {
			p.bodies = append(p.bodies, l.id) // its bytes tell whether it is still the same
		}
	}
	if err := p.fetchPending(ctx); err != nil {
		return err
	}
	c.others = p.others
	recovered := p.inParts + p.tally.Stored
	var doubt, superfluous []checkpoints.Item
	for _, row := range c.unseen {
		id, foreign := strings.CutPrefix(row.ServerID, auditPrefix)
		switch {
		case foreign && row.State == checkpoints.Quarantined && c.elsewhere[eas.ServerID(id)]:
			superfluous = append(superfluous, row)
		case p.unseen[row.ServerID] && p.rowAt(row.ServerID) == nil:
			doubt = append(doubt, row)
		}
	}
	if err := p.leave(ctx, superfluous, "stored under another id since"); err != nil {
		return err
	}
	gone, err := f.gone(ctx, a, c, doubt)
	if err != nil {
		return err
	}
	own := fetchSource{client: f.m.client, collection: eas.CollectionID(f.cp.ServerID)}
	outside, err = f.leftServer(ctx, own, func(row checkpoints.Item) bool { return p.rowAt(row.ServerID) == nil })
	if err != nil {
		return err
	}
	gone = append(gone, outside...)
	if err := p.leave(ctx, gone, "not on the server: an audit asked for it"); err != nil {
		return err
	}
	if err := p.commit(ctx, f.cp.SyncKey); err != nil {
		return err
	}
	f.counts.Recovered += recovered
	f.counts.Vanished += len(gone)
	return nil
}

// gone leaves of the items that the audit did not show those that are not on the server. Each is asked for on the device
// that knows it by its id.
func (f *folderRun) gone(ctx context.Context, a *auditor, c *comparison, doubt []checkpoints.Item) ([]checkpoints.Item, error) {
	counted := c.estimate >= 0 && c.estimate <= c.listed
	var own, foreign, agreed []checkpoints.Item
	for _, row := range doubt {
		if !counted && f.twiceUnseen(row) {
			agreed = append(agreed, row)
		} else if strings.HasPrefix(row.ServerID, auditPrefix) {
			foreign = append(foreign, row)
		} else {
			own = append(own, row)
		}
	}
	counted = counted || f.m.countsTheDeleted(f) && f.m.client.Version().AtLeast(eas.Version120) // then they are asked for, or some
	gone, err := f.absent(ctx, own, fetchSource{client: f.m.client, collection: eas.CollectionID(f.cp.ServerID)}, counted)
	if err != nil {
		return nil, err
	}
	more, err := f.absent(ctx, foreign, fetchSource{client: a.client, collection: a.ids[f.cp.ID], prefix: auditPrefix}, counted)
	return slices.Concat(agreed, gone, more), err
}

// twiceUnseen tells of an item that an audit did not show, that it is gone although nobody can ask for it and the server's count says
// nothing of it: the pass from key 0 before did not show it either.
func (f *folderRun) twiceUnseen(row checkpoints.Item) bool {
	return f.m.countsTheDeleted(f) && !f.m.client.Version().AtLeast(eas.Version120) && row.Pass > 0 && row.Pass < f.cp.Pass
}

// countsTheDeleted tells that the server's count of a folder is above what the folder holds, so that two enumerations that
// agree are the better witness.
// QUIRK(SOGo 5.8): a mail folder counts the messages that were deleted from it, a calendar its events and tasks together. It
// is known by the form of its folder ids.
func (m *mailboxRun) countsTheDeleted(f *folderRun) bool {
	store, _, ok := strings.Cut(strings.ReplaceAll(f.cp.ServerID, "%2F", "/"), "/")
	switch store {
	case "mail", "vevent", "vtodo", "vcard":
		return ok
	}
	return false
}

func counted(n int) *int {
	if n < 0 {
		return nil
	}
	return &n
}
