package deliver

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// Conflict says what is done with an item that was changed in the source and at the target since it was put.
type Conflict string

// The rules. All of them list what they were applied to.
const (
	ConflictTarget Conflict = "target" // what the target has stays
	ConflictSource Conflict = "source" // the source's version replaces it
	ConflictNewer  Conflict = "newer"  // the one that was changed later; what the target has stays where that is not known
	// ConflictBoth puts the source's version beside what the target has, which is left to whoever changed it. It is for contents: for a
	// flag there are no two messages, and what the target has stays.
	ConflictBoth Conflict = "both"
)

// Collision says what is done with an item that the target had before it was put: one of the same contents, or by the same name where
// the target is a sinks.Recognizer.
type Collision string

// The rules.
const (
	CollisionSkip    Collision = "skip"    // it is not put
	CollisionCopy    Collision = "copy"    // it is put beside; nothing is looked for
	CollisionReplace Collision = "replace" // what the target had is made the source's version, and stays the target's: Undo leaves it
)

// Options describe a delivery. Job, Mailbox, Source, Targets and Receipts are needed; the zero value of everything else is safe.
type Options struct {
	Job     string // id of the migration
	Mailbox string // the source's address
	Run     string // id of this run (sinks.NewRunID)

	Source   Source
	Targets  []sinks.Target       // of a class the first one that takes it
	Receipts checkpoints.Receipts // where it is a checkpoints.Locks, too, the mailbox is locked meanwhile

	Mapping Mapping
	// Again puts again what somebody at the target removed, or moved, since it was put: for a restore.
	Again     bool
	Deletes   bool      // remove what was put and left the source, unless it was changed at the target
	Conflict  Conflict  // "" = ConflictTarget
	Collision Collision // "" = CollisionSkip

	Workers int         // folders at once; 0 = 4
	Observe func(Event) // is told of everything, one event at a time; nil = nobody listens

	// Tries is how often a folder is begun without any progress while the target is unavailable; 0 = 6. Between two tries Backoff is
	// waited, doubled each time; 0 = 1 s. Delay tells how long a target asks to wait instead, where its error says so; 0 = it does not.
	Tries   int
	Backoff time.Duration
	Delay   func(error) time.Duration // nil = no error says so
	// Sleep waits, until the time is over or ctx ends; nil = with a timer.
	Sleep func(ctx context.Context, d time.Duration) error
	Now   func() time.Time // nil = time.Now

	// Grace is how long what was begun when ctx ends may take to be finished; 0 = 30 s.
	Grace time.Duration
}

func (o Options) withDefaults() (Options, error) {
	switch {
	case o.Job == "" || o.Mailbox == "" || o.Receipts == nil:
		return o, errors.New("deliver: Job, Mailbox and Receipts are needed")
	case len(o.Targets) == 0:
		return o, errors.New("deliver: no target")
	}
	o.Conflict = cmp.Or(o.Conflict, ConflictTarget)
	switch o.Conflict {
	case ConflictSource, ConflictTarget, ConflictNewer, ConflictBoth:
	default:
		return o, errors.New("deliver: unknown rule for conflicts: " + string(o.Conflict))
	}
	o.Collision = cmp.Or(o.Collision, CollisionSkip)
	switch o.Collision {
	case CollisionSkip, CollisionCopy, CollisionReplace:
	default:
		return o, errors.New("deliver: unknown rule for collisions: " + string(o.Collision))
	}
	if err := o.Mapping.check(); err != nil {
		return o, err
	}
	if o.Workers <= 0 {
		o.Workers = 4
	}
	if o.Tries <= 0 {
		o.Tries = 6
	}
	o.Backoff = cmp.Or(max(o.Backoff, 0), time.Second)
	o.Grace = cmp.Or(max(o.Grace, 0), 30*time.Second)
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	if o.Delay == nil {
		o.Delay = func(error) time.Duration { return 0 }
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
