package archive

import (
	"cmp"
	"context"
	"slices"

	"github.com/airlift-eas/airlift/sinks"
)

// ledgersOf adds the ledgers that a run record names to those of the mailbox.
func (m *mailboxCheck) ledgersOf(r *RunRecord) {
	for _, f := range r.Folders {
		if l := f.Ledger; l != nil && !slices.Contains(m.ledgers[f.Dir], *l) {
			m.ledgers[f.Dir] = append(m.ledgers[f.Dir], *l)
		}
	}
}

// ledgerCheck makes the rows of a folder of its pages, and compares the ledgers with them. It holds half a KB an item, and
// nothing where the folder has no ledger.
type ledgerCheck struct {
	v       *verifier
	prefix  string               // of the names of the mailbox's ledgers
	ledgers []sinks.Ledger       // those that are still to come, by their last pages
	rows    map[string]sinks.Row // nil: a page is lost, and nobody knows what the folder comes to
}

func (v *verifier) newLedgerCheck(mailboxDir string, ledgers []sinks.Ledger) *ledgerCheck {
	slices.SortFunc(ledgers, func(a, b sinks.Ledger) int { return cmp.Compare(a.Seq, b.Seq) })
	return &ledgerCheck{v: v, prefix: mailboxesDir + mailboxDir + "/" + ledgersDir, ledgers: ledgers, rows: make(map[string]sinks.Row)}
}

// page takes the next page; its hash is that of its segment.
func (c *ledgerCheck) page(ctx context.Context, page sinks.Committed) {
	if len(c.ledgers) == 0 {
		return
	}
	if c.rows != nil {
		_ = sinks.Replay(page, c.rows, nil) // nothing is asked for that could fail
	}
	for len(c.ledgers) > 0 && c.ledgers[0].Seq <= page.Page.Seq {
		l := c.ledgers[0]
		c.ledgers = c.ledgers[1:]
		if c.rows != nil && (l.Seq != page.Page.Seq || l.Last != page.Segment.SHA256) {
			c.v.problem(l.Name, "", "it is of another page %d: SHA-256 %s", l.Seq, l.Last)
		}
		c.compare(ctx, l)
	}
}

// lost takes note of a page that cannot be read.
func (c *ledgerCheck) lost() { c.rows = nil }

// end looks at the ledgers that are further than the pages.
func (c *ledgerCheck) end(ctx context.Context) {
	for _, l := range c.ledgers {
		if c.rows != nil {
			c.v.problem(l.Name, "", "it goes to page %d, which is not there", l.Seq)
		}
		c.lost()
		c.compare(ctx, l)
	}
}

// compare reads a ledger and compares its rows with those of the pages, if they are known.
func (c *ledgerCheck) compare(ctx context.Context, l sinks.Ledger) {
	n := 0
	for row, err := range c.v.a.ledgerRows(ctx, c.prefix, l) {
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			c.v.broken(l.Name, err)
			return
		}
		if want, ok := c.rows[row.ServerID]; c.rows != nil && (!ok || row != c.v.a.shownRow(want)) {
			c.v.problem(l.Name, "", "its row of %q is not what the pages come to", row.ServerID)
			return
		}
		n++
	}
	if c.rows != nil && n != len(c.rows) {
		c.v.problem(l.Name, "", "it has %d rows, the pages come to %d", n, len(c.rows))
	}
}
