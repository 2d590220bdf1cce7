package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/airlift-eas/airlift/sinks"
)

// Record implements sinks.Sink.
func (a *Archive) Record(ctx context.Context, run sinks.Run) error {
	if err := a.record(ctx, run); err != nil {
		return fmt.Errorf("record run %s of %s: %w", run.ID, run.Mailbox, err)
	}
	return nil
}

func (a *Archive) record(ctx context.Context, run sinks.Run) error {
	name := a.names.run(run.Mailbox, run.ID)
	if err := errors.Join(sinks.CheckName(run.ID), sinks.CheckName(name)); err != nil {
		return err
	}
	if run.Mailbox == "" || !utf8.ValidString(run.Mailbox) || strings.ContainsRune(run.ID, '/') {
		return errors.New("no mailbox, or no id")
	}
	stored := RunRecord{Run: run, Archive: a.head.ID, ArchiveSHA256: a.sum, Hold: a.holdRef()}
	if a.crypt != nil {
		stored.Rekey = a.crypt.rekey
	}
	names, err := a.runNames(ctx, run.Mailbox)
	if err != nil {
		return err
	}
	if slices.Contains(names, name) {
		return sinks.ErrExist
	}
	if len(names) > 0 {
		last := names[len(names)-1]
		data, err := readSmall(ctx, a.bucket, last)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		stored.Previous = &RunRef{Name: path.Base(last), SHA256: hex.EncodeToString(sum[:])}
	}
	before, err := a.newestRun(ctx, run.Mailbox, names, time.Time{})
	if err != nil {
		return err
	}
	stored.Through = a.names.through(before, run)
	stored.Folders = withLedgers(run.Folders, before)
	data, err := encodeFramed(runKind, stored)
	if err == nil && a.crypt != nil {
		data, err = a.sealRun(name, stored, data)
	}
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
func (l layout) through(before *RunRecord, run sinks.Run) map[string]int {
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
		for named[l.segment(run.Mailbox, dir, marks[dir]+1)] {
			marks[dir]++
		}
	}
	return marks
}

// runNames lists the run records of a mailbox, oldest first.
func (a *Archive) runNames(ctx context.Context, mailbox string) ([]string, error) {
	var names []string
	for o, err := range a.bucket.List(ctx, a.names.mailboxPrefix(mailbox)+runsDir, "") {
		if err != nil {
			return nil, err
		}
		if a.names.isRun(o.Name) {
			names = append(names, o.Name)
		}
	}
	return names, nil
}

// Runs yields the run records of a mailbox, oldest first. Without an identity a record of an encrypted archive has no server,
// device, tool and reason, and its folders no path and problem.
func (a *Archive) Runs(ctx context.Context, mailbox string) iter.Seq2[RunRecord, error] {
	return func(yield func(RunRecord, error) bool) {
		names, err := a.runNames(ctx, mailbox)
		if err != nil {
			yield(RunRecord{}, err)
			return
		}
		for _, name := range names {
			r, _, err := a.readRun(ctx, mailbox, name)
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

var _ sinks.Historian = (*Archive)(nil)

// LastRun implements sinks.Historian.
func (a *Archive) LastRun(ctx context.Context, mailbox string) (sinks.Run, error) {
	r, err := a.lastRun(ctx, mailbox, time.Time{})
	if err == nil && r == nil {
		err = sinks.ErrNotExist
	}
	if err != nil {
		return sinks.Run{}, fmt.Errorf("last run of %s: %w", mailbox, err)
	}
	return r.Run, nil
}

// lastRun returns the newest record of a run that had ended at the time, nil if there is none. A zero time is now.
func (a *Archive) lastRun(ctx context.Context, mailbox string, at time.Time) (*RunRecord, error) {
	names, err := a.runNames(ctx, mailbox)
	if err != nil {
		return nil, err
	}
	return a.newestRun(ctx, mailbox, names, at)
}

// newestRun is lastRun among the records of these names. A damaged record is passed over: to name it is Verify's part, and
// what it said is in the pages too, or is said again by the next one.
func (a *Archive) newestRun(ctx context.Context, mailbox string, names []string, at time.Time) (*RunRecord, error) {
	var sealed error
	for _, name := range slices.Backward(names) {
		r, _, err := a.readRun(ctx, mailbox, name)
		switch {
		case errors.Is(err, sinks.ErrCorrupt):
		case errors.Is(err, ErrSealed): // so looks damage in a header, too
			sealed = err
		case err != nil:
			return nil, err
		case at.IsZero() || !r.Ended.After(at):
			return r, nil
		}
	}
	return nil, sealed
}
