package twoway

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Folder is a folder that is kept in step. ID, Type, Local and Store are needed; the zero value of everything else is safe. The
// client must have asked for the hierarchy (FolderSync) with its DeviceID at some time.
type Folder struct {
	ID    eas.CollectionID
	Type  eas.FolderType
	Local Local
	Store Store

	// Rule says what becomes of an item that both sides changed; Resolve, if it is set, is asked instead.
	Rule    Rule
	Resolve func(context.Context, Conflict) (Rule, error)

	// Supported are the properties that the program knows, of contacts and events; nil = all. What is not in it is neither
	// compared nor sent, and stays as it is at the server. It takes effect when the folder starts at key 0; of events it has to have what
	// MS-ASCMD 2.2.3.179 lists.
	Supported []wbxml.Tag

	DeleteForGood bool // mail that is deleted here is gone; else it goes to Deleted Items
	WindowSize    int  // items of a page, at most 512; 0 = 100
	MaxCommands   int  // items of a request that changes something, at most 200; 0 = 100
	MaxBytes      int  // about how large its items may be together; 0 = 1 MiB. A larger one goes alone
	MaxItems      int  // items that a server may list; 0 = 100000
	MaxRequests   int  // requests of one Sync; 0 = 1000. Result.More says whether there is more to do
}

// Local is a program's own copy of a folder. Its methods are called one at a time.
type Local interface {
	// Items lists all items as they are now, each once, in any order. An item need only be valid until the next. Sync lists them
	// a few times.
	Items(ctx context.Context) iter.Seq2[Item, error]
	// Put makes or replaces the item with the ID, and is durable when it returns. It may be called again with the same item.
	// It returns the properties as Items yields them from now on; nil = those that it was given. An error does not end
	// Sync: it is a Failure, and the next Sync tries again.
	Put(ctx context.Context, item Item) (*wbxml.Element, error)
	// Delete removes the item, and is durable when it returns. An item that is not there is no error.
	Delete(ctx context.Context, id string) error
}

// Item is an item of the program.
type Item struct {
	// ID is the program's name for it, and stays the same as long as the item lives. An item that comes from the server
	// gets one of 26 letters and digits.
	ID string
	// ServerID is the server's name for it; in Put only.
	ServerID eas.ServerID
	// Properties are the children of AirSync:ApplicationData, as eas.Item has them and as wbxml.Encode makes them of an
	// eas.Contact and its siblings. They must not be changed.
	Properties *wbxml.Element
}

// Store keeps the State of one folder.
type Store interface {
	// Load returns what was last saved, nil if nothing was.
	Load(ctx context.Context) (*State, error)
	// Save replaces it, as a whole or not at all, and is durable when it returns. Sync changes the State afterwards.
	Save(ctx context.Context, s *State) error
}

// Result is what a Sync did. After an error it is what was done before.
type Result struct {
	Requests               int
	Added, Changed, Erased int // sent to the server
	Put, Deleted           int // done here
	Linked                 int // items that both sides had, and that were the same
	Conflicts              int
	Restarts               int // the folder started over at key 0
	Failures               []Failure
	More                   bool // MaxRequests were not enough
}

// Failure is one item that could not be brought to the other side. The next Sync tries again.
type Failure struct { //nolint:errname // it is what failed, and an error besides
	ID       string
	ServerID eas.ServerID // "" if it has none
	Op       eas.CommandOp
	Here     bool  // it is the Local that failed
	Err      error // a *eas.StatusError, ErrUnconfirmed, or an error of Local
}

func (f Failure) Error() string { return fmt.Sprintf("%s %s: %v", f.Op, f.ID, f.Err) }

func (f Failure) Unwrap() error { return f.Err }

// Errors of items, and of a Sync.
var (
	// ErrUnconfirmed: the server took an item and did not say under which name. It is not sent again before the folder starts over.
	ErrUnconfirmed = errors.New("the server did not say what became of it")
	// ErrTooMany: the server lists more than Folder.MaxItems.
	ErrTooMany = errors.New("the folder has too many items")
)

const (
	defaultWindow   = 100
	defaultCommands = 100
	mostCommands    = 200 // MS-ASCMD 3.1.5.10
	defaultBytes    = 1 << 20
	defaultItems    = 100_000
	defaultRequests = 1000
)

func (f *Folder) withDefaults() {
	set := func(n *int, d, most int) {
		if *n <= 0 {
			*n = d
		}
		*n = min(*n, most)
	}
	const free = 1 << 30
	set(&f.WindowSize, defaultWindow, eas.MaxWindowSize)
	set(&f.MaxCommands, defaultCommands, mostCommands)
	set(&f.MaxBytes, defaultBytes, free)
	set(&f.MaxItems, defaultItems, free)
	set(&f.MaxRequests, defaultRequests, free)
}
