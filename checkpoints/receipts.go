package checkpoints

import (
	"context"
	"iter"
	"time"
)

// A Receipts is a Store that keeps what became of items that were put into another server, which cannot take back what it was
// given twice: one row an item, durable before the next is sent. The Key's Job is that of the migration, its Mailbox the
// source's address.
type Receipts interface {
	// Places returns the folders of a mailbox that items were put into, by the identity of the source's folder.
	Places(ctx context.Context, k Key) (map[string]Place, error)
	// SavePlace creates or replaces one.
	SavePlace(ctx context.Context, k Key, p Place) error

	// Receipts yields the rows of a source's folder, in byte order of their items.
	Receipts(ctx context.Context, k FolderKey) iter.Seq2[Receipt, error]
	// Receipt returns the row of an item in any folder of the mailbox; ErrNotFound if there is none.
	Receipt(ctx context.Context, k Key, item string) (Receipt, error)
	// SaveReceipts creates or replaces rows by their Item, in one transaction.
	SaveReceipts(ctx context.Context, k Key, rows []Receipt) error
	// DropReceipts removes rows by their Item, in one transaction. One that is not there is no error.
	DropReceipts(ctx context.Context, k Key, items []string) error
}

// Place is where the items of a source's folder are put.
type Place struct {
	Folder string // identity of the source's folder
	Path   string // of the source's folder, when it was last seen
	Target string // the target's own name for the folder
	At     string // path of the target's folder
	Made   bool   // it was made for this migration, and was not there before
	Mark   string // what it held before the rows in state Sending were sent (sinks.TargetFolder.Mark)
}

// Receipt is what became of an item.
type Receipt struct {
	Item   string // its id in the archive
	Folder string // identity of the source's folder that it was in
	State  Delivery
	Target string // the target's own name for the folder that it is in
	ID     string // the target's name for it; "" unless it was placed
	Holds  string // what the target held of it when it was last written (sinks.Held.State)

	SHA256  string // hex, of the source's bytes that were put
	Marks   string // hash of what else of the source was put: flags and categories
	Altered string // JSON: what the target holds otherwise, an array of sinks.Alteration
	Reason  string // of a row in another state than Placed
	Written time.Time
	Run     string // id of the run that wrote the row
}

// Delivery is where an item stands on its way to the target.
type Delivery string

// The states of a receipt.
const (
	Sending Delivery = "sending" // it was sent, or is going to be, and nobody knows yet what came of it
	Placed  Delivery = "placed"  // the target has it, and it was read back
	Refused Delivery = "refused" // the target does not take it; the next run tries again
	Taken   Delivery = "taken"   // it was placed, and somebody at the target deleted or moved it since: it is not put again
	Removed Delivery = "removed" // it was placed, and removed again with the source's
)
