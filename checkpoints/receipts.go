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
	// Deliveries yields the keys that there are places or receipts of, ordered by job and mailbox.
	Deliveries(ctx context.Context) iter.Seq2[Key, error]

	// Places returns the folders of a mailbox that items were put into, by Place.Folder.
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
	Folder string // identity of the source's folder; of a folder that no folder of the source stands for, such as a parent, another name
	Path   string // of the source's folder, when it was last seen
	Class  string // of its items
	Target string // the target's own name for the folder; "" = it is not there yet, or no more
	At     string // path of the target's folder
	Want   string // the path that was asked for, of which the target made At
	Next   string // the path that the target's folder is being given; "" = none
	Made   bool   // it was made for this migration, and was not there before
	Mark   string // what it held before the rows in state Sending were sent (sinks.TargetFolder.Mark)
}

// Receipt is what became of an item.
type Receipt struct {
	Item   string // its id in the archive
	Folder string // identity of the source's folder that it was in
	State  Delivery
	Target string // the target's own name for the folder that it is in
	ID     string // the target's name for it; of a row in Sending: of what is being replaced; "" = the target does not have it
	Holds  string // what the target held of it when it was last written (sinks.Held.State)

	SHA256  string // hex, of the source's bytes that were put
	Size    int64  // of these bytes
	Marks   string // hash of what else of the source was put: flags and categories
	Altered string // JSON: what the target holds otherwise, an array of sinks.Alteration
	Reason  string // why it is not Placed, or why a later version of it is not
	Written time.Time
	Run     string // id of the run that wrote the row
}

// Delivery is where an item stands on its way to the target.
type Delivery string

// The states of a receipt.
const (
	Sending Delivery = "sending" // it was sent, or is going to be, and nobody knows yet what came of it
	Placed  Delivery = "placed"  // the target has it, and it was read back
	Found   Delivery = "found"   // the target had it before: it was not put, and is not the migration's to remove
	Refused Delivery = "refused" // the target does not take it; the next run tries again
	Taken   Delivery = "taken"   // it was placed, and somebody at the target deleted or moved it since: it is not put again
	Removed Delivery = "removed" // it was placed, and removed again
)
