package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/s3"
)

func verifyCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "verify",
		Usage: "read every byte of an archive again and hold it against its manifests, chains and run records",
		Flags: append(readingFlags(), quietFlag()),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(verifyVerb(ctx, c), endOfVerify)
		},
	}
}

// problemLine and verifySummary are the lines of --json.
type problemLine struct {
	Event  string    `json:"event"`
	Time   time.Time `json:"time"`
	Object string    `json:"object"`
	Entry  string    `json:"entry"` // "" = the object as a whole
	Why    string    `json:"why"`
}

type verifySummary struct {
	Event  string         `json:"event"`
	Time   time.Time      `json:"time"`
	Result migrate.Result `json:"result"`
	archive.Summary
	Seconds float64 `json:"seconds"`
	Exit    int     `json:"exit"`
}

func endOfVerify(result migrate.Result, exit int) any {
	return verifySummary{Event: eventSummary, Time: now(), Result: result, Exit: exit}
}

func verifyVerb(ctx *cli.Context, c *console) (err error) {
	folders, err := folderFilter(ctx)
	if err != nil {
		return err
	}
	run, stop := interruptible(ctx.Context, c, "what is open is closed")
	defer stop()
	o := archive.VerifyOptions{Mailbox: ctx.String("mailbox"), Problem: c.finding, Done: c.verified()}
	if len(ctx.StringSlice("folder")) > 0 {
		return readArchive(run, ctx, func(a *archive.Archive, mailboxes []string) (err error) {
			dirs, err := directories(run, a, mailboxes, folders)
			if err != nil {
				return err
			}
			if len(dirs) == 0 {
				return fmt.Errorf("archive %s: a folder that --folder names: %w", ctx.String("archive"), errNothing)
			}
			o.Folder = func(dir string) bool { return dirs[dir] }
			return c.verify(run, a, o, 0)
		})
	}
	// Whose mailboxes there are need not be known, and is not without an identity.
	from, err := placeOf(ctx, "archive")
	if err != nil {
		return err
	}
	a, bucket, err := openArchive(run, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bucket.Close()) }()
	foreign := 0
	if store, ok := bucket.(*s3.Bucket); ok {
		foreign, err = c.foreignVersions(run, store)
		if untold(err) {
			c.warn(fmt.Sprintf("the store does not tell of versions, and what was overwritten or hidden is not looked for: %v", err),
				"every byte is verified all the same; where the bucket keeps versions these credentials need s3:ListBucketVersions for that")
			err = nil
		}
		if err != nil {
			return err
		}
	}
	what := "archive " + from.text
	if o.Mailbox != "" {
		what += ": mailbox " + o.Mailbox
	}
	return nothingAt(what, c.verify(run, a, o, foreign))
}

// verify reads what the options name, and says what came of it and of what was found before.
func (c *console) verify(run context.Context, a *archive.Archive, o archive.VerifyOptions, before int) error {
	started := time.Now()
	sum, err := a.Verify(run, o)
	c.draw()
	if err != nil {
		return err
	}
	sum.Problems += before
	s := verifySummary{Event: eventSummary, Time: now(), Result: migrate.ResultOK, Summary: sum, Seconds: time.Since(started).Seconds()}
	if sum.Problems > 0 {
		s.Result, s.Exit = migrate.ResultFailed, exitDamaged
	}
	if c.json {
		c.emit(s)
	} else {
		c.result("%s: %s in %s, %s, %s; %s", s.Result, count(sum.Items, "stored item", "stored items"),
			count(sum.Segments, "segment", "segments"), bytesText(sum.Bytes), secondsText(s.Seconds), count(sum.Problems, "problem", "problems"))
		if sum.Sealed > 0 {
			c.result("%s from outside only: what is inside is encrypted, and --identity names no key", count(sum.Sealed, "segment", "segments"))
		}
	}
	if s.Exit != exitOK {
		return ended(s.Exit)
	}
	return nil
}

// directories tells which directories hold the folders that are wanted by their display path.
func directories(ctx context.Context, a *archive.Archive, mailboxes []string, wanted func(path string) bool) (map[string]bool, error) {
	dirs := map[string]bool{}
	for _, m := range mailboxes {
		folders, err := a.Folders(ctx, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m, err)
		}
		for _, f := range folders {
			if wanted(f.Path) {
				dirs[f.Dir] = true
			}
		}
	}
	return dirs, nil
}

// finding says what is not as it was written.
func (c *console) finding(p archive.Problem) {
	if c.json {
		c.emit(problemLine{Event: eventProblem, Time: now(), Object: p.Object, Entry: p.Entry, Why: p.Why})
		return
	}
	where := p.Object
	if p.Entry != "" {
		where += ": " + p.Entry
	}
	c.result("%s: %s", where, p.Why)
}

// verified shows on a terminal how far the verification has come.
func (c *console) verified() func(archive.Summary) {
	if !c.onScreen() {
		return nil
	}
	started, drawn := time.Now(), time.Time{}
	return func(s archive.Summary) {
		if time.Since(drawn) < redrawEvery {
			return
		}
		drawn = time.Now()
		rate := float64(s.Bytes) / time.Since(started).Seconds()
		c.draw(fmt.Sprintf("%s, %s, %s/s", count(s.Segments, "segment", "segments"), bytesText(s.Bytes), bytesText(int64(rate))))
	}
}
