package sinks

import (
	"cmp"
	"context"
	"iter"
)

// A Bookkeeper is a Sink that keeps ledgers: what the pages of a folder come to, so that who lost the checkpoints reads the
// ledger and the pages behind it, and not every page there is. A ledger says nothing that the pages do not say.
type Bookkeeper interface {
	// KeepLedger stores the ledger of a folder as the run of that id leaves it, durable on return. The returned ledger is l
	// with what the sink fills in: Name, Size, SHA256 and Rows. It counts once a run record names it in its FolderState;
	// records without one take it over from the record before. A run keeps one ledger of a folder: ErrExist.
	KeepLedger(ctx context.Context, mailbox, dir, run string, l Ledger, rows iter.Seq2[Row, error]) (Ledger, error)

	// LedgerRows yields the rows of a ledger of the mailbox. Before the first one it has seen that the ledger is whole:
	// ErrNotExist, ErrCorrupt, and then there are none. What a sink may not tell whoever holds it, such as a Reason, is
	// empty.
	LedgerRows(ctx context.Context, mailbox string, l Ledger) iter.Seq2[Row, error]
}

// Ledger names a stored ledger.
type Ledger struct {
	Name   string `json:"name"`   // of the object
	Size   int64  `json:"size"`   // bytes stored
	SHA256 string `json:"sha256"` // hex, of the bytes stored
	Seq    int    `json:"seq"`    // the last page that is in it
	Last   string `json:"last"`   // hex SHA-256 of that page's segment
	Pass   int    `json:"pass"`   // number of the last pass from key 0, from 1
	Rows   int    `json:"rows"`
}

// RowState is where an item stands.
type RowState string

// The states of a row. Archived, Excluded and Quarantined items are on the server; the others are not.
const (
	RowArchived    RowState = "archived"
	RowExcluded    RowState = "excluded"
	RowQuarantined RowState = "quarantined"
	RowDeleted     RowState = "deleted"
	RowSoftDeleted RowState = "soft-deleted"
)

// Row is what the events of an item come to.
type Row struct {
	ServerID    string   `json:"server_id"`
	ID          string   `json:"id,omitempty"` // in the archive; "" for an excluded item
	State       RowState `json:"state"`
	SHA256      string   `json:"sha256,omitempty"`     // hex, of the last stored bytes
	Size        int64    `json:"size,omitempty"`       // of them
	Properties  string   `json:"properties,omitempty"` // Event.State of the last event that had one to tell
	Fingerprint string   `json:"fingerprint,omitempty"`
	Seq         int      `json:"seq"` // page of the last event
	Reason      string   `json:"reason,omitempty"`
}

// After returns the row that an event of page seq leads to. The zero Row is that of an item that nothing is known of, and that
// is what an OpAdd begins with.
func (r Row) After(e *Event, seq int) Row {
	if e.Op == OpAdd {
		r = Row{}
	}
	r.ServerID, r.Seq = e.ServerID, seq
	r.ID = cmp.Or(e.ID, r.ID)
	r.Fingerprint = cmp.Or(e.Fingerprint, r.Fingerprint)
	switch e.Op {
	case OpDelete:
		r.State = RowDeleted
	case OpSoftDelete:
		r.State = RowSoftDeleted
	case OpExclude:
		r.State, r.Reason = RowExcluded, e.Reason
	case OpQuarantine:
		r.State, r.Reason = RowQuarantined, e.Reason
	default:
		r.State, r.Reason = RowArchived, ""
		if e.SHA256 != "" {
			r.SHA256, r.Size = e.SHA256, e.Size
		}
		r.Properties = e.State
	}
	return r
}

// Formerly returns what stays of the row of an item that the server has named anew.
func (r Row) Formerly(id string) Row {
	r.ServerID, r.State, r.Reason = id, RowDeleted, "the server names it anew"
	return r
}

// Replay adds the rows of a page's events to rows, by their ServerIDs. before finds the row of an item that rows does not
// have yet, and says whether there is one; nil: rows has all there are.
func Replay(page Committed, rows map[string]Row, before func(id string) (Row, bool, error)) error {
	for i := range page.Events {
		e := &page.Events[i]
		if e.ServerID == "" {
			continue
		}
		id := cmp.Or(e.ServerIDBefore, e.ServerID)
		known, ok := rows[id]
		if !ok && e.Op != OpAdd && before != nil {
			var err error
			if known, ok, err = before(id); err != nil {
				return err
			}
		}
		rows[e.ServerID] = known.After(e, page.Page.Seq)
		if id != e.ServerID && ok {
			rows[id] = rows[e.ServerID].Formerly(id)
		}
	}
	return nil
}
