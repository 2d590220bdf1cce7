package easdst

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// Options say how items are put. The zero value is safe and complete.
type Options struct {
	// Invite sends the attendees of events as such. A server may write to each of them then. Without it they are kept as text in the
	// body of the event.
	Invite bool
	// Location is where the dates and times of an iCalendar object are that say no time zone; nil = UTC.
	Location *time.Location
	// Settle is how long the first Find of a folder, and the first after a Put of which nobody knows what came, waits before it looks once
	// more, when it misses something: the server may be storing it still; 0 = 5 s, less than 0 = it does not wait.
	Settle time.Duration
	// MaxItems is how many items a folder may list; 0 = 500000. About 100 bytes of memory are held for each.
	MaxItems int
	// MaxItemBytes is how large an item may be, each of its contents; 0 = 32 MiB. It is held in memory while it is put.
	MaxItemBytes int64
	// Mail says which messages are put; the zero value: none, for they go by IMAP.
	Mail MailMode
}

func (o Options) withDefaults() Options {
	if o.MaxItems <= 0 {
		o.MaxItems = 500_000
	}
	if o.Settle == 0 {
		o.Settle = 5 * time.Second
	}
	if o.MaxItemBytes <= 0 {
		o.MaxItemBytes = 32 << 20
	}
	return o
}

// Target is a mailbox of an EAS server. It is a sinks.Target for contacts, events, tasks and notes.
type Target struct {
	client *eas.Client
	o      Options

	// alone is held for writing by commands of the hierarchy, which servers bear only while nothing else goes on, and for reading by
	// all others.
	alone sync.RWMutex
	tree  tree // guarded by alone

	mu   sync.Mutex
	open map[eas.CollectionID]*collection

	ways  ways                      // of the server, as it shows them
	trial atomic.Pointer[MailTrial] // what it makes of messages; nil = it was not tried
}

var _ sinks.Target = (*Target)(nil)

// New makes a Target of a client, which nobody else may use for the same folders: there is one SyncKey for each folder of a device.
// It asks for the hierarchy, and settles on a version first if the client has none.
func New(ctx context.Context, client *eas.Client, o Options) (*Target, error) {
	t := &Target{client: client, o: o.withDefaults(), open: map[eas.CollectionID]*collection{}}
	if client.Version() == "" {
		if _, err := client.Connect(ctx); err != nil {
			return nil, told(err)
		}
	}
	if err := t.readTree(ctx); err != nil {
		return nil, told(err)
	}
	return t, nil
}

// classes are those whose items a client can add. Of mail it can add drafts only: see MailMode.
var classes = []eas.Class{eas.ClassContacts, eas.ClassCalendar, eas.ClassTasks, eas.ClassNotes}

// Takes tells whether there is a folder of a class, to whose like items can be added: servers list a default folder of each class that
// they have.
func (t *Target) Takes(class string) bool {
	t.alone.RLock()
	defer t.alone.RUnlock()
	return t.takes(eas.Class(class))
}

func (t *Target) takes(class eas.Class) bool {
	if class == eas.ClassEmail && !t.takesMail() || class != eas.ClassEmail && !slices.Contains(classes, class) || class == eas.ClassNotes && !t.client.Version().AtLeast(eas.Version140) {
		return false
	}
	for _, f := range t.tree.folders {
		if c, ok := f.Type.Class(); ok && c == class {
			return true
		}
	}
	return false
}

// Close ends the use of the Target; the client is its owner's.
func (t *Target) Close() error { return nil }

// refusedClass is the error for what is never put here.
func refusedClass(class string) error {
	return fmt.Errorf("class %q: %w", class, sinks.ErrRefused)
}
