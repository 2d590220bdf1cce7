package migrate

import (
	"context"
	"errors"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// BodyMode says how message bodies are had.
type BodyMode string

// The ways to have bodies.
const (
	// BodiesAuto measures both on the first pages of a large folder and takes the faster.
	BodiesAuto BodyMode = "auto"
	// BodiesSync takes them with Sync, and by ItemOperations where one did not come whole.
	BodiesSync BodyMode = "sync"
	// BodiesFetch lists a page first and takes the bodies by ItemOperations, several requests at a time. One huge
	// folder on a server with many cores is faster so.
	BodiesFetch BodyMode = "fetch"
)

// AuditMode says when a folder is enumerated a second time, under a device partnership of its own.
type AuditMode string

// The modes.
const (
	AuditMismatch AuditMode = "mismatch" // when the server's count and the ledger differ
	AuditAlways   AuditMode = "always"
	AuditNever    AuditMode = "never"
)

// Options describe a run. The zero value of every optional field is safe and complete: all classes, all folders, whole
// items.
type Options struct {
	Job         string            // id of the archive; device partnerships and checkpoints belong to it
	Mailboxes   []Mailbox         //
	Sink        sinks.Sink        //
	Checkpoints checkpoints.Store //
	Events      func(Event)       // receives the events of the run, one at a time; nil = nobody listens
	Tool        string            // name and version of the program, for the run record

	Workers int       // mailboxes at once; 0 = 8
	Folders int       // requests of one mailbox in flight, at first; adapts to the server; 0 = 4
	Window  int       // items asked for in one page; 0 = 200, at most 512 (MS-ASCMD 2.2.3.199)
	Bodies  BodyMode  // "" = BodiesAuto
	Audit   AuditMode // "" = AuditMismatch
	Select  Selection //

	// PageEvents is how many events a stored page has at the most, but for a few; what one answer of the server brought beyond
	// them is stored as further pages. 0 = 10,000. A sink that is a sinks.Limiter may want fewer.
	PageEvents int

	LedgerPages int // pages of a folder after which its ledger is kept anew; 0 = 32

	MaxDuration time.Duration // the run ends in order after it, with ErrLimit; 0 = no limit
	MaxErrors   int           // the run ends in order after as many items or folders that could not be had; 0 = no limit

	Now func() time.Time
	// Backoff is the unit of waiting before a retry, doubled each time; 0 = 1 s.
	Backoff time.Duration
	// Sleep waits between retries, until the time is over or ctx ends; nil = with a timer.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Mailbox is one source.
type Mailbox struct {
	Address string
	// Client holds the server, the user and the transport that carries the credentials. DeviceID, PolicyKey and
	// Version are taken from the mailbox's checkpoint; a Version set here is used for a mailbox that has none. With a
	// Locator the URL may be left out; it is found then, and remembered in the checkpoint.
	Client eas.Config
	// BestVersion has a mailbox that is read for the first time read in the version that serves messages best: CompareVersions finds
	// it out first. A mailbox that was read before keeps its version, which its keys were made with.
	BestVersion bool
	// Locator finds the server, and the way to another one when the mailbox moved. nil: Client.URL is the only place.
	Locator Locator
	// Credentials removes what the caller keeps of the mailbox's credentials, when the server asks for a remote wipe; nil = it keeps
	// none.
	Credentials Remover
}

const (
	defaultWorkers = 8
	defaultFolders = 4
	maxFolders     = 8
	defaultWindow  = 200
	maxWindow      = 512

	defaultPageEvents = 10_000
)

func (o Options) withDefaults() (Options, error) {
	if o.Sink == nil || o.Checkpoints == nil || o.Job == "" {
		return o, errors.New("migrate: Job, Sink and Checkpoints are needed")
	}
	if len(o.Mailboxes) == 0 {
		return o, errors.New("migrate: no mailbox")
	}
	if o.Workers <= 0 {
		o.Workers = defaultWorkers
	}
	if o.Folders <= 0 {
		o.Folders = defaultFolders
	}
	if o.Window <= 0 {
		o.Window = defaultWindow
	}
	o.Window = min(o.Window, maxWindow)
	if o.PageEvents <= 0 {
		o.PageEvents = defaultPageEvents
	}
	if o.LedgerPages <= 0 {
		o.LedgerPages = ledgerPages
	}
	if o.Bodies == "" {
		o.Bodies = BodiesAuto
	}
	if o.Audit == "" {
		o.Audit = AuditMismatch
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Backoff <= 0 {
		o.Backoff = time.Second
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Events == nil {
		o.Events = func(Event) {}
	}
	return o, o.Select.check()
}
