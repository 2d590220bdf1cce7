package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// claim is an item that may be one that the ledger knows by another id.
type claim struct {
	event sinks.Event
	row   checkpoints.Item
}

// renamed tells whether an item that the ledger does not know may be one that it knows by another id: a lost partnership can
// change all ids, and an audit may have named the item by the id of its own device. If so it is settled, or will be when no
// answer is being read any more.
func (p *pageWriter) renamed(ctx context.Context, e sinks.Event, content sinks.Content) (bool, error) {
	if settled, ok := p.claimants[e.ServerID]; ok {
		return !settled, nil
	}
	sum, err := sumOf(content)
	if err != nil {
		return false, p.f.fail(Source, err)
	}
	same, err := p.f.m.Checkpoints.BySHA256(ctx, p.f.key.Key, sum)
	if err != nil {
		return false, p.f.fail(State, err)
	}
	for _, row := range same {
		if row.Folder != p.f.cp.ID || !isKept(row) || p.rowAt(row.ServerID) != nil || p.claimed[row.ServerID] {
			continue
		}
		switch {
		case p.unseen[row.ServerID] && p.from.prefix != "":
			delete(p.unseen, row.ServerID) // the audit device's id of it says nothing to the mailbox's own
			if row.State == checkpoints.SoftDeleted {
				p.keep(row)
				e.ServerID = row.ServerID
				return true, p.touch(ctx, &row, e)
			}
			return true, nil
		case strings.HasPrefix(row.ServerID, auditPrefix):
			delete(p.unseen, row.ServerID)
			return true, p.rename(ctx, row, e)
		case p.unseen[row.ServerID], p.f.cp.Resync && row.Pass != p.f.cp.Pass:
			p.claims = append(p.claims, claim{event: e, row: row})
			p.claimed[row.ServerID], p.claimants[e.ServerID] = true, false
			return true, nil
		}
	}
	return false, nil
}

// settleClaims asks whether the server still has the items by the ids that the ledger knows. If so, or if the page itself
// showed it, those that came are items of their own, and are fetched.
func (p *pageWriter) settleClaims(ctx context.Context, mu *sync.Mutex) error {
	there := map[string]bool{}
	var doubtful []checkpoints.Item
	for _, c := range p.claims {
		// One that the page spoke of after its claimant is another item, even if all that was said is that it left.
		if there[c.row.ServerID] = p.rowAt(c.row.ServerID) != nil; !there[c.row.ServerID] && p.from.canFetch() {
			doubtful = append(doubtful, c.row)
		}
	}
	own := fetchSource{client: p.f.m.client, collection: eas.CollectionID(p.f.cp.ServerID)}
	for batch := range slices.Chunk(doubtful, askBatch) {
		if err := p.f.present(ctx, batch, own, there); err != nil {
			return err
		}
	}
	var copies []eas.ServerID
	for _, c := range p.claims {
		p.claimants[c.event.ServerID] = true
		if there[c.row.ServerID] {
			copies = append(copies, eas.ServerID(strings.TrimPrefix(c.event.ServerID, p.from.prefix)))
			continue
		}
		delete(p.unseen, c.row.ServerID)
		if err := p.rename(ctx, c.row, c.event); err != nil {
			return err
		}
		if err := p.split(ctx); err != nil {
			return err
		}
	}
	p.claims = nil
	for batch := range slices.Chunk(copies, fetchBatch) {
		if err := p.fetchBatch(ctx, mu, batch); err != nil {
			return err
		}
	}
	return nil
}

// rename notes the id that the server has for an item now.
func (p *pageWriter) rename(ctx context.Context, row checkpoints.Item, e sinks.Event) error {
	before := row.ServerID
	row.ServerID = e.ServerID
	p.keep(row)
	if _, err := p.put(ctx, sinks.Event{
		Op: sinks.OpChange, ID: row.ID, ServerID: e.ServerID, ServerIDBefore: before, Read: e.Read, Flag: e.Flag, FollowUp: e.FollowUp,
		Categories: e.Categories, Importance: e.Importance, Verb: e.Verb, Properties: e.Properties, Via: e.Via, State: e.State, Reason: "the server names it anew",
	}); err != nil {
		return err
	}
	p.keep(itemOf(archiveRow(*p.rowAt(e.ServerID)).Formerly(before), p.f.cp.Pass))
	return nil
}

func sumOf(c sinks.Content) (string, error) {
	r, err := c.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
