package archive

import (
	"context"
	"fmt"

	"github.com/airlift-eas/airlift/sinks"
)

// A RunRecord is the stored form of a run: the run, and what ties it to the rest of the archive.
type RunRecord struct {
	sinks.Run
	// Archive and ArchiveSHA256 are the id in archive.json and the hash of that object.
	Archive       string `json:"archive"`
	ArchiveSHA256 string `json:"archive_sha256"`
	// Previous is the record of this mailbox that was the newest when this one was written.
	Previous *RunRef `json:"previous"`
	// Through tells for each folder's directory up to which number all its segments are named by this record or one
	// before it.
	Through map[string]int `json:"through"`
	// Rekey is the newest change of an encrypted archive's recipients.
	Rekey *RekeyRef `json:"rekey,omitempty"`
	// Hold is the newest hold record that the writer had read ([Archive.Held]).
	Hold *HoldRef `json:"hold,omitempty"`
}

// RunRef names a run record.
type RunRef struct {
	Name   string `json:"name"` // the last part of the object's name
	SHA256 string `json:"sha256"`
}

func (r *RunRecord) folder(dir string) *sinks.FolderState {
	if r != nil {
		for i := range r.Folders {
			if r.Folders[i].Dir == dir {
				return &r.Folders[i]
			}
		}
	}
	return nil
}

func (r *RunRecord) through(dir string) int {
	if r == nil {
		return 0
	}
	return r.Through[dir]
}

// runKind is what a run record's value is called in it.
const runKind = "run"

func parseRun(data []byte) (*RunRecord, error) {
	var r RunRecord
	if err := parseFramed(runKind, data, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// readRun reads a run record and returns the object's bytes too. Without an identity it is what is in clear, and the mailbox
// that of the caller. With an error there may be a record: it is one, and in the wrong place.
func (a *Archive) readRun(ctx context.Context, mailbox, name string) (*RunRecord, []byte, error) {
	data, err := readSmall(ctx, a.bucket, name)
	if err != nil {
		return nil, nil, err
	}
	var r *RunRecord
	if a.crypt == nil {
		r, err = parseRun(data)
	} else {
		r, err = a.unsealRun(ctx, name, data)
	}
	if err != nil {
		return nil, data, fmt.Errorf("%s: %w", name, err)
	}
	want := a.names.run(r.Mailbox, r.ID)
	if a.sealed() {
		want = mailboxesDir + r.Mailbox + "/" + runsDir + r.ID + a.names.ext(runExt)
	}
	if want != name {
		err = fmt.Errorf("%s: it is run %s of %s: %w", name, r.ID, r.Mailbox, sinks.ErrCorrupt)
	}
	if a.sealed() {
		r.Mailbox = mailbox
	}
	return r, data, err
}

// unsealRun parses a run record of an encrypted archive. With an identity its two parts must agree.
func (a *Archive) unsealRun(ctx context.Context, name string, data []byte) (*RunRecord, error) {
	inside, raw, err := a.unseal(ctx, name, clearRun, data)
	if err != nil {
		return nil, err
	}
	shown, newest, err := parseClearRun(raw)
	if err != nil || a.sealed() {
		return &shown, err
	}
	r, err := parseRun(inside)
	if err != nil {
		return nil, err
	}
	if shown.Mailbox != mailboxOf(name) {
		return nil, fmt.Errorf("in clear: it is of %s: %w", shown.Mailbox, sinks.ErrCorrupt)
	}
	return r, sameClearRun(*r, shown, newest)
}
