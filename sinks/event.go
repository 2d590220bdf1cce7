package sinks

import "time"

// Op is what happened to an item.
type Op string

// The operations of a manifest.
const (
	OpAdd        Op = "add"         // the item was stored for the first time
	OpChange     Op = "change"      // properties changed; with a name, a new version of the bytes was stored
	OpDelete     Op = "delete"      // deleted or moved away on the server; the archive keeps it
	OpSoftDelete Op = "soft-delete" // left the filter window only
	OpResync     Op = "resync"      // the server lost the key; what follows was matched against the ledger
	OpQuarantine Op = "quarantine"  // the item could not be had; what the server sent is stored raw
	OpExclude    Op = "exclude"     // a rule of the run left the item out; counted, not stored
)

// Via is the way by which an item's bytes came.
type Via string

// The ways.
const (
	ViaSync  Via = "sync"
	ViaFetch Via = "fetch" // ItemOperations
	ViaAudit Via = "audit"
	// ViaImport is that of files that were read, and not from a server.
	ViaImport Via = "import"
)

// Event is one line of a page's manifest. The JSON names are the archive format.
type Event struct {
	Op       Op     `json:"op"`
	ID       string `json:"id,omitempty"` // the item's id in the archive; the id of an item's first event stays its id
	ServerID string `json:"server_id,omitempty"`
	// ServerIDBefore is the id that the server had for the item before it named it anew.
	ServerIDBefore string `json:"server_id_before,omitempty"`

	// What the sink fills in for stored bytes.
	Name   string  `json:"name,omitempty"`   // entry name in the segment, with "/"
	Size   int64   `json:"size,omitempty"`   // uncompressed bytes
	SHA256 string  `json:"sha256,omitempty"` // hex, of the uncompressed bytes
	Offset int64   `json:"offset,omitempty"` // of the entry's first content byte in the uncompressed segment
	Also   []Entry `json:"also,omitempty"`   // further entries of the same item, such as its lossless form

	// What an item says of itself. Absent = unchanged in a change, not sent in an add.
	Received   *time.Time `json:"received,omitempty"` // received, start, due or last modified: the item's own date
	From       string     `json:"from,omitempty"`
	To         []string   `json:"to,omitempty"`
	Subject    string     `json:"subject,omitempty"` // or the contact's name
	MessageID  string     `json:"message_id,omitempty"`
	Read       *bool      `json:"read,omitempty"`
	Flag       string     `json:"flag,omitempty"`       // "", "active", "complete", "none"
	FollowUp   *FollowUp  `json:"follow_up,omitempty"`  // what the flag says besides; it goes with Flag
	Categories []string   `json:"categories,omitzero"`  // empty but present: all were removed
	Importance string     `json:"importance,omitempty"` // "low", "high"; in a change also "normal"
	Verb       string     `json:"verb,omitempty"`       // what was last done with it: "reply", "reply-all", "forward"
	Kind       string     `json:"kind,omitempty"`       // of an item that is not of its folder's class: "SMS"

	Attachments int  `json:"attachments,omitempty"`
	Via         Via  `json:"via,omitempty"`
	Whole       bool `json:"whole,omitempty"` // the server did not truncate it
	// Verified is what was found of a message's stored bytes; nil: nothing was looked for.
	Verified *Verified `json:"verified,omitempty"`

	// Properties is the plain XML form of a message's ApplicationData as the server sent it, without the body and
	// without what the other fields or the message's own header say.
	Properties string `json:"properties,omitempty"`

	MovedFrom   string `json:"moved_from,omitempty"` // id of the item in another folder that has these bytes and left in this run
	MovedTo     string `json:"moved_to,omitempty"`   // id of the item in another folder that came with these bytes in this run
	Fingerprint string `json:"fingerprint,omitempty"`
	State       string `json:"state,omitempty"` // hash of what can change of the item, to tell a change from a repetition
	Reason      string `json:"reason,omitempty"`
	Raw         string `json:"raw,omitempty"` // quarantine: name of the entry with what the server sent
}

// FollowUp is what a flag asks for. Times that were not sent are nil.
type FollowUp struct {
	Type      string     `json:"type,omitempty"` // "Follow up", "Reply", or what somebody wrote
	Subject   string     `json:"subject,omitempty"`
	Start     *time.Time `json:"start,omitempty"`
	Due       *time.Time `json:"due,omitempty"`
	Reminder  *time.Time `json:"reminder,omitempty"`
	Completed *time.Time `json:"completed,omitempty"`
}

// Verified is what can be said of a message's bytes without a network and without a private key.
type Verified struct {
	// DKIM counts the signatures whose hash of the body is that of the bytes; nil: there are none.
	DKIM *DKIM `json:"dkim,omitempty"`
	// Signed is what came of a signature of S/MIME or OpenPGP over the exact bytes of a part, the worst if there are several: "ok",
	// "broken", "no key" (none is in the message), "too large", "not checked" (it asks for what is not known); "" = there is none.
	Signed string `json:"signed,omitempty"`
	// Structure is "ok", or what is wrong first: "unclosed" (a part has no end: something was cut off), "no parts", "no
	// boundary", "no header", "header too long", "too deep", "ciphertext apart" (what is announced is not there).
	Structure string `json:"structure,omitempty"`
	// Sealed is how it is encrypted: "smime", "pgp", "rights" (management). It is stored as it is, and nobody here reads it.
	Sealed string `json:"sealed,omitempty"`
	// Ciphertext tells of a message whose ciphertext the server keeps apart: "joined", the two were put together again, and what the
	// server sent is kept beside; "beside", the ciphertext is kept beside the message.
	Ciphertext string `json:"ciphertext,omitempty"`
	// Calendar tells of a meeting request whether its calendar part is in it: "ok" or "missing", or "beside": the server did not send
	// it, and one that is made of what it says of the meeting is kept beside the message.
	Calendar string `json:"calendar,omitempty"`
}

// DKIM counts signatures. RFC 6376 3.5, bh=.
type DKIM struct {
	Pass    int `json:"pass"`
	Fail    int `json:"fail"`
	Unknown int `json:"unknown,omitempty"` // of an algorithm that is not known, or malformed
	// Failed names the domains of those that fail, at most 20.
	Failed []string `json:"failed,omitempty"`
}

// Entry returns where the stored bytes of the event are; its Name is empty if there are none.
func (e *Event) Entry() Entry {
	return Entry{Name: e.Name, Size: e.Size, SHA256: e.SHA256, Offset: e.Offset}
}

// Entry is one stored file of an item.
type Entry struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Offset int64  `json:"offset"`
}

// Run is the record of one run over one mailbox.
type Run struct {
	ID       string        `json:"id"` // sorts by time
	Mailbox  string        `json:"mailbox"`
	Server   string        `json:"server"`
	DeviceID string        `json:"device"`
	EAS      string        `json:"eas"`
	Started  time.Time     `json:"started"`
	Ended    time.Time     `json:"ended"`
	Result   string        `json:"result"`           // ok, partial, unbalanced, failed, interrupted
	Reason   string        `json:"reason,omitempty"` // why it is not ok
	Tool     string        `json:"tool"`             // name and version of the program that wrote it
	Folders  []FolderState `json:"folders"`
	Segments []Segment     `json:"segments"` // every segment that the run committed or adopted
}

// FolderState is what a run found and left in one folder.
type FolderState struct {
	Folder
	Seq         int    `json:"seq"`                // number of the last segment, 0 = none
	SyncKey     string `json:"sync_key,omitempty"` // to go on with after that segment; absent: a pass is under way
	Options     string `json:"options,omitempty"`  // the selection of items by which that key was made
	Estimated   *int   `json:"estimated"`          // what the server said it holds; null = it did not say
	Live        int    `json:"live"`               // items of the archive that are on the server, as far as it told
	Stored      int    `json:"stored"`             // stored by this run
	Changed     int    `json:"changed"`            //
	Deleted     int    `json:"deleted"`            //
	Excluded    int    `json:"excluded"`           // live items that a rule leaves out
	Quarantined int    `json:"quarantined"`        //
	Resyncs     int    `json:"resyncs"`            //
	Audited     bool   `json:"audited"`            // enumerated a second time
	Recovered   int    `json:"recovered"`          // stored because the audit showed them
	Vanished    int    `json:"vanished"`           // gone from the server, as the audit found
	Balanced    bool   `json:"balanced"`           //
	Gone        bool   `json:"gone"`               // the folder is no longer on the server
	Problem     string `json:"problem,omitempty"`  // why the folder was not finished
	PathBefore  string `json:"was,omitempty"`      // its path in the previous run, if it was renamed or moved
	// Ledger is the newest ledger of the folder; nil: there is none, or the record before says which.
	Ledger *Ledger `json:"ledger,omitempty"`
}
