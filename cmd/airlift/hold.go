package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/s3"
)

func holdCommand(c *console) *cli.Command {
	verbs := []*cli.Command{
		changeHoldCommand(c, archive.HoldSet, "record that a matter holds mailboxes, and hold every object of them that is there; what comes later is held, too"),
		changeHoldCommand(c, archive.HoldRelease, "record that a matter holds mailboxes no more, and release what no other open matter holds"),
		listHoldsCommand(c), auditHoldsCommand(c),
	}
	return &cli.Command{
		Name:        "hold",
		Usage:       "keep mailboxes from being deleted as long as a matter is open, in a bucket with object lock",
		Subcommands: verbs,
		Action:      noAction(verbs),
	}
}

func matterFlag(text string) cli.Flag { return stringFlag("matter", "", text) }

func changeHoldCommand(c *console, action archive.HoldAction, text string) *cli.Command {
	return &cli.Command{
		Name:  string(action),
		Usage: text,
		Flags: slices.Concat([]cli.Flag{
			archiveFlag(), matterFlag("the `NAME` of the case that the mailboxes are held for"),
			listFlag("mailbox", "a mailbox's `ADDRESS` (repeatable)"),
			stringFlag("reason", "", "`WHY`, for the record"),
			identityFlag(),
			boolFlag("dry-run", "say what would be recorded and how many objects would change, and change nothing"),
			jsonFlag(), quietFlag(), configFlag(),
		}, bucketFlags(), objectFlags()),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			var sum holdSummary
			return c.end(changeHoldVerb(ctx, c, action, &sum), sum.ended)
		},
	}
}

// holdLine is a hold record, as --json says it; holdSummary is the last line.
type holdLine struct {
	Event string    `json:"event"`
	Time  time.Time `json:"time"`
	archive.HoldRecord
}

type holdSummary struct {
	Event   string         `json:"event"`
	Time    time.Time      `json:"time"`
	Result  migrate.Result `json:"result"`
	DryRun  bool           `json:"dry_run"`
	Record  int            `json:"record"`  // the number of the one that was written; 0 = nothing was to be recorded
	Objects int            `json:"objects"` // that were looked at
	Changed int            `json:"changed"` // that were held or released
	Seconds float64        `json:"seconds"`
	Exit    int            `json:"exit"`
}

// ended is the last line: of what was done, also where the verb failed after it.
func (s *holdSummary) ended(result migrate.Result, exit int) any {
	s.Event, s.Time, s.Result, s.Exit = eventSummary, now(), result, exit
	return s
}

// holdChangeOf reads the flags of a change.
func holdChangeOf(ctx *cli.Context, action archive.HoldAction) (archive.HoldChange, error) {
	change := archive.HoldChange{
		Action: action, Matter: ctx.String("matter"), Mailboxes: slices.Clone(ctx.StringSlice("mailbox")), Reason: ctx.String("reason"),
		By: whoAsks(), DryRun: true, // until it is known what comes of it
	}
	slices.Sort(change.Mailboxes)
	change.Mailboxes = slices.Compact(change.Mailboxes)
	switch {
	case change.Matter == "":
		return change, usage("no matter", "name the case with --matter")
	case len(change.Mailboxes) == 0:
		return change, usage("no mailbox", "name each with --mailbox")
	case strings.TrimSpace(change.Reason) == "":
		return change, usage("no reason", "the record needs to say why: --reason")
	case len(change.Matter) > archive.MaxMatter, len(change.Reason) > archive.MaxReason:
		return change, usage("--matter or --reason is too long", fmt.Sprintf("%d bytes of a name and %d of a reason are kept", archive.MaxMatter, archive.MaxReason))
	case len(change.Mailboxes) > archive.MaxHeldMailboxes:
		return change, usage(fmt.Sprintf("%d mailboxes", len(change.Mailboxes)), fmt.Sprintf("name at most %d at once", archive.MaxHeldMailboxes))
	}
	return change, nil
}

// changeHoldVerb writes the record first, since that is what everything that writes goes by, and then changes the objects. A
// repetition writes no second record and completes the objects.
func changeHoldVerb(ctx *cli.Context, c *console, action archive.HoldAction, sum *holdSummary) (err error) {
	started := time.Now()
	defer func() { sum.Seconds = time.Since(started).Seconds() }()
	change, err := holdChangeOf(ctx, action)
	if err != nil {
		return err
	}
	from, err := placeOf(ctx, "archive")
	if err != nil {
		return err
	}
	guard := new(holdGuard)
	from.s3.Hold = guard.held
	run, stop := interruptible(ctx.Context, c, "the record is kept once it is written, and the same command completes the rest")
	defer stop()
	a, store, err := openToHold(run, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if action == archive.HoldRelease {
		// Else every object looks as if there was nothing to release.
		if err := store.MayKnowProtection(run, noMailbox); err != nil {
			return err
		}
	}
	dry := ctx.Bool("dry-run")
	record, state, err := recordHold(run, a, guard, change, dry)
	if err != nil {
		return err
	}
	c.heldRecord(record, dry)
	sum.DryRun, sum.Record = dry, record.Hold
	dirs := make([]string, len(change.Mailboxes))
	for i, m := range change.Mailboxes {
		dirs[i] = a.MailboxDir(m)
	}
	prefixes := archive.HoldPrefixes(dirs)
	done, err := settle(run, store, state, prefixes, settleOptions{dry: dry, seen: c.settling()})
	c.draw()
	sum.Objects, sum.Changed = done.Objects, done.Changed
	if err != nil {
		if dry {
			return err
		}
		return fmt.Errorf("it is recorded, but not done for all objects yet, for which the same command is to be run again (%s): %w", done, err)
	}
	for i, m := range change.Mailboxes {
		if action == archive.HoldSet && done.below[prefixes[len(prefixes)-len(dirs)+i]] == 0 {
			c.warn(fmt.Sprintf("mailbox %s: the archive has nothing of it yet; what comes will be held", m), "see that the address is right: airlift hold list")
		}
	}
	if c.json {
		sum.Seconds = time.Since(started).Seconds()
		c.emit(sum.ended(migrate.ResultOK, exitOK))
		return nil
	}
	c.result("%s", doneText(action, done, dry))
	return nil
}

// openToHold opens an archive in a bucket that can hold.
func openToHold(ctx context.Context, from place) (*archive.Archive, *s3.Bucket, error) {
	if from.dir != "" {
		return nil, nil, fmt.Errorf("archive %s: %w", from.text, errNoHold)
	}
	a, bucket, err := openArchive(ctx, from)
	if err != nil {
		return nil, nil, err
	}
	store, err := canHold(ctx, bucket)
	if err != nil {
		return nil, nil, errors.Join(err, bucket.Close())
	}
	return a, store, nil
}

// recordHold writes the record of a change, if it is to be written, and returns it and the state after it. The record itself is
// created under a hold if something is to be held then.
func recordHold(ctx context.Context, a *archive.Archive, guard *holdGuard, change archive.HoldChange, dry bool) (r archive.HoldRecord, s *archive.HoldState, err error) {
	if r, err = a.Hold(ctx, change); err != nil {
		return r, nil, err
	}
	if s, err = a.Held(ctx); err != nil {
		return r, nil, err
	}
	after := s.After(r)
	if dry || r.Hold == 0 {
		return r, after, nil
	}
	guard.tell(after)
	change.DryRun = false
	if r, err = a.Hold(ctx, change); err != nil {
		return r, nil, err
	}
	s, err = a.Held(ctx)
	return r, s, err
}

// heldRecord says what was recorded.
func (c *console) heldRecord(r archive.HoldRecord, dry bool) {
	switch {
	case r.Hold == 0:
		c.say("it is recorded already")
	case c.json:
		c.emit(holdLine{Event: "hold", Time: r.Time, HoldRecord: r})
	case dry:
		c.result("would be recorded: %s", recordText(r))
	default:
		c.result("recorded: %s", recordText(r))
	}
}

// recordText is a hold record for people.
func recordText(r archive.HoldRecord) string {
	by, why := "", ""
	if r.By != "" {
		by = " by " + r.By
	}
	if r.Reason != "" {
		why = ": " + r.Reason
	}
	matter, mailboxes := r.Matter, r.Mailboxes
	if matter == "" {
		matter, mailboxes = r.MatterHash, r.Dirs
	}
	verb := "holds"
	if r.Action == archive.HoldRelease {
		verb = "releases"
	}
	return oneLine(fmt.Sprintf("%d, %s%s: matter %s %s %s%s", r.Hold, r.Time.Format(time.DateTime), by, matter, verb, strings.Join(mailboxes, ", "), why))
}

func doneText(action archive.HoldAction, done settled, dry bool) string {
	verb := "held"
	if action == archive.HoldRelease {
		verb = "released"
	}
	changed, rest := done.Changed-done.Released, done.Held-(done.Changed-done.Released)
	if action == archive.HoldRelease {
		changed, rest = done.Released, done.Held
	}
	if dry {
		return fmt.Sprintf("nothing was changed: %s of %s would be %s", count(changed, "object", "objects"), count(done.Objects, "object", "objects"), verb)
	}
	s := fmt.Sprintf("ok: %s %s", count(changed, "object", "objects"), verb)
	switch {
	case rest == 0:
		return s
	case action == archive.HoldRelease:
		return s + fmt.Sprintf("; %s still held, for other mailboxes or matters", count(rest, "object", "objects"))
	}
	return s + fmt.Sprintf("; %s held already", count(rest, "object", "objects"))
}

// settling shows on a terminal how many objects were looked at.
func (c *console) settling() func(settled) {
	if !c.onScreen() {
		return nil
	}
	drawn := time.Time{}
	return func(d settled) {
		if time.Since(drawn) < redrawEvery {
			return
		}
		drawn = time.Now()
		c.draw(fmt.Sprintf("%s: %s", count(d.Objects, "object", "objects"), d))
	}
}
