package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/s3"
)

func auditHoldsCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "audit",
		Usage: "ask the bucket for the retention and the legal hold of every object, and name what is not locked as it should be",
		Flags: append([]cli.Flag{
			archiveFlag(),
			lockFlag("every object is to have at least this retention: `governance|compliance` (default: if some have one, all are to)"), lockDaysFlag(),
			identityFlag(), jsonFlag(), quietFlag(), configFlag(),
		}, bucketFlags()...),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(auditHoldsVerb(ctx, c), endOfAudit)
		},
	}
}

// noteLine is what --json says of something that need not be wrong; auditSummary is the last line.
type noteLine struct {
	Event  string    `json:"event"`
	Time   time.Time `json:"time"`
	Object string    `json:"object"`
	Why    string    `json:"why"`
}

type auditSummary struct {
	Event      string         `json:"event"`
	Time       time.Time      `json:"time"`
	Result     migrate.Result `json:"result"`
	Objects    int            `json:"objects"`
	ToHold     int            `json:"to_hold"`    // are to be held
	Held       int            `json:"held"`       // are
	Governance int            `json:"governance"` // have a retention of this mode that has not ended
	Compliance int            `json:"compliance"`
	Ends       *time.Time     `json:"earliest_end"` // of those; null = there are none
	Notes      int            `json:"notes"`
	Problems   int            `json:"problems"`
	Seconds    float64        `json:"seconds"`
	Exit       int            `json:"exit"`
}

func endOfAudit(result migrate.Result, exit int) any {
	return auditSummary{Event: eventSummary, Time: now(), Result: result, Exit: exit}
}

func auditHoldsVerb(ctx *cli.Context, c *console) (err error) {
	started := time.Now()
	from, err := placeOf(ctx, "archive")
	if err != nil {
		return err
	}
	run, stop := interruptible(ctx.Context, c, "nothing was changed")
	defer stop()
	a, store, err := openToHold(run, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	s, err := a.Held(run)
	if err != nil {
		return err
	}
	if err := store.MayKnowProtection(run, noMailbox); err != nil {
		return err
	}
	audit := &audit{c: c, state: s, lock: from.s3.Lock, now: started}
	err = audit.all(run, store)
	c.draw()
	if err != nil {
		return err
	}
	// A lock keeps what was there, and not from being hidden by a later version or a delete marker.
	foreign, err := c.foreignVersions(run, store)
	if err != nil {
		return err
	}
	audit.sum.Problems += foreign
	after, err := a.Held(run)
	if err != nil {
		return err
	}
	if after.Records() != s.Records() {
		c.warn("legal holds were set or released meanwhile", "audit again")
	}
	sum := audit.sum
	sum.Event, sum.Time, sum.Result, sum.Seconds = eventSummary, now(), migrate.ResultOK, time.Since(started).Seconds()
	if sum.Problems > 0 {
		sum.Result, sum.Exit = migrate.ResultFailed, exitDamaged
	}
	if c.json {
		c.emit(sum)
	} else {
		c.result("%s", auditText(sum, len(s.Matters())))
	}
	if sum.Exit != exitOK {
		return ended(sum.Exit)
	}
	return nil
}

// An audit holds what protects each object against what is to.
type audit struct {
	c     *console
	state *archive.HoldState
	lock  s3.Lock // the least that each object is to have; zero: nothing was said
	now   time.Time
	sum   auditSummary

	retained bool     // an object with a retention was seen
	bare     []string // objects without one, as long as none was seen and nothing was said
	beyond   string   // the first of those that were not kept
	more     int      // how many these are
}

// maxBare bounds what is kept of the names.
const maxBare = 100_000

// all asks for every object below the prefix, some at a time, and tells of them in their order.
func (u *audit) all(ctx context.Context, store *s3.Bucket) error {
	var batch []string
	for o, err := range store.List(ctx, "", "") {
		if err != nil {
			return err
		}
		if batch = append(batch, o.Name); len(batch) < 16*holdsAtOnce {
			continue
		}
		if err := u.some(ctx, store, batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
	return u.some(ctx, store, batch)
}

func (u *audit) some(ctx context.Context, store *s3.Bucket, names []string) error {
	found, gone := make([]s3.Protection, len(names)), make([]bool, len(names))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(holdsAtOnce)
	for i, name := range names {
		g.Go(func() (err error) {
			found[i], err = store.Protection(ctx, name)
			if gone[i] = errors.Is(err, sinks.ErrNotExist); gone[i] {
				return nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, name := range names {
		if gone[i] {
			u.sum.Objects++
			u.problem(name, "it was listed a moment ago, and is gone")
			continue
		}
		u.object(name, found[i])
	}
	if u.c.onScreen() {
		u.c.draw(fmt.Sprintf("%s, %d not as they should be", count(u.sum.Objects, "object", "objects"), u.sum.Problems))
	}
	return nil
}

// object judges one.
func (u *audit) object(name string, p s3.Protection) {
	u.sum.Objects++
	if p.Hold {
		u.sum.Held++
	}
	want := u.state.Held(name)
	if want {
		u.sum.ToHold++
	}
	switch {
	case want && !p.Hold:
		u.problem(name, oneLine("it has no legal hold, and is to be held for "+strings.Join(u.state.HeldBy(name), ", ")))
	case p.Hold && !want:
		u.note(name, "it has a legal hold that no open matter asks for")
	}
	if p.Mode != "" && p.Until.After(u.now) {
		if p.Mode == s3.LockCompliance {
			u.sum.Compliance++
		} else {
			u.sum.Governance++
		}
		if u.sum.Ends == nil || p.Until.Before(*u.sum.Ends) {
			u.sum.Ends = &p.Until
		}
	}
	if u.lock.Mode != "" {
		if why := shortOf(u.lock, p, u.now); why != "" {
			u.problem(name, why)
		}
		return
	}
	u.asOthers(name, p)
}

// asOthers: where nothing was said of retentions, what has none is named if others have one.
func (u *audit) asOthers(name string, p s3.Protection) {
	const why = "it has no retention, as other objects have"
	switch {
	case p.Mode != "" && !u.retained:
		u.retained = true
		for _, earlier := range u.bare {
			u.problem(earlier, why)
		}
		if u.more > 0 {
			u.problem(u.beyond, fmt.Sprintf("it is the first of %d more that have no retention", u.more))
			u.sum.Problems += u.more - 1
		}
		u.bare = nil
	case p.Mode != "":
	case u.retained:
		u.problem(name, why)
	case len(u.bare) < maxBare:
		u.bare = append(u.bare, name)
	default:
		u.beyond = cmp.Or(u.beyond, name)
		u.more++
	}
}

// lockSlack is what the clocks of who asked for a retention and of the store may differ by.
const lockSlack = time.Minute

// shortOf says what an object's retention lacks of the one that it is to have had from its creation on; "" if nothing, or if
// that one would have ended by now.
func shortOf(l s3.Lock, p s3.Protection, at time.Time) string {
	due := p.Created.Add(time.Duration(l.Days) * 24 * time.Hour)
	date := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	switch {
	case !due.After(at):
		return ""
	case p.Mode == "":
		return fmt.Sprintf("it has no retention, and is to have one of the mode %s until %s", l.Mode, date(due))
	case l.Mode == s3.LockCompliance && p.Mode != l.Mode:
		return fmt.Sprintf("its retention is of the mode %s, not %s", p.Mode, l.Mode)
	case p.Until.Before(due.Add(-lockSlack)):
		return fmt.Sprintf("its retention ends at %s, not at %s", date(p.Until), date(due))
	}
	return ""
}

func (u *audit) problem(name, why string) {
	u.sum.Problems++
	u.c.finding(archive.Problem{Object: name, Why: why})
}

func (u *audit) note(name, why string) {
	u.sum.Notes++
	if u.c.json {
		u.c.emit(noteLine{Event: "note", Time: now(), Object: name, Why: why})
		return
	}
	u.c.say("note: %s: %s", name, why)
}

func auditText(s auditSummary, matters int) string {
	text := fmt.Sprintf("%s: %s; %d of %d held that are to be, for %s", s.Result, count(s.Objects, "object", "objects"), s.Held-s.Notes, s.ToHold,
		count(matters, "open matter", "open matters"))
	if s.Governance+s.Compliance == 0 {
		text += "; no retention"
	} else {
		text += fmt.Sprintf("; retention: %d governance, %d compliance, the first ends at %s", s.Governance, s.Compliance, s.Ends.UTC().Format(time.RFC3339))
	}
	return text + fmt.Sprintf("; %s", count(s.Problems, "problem", "problems"))
}
