package deliver

import (
	"context"
	"iter"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// A Source is a mailbox whose state is to be brought to a target: the live items of an archive, or those of them that somebody
// wants. It says what is, and what it says stays so while a pass lasts. Methods may be called from many goroutines.
//
// An item that it does not yield has not left for that: it may only not be wanted this time. What has left is said by Left, and
// nothing else ever removes an item from a target.
type Source interface {
	// Folders returns the folders that are wanted, also those of them that are gone from the source's server.
	Folders(ctx context.Context) ([]Folder, error)
	// Items yields the live items of a folder that are wanted.
	Items(ctx context.Context, f Folder) iter.Seq2[Item, error]
	// Left yields the items that were in a folder and are not there any more: deleted, or moved away. Of a folder that is gone
	// these are all that it ever had.
	Left(ctx context.Context, f Folder) iter.Seq2[Left, error]
	// Version returns an item, live or not, as it was when the hash of its bytes was the given one; sinks.ErrNotExist. folder is the
	// identity of its folder.
	Version(ctx context.Context, folder, item, sha256 string) (Item, error)
}

// Folder is a folder of the source.
type Folder struct {
	sinks.Folder
	Gone bool // it is no longer on the source's server
}

// Item is an item of the source as it is now.
type Item struct {
	// Event is what its events come to. ID, SHA256 and Size tell the item and its contents; the SHA256s of Also count as contents
	// unless it is a message. MovedFrom is the item that it was in another folder.
	sinks.Event
	// Contents are what is put: see sinks.TargetItem. They are opened only when they are needed.
	Contents []sinks.Content
	// Changed is when it was last changed, for ConflictNewer; zero = it is not known.
	Changed time.Time
}

// Left is an item that is not in its folder any more.
type Left struct {
	ID        string
	MovedTo   string // the item that it is in another folder; "" = it was deleted, or nobody knows
	MovedFrom string // the item that it was before in another folder
}
