// Package importer stores the items of files in an archive: mail of .eml files, Maildirs and mbox files, contacts of .vcf files,
// events, tasks and notes of .ics files. It writes pages as the engine does, so whatever reads archives reads them.
//
// # What is one item
//
// A .eml file and a file in cur or new of a Maildir is a message, and stored byte for byte; a message in an mbox file is as it was
// before it was put there ([mbox]). A .vcf file is taken apart into its cards. A .ics file that is one item is stored as it is; one
// that is several is taken apart into them (item.SplitCalendar). A .ics file of events and tasks goes into two folders of one
// path. Beside a contact, event, task or note are the properties that a server would have sent of it (protocol 14.1), and
// the event's reason names what they lack.
//
// # Folders
//
// A directory is a folder, and so is an mbox, .vcf or .ics file, called as it is without its extension. Maildir++ names are
// taken apart. Imported folders are the archive's own: no server knows them, a run that archives the same mailbox leaves them
// alone, and so does what is imported leave alone what comes from a server.
//
// # Marks
//
// Whether a message was read, flagged, answered or forwarded is taken from the name of its file in a Maildir, from the Status, X-Status and
// X-Mozilla-Status fields in an mbox file, and where the files are of an export from its manifest, which also says
// when it was received. Else that is the time in the name of a Maildir's file, of a From_ line, or of the Date field, or when
// the file was last changed.
//
// # Twice
//
// An item is the same if its folder and its bytes are, wherever its file is and whatever it is called; the second copy of one in
// one folder is another item. The bytes that count of an event, task or note are those that it has out of a file of several, also
// when it is alone in its file. What is stored already is not stored again: read or flagged otherwise it is a change, if the file
// says either. That a file is no longer there means nothing, unless Options.Mirror says so. A run that was cut off is
// completed by the same run.
package importer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/airlift-eas/airlift/sinks/archive"
)

// Format is a kind of files.
type Format string

// The formats.
const (
	Auto    Format = "auto" // whatever is there
	EML     Format = "eml"
	Maildir Format = "maildir"
	Mbox    Format = "mbox"
	ICS     Format = "ics"
	VCF     Format = "vcf"
)

// Formats lists them.
func Formats() []Format { return []Format{Auto, EML, Maildir, Mbox, ICS, VCF} }

// Options say what is imported, and where to. Mailbox and In are needed.
type Options struct {
	Mailbox string // the address that the items are stored under
	In      string // a directory, or a file
	Format  Format // files of other formats are passed over; "" = Auto
	Into    string // the display path of a folder in which all are put; "" = none

	// Mirror says that an item is deleted whose file is gone, in the folders that In has. The archive keeps it, as all that is
	// deleted.
	Mirror bool

	Tool    string           // name and version of the program, for the run record
	Now     func() time.Time // nil = time.Now
	Problem func(Problem)    // is told of each file or item that was not stored; nil = nobody
	Done    func(Summary)    // is told how far it has come, after each item; nil = nobody
}

// A Problem is something that was not stored.
type Problem struct {
	File string
	Why  error
}

// Reasons for a Problem.
var (
	// ErrTooLarge says that a file, or an item in one, is larger than what is taken apart in memory.
	ErrTooLarge = errors.New("too large")
	// ErrFormat says that a file is not what its name says.
	ErrFormat = errors.New("not of its format")
)

// ErrExport says that In is the directory of an export, in which each directory is a mailbox of its own.
var ErrExport = errors.New("it is an export, of which each directory is a mailbox")

// Summary is what an import came to.
type Summary struct {
	Folders  int   `json:"folders"` // that there is something of
	Items    int   `json:"items"`   // that were found
	Stored   int   `json:"items_stored"`
	Changed  int   `json:"items_changed"`
	Deleted  int   `json:"items_deleted"`
	Expunged int   `json:"items_expunged"`       // that a mail program had deleted, and not yet taken out of their file
	Others   int   `json:"files_of_other_kinds"` // passed over, and directories whose names begin with a dot or end with .files
	Problems int   `json:"problems"`
	Bytes    int64 `json:"bytes"` // of the items that were found
	Segments int   `json:"segments"`
}

// Run imports. What a Problem is made of does not end it; any other error does, and the same call goes on where it ended. Nobody
// else writes to the mailbox meanwhile; who does all the same makes it sinks.ErrFenced. A cancelled context ends it, with what was
// stored up to the last full page.
func Run(ctx context.Context, a *archive.Archive, o Options) (Summary, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Format == "" {
		o.Format = Auto
	}
	w := newWriter(a, o)
	if err := w.open(ctx); err != nil {
		return w.sum, fmt.Errorf("%s: %w", o.Mailbox, err)
	}
	var err error
	if w.exported, err = exportOf(o.In); err != nil {
		return w.sum, err
	}
	r := &reader{Options: o, sum: &w.sum, take: func(f *found) error { return w.take(ctx, f) }}
	if err = r.read(ctx); err == nil {
		err = w.finish(ctx)
	}
	if err != nil {
		w.abort()
	}
	if recorded := w.record(ctx, err); err == nil {
		err = recorded
	}
	if err != nil {
		return w.sum, fmt.Errorf("%s: %w", o.Mailbox, err)
	}
	return w.sum, nil
}
