package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/migrate/deliver"
	"github.com/airlift-eas/airlift/sinks"
)

// delivered is what a delivery into one mailbox came to.
type delivered struct {
	mailbox, target string
	key             checkpoints.Key // of its receipts
	result          deliver.Result
	err             error
}

// outcomes are what a verb came to that delivers.
type outcomes struct {
	source    *migrate.Summary // of reading the source; nil = an archive was the source
	sourceErr error
	all       []delivered
	began     time.Time
	failed    error   // of closing what was written to
	limit     error   // why the verb was told to end, if it was; it may have come to its end all the same
	reading   *report // of the source; nil = an archive was the source
	log       *slog.Logger
	figures   *publication // nil = nobody asks for them
}

// deliverySummary is the last line of --json of a verb that delivers. Where a source was read, the figures of that are beside.
type deliverySummary struct {
	migrate.Summary
	Event    string         `json:"event"`
	Time     time.Time      `json:"time"`
	Delivery deliveryTotals `json:"delivery"`
	Exit     int            `json:"exit"`
}

// deliveryTotals are the figures of all folders.
type deliveryTotals struct {
	Counted   int   `json:"counted"`   // live items of the source that were wanted
	Put       int   `json:"put"`       // by this run
	Kept      int   `json:"kept"`      // were there by an earlier run
	Updated   int   `json:"updated"`   // of these, brought up to date
	Moved     int   `json:"moved"`     // of these, moved
	Found     int   `json:"found"`     // the target had them before
	Taken     int   `json:"taken"`     // were removed or moved at the target since
	Changed   int   `json:"changed"`   // were changed at the target since
	Conflicts int   `json:"conflicts"` // were changed on both sides
	Refused   int   `json:"refused"`   // the target does not take them
	Lost      int   `json:"lost"`      // it is not known whether the target has them
	Removed   int   `json:"removed"`   // left the source, and were removed
	Altered   int   `json:"altered"`   // the target holds them otherwise than it was told
	Unfitting int   `json:"unfitting"` // no target takes their class
	Bytes     int64 `json:"bytes"`     // put
}

func totalsOf(r *deliver.Result) deliveryTotals {
	t := r.Total()
	d := deliveryTotals{
		Counted: t.Counted, Put: t.Put, Kept: t.Kept, Updated: t.Updated, Moved: t.Moved, Found: t.Found, Taken: t.Taken, Changed: t.Changed,
		Conflicts: t.Conflicts, Refused: t.Refused, Lost: t.Lost, Removed: t.Removed, Altered: t.Altered, Bytes: t.Bytes,
	}
	for _, f := range r.Folders {
		if f.Unfitting {
			d.Unfitting += f.Counted
		}
	}
	return d
}

// total adds up the mailboxes.
func (o *outcomes) total() deliveryTotals {
	var whole deliver.Result
	for _, d := range o.all {
		whole.Folders = append(whole.Folders, d.result.Folders...)
	}
	return totalsOf(&whole)
}

// err is that of everything.
func (o *outcomes) err() error {
	errs := []error{o.sourceErr}
	for _, d := range o.all {
		errs = append(errs, d.err)
	}
	return errors.Join(append(errs, o.failed)...)
}

// tell says what came of it, and returns what makes the exit code.
func (o *outcomes) tell(ctx context.Context, c *console, report migrationReport) error {
	slices.SortFunc(o.all, func(a, b delivered) int { return cmp.Compare(a.mailbox, b.mailbox) })
	sum := deliverySummary{Event: eventSummary, Time: now(), Delivery: o.total()}
	if o.source != nil {
		sum.Summary = *o.source
	} else {
		sum.Mailboxes = len(o.all)
	}
	sum.Seconds = time.Since(o.began).Seconds()
	err := o.err()
	sum.Exit, sum.Result = o.verdict(sum.Delivery, err)
	if err := report.write(ctx, o, sum); err != nil {
		sum.Exit = spoilt(c, &sum.Summary, sum.Exit, err)
	}
	if o.figures != nil {
		if err := o.figures.finish(sum.Summary, sum.Exit); err != nil {
			sum.Exit = spoilt(c, &sum.Summary, sum.Exit, err)
		}
	}
	o.problems(c)
	o.log.Info(eventSummary, "exit", sum.Exit, "figures", sum)
	if c.json {
		c.emit(sum)
	} else {
		o.print(c, sum)
	}
	if sum.Exit == exitOK {
		return nil
	}
	return ended(sum.Exit)
}

// problems tells what went wrong, but for what the reading of the source has told already.
func (o *outcomes) problems(c *console) {
	if o.reading != nil && o.sourceErr != nil {
		o.reading.unsaid(o.sourceErr)
	}
	if o.reading != nil && o.limited() {
		o.reading.unsaid(o.limit)
	}
	for _, d := range append(slices.Clone(o.all), delivered{err: o.failed}) {
		if d.err == nil || errors.Is(d.err, context.Canceled) {
			continue
		}
		e := migrate.Event{Event: eventProblem, Time: now(), Mailbox: d.mailbox, Message: d.err.Error(), Hint: hintOf(d.err)}
		logged(o.log)(e)
		if c.json {
			c.emit(e)
		}
		c.problem(e.Message, e.Hint)
	}
}

// limited tells whether something was left because a limit was reached.
func (o *outcomes) limited() bool {
	return errors.Is(o.limit, migrate.ErrLimit) && errors.Is(o.err(), context.Canceled)
}

// verdict is the exit code and the word for it.
func (o *outcomes) verdict(t deliveryTotals, err error) (int, migrate.Result) {
	if o.source != nil && (o.source.Result == migrate.ResultInterrupted || o.sourceErr != nil) {
		return runExit(*o.source, err), o.source.Result
	}
	switch code := exitCode(err); {
	case o.limited():
		return exitLimit, migrate.ResultInterrupted
	case err != nil && code == exitInterrupted:
		return code, migrate.ResultInterrupted
	case err != nil:
		return code, migrate.ResultFailed
	}
	for _, d := range o.all {
		for _, f := range d.result.Folders {
			if f.TooLarge > 0 {
				return exitFull, migrate.ResultPartial
			}
		}
	}
	if o.source != nil && o.source.Result == migrate.ResultUnbalanced {
		return exitUnbalanced, migrate.ResultUnbalanced
	}
	if t.Refused+t.Lost+t.Unfitting > 0 || o.source != nil && o.source.Result == migrate.ResultPartial {
		return exitPartial, migrate.ResultPartial
	}
	return exitOK, migrate.ResultOK
}

// print writes a table for each mailbox, what has to be looked at, and the sum.
func (o *outcomes) print(c *console, sum deliverySummary) {
	for _, d := range o.all {
		var rows [][]string
		for _, f := range d.result.Folders {
			if !c.quiet || f.Refused+f.Lost > 0 || f.Problem != "" || f.Unfitting && f.Counted > 0 {
				rows = append(rows, deliveryRow(f))
			}
		}
		if len(rows) > 0 {
			c.result("%s -> %s\n\n%s\n", d.mailbox, d.target, table(deliveryTitles(), rows))
		}
	}
	t := sum.Delivery
	text := fmt.Sprintf("%s: %s in %s; this run: %d put, %d updated, %d moved, %d removed, %s, %s", sum.Result, count(t.Counted, "item", "items"),
		count(len(o.all), "mailbox", "mailboxes"), t.Put, t.Updated, t.Moved, t.Removed, bytesText(t.Bytes), secondsText(sum.Seconds))
	for _, n := range []struct {
		n    int
		what string
	}{
		{t.Found, "were there before"},
		{t.Taken, "were removed at the target since"},
		{t.Changed, "were changed at the target since"},
		{t.Conflicts, "were changed on both sides"},
		{t.Refused, "the target does not take"},
		{t.Lost, "may be lost"},
		{t.Unfitting, "no target takes"},
		{t.Altered, "are held otherwise than they were sent"},
	} {
		if n.n > 0 {
			text += fmt.Sprintf("\n%d %s", n.n, n.what)
		}
	}
	c.result("%s", text)
}

func deliveryTitles() []string {
	return []string{"FOLDER", "CLASS", "TARGET", "ITEMS#", "PUT#", "KEPT#", "UPDATED#", "FOUND#", "ALTERED#", "REFUSED#", "STATE"}
}

func deliveryRow(f deliver.FolderResult) []string {
	state := "done"
	switch {
	case f.Problem != "":
		state = "not finished: " + f.Problem
	case f.Unfitting && f.Counted > 0:
		state = "no target takes this class"
	case f.Lost > 0:
		state = fmt.Sprintf("%d may be lost", f.Lost)
	case f.Taken+f.Changed+f.Conflicts > 0:
		state = fmt.Sprintf("done; changed at the target: %d", f.Taken+f.Changed+f.Conflicts)
	}
	n := strconv.Itoa
	return []string{f.Path, f.Class, f.Target, n(f.Counted), n(f.Put), n(f.Kept), n(f.Updated + f.Moved), n(f.Found), n(f.Altered), n(f.Refused), state}
}

// deliveryLine is an event of a delivery as --json has it.
type deliveryLine struct {
	Event   string             `json:"event"` // "item-" and what became of an item, or "folder-begin", "folder-end", "retry"
	Time    time.Time          `json:"time"`
	Mailbox string             `json:"mailbox"`
	Folder  string             `json:"folder,omitempty"`
	Target  string             `json:"target,omitempty"`
	Class   string             `json:"class,omitempty"`
	ID      string             `json:"id,omitempty"`
	Subject string             `json:"subject,omitempty"`
	Size    int64              `json:"size,omitempty"`
	Altered []sinks.Alteration `json:"altered,omitempty"`
	Reason  string             `json:"reason,omitempty"`
}

// delivering tells of a delivery as it goes on: everything to programs and to the log, and to people what they should know.
func (c *console) delivering(mailbox string, log *slog.Logger) func(deliver.Event) {
	return func(e deliver.Event) {
		name, level := "item-"+string(e.Kind), slog.LevelInfo
		switch e.Kind {
		case deliver.KindBegin, deliver.KindEnd:
			name = "delivery-" + string(e.Kind)
		case deliver.KindRetry:
			name, level = string(e.Kind), slog.LevelWarn
		case deliver.KindRefused, deliver.KindLost:
			level = slog.LevelError
		}
		line := deliveryLine{name, now(), mailbox, e.Folder, e.Target, e.Class, e.Item, e.Subject, e.Bytes, e.Altered, e.Reason}
		log.LogAttrs(context.Background(), level, name, fieldsOf(line)...)
		if c.json {
			c.emit(line)
			return
		}
		where := strings.TrimSuffix(mailbox+": "+e.Folder, ": ")
		switch e.Kind {
		case deliver.KindRefused, deliver.KindLost, deliver.KindConflict:
			c.problem(strings.TrimSpace(fmt.Sprintf("%s: target: %s: item %s: %s %s", where, e.Kind, e.Item, e.Reason, quoted(e.Subject))), "")
		case deliver.KindRetry:
			c.say("%s: again: %s", where, e.Reason)
		}
	}
}

// endOfDelivery is the line of a verb that delivers and did not come to its own end.
func endOfDelivery(result migrate.Result, exit int) any {
	return deliverySummary{Event: eventSummary, Time: now(), Summary: migrate.Summary{Result: result}, Exit: exit}
}

// deliveryError is an error of a delivery, whose hints are others than those of an archive.
type deliveryError struct{ error }

func (e *deliveryError) Unwrap() error { return e.error }

// Hint tells what to do about it.
func (e *deliveryError) Hint() string {
	switch err := e.error; {
	case errors.Is(err, sinks.ErrDenied):
		return hintTarget
	case errors.Is(err, sinks.ErrFull):
		return "make room at the target, and run the same command again: it goes on where it stopped"
	case untrusted(err):
		return strings.ReplaceAll(migrate.Hint(err), "--server", "the URL of the target")
	case errors.Is(err, sinks.ErrUnavailable):
		return "see that the target is up and its URLs are right; run the same command again later: it goes on where it stopped"
	case errors.Is(err, sinks.ErrUncertain):
		return "run the same command again: it looks at the target for what may have arrived"
	}
	return migrate.Hint(e.error)
}

// named says whose mailbox an error of a delivery is of.
func named(mailbox string, err error) error {
	if err == nil {
		return nil
	}
	if !strings.HasPrefix(err.Error(), mailbox+": ") {
		err = fmt.Errorf("%s: %w", mailbox, err)
	}
	return &deliveryError{err}
}
