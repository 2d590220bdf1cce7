package migrate

import "time"

// Event is one line of the event stream that progress, logs and --json are made from. The names are part of the
// command's contract.
type Event struct {
	Event   string    `json:"event"`
	Time    time.Time `json:"time"`
	Mailbox string    `json:"mailbox,omitempty"`
	Folder  string    `json:"folder,omitempty"` // display path
	// FolderID tells folders of one path apart, in the event that a folder ends with.
	FolderID string `json:"folder_id,omitempty"`
	Class    string `json:"class,omitempty"`
	Page     int    `json:"page,omitempty"` // segment number
	Segment  string `json:"segment,omitempty"`

	Stored      int   `json:"stored,omitempty"`
	Changed     int   `json:"changed,omitempty"`
	Deleted     int   `json:"deleted,omitempty"`
	Excluded    int   `json:"excluded,omitempty"`
	Quarantined int   `json:"quarantined,omitempty"`
	Recovered   int   `json:"recovered,omitempty"` // stored because an audit showed them
	Vanished    int   `json:"vanished,omitempty"`  // gone from the server, as an audit found
	Audited     bool  `json:"audited,omitempty"`
	Estimated   *int  `json:"estimated,omitempty"` // what the server says the folder or mailbox holds
	Live        int   `json:"live,omitempty"`      // what the ledger holds of it
	Bytes       int64 `json:"bytes,omitempty"`     // of items, uncompressed
	BytesStored int64 `json:"bytes_stored,omitempty"`
	Folders     int   `json:"folders,omitempty"`

	ID       string     `json:"id,omitempty"` // of an item in the archive
	ServerID string     `json:"server_id,omitempty"`
	Subject  string     `json:"subject,omitempty"`
	Received *time.Time `json:"received,omitempty"`
	Findings []Finding  `json:"findings,omitempty"`

	Server   string  `json:"server,omitempty"`
	EAS      string  `json:"eas,omitempty"`
	Device   string  `json:"device,omitempty"`
	Attempt  int     `json:"attempt,omitempty"`
	Wait     float64 `json:"wait_seconds,omitempty"`
	Result   string  `json:"result,omitempty"`
	Balanced *bool   `json:"balanced,omitempty"`
	Message  string  `json:"message,omitempty"`
	Hint     string  `json:"hint,omitempty"`
}

// The names of events.
const (
	EventMailboxStart = "mailbox-start"
	EventMailboxEnd   = "mailbox-end"
	EventWatching     = "watching" // a watch has stored what there was and waits for news: the figures are of this round
	EventFolderStart  = "folder-start"
	EventFolderEnd    = "folder-end"
	EventEstimate     = "estimate" // what the server says a folder holds, at the beginning of a pass
	EventPage         = "page"     // a page is durable
	EventBodies       = "bodies"   // which way to have bodies a large folder takes
	EventAudit        = "audit"    // a folder is enumerated a second time
	EventAdopted      = "adopted"  // a page of an earlier, killed run was taken over
	EventRetry        = "retry"
	EventResync       = "resync"
	EventWarning      = "warning"
	EventProblem      = "problem"        // something was not done; the summary's result is not ok
	EventMissing      = "missing"        // the server has an item that the archive does not
	EventGone         = "gone"           // the archive has an item as living that the server does not have
	EventVersion      = "recommendation" // which version of the protocol serves messages best, and is spoken
	EventFidelity     = "fidelity"       // what is to be said of a message that was stored
	EventLost         = "lost"           // a page of the archive cannot be read
	EventSummary      = "summary"
)

// Result is how a run ended.
type Result string

// The results, from best to worst.
const (
	ResultOK          Result = "ok"
	ResultPartial     Result = "partial"    // done, some items are quarantined
	ResultUnbalanced  Result = "unbalanced" // done, but the counts differ
	ResultInterrupted Result = "interrupted"
	ResultFailed      Result = "failed"
)

// Summary is the outcome of a run; the last event of --json is made from it.
type Summary struct {
	Result           Result  `json:"result"`
	Mailboxes        int     `json:"mailboxes"`
	Folders          int     `json:"folders"`
	ItemsStored      int     `json:"items_stored"`
	ItemsChanged     int     `json:"items_changed"`
	ItemsDeleted     int     `json:"items_deleted"`
	ItemsExcluded    int     `json:"items_excluded"`
	ItemsQuarantined int     `json:"items_quarantined"`
	ItemsEstimated   int     `json:"items_estimated"`
	ItemsLive        int     `json:"items_live"`
	Segments         int     `json:"segments"`
	BytesFetched     int64   `json:"bytes_fetched"` // response bodies, as they came over the wire
	BytesStored      int64   `json:"bytes_stored"`
	Requests         int     `json:"requests"`
	Retries          int     `json:"retries"`
	Resyncs          int     `json:"resyncs"`
	ThrottledSeconds float64 `json:"throttled_seconds"`
	Seconds          float64 `json:"seconds"`

	Fidelity Fidelity `json:"fidelity,omitzero"` // of what was stored
}

// worse keeps the worse of two results.
func worse(a, b Result) Result {
	rank := map[Result]int{"": 0, ResultOK: 1, ResultPartial: 2, ResultUnbalanced: 3, ResultInterrupted: 4, ResultFailed: 5}
	if rank[b] > rank[a] {
		return b
	}
	return a
}
