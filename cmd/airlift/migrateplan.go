package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strconv"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/migrate/deliver"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
)

// planned is what a migration would do with one mailbox.
type planned struct {
	mailbox, target string
	staged          bool // it is planned from the stage: what changed on the source since is not in it
	folders         []deliver.PlannedFolder
}

// planLine is a folder of a plan as --json has it.
type planLine struct {
	Event     string           `json:"event"` // "plan"
	Time      time.Time        `json:"time"`
	Mailbox   string           `json:"mailbox"`
	Folder    string           `json:"folder"`
	Class     string           `json:"class"`
	Target    string           `json:"target,omitempty"` // absent: no target takes the class
	Make      bool             `json:"make,omitempty"`   // the folder is to be made
	Items     int              `json:"items"`
	Bytes     int64            `json:"bytes"`
	Estimated bool             `json:"estimated,omitempty"` // the bytes are what the server estimates: nothing was staged yet
	New       int              `json:"new"`
	Changed   int              `json:"changed"`
	Unfitting int              `json:"unfitting"`
	Listed    []deliver.Listed `json:"listed,omitempty"` // what does not fit, and why
}

// planMigration says what a run would do. It writes to neither side, and makes no stage.
func planMigration(ctx context.Context, c *console, o migrate.Options, stage place, state string, rules deliver.Options, aims []aim) error {
	began := time.Now()
	receipts, end, err := receiptsOf(ctx, state)
	if err != nil {
		return err
	}
	defer end()
	arch, closeStage, err := stagedSoFar(ctx, stage)
	if err != nil {
		return err
	}
	defer closeStage()
	var plans []planned
	for i, mb := range o.Mailboxes {
		p, err := planOne(ctx, mb, o.Select, arch, receipts, rules, &aims[i])
		if err != nil {
			return named(mb.Address, err)
		}
		plans = append(plans, p)
	}
	tellPlans(c, plans, time.Since(began))
	return nil
}

func planOne(ctx context.Context, mb migrate.Mailbox, sel migrate.Selection, arch *archive.Archive, receipts checkpoints.Receipts, rules deliver.Options, t *aim) (p planned, err error) {
	p = planned{mailbox: mb.Address, target: t.account.mailbox}
	id := ""
	if arch != nil {
		id = arch.ID()
		for m, err := range arch.Mailboxes(ctx) {
			if err != nil {
				return p, err
			}
			p.staged = p.staged || m == mb.Address
		}
	}
	o := rules
	o.Job, o.Mailbox, o.Receipts = t.job(id, ""), mb.Address, receipts
	if p.staged {
		source := &archiveSource{segments: segments{archive: arch}, mailbox: mb.Address, wanted: selected(sel)}
		defer source.Close()
		o.Source = source
	} else {
		seen, err := migrate.LookAtSizes(ctx, mb, sel)
		if err != nil {
			return p, err
		}
		o.Source = lookedAt{seen}
	}
	if o.Targets, err = t.open(ctx, o.Job); err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, closeAll(o.Targets)) }()
	p.folders, err = deliver.Plan(ctx, o)
	return p, err
}

func tellPlans(c *console, plans []planned, took time.Duration) {
	sum := deliverySummary{Event: eventSummary, Time: now()}
	sum.Result, sum.Mailboxes, sum.Seconds = migrate.ResultOK, len(plans), took.Seconds()
	for _, p := range plans {
		var rows [][]string
		for _, f := range p.folders {
			sum.Folders++
			sum.ItemsEstimated += f.Items
			size, target := bytesText(f.Bytes), cmp.Or(f.Target, "none takes it")
			l := planLine{"plan", now(), p.mailbox, f.Path, f.Class, f.Target, f.Made, f.Items, f.Bytes, !p.staged, f.New, f.Changed, f.Unfitting, f.Listed}
			if !p.staged {
				size = "about " + size
			}
			if f.Made {
				target += " (new)"
			}
			if c.json {
				c.emit(l)
				continue
			}
			rows = append(rows, []string{f.Path, f.Class, target, strconv.Itoa(f.Items), size, strconv.Itoa(f.New), strconv.Itoa(f.Changed), strconv.Itoa(f.Unfitting)})
		}
		if c.json {
			continue
		}
		c.result("%s -> %s\n\n%s\n", p.mailbox, p.target, table([]string{"FOLDER", "CLASS", "TARGET", "ITEMS#", "BYTES#", "NEW#", "CHANGED#", "UNFITTING#"}, rows))
		for _, f := range p.folders {
			for _, l := range f.Listed {
				c.result("%s: %s: item %s: %s", p.mailbox, f.Path, l.Item, l.Reason)
			}
		}
		if p.staged {
			c.result("planned from what the last run read of the source\n")
		}
	}
	if c.json {
		c.emit(sum)
		return
	}
	c.result("nothing was written: %s in %s of %s", count(sum.ItemsEstimated, "item", "items"), count(sum.Folders, "folder", "folders"), count(len(plans), "mailbox", "mailboxes"))
}

// lookedAt is a source of which only the folders and the sizes of their items are known. It implements deliver.Source.
type lookedAt struct{ *migrate.Probe }

// Folders implements deliver.Source.
func (s lookedAt) Folders(context.Context) ([]deliver.Folder, error) {
	var folders []deliver.Folder
	for _, f := range s.Probe.Folders {
		if f.Selected && !(f.Items == 0 && isOwn(f.Type)) {
			sum := sha256.Sum256([]byte(f.Class + " " + f.Path))
			folders = append(folders, deliver.Folder{Folder: sinks.Folder{ID: hex.EncodeToString(sum[:4]), Path: f.Path, Class: f.Class, Type: f.Type}})
		}
	}
	return folders, nil
}

// Items implements deliver.Source.
func (s lookedAt) Items(_ context.Context, folder deliver.Folder) iter.Seq2[deliver.Item, error] {
	return func(yield func(deliver.Item, error) bool) {
		for _, f := range s.Probe.Folders {
			if f.Path != folder.Path || f.Class != folder.Class {
				continue
			}
			for i, size := range f.Sizes {
				if !yield(deliver.Item{Event: sinks.Event{ID: fmt.Sprintf("%s-%d", folder.ID, i), Size: size}}, nil) {
					return
				}
			}
		}
	}
}

// Left implements deliver.Source.
func (lookedAt) Left(context.Context, deliver.Folder) iter.Seq2[deliver.Left, error] {
	return func(func(deliver.Left, error) bool) {}
}

// Version implements deliver.Source.
func (lookedAt) Version(context.Context, string, string, string) (deliver.Item, error) {
	return deliver.Item{}, sinks.ErrNotExist
}

// receiptsOf reads the receipts of a state directory; where there is none yet, there are no receipts.
func receiptsOf(ctx context.Context, state string) (checkpoints.Receipts, func(), error) {
	store, err := sqlite.OpenReadOnly(ctx, filepath.Join(state, checkpointsFile))
	if errors.Is(err, checkpoints.ErrNotFound) {
		return noReceipts{}, func() {}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return store, func() { _ = store.Close() }, nil // it was only read
}

// noReceipts are the receipts of a migration that has not begun. They can be read only.
type noReceipts struct{ receipts }

type receipts = checkpoints.Receipts // whose method of the same name is another thing

func (noReceipts) Places(context.Context, checkpoints.Key) (map[string]checkpoints.Place, error) {
	return nil, nil
}

func (noReceipts) Receipts(context.Context, checkpoints.FolderKey) iter.Seq2[checkpoints.Receipt, error] {
	return func(func(checkpoints.Receipt, error) bool) {}
}

// stagedSoFar opens a stage that is there; nil: there is none yet.
func stagedSoFar(ctx context.Context, stage place) (*archive.Archive, func(), error) {
	a, b, err := openArchive(ctx, stage)
	if errors.Is(err, errNothing) {
		return nil, func() {}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return a, func() { _ = b.Close() }, nil // it was only read
}
