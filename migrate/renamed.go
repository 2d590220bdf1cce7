package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// renamed tells whether an item that the ledger does not know is one that it knows by another id: a lost partnership can
// change all ids, and an audit may have named the item by the id of its own device. Its bytes are not stored again.
func (p *pageWriter) renamed(ctx context.Context, e sinks.Event, content sinks.Content) (bool, error) {
	sum, err := sumOf(content)
	if err != nil {
		return false, p.f.fail(Source, err)
	}
	same, err := p.f.m.Checkpoints.BySHA256(ctx, p.f.key.Key, sum)
	if err != nil {
		return false, p.f.fail(State, err)
	}
	for _, row := range same {
		if row.Folder != p.f.cp.ID || !isLive(row.State) || p.rowAt(row.ServerID) != nil {
			continue
		}
		switch {
		case p.unseen[row.ServerID] && p.from.prefix != "":
			delete(p.unseen, row.ServerID) // the audit device's id of it says nothing to the mailbox's own
			return true, nil
		case p.unseen[row.ServerID], strings.HasPrefix(row.ServerID, auditPrefix), p.f.cp.Resync && row.Pass != p.f.cp.Pass:
			delete(p.unseen, row.ServerID)
			return true, p.rename(ctx, row, e)
		}
	}
	return false, nil
}

// rename notes the id that the server has for an item now.
func (p *pageWriter) rename(ctx context.Context, row checkpoints.Item, e sinks.Event) error {
	before := row.ServerID
	row.ServerID = e.ServerID
	p.keep(row)
	_, err := p.put(ctx, sinks.Event{
		Op: sinks.OpChange, ID: row.ID, ServerID: e.ServerID, ServerIDBefore: before, Read: e.Read, Flag: e.Flag, Categories: e.Categories,
		Properties: e.Properties, Via: e.Via, State: e.State, Reason: "the server names it anew",
	})
	p.keep(formerly(row, before))
	return err
}

// formerly is what stays in the ledger of an item's former id.
func formerly(row checkpoints.Item, id string) checkpoints.Item {
	row.ServerID, row.State, row.Reason = id, checkpoints.Deleted, "the server names it anew"
	return row
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
