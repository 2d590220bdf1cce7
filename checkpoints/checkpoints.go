// Package checkpoints is the contract of the place where a run remembers how far it came: per mailbox the identity
// that servers tie their sync state to, per folder the committed page and SyncKey, per item a ledger row.
//
// A checkpoint is the local mirror of a fact that is already durable in a sink. It may therefore be behind the sink
// by one page a folder (the process died between the two commits) but never ahead of it, and it can be made again
// from an archive.
//
// Child packages are the adapters; package checkpointtest is the suite that each of them passes. This package imports
// the standard library only.
package checkpoints

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// Errors that every adapter reports by these values, wrapped with what it was doing.
var (
	// ErrNotFound says that nothing is known under that key.
	ErrNotFound = errors.New("no checkpoint")
	// ErrConflict says that a folder's stored page is not the one that the commit builds on: another writer was
	// here. Nothing was changed.
	ErrConflict = errors.New("checkpoint was changed by another writer")
	// ErrUnusable says that the store cannot be used as it is: damaged, of another program, or of a later version.
	// The message says what to do.
	ErrUnusable = errors.New("checkpoint store is unusable")
	// ErrBusy says that another process kept the store to itself for longer than the adapter waits. Nothing was
	// changed; the caller may try again.
	ErrBusy = errors.New("checkpoint store is busy")
	// ErrLocked says that another run has the mailbox, of this process or of another one.
	ErrLocked = errors.New("another run works on this mailbox")
	// ErrFull says that there is no room for what was to be stored. Nothing was changed.
	ErrFull = errors.New("no room for the checkpoint")
)

// Key names one mailbox of one job. Job is the id of the archive or of the migration.
type Key struct {
	Job     string
	Mailbox string
}

// FolderKey names one folder. Folder is its identity in the archive (sinks.Folder.ID).
type FolderKey struct {
	Key
	Folder string
}

// Store is the whole contract.
//
// Methods may be called from many goroutines. What a method stored is durable when it returns; a method that reports
// an error, or whose context was cancelled before it could commit, changed nothing. No adapter retries on behalf of
// the caller, who may try again after ErrBusy, ErrLocked and ErrFull, but not after the other errors named here.
//
// Strings are kept byte for byte and compared so: case, Unicode form and invalid UTF-8 are preserved. They hold no NUL.
// Times are kept as instants. Jobs, mailboxes and folders never see each other's rows. Reading finds nothing where
// nothing was written, which is no error but for Mailbox.
//
// An iteration ends at its first error, holds no lock between its steps, and may call any other method from its
// body. A row that is there throughout is yielded once; one that comes, goes or changes meanwhile may or may not show it.
//
// Close waits for the methods that are running. After it every method reports fs.ErrClosed.
type Store interface {
	Mailboxes
	Folders
	Ledger
	Locks
	io.Closer
}

// Mailboxes keeps what belongs to a mailbox as a whole.
type Mailboxes interface {
	// Mailbox returns what is known of a mailbox; ErrNotFound if nothing.
	Mailbox(ctx context.Context, k Key) (Mailbox, error)
	// SaveMailbox creates or replaces it.
	SaveMailbox(ctx context.Context, m Mailbox) error
	// List yields every mailbox of the store.
	List(ctx context.Context) iter.Seq2[Mailbox, error]
}

// Folders keeps one checkpoint a folder. A commit is durable, whole or not at all.
type Folders interface {
	// Folders returns every folder of a mailbox, ordered by identity, also those that are gone from the server.
	Folders(ctx context.Context, k Key) ([]Folder, error)
	// SaveFolder creates a folder as given, or replaces what describes it and keeps where it stands: Seq, SyncKey, Asked,
	// Last, Options, Resync and Pass of a known folder are changed by Commit and Ask only, so that saving a name or a
	// problem with an older copy in hand moves nothing back. ErrNotFound if its mailbox was never saved.
	SaveFolder(ctx context.Context, k Key, f Folder) error
	// Ask notes that the folder's committed SyncKey is about to be shown to the server once more and returns how
	// often it has been shown since the last commit, this time included. Durable before it returns: a server may
	// answer a key that it saw too often with another page. ErrNotFound if there is no such folder.
	Ask(ctx context.Context, k FolderKey) (int, error)
	// Commit stores a page's outcome: the folder's new position and the ledger rows of the page in one transaction.
	// It sets Asked to c.Asked: to 0 where the question was answered, also when the key stays (the answer was "no changes").
	// ErrConflict if the stored Seq and SyncKey are not c.After; so a commit that moves the folder cannot be made
	// twice. ErrNotFound if there is no such folder.
	Commit(ctx context.Context, c Commit) error
}

// A Forgetter is a Store that can forget a mailbox.
type Forgetter interface {
	// Forget removes all that is known of a mailbox: the mailbox, its folders and their rows, its places and receipts, whole or not at all. It is no error
	// if there is nothing. The lock of the mailbox is left as it is.
	Forget(ctx context.Context, k Key) error
}

// Ledger answers what is known of the items of a folder. A row is there once its page is committed.
type Ledger interface {
	// Items returns the rows of the given ServerIds that exist, gone ones included. Any number of ids may be asked.
	Items(ctx context.Context, k FolderKey, serverIDs []string) (map[string]Item, error)
	// Live yields the rows of a folder with the given states (no state: all), in byte order of the ServerIds.
	Live(ctx context.Context, k FolderKey, states ...State) iter.Seq2[Item, error]
	// Counts counts the rows of a folder by state. States without rows are absent.
	Counts(ctx context.Context, k FolderKey) (map[State]int, error)
	// BySHA256 returns rows of a mailbox, in any folder and state, whose content has this hash; at most 16 of them.
	// The empty hash finds nothing.
	BySHA256(ctx context.Context, k Key, sha256 string) ([]Item, error)
}

// Locks keep two runs from working on one mailbox at the same time.
type Locks interface {
	// Lock takes a mailbox for one run, whether it was ever saved or not; ErrLocked at once if another run has it. It
	// is held until unlock is called, also beyond Close, or until the process ends, however it ends: what a killed run
	// held is free. Calling unlock again does nothing. No other method asks for the lock: one may look while another
	// works. A store that was opened for reading only has none to give.
	Lock(ctx context.Context, k Key) (unlock func() error, err error)
}

// Mailbox is what belongs to a mailbox as a whole.
type Mailbox struct {
	Key
	Server       string    // the URL in use, without credentials
	Named        string    // the URL that the run was told when it came to use Server; "" = none, it was found by the address
	User         string    //
	DeviceID     string    // the device partnership that all keys belong to
	EAS          string    // the protocol version that the keys were made with
	PolicyKey    string    // of the last Provision; "" and "0" = none
	HierarchyKey string    // SyncKey of FolderSync
	LastRun      string    // id of the last run that wrote a record
	LastResult   string    // its result
	LastEnded    time.Time // when it ended; zero = never
}

// Folder is a folder's checkpoint.
type Folder struct {
	ID       string // identity in the archive, unique in the mailbox
	Dir      string // the folder's place in the archive
	Path     string // display path
	ServerID string // hierarchy id under the mailbox's DeviceID
	ParentID string // hierarchy id of the parent; "0" = root
	Name     string // display name
	Type     int    // MS-ASCMD 2.2.3.186.3
	Class    string // Email, Contacts, Calendar, Tasks, Notes
	Gone     bool   // no longer on the server

	Seq     int    // number of the last committed segment, 0 = none
	SyncKey string // committed SyncKey, "" or "0" = start from nothing
	Asked   int    // how often SyncKey was shown to the server since the last commit
	Last    string // hex SHA-256 of segment Seq
	Options string // fingerprint of the Sync options that SyncKey was made with
	Resync  bool   // a pass from key 0 is under way: items seen in it carry its Pass
	Pass    int    // number of the current pass from key 0, from 1

	Recorded int       // highest Seq that a stored run record names
	Estimate int       // what the server last said it holds; -1 = never said
	Balanced bool      // the last completed run found the folder balanced
	Drained  time.Time // when it last was read to its end; zero = never
	Problem  string    // why it was not, last time
	Doubted  bool      // an answer may have hidden changes, and no enumeration has settled it since
}

// Position is where a folder stands.
type Position struct {
	Seq     int
	SyncKey string
}

// Commit is the outcome of one page.
type Commit struct {
	FolderKey
	After   Position // what the page builds on
	Now     Position // what it leads to; Seq stays when the page held nothing to store
	Last    string   // hex SHA-256 of segment Now.Seq
	Options string
	Resync  bool
	Pass    int
	Asked   int    // how often Now.SyncKey was shown already; 0 but for a page that holds a part of what its answer brought
	Items   []Item // rows to insert or replace, by ServerID; the later of two with one ServerID stays
}

// State is where an item stands.
type State string

// The states of a ledger row. Archived, Excluded and Quarantined items are on the server; the others are not.
const (
	Archived    State = "archived"
	Excluded    State = "excluded"
	Quarantined State = "quarantined"
	Deleted     State = "deleted"
	SoftDeleted State = "soft-deleted"
)

// Item is a row of the ledger.
type Item struct {
	Folder      string // identity of its folder; in a Commit it may be left empty
	ServerID    string
	ID          string // id in the archive; "" for an excluded item
	State       State
	SHA256      string // hex, of the last stored bytes
	Properties  string // hash of the properties last seen, to tell a change from a repetition
	Fingerprint string // what an audit matches by
	Size        int64
	Seq         int // segment of the last event
	Pass        int // the last pass from key 0 that saw it
	Reason      string
}
