package sinks

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Errors of a Target, besides those of a Sink.
var (
	// ErrRefused says that the target does not take an item, and will not take it when it is asked again: it is too large, or of
	// a kind that the target has not. Nothing of it is there.
	ErrRefused = errors.New("the target refuses it")
	// ErrTooLarge is the ErrRefused of an item that is larger than what the target takes.
	ErrTooLarge = errors.New("larger than what the target takes")
	// ErrUncertain says that nobody knows whether the target stored what it was sent: the connection broke before the answer.
	// What it wraps says why. The caller looks with Find before it sends it again.
	ErrUncertain = errors.New("it is not known whether the target stored it")
	// ErrChanged says that an item is not what the caller thinks it is, and nothing was done to it.
	ErrChanged = errors.New("it was changed at the target")
	// ErrNotEmpty says that a folder was not deleted, since something is in it.
	ErrNotEmpty = errors.New("the folder is not empty")
	// ErrDenied says that the target refused the credentials, or the account what it asked for.
	ErrDenied = errors.New("the target refused the credentials")
)

// A Target is a mailbox of another server, into which items are put: mail by IMAP, people's data by EAS.
//
// It is no Sink: what is put twice is there twice, and what a crash leaves uncertain has to be looked up. The caller keeps a
// receipt for every item, durable before the next is put. Items and folders belong to others too: the target changes nothing
// that it is not told to change, and gives no second try to what may have been stored.
//
// Methods may be called from many goroutines. Errors wrap ErrFull, ErrUnavailable, ErrDenied and those above where they
// apply, and say what the server said, without credentials.
type Target interface {
	// Takes tells whether items of a class (Email, Contacts, Calendar, Tasks, Notes) can be put there.
	Takes(class string) bool

	// Folders lists the folders that items can be put into.
	Folders(ctx context.Context) ([]Place, error)

	// MakeFolder makes a folder, with its parents, or finds the one that is there by that path and class. want.ID is
	// ignored. The place that is returned may have another path, where the target cannot have a folder named so. made tells
	// whether it is new.
	MakeFolder(ctx context.Context, want Place) (p Place, made bool, err error)

	// RenameFolder gives a folder, with those below it, another path. Its ID may be another one afterwards, and so may those
	// of its items.
	RenameFolder(ctx context.Context, p Place, path string) (Place, error)

	// DeleteFolder removes a folder with nothing in it; ErrNotEmpty, ErrNotExist.
	DeleteFolder(ctx context.Context, p Place) error

	// Open opens a folder to put items into it. Close it after use. ErrNotExist: it is not there.
	Open(ctx context.Context, p Place) (TargetFolder, error)

	Close() error
}

// A Bounded is a Target that knows beforehand how large an item may be: for a plan, and to spare an item's way.
type Bounded interface {
	// Largest is the size in bytes of the largest item of a class that it takes; 0 = it is not known.
	Largest(class string) int64
}

// A Place is a folder of a Target.
type Place struct {
	ID    string // the target's own name for it
	Path  string // as [JoinPath] makes it; unique among the places of a class
	Class string // Email, Contacts, Calendar, Tasks or Notes
	Type  int    // MS-ASCMD 2.2.3.186.3: 2 Inbox, 3 Drafts, 4 Deleted Items, 5 Sent, 7 Tasks, 8 Calendar, 9 Contacts, 10 Notes, ...; 12 a user's
	Items int    // that are in it; -1 = not known
}

// A TargetFolder is a folder that items are put into. It is used by one goroutine at a time; those of different folders are
// independent, also two of one Place.
type TargetFolder interface {
	// Mark names what the folder holds now. Given to Find it says what was there before: whoever keeps it before the first
	// Put and finds something later knows that it was not there. "" is the mark of an empty folder.
	Mark() string

	// Held yields what the folder holds, without contents, in no particular order.
	Held(ctx context.Context) iter.Seq2[Held, error]

	// Put puts items, each once, and returns what became of each, in their order: no more of them than Batch says. The error is of those
	// for which there is no Placed: if it wraps ErrUncertain they may be there all the same, all or some of them, and
	// otherwise none of them is.
	Put(ctx context.Context, items []TargetItem) ([]Placed, error)

	// Batch says how many items one Put takes: from 1 on.
	Batch() int

	// Find looks for items of which it is not known whether they were put, among what was not there when mark was made. It
	// returns for each the candidates, those that are the same by all that the target keeps; the caller knows which of
	// them are others. Contents are compared byte by byte, or property by property.
	Find(ctx context.Context, mark string, items []TargetItem) ([][]Held, error)

	// Update makes the item that is held the given one: its contents if they are not nil, and else its marks only (read,
	// flag, categories). ErrNotExist: it is not there; ErrChanged: its state is not h.State; ErrRefused. What Placed says may have
	// another ID. Calling it again with the same item is safe.
	Update(ctx context.Context, h Held, item TargetItem) (Placed, error)

	// Move moves an item to another folder of the target's. ErrNotExist, ErrChanged. errors.ErrUnsupported: put it there and delete it here.
	Move(ctx context.Context, h Held, to Place) (Placed, error)

	// Delete removes items for good that are still as given; it returns those that were, in any order. One that is not there
	// counts as removed, one that was changed is left.
	Delete(ctx context.Context, items []Held) ([]Held, error)

	// Read reads what the target holds of an item, as a TargetItem of this folder's class. ErrNotExist.
	Read(ctx context.Context, h Held) (TargetItem, error)

	Close() error
}

// A Recognizer is a TargetFolder that tells items by what names them (a UID, a Message-ID) when their contents differ. Where a
// folder is none, an item is known by its contents alone, with Find.
type Recognizer interface {
	// Recognize returns for each item what the folder holds of the same name, the likeliest first; nothing for one that has no name. It changes
	// nothing. Those without a MessageID that it returns nothing for are looked for by their contents.
	Recognize(ctx context.Context, items []TargetItem) ([][]Held, error)
}

// A Confirmer is a TargetFolder whose server may leave items out when it lists a folder, and say nothing of it. Where a folder is none, what it
// does not list is not there.
type Confirmer interface {
	// Confirm returns those of the items that are there, listed or not, whatever they are like now.
	Confirm(ctx context.Context, ids []string) ([]string, error)
}

// A TargetItem is an item to be put.
type TargetItem struct {
	// Key names the item of the source, and stays the same for ever: what the target needs a name for is made of it.
	Key string
	// Event is what the source says of the item. Of its fields Received, Read, Flag, FollowUp, Categories, Importance and
	// Verb are put where the target has a place for them, and those about stored bytes are ignored.
	Event
	// Contents: the first is the item itself (.eml, .vcf, .ics), one with the extension ".eas.xml" is everything that its
	// server said of it. nil in an Update: as they are.
	Contents []Content
}

// Held is an item that a target holds.
type Held struct {
	ID    string // the target's name for it, unique in the folder as long as the folder lives
	State string // hash of what can be changed of it; another one when somebody changed it
	// Changed is when somebody last changed it, where the target tells; zero = it is not known.
	Changed time.Time
}

// Placed is what became of an item that was put.
type Placed struct {
	Held
	// Err says that the target does not have it: ErrRefused, ErrTooLarge, or a lie (it said that it stored the item, and when
	// it was asked for it did not have it); or it is nothing about the item (ErrFull, ErrUnavailable), when a later one was stored
	// all the same. Held is empty then.
	Err error
	// Altered says what the target holds otherwise than it was told, found by reading back.
	Altered []Alteration
}

// An Alteration is a property that a target does not hold as it was given.
type Alteration struct {
	Property string `json:"property"`       // by the name of its standard: "TEL;TYPE=pager", "flag", "bytes"
	Sent     string `json:"sent,omitempty"` // cut to 256 bytes; "" = the target added it
	Got      string `json:"got,omitempty"`  // "" = it is lost
	Why      string `json:"why,omitempty"`  // where it is known before it is sent: the target's version has no such property
}
