package deliver

import "github.com/airlift-eas/airlift/sinks"

// Kind is what an Event tells of.
type Kind string

// The kinds.
const (
	KindBegin    Kind = "begin"    // a folder was begun
	KindEnd      Kind = "end"      // a folder was ended; Reason says why it was not finished
	KindPut      Kind = "put"      // an item was put
	KindUpdated  Kind = "updated"  // an item that was put was brought up to date
	KindMoved    Kind = "moved"    // an item was moved as it was in the source
	KindRemoved  Kind = "removed"  // an item was removed
	KindFound    Kind = "found"    // the target had it before
	KindTaken    Kind = "taken"    // somebody removed it from where it was put, or moved it
	KindLeft     Kind = "left"     // it was changed at the target, and is left so
	KindConflict Kind = "conflict" // it was changed on both sides; Reason says what was done
	KindRefused  Kind = "refused"  // the target does not take it, or not its newest version
	KindLost     Kind = "lost"     // it is not known whether the target has it, and what was sent cannot be had any more
	KindKept     Kind = "kept"     // a folder that is not needed any more stays at the target; Reason says why
	KindRetry    Kind = "retry"    // a folder is begun once more; Reason says why
)

// Event is something that happened. An item's own events are told once it is durable in a receipt what became of it.
type Event struct {
	Kind    Kind
	Folder  string // path in the source; "" = of the mailbox
	Target  string // path at the target
	Class   string
	Item    string // its id in the archive
	Subject string
	Bytes   int64
	Altered []sinks.Alteration // what the target holds otherwise
	Reason  string
}
