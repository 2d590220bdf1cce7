// Package export writes the live items of an archive to a directory, in files that other programs open.
//
//	eml      <mailbox>/Inbox/Projects/2024-03-01_Re budget_1f3a5b7c-42-1.eml   one file a message
//	maildir  <mailbox>/cur, <mailbox>/.Archive.2024/cur/…:2,FS                 Maildir++, flags in the names
//	mbox     <mailbox>/Inbox/Projects.mbox                                     mboxrd, one file a folder
//	ics      <mailbox>/Calendar.ics                                            events, tasks and notes, one file a folder
//	vcf      <mailbox>/Contacts.vcf                                            vCards, one file a folder
//
// A message's bytes are those that the archive holds; in an mbox they come back byte for byte ([mbox]). Files that are one item
// have the times of their items, those that are many the newest of them. Names are valid on Linux, macOS and Windows, but for the colon in
// a Maildir, which can be another character.
//
// # The manifest
//
// export.jsonl, JSON lines, says what was written, and names no time: the same archive exported twice is the same bytes.
//
//	{"export":1,"archive":"<its id>","format":"mbox"}
//	{"in":"alice@example.com/Inbox.mbox","id":"57fd9392-1-12","size":18231,"sha256":"…","read":true}   an item, its own bytes
//	{"path":"alice@example.com/Inbox.mbox","size":9181231,"sha256":"…","mailbox":"alice@example.com","folder":"Inbox","items":219,"of":"…"}
//	{"summary":{"mailboxes":1,"folders":1,"items":219,…}}
//
// Where a file is one item its line says the item's id, too, and there is no other line.
//
// # What a crash leaves
//
// A file is written in .airlift-export, noted, and then gets its name: what has a name is whole. The next export to the
// directory looks at each file that should be there, byte for byte, and writes those that are not. When all are there, what
// earlier exports wrote and this one did not is removed, if it still is what they wrote; everything is flushed to the disk;
// and export.jsonl is put in its place. A directory with other things in it, or with the export of another archive or in
// another format, is [ErrForeign]. While an export works the directory is locked.
package export

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/export/ical"
	"github.com/airlift-eas/airlift/sinks/export/maildir"
)

// Format is what kind of files are written.
type Format string

// The formats.
const (
	EML     Format = "eml"
	Maildir Format = "maildir"
	Mbox    Format = "mbox"
	ICS     Format = "ics"
	VCF     Format = "vcf"
)

// Formats lists them.
func Formats() []Format { return []Format{EML, Maildir, Mbox, ICS, VCF} }

// Holds tells whether items of a class have files of the format.
func (f Format) Holds(class string) bool {
	switch f {
	case EML, Maildir, Mbox:
		return class == "Email"
	case ICS:
		return class == "Calendar" || class == "Tasks" || class == "Notes"
	case VCF:
		return class == "Contacts"
	}
	return false
}

// ext is the extension of what is stored of an item in the format.
func (f Format) ext() string {
	switch f {
	case ICS:
		return ".ics"
	case VCF:
		return ".vcf"
	}
	return ".eml"
}

var (
	// ErrForeign says that the directory holds something that is no export of the archive in the format.
	ErrForeign = errors.New("no place for this export")
	// ErrLocked says that another export writes to the directory.
	ErrLocked = errors.New("another export writes to the directory")
)

// Options say what is exported, and where to. Format and Dir are needed; with nothing else it is all that the format holds.
type Options struct {
	Format Format
	Dir    string // is made, with its parents, if it is not there

	Mailboxes []string                 // addresses; none = all of the archive
	At        time.Time                // as the archive was at that time; zero = now
	Select    func(*archive.Item) bool // which items; nil = all

	// Properties adds a file .eas.xml for each item, which has what its server said of it and no other file says.
	Properties bool
	// Colon stands before the flags in the names of a Maildir; "" = ":".
	Colon string

	Problem func(Problem) // is told of each item that could not be written; nil = nobody
	Done    func(Summary) // is told how far it has come, after each item; nil = nobody
}

// A Problem is an item that is not in the export, or a page of the archive that cannot be read: what it stored is missing, and
// what it changed or deleted is as it was before.
type Problem struct {
	Mailbox string
	Folder  string // its display path; of a page the directory of its folder
	ID      string // of the item; "" = it is a page
	Why     error  // sinks.ErrCorrupt: the archive is damaged. ErrNoForm, ErrTooLarge, ical.ErrFormat: it has no such form
}

// Reasons for which an item that is not damaged is a Problem.
var (
	ErrNoForm   = errors.New("it could not be converted when it was stored: only its properties are there")
	ErrTooLarge = errors.New("it is too large for a file of several items")
)

// Summary is what an export came to.
type Summary struct {
	Mailboxes int   `json:"mailboxes"`
	Folders   int   `json:"folders"` // that have items in it
	Items     int   `json:"items"`
	Others    int   `json:"items_of_other_classes"` // that were selected, and that the format does not hold
	Files     int   `json:"files"`                  // with those beside, without the manifest
	Bytes     int64 `json:"bytes"`                  // of the files
	Problems  int   `json:"problems"`

	Damaged int `json:"-"` // of the problems those of the archive
	Kept    int `json:"-"` // files that were there, and as they should be
	Removed int `json:"-"` // files of earlier exports that are not in this one
}

// Run exports. A problem with an item, or a page that is damaged or lost, does not end it; any other error does, and the same call goes on where
// it ended. Of an encrypted archive without an identity the error is archive.ErrSealed.
func Run(ctx context.Context, a *archive.Archive, o Options) (sum Summary, err error) {
	if o.Colon == "" {
		o.Colon = maildir.Colon
	}
	x := &exporter{Options: o, a: a, source: &source{a: a}}
	defer x.source.close()
	if len(x.Mailboxes) == 0 {
		for m, err := range a.Mailboxes(ctx) {
			if err != nil {
				return sum, err
			}
			x.Mailboxes = append(x.Mailboxes, m)
		}
	}
	if x.tree, err = openTree(o.Dir, a.ID(), o.Format); err != nil {
		return sum, fmt.Errorf("export to %s: %w", o.Dir, err)
	}
	defer func() {
		if err = errors.Join(err, x.tree.close()); sinks.IsDiskFull(err) {
			err = fmt.Errorf("export to %s: %w: %w", o.Dir, sinks.ErrFull, err)
		}
	}()
	for _, m := range x.Mailboxes {
		if err := x.mailbox(ctx, m); err != nil {
			return x.sum, fmt.Errorf("%s: %w", m, err)
		}
	}
	if err := x.tree.finish(ctx, &x.sum); err != nil {
		return x.sum, fmt.Errorf("export to %s: %w", o.Dir, err)
	}
	return x.sum, nil
}

// exporter is one export.
type exporter struct {
	Options
	a      *archive.Archive
	source *source
	tree   *tree
	sum    Summary
}

// problem tells of an item that could not be written. It returns the error if that ends the export.
func (x *exporter) problem(mailbox string, item *archive.Item, err error) error {
	damaged := errors.Is(err, sinks.ErrCorrupt) || errors.Is(err, sinks.ErrNotExist)
	if !damaged && !errors.Is(err, ErrNoForm) && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ical.ErrFormat) {
		return err
	}
	x.sum.Problems++
	if damaged {
		x.sum.Damaged++
	}
	if x.Problem != nil {
		x.Problem(Problem{Mailbox: mailbox, Folder: item.Folder.Path, ID: item.ID, Why: err})
	}
	return nil
}

// lost tells of a page that cannot be read.
func (x *exporter) lost(mailbox, dir string, err error) {
	x.sum.Problems++
	x.sum.Damaged++
	if x.Problem != nil {
		x.Problem(Problem{Mailbox: mailbox, Folder: dir, Why: err})
	}
}

func (x *exporter) done() {
	if x.Done != nil {
		x.Done(x.sum)
	}
}
