package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// clearHead is the first line of a run record's part in clear; its folders and segments follow, one a line.
type clearHead struct {
	ID            string         `json:"id"`
	Mailbox       string         `json:"mailbox"` // the directory, not the address
	Started       time.Time      `json:"started"`
	Ended         time.Time      `json:"ended"`
	Result        string         `json:"result"`
	Archive       string         `json:"archive"`
	ArchiveSHA256 string         `json:"archive_sha256"`
	Previous      *RunRef        `json:"previous"`
	Through       map[string]int `json:"through"`
	Rekey         *RekeyRef      `json:"rekey,omitempty"`
	Hold          *HoldRef       `json:"hold,omitempty"`
	Newest        bool           `json:"newest,omitempty"` // of each folder only the newest segment follows
}

// clearLine is one of the others.
type clearLine struct {
	Folder  *sinks.FolderState `json:"folder,omitempty"`
	Segment *sinks.Segment     `json:"segment,omitempty"`
}

// clearedRun returns a run record as its part in clear has it. newest: of the segments only each folder's newest, which is
// enough to hold all of them, since each names the one before it.
func clearedRun(r RunRecord, mailboxDir string, newest bool) RunRecord {
	c := RunRecord{
		Run:     sinks.Run{ID: r.ID, Mailbox: mailboxDir, Started: r.Started, Ended: r.Ended, Result: r.Result},
		Archive: r.Archive, ArchiveSHA256: r.ArchiveSHA256, Previous: r.Previous, Through: r.Through, Rekey: r.Rekey, Hold: r.Hold,
	}
	for _, f := range r.Folders {
		f.Path, f.PathBefore, f.Problem = "", "", ""
		c.Folders = append(c.Folders, f)
	}
	last := make(map[string]string)
	for _, s := range r.Segments {
		last[path.Dir(s.Name)] = max(s.Name, last[path.Dir(s.Name)])
	}
	for _, s := range r.Segments {
		if !newest || last[path.Dir(s.Name)] == s.Name {
			c.Segments = append(c.Segments, s)
		}
	}
	return c
}

// encodeClearRun is the inverse of parseClearRun.
func encodeClearRun(c RunRecord, newest bool) ([]byte, error) {
	var b bytes.Buffer
	err := writeLine(&b, clearHead{
		ID: c.ID, Mailbox: c.Mailbox, Started: c.Started, Ended: c.Ended, Result: c.Result, Archive: c.Archive,
		ArchiveSHA256: c.ArchiveSHA256, Previous: c.Previous, Through: c.Through, Rekey: c.Rekey, Hold: c.Hold, Newest: newest,
	})
	for i := range c.Folders {
		err = errors.Join(err, writeLine(&b, clearLine{Folder: &c.Folders[i]}))
	}
	for i := range c.Segments {
		err = errors.Join(err, writeLine(&b, clearLine{Segment: &c.Segments[i]}))
	}
	return b.Bytes(), err
}

// parseClearRun parses the part in clear of a run record.
func parseClearRun(b []byte) (c RunRecord, newest bool, err error) {
	bad := func(n int, why error) (RunRecord, bool, error) {
		return RunRecord{}, false, fmt.Errorf("in clear: line %d: %w: %w", n, sinks.ErrCorrupt, why)
	}
	for n := 1; len(b) > 0; n++ {
		line, rest, ok := bytes.Cut(b, []byte("\n"))
		if b = rest; !ok || n > maxEvents {
			return bad(n, errors.New("no end, or too many lines"))
		}
		if n == 1 {
			var h clearHead
			if err := json.Unmarshal(line, &h); err != nil {
				return bad(n, err)
			}
			newest = h.Newest
			c = RunRecord{
				Run:     sinks.Run{ID: h.ID, Mailbox: h.Mailbox, Started: h.Started, Ended: h.Ended, Result: h.Result},
				Archive: h.Archive, ArchiveSHA256: h.ArchiveSHA256, Previous: h.Previous, Through: h.Through, Rekey: h.Rekey, Hold: h.Hold,
			}
			continue
		}
		var l clearLine
		if err := json.Unmarshal(line, &l); err != nil {
			return bad(n, err)
		}
		switch {
		case l.Folder != nil && l.Segment == nil:
			c.Folders = append(c.Folders, *l.Folder)
		case l.Segment != nil && l.Folder == nil:
			c.Segments = append(c.Segments, *l.Segment)
		default:
			return bad(n, errors.New("neither a folder nor a segment"))
		}
	}
	if c.ID == "" {
		return bad(1, errors.New("no run"))
	}
	return c, newest, nil
}

// sealRun encrypts a run record.
func (a *Archive) sealRun(name string, r RunRecord, data []byte) ([]byte, error) {
	for _, newest := range []bool{false, true} {
		raw, err := encodeClearRun(clearedRun(r, mailboxOf(name), newest), newest)
		if err != nil {
			return nil, err
		}
		stanza, err := a.codec.newStanza(clearRun, raw)
		if errors.Is(err, errTooLarge) && !newest {
			continue
		}
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		err = a.seal(&b, stanza, bytes.NewReader(data))
		return b.Bytes(), err
	}
	return nil, errTooLarge
}

// sameClearRun returns an error if a record's part in clear is not what the record says.
func sameClearRun(r, shown RunRecord, newest bool) error {
	want := clearedRun(r, shown.Mailbox, newest)
	same := want.Started.Equal(shown.Started) && want.Ended.Equal(shown.Ended) && maps.Equal(want.Through, shown.Through) &&
		slices.Equal(want.Segments, shown.Segments) && reflect.DeepEqual(want.Folders, shown.Folders) &&
		reflect.DeepEqual(want.Previous, shown.Previous) && reflect.DeepEqual(want.Rekey, shown.Rekey) &&
		reflect.DeepEqual(want.Hold, shown.Hold) && want.ID == shown.ID && want.Result == shown.Result &&
		want.Archive == shown.Archive && want.ArchiveSHA256 == shown.ArchiveSHA256
	if !same {
		return fmt.Errorf("its part in clear is not what the record says: %w", sinks.ErrCorrupt)
	}
	return nil
}
