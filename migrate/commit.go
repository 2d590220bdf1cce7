package migrate

import (
	"context"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// commit makes the page durable: the segment first, then its mirror in the checkpoints. A page with nothing to store
// moves only the key.
func (p *pageWriter) commit(ctx context.Context, keyAfter string) error {
	return p.commitAs(ctx, checkpoints.Commit{Now: checkpoints.Position{SyncKey: keyAfter}})
}

func (p *pageWriter) commitAs(ctx context.Context, c checkpoints.Commit) error {
	f := p.f
	c.Now.Seq, c.Last = f.cp.Seq, f.cp.Last
	if p.w != nil {
		seg, err := p.w.Commit(ctx, c.Now.SyncKey)
		if err != nil {
			return f.fail(Destination, err)
		}
		c.Now.Seq++
		c.Last = seg.SHA256
		f.carry = nil
		f.m.named(seg)
		p.account(seg)
	}
	c.Resync, c.Items = f.cp.Resync || p.before == "0" && !f.first, p.rows[p.done:]
	return f.mirror(ctx, c)
}

// split commits what was put so far, if that is enough for a page, and lets the next event begin another one. It is asked
// between items, when the rows that are kept say no more than the events do.
//
// A part leads to the key that it began with, so that the key of the answer is shown only when all of the answer is stored.
// What the part says is true by itself: a run that dies behind it asks with the old key again, and finds in the ledger what the
// part stored. That is showing the key once more, so the count of that stays.
func (p *pageWriter) split(ctx context.Context) error {
	if !p.full() {
		return nil
	}
	c := checkpoints.Commit{Now: checkpoints.Position{SyncKey: p.before}, Asked: p.f.cp.Asked}
	if err := p.commitAs(ctx, c); err != nil {
		return err
	}
	p.w, p.events, p.done = nil, 0, len(p.rows)
	p.parts++
	return nil
}

func (p *pageWriter) full() bool {
	if p.w == nil {
		return false
	}
	l, ok := p.w.(sinks.Limiter)
	return p.events >= p.f.m.PageEvents || ok && l.Full()
}

// account adds a durable page to the figures.
func (p *pageWriter) account(seg sinks.Segment) {
	f, t := p.f, p.tally
	f.counts.Stored += t.Stored
	f.counts.Changed += t.Changed
	f.counts.Deleted += t.Deleted
	f.m.stats.add(func(s *Summary) {
		s.ItemsStored += t.Stored
		s.ItemsChanged += t.Changed
		s.ItemsDeleted += t.Deleted
		s.Fidelity.plus(p.fidelity)
		s.Segments++
		s.BytesStored += seg.Size
	})
	f.m.emit(Event{
		Event: EventPage, Mailbox: f.m.mb.Address, Folder: f.cp.Path, Class: f.cp.Class, Page: f.cp.Seq + 1, Segment: seg.Name,
		Stored: t.Stored, Changed: t.Changed, Deleted: t.Deleted, Excluded: t.Excluded, Quarantined: t.Quarantined,
		Bytes: p.bytes, BytesStored: seg.Size,
	})
	for _, e := range p.findings {
		f.m.emit(e)
	}
	p.fidelity, p.findings = Fidelity{}, nil
	p.inParts += t.Stored
	p.tally, p.bytes = sinks.FolderState{}, 0
}

// abort drops what was not committed; after a commit it does nothing.
func (p *pageWriter) abort() {
	if p.w != nil {
		_ = p.w.Abort() // what it leaves is removed at the next start
	}
	for _, a := range p.apart {
		_ = a.served.Close() // it was only kept
	}
	p.apart = nil
}
