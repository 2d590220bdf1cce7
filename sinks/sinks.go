// Package sinks is the contract of a destination: where items become durable.
//
// A page is the unit of everything. The engine asks a server for one Sync page of one folder, writes what came to
// one [PageWriter], and commits it in one step. Only after that step may the page's SyncKey be shown to the server,
// because showing it tells the server to forget the page.
//
// A [Sink] keeps pages. A [Bucket] keeps immutable named objects and knows nothing of mail; the archive format
// (package archive) is a Sink over a Bucket. Child packages are the adapters; package sinktest holds the suites that
// each of them passes.
//
// This package imports the standard library only.
package sinks

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// Errors that every adapter reports by these values, wrapped with what it was doing.
var (
	// ErrExist says that an object or page of that name is already there. Nothing was changed.
	ErrExist = errors.New("already exists")
	// ErrNotExist says that there is no object of that name.
	ErrNotExist = errors.New("does not exist")
	// ErrFenced says that another writer committed this page first. The caller must stop writing to the folder.
	ErrFenced = errors.New("another writer committed this page")
	// ErrFull says that the destination has no room left. Nothing half-written is visible.
	ErrFull = errors.New("destination is full")
	// ErrUnavailable says that the destination cannot be reached, or has too much to do: later it may work.
	ErrUnavailable = errors.New("destination is unavailable")
	// ErrCorrupt says that stored bytes are not what was written.
	ErrCorrupt = errors.New("stored data is damaged")
	// ErrFormat says that the destination holds something this version does not know how to read.
	ErrFormat = errors.New("unknown format")
)

// A Sink stores pages of items.
//
// Methods may be called from many goroutines. A Sink never retries on behalf of the caller except for requests that
// it knows to be idempotent; whatever it returns an error for may be tried again by the caller.
type Sink interface {
	// Begin starts page p.Seq of a folder. Nothing is visible before Commit. One page of a folder may be open at a
	// time; pages of different folders are independent.
	Begin(ctx context.Context, p Page) (PageWriter, error)

	// Pages yields the pages of a folder that are durable and numbered above after, in order and without gaps. The
	// engine reads it at the start of a folder, to adopt what a killed run committed but could not checkpoint, and
	// to make lost checkpoints again. An iteration ends at the first error. A gap is ErrCorrupt, and so is a sink
	// that does not hold the page after itself (if it is not 0): it lost pages that somebody has a checkpoint for.
	Pages(ctx context.Context, mailbox, dir string, after int) iter.Seq2[Committed, error]

	// Place names the place of a new folder with this path and identity, for Folder.Dir. The engine keeps it for as
	// long as the folder lives, whatever it is called later.
	Place(path, id string) string

	// Folders lists the folders of a mailbox that have at least one page, in no particular order.
	Folders(ctx context.Context, mailbox string) ([]Folder, error)

	// Record stores the record of a run, durable on return. A second record with the same Run.ID is ErrExist. The
	// records of one mailbox are written one after the other.
	Record(ctx context.Context, run Run) error
}

// A Salvager is a Sink that can be read although pages of it are lost.
type Salvager interface {
	// Surviving yields the pages of a folder that can be read, in order. In the place of each one that cannot it yields
	// an error that wraps ErrCorrupt, with the page's Seq and Segment.Name, and goes on. It ends at any other error. The
	// segments' hashes are not filled in.
	Surviving(ctx context.Context, mailbox, dir string) iter.Seq2[Committed, error]
}

// A Historian is a Sink that gives back what the last run left. It spares a run without checkpoints what they would have
// told: a key that moved on without a page, and that a folder was balanced.
type Historian interface {
	// LastRun returns the newest record of a mailbox. ErrNotExist if there is none.
	LastRun(ctx context.Context, mailbox string) (Run, error)
}

// A PageWriter receives one page. It is used by one goroutine at a time, and ends with Commit or Abort.
type PageWriter interface {
	// Put adds one event, and the contents that belong to it. The first content is the item itself (what
	// Event.Name, Size and SHA256 speak of), the others go to Event.Also. The contents are read to their end before
	// Put returns, and each must yield exactly its Size. The returned event is e with everything filled in that
	// the sink decides: ID (if it was empty), Name, Size, SHA256, Offset, Also and, in a quarantine, Raw. Text is
	// returned as it will be read back: valid UTF-8, times in UTC.
	// After an error the page can only be aborted.
	Put(ctx context.Context, e Event, contents ...Content) (Event, error)

	// Commit makes the page durable and visible in one step, or leaves nothing visible. ErrFenced: a page of that
	// number is there and it is not this one. When the outcome of the step is unknown (a lost answer), Commit
	// looks and reports what is true. A cancelled context commits nothing. Whatever it returns, the page has ended.
	Commit(ctx context.Context, keyAfter string) (Segment, error)

	// Abort forgets the page. It is safe after Commit, where it does nothing.
	Abort() error
}

// Content is bytes of known length. Ext is the file name extension with its dot: ".eml", ".vcf", ".eas.xml"; lower-case
// letters, digits and dots, another one for each content of an event.
type Content struct {
	Ext  string
	Size int64
	Open func() (io.ReadCloser, error)
}

// A Limiter is a [PageWriter] that tells when its page is large enough. What a sink can keep of one page has bounds, and an
// answer of a server has none: whoever writes the page commits it then and goes on with the next one.
//
// It changes nothing, and is called like Put, by one goroutine at a time. A sink without bounds need not be one, and what wraps
// a PageWriter passes the question on.
type Limiter interface {
	// Full reports that what was put can be committed, and that much more perhaps cannot.
	Full() bool
}

// Page describes a page before its items are known.
type Page struct {
	Seq        int       // consecutive from 1 in each folder
	Mailbox    string    // the address
	Folder     Folder    //
	Server     string    // the server's URL, without credentials
	EASVersion string    // "14.1"
	DeviceID   string    //
	KeyBefore  string    // the SyncKey that the page answers; opaque
	Prev       string    // hex SHA-256 of segment Seq-1; empty for page 1
	Time       time.Time // when the page was begun
	RunID      string    // the run that asked for it
}

// Folder identifies a folder inside an archive.
type Folder struct {
	// ID is the folder's identity: 8 hex digits, unique in the mailbox, kept for ever once given.
	ID string `json:"id"`
	// Dir is the name of the folder's place in the archive: a readable slug of the first path and the ID.
	Dir string `json:"dir"`
	// Path is the display path now, "/" between the names, each name escaped so that it holds no "/".
	Path string `json:"path"`
	// Class is Email, Contacts, Calendar, Tasks or Notes.
	Class string `json:"class"`
	// ServerID is the hierarchy id that the server uses for it under this DeviceId.
	ServerID string `json:"server_id"`
	// Type is the folder type of MS-ASCMD 2.2.3.186.3 (2 = Inbox, 12 = a user's mail folder, ...).
	Type int `json:"type"`
}

// Committed is a page as it was read back.
type Committed struct {
	Page     Page
	KeyAfter string
	Segment  Segment
	Events   []Event
}

// Segment names one durable page.
type Segment struct {
	Name   string `json:"name"`   // object name below the archive's root, with "/"
	Size   int64  `json:"size"`   // bytes stored
	SHA256 string `json:"sha256"` // hex, of the bytes stored
}
