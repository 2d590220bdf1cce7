package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path"
	"strings"
	"time"
	"unicode/utf8"

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

// Record implements sinks.Sink.
func (a *Archive) Record(ctx context.Context, run sinks.Run) error {
	if err := a.record(ctx, run); err != nil {
		return fmt.Errorf("record run %s of %s: %w", run.ID, run.Mailbox, err)
	}
	return nil
}

func (a *Archive) record(ctx context.Context, run sinks.Run) error {
	name := runName(run.Mailbox, run.ID)
	if err := errors.Join(sinks.CheckName(run.ID), sinks.CheckName(name)); err != nil {
		return err
	}
	if run.Mailbox == "" || !utf8.ValidString(run.Mailbox) || strings.ContainsRune(run.ID, '/') {
		return errors.New("no mailbox, or no id")
	}
	stored := RunRecord{Run: run, Archive: a.head.ID, ArchiveSHA256: a.sum}
	var before *RunRecord
	names, err := a.runNames(ctx, run.Mailbox)
	if err != nil {
		return err
	}
	for _, other := range names {
		if other == name {
			return sinks.ErrExist
		}
	}
	if len(names) > 0 {
		last := names[len(names)-1]
		var data []byte
		if before, data, err = a.readRun(ctx, last); err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		stored.Previous = &RunRef{Name: path.Base(last), SHA256: hex.EncodeToString(sum[:])}
	}
	stored.Through = through(before, run)
	data, err := encodeRun(stored)
	if err != nil {
		return err
	}
	err = writeSmall(ctx, a.bucket, name, data)
	if err == nil || errors.Is(err, sinks.ErrFull) {
		return err
	}
	// It was not there, and these bytes name what was there before: if they are there now, they are ours, and only the
	// answer got lost.
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	if there, readErr := readSmall(look, a.bucket, name); readErr == nil && bytes.Equal(there, data) {
		return nil
	}
	return err
}

// through moves each folder's mark over the segments that the run names.
func through(before *RunRecord, run sinks.Run) map[string]int {
	marks := make(map[string]int)
	if before != nil {
		for dir, seq := range before.Through {
			marks[dir] = seq
		}
	}
	named := make(map[string]bool, len(run.Segments))
	dirs := make(map[string]bool)
	for _, s := range run.Segments {
		named[s.Name] = true
		dirs[path.Base(path.Dir(s.Name))] = true
	}
	for dir := range dirs {
		for named[SegmentName(run.Mailbox, dir, marks[dir]+1)] {
			marks[dir]++
		}
	}
	return marks
}

// What is around the run value in a record is always these very bytes, so that a flipped bit in them is seen too.
const (
	runHead   = `{"run":`
	runMiddle = `,"sha256":"`
	runTail   = "\"}\n"
	runFrame  = len(runMiddle) + 2*sha256.Size + len(runTail)
)

func encodeRun(r RunRecord) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(runHead)
	if err := writeLine(&b, r); err != nil {
		return nil, err
	}
	b.Truncate(b.Len() - 1) // the newline
	sum := sha256.Sum256(b.Bytes()[len(runHead):])
	b.WriteString(runMiddle + hex.EncodeToString(sum[:]) + runTail)
	return b.Bytes(), nil
}

func parseRun(data []byte) (*RunRecord, error) {
	if len(data) < len(runHead)+runFrame {
		return nil, fmt.Errorf("%d bytes are no run record: %w", len(data), sinks.ErrCorrupt)
	}
	value := data[len(runHead) : len(data)-runFrame]
	sum := sha256.Sum256(value)
	if string(data[:len(runHead)]) != runHead || string(data[len(data)-runFrame:]) != runMiddle+hex.EncodeToString(sum[:])+runTail {
		return nil, fmt.Errorf("its SHA-256 is not the one it says: %w", sinks.ErrCorrupt)
	}
	var r RunRecord
	if err := json.Unmarshal(value, &r); err != nil {
		return nil, fmt.Errorf("%w: %w", sinks.ErrCorrupt, err)
	}
	return &r, nil
}

// readRun reads a run record and returns its bytes too.
func (a *Archive) readRun(ctx context.Context, name string) (*RunRecord, []byte, error) {
	data, err := readSmall(ctx, a.bucket, name)
	if err != nil {
		return nil, nil, err
	}
	r, err := parseRun(data)
	if err == nil && runName(r.Mailbox, r.ID) != name {
		err = fmt.Errorf("it is run %s of %s: %w", r.ID, r.Mailbox, sinks.ErrCorrupt)
	}
	if err != nil {
		return nil, data, fmt.Errorf("%s: %w", name, err)
	}
	return r, data, nil
}

// runNames lists the run records of a mailbox, oldest first.
func (a *Archive) runNames(ctx context.Context, mailbox string) ([]string, error) {
	var names []string
	for o, err := range a.bucket.List(ctx, mailboxPrefix(mailbox)+runsDir, "") {
		if err != nil {
			return nil, err
		}
		if path.Ext(o.Name) == runExt {
			names = append(names, o.Name)
		}
	}
	return names, nil
}

// Runs yields the run records of a mailbox, oldest first.
func (a *Archive) Runs(ctx context.Context, mailbox string) iter.Seq2[RunRecord, error] {
	return func(yield func(RunRecord, error) bool) {
		names, err := a.runNames(ctx, mailbox)
		if err != nil {
			yield(RunRecord{}, err)
			return
		}
		for _, name := range names {
			r, _, err := a.readRun(ctx, name)
			if err != nil {
				yield(RunRecord{}, err)
				return
			}
			if !yield(*r, nil) {
				return
			}
		}
	}
}

// lastRun returns the newest record of a run that had ended at the time, nil if there is none. A zero time is now.
func (a *Archive) lastRun(ctx context.Context, mailbox string, at time.Time) (*RunRecord, error) {
	names, err := a.runNames(ctx, mailbox)
	if err != nil {
		return nil, err
	}
	for i := len(names) - 1; i >= 0; i-- {
		r, _, err := a.readRun(ctx, names[i])
		if err != nil {
			return nil, err
		}
		if at.IsZero() || !r.Ended.After(at) {
			return r, nil
		}
	}
	return nil, nil
}
