package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/archive"
)

func demoCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "archive a sample mailbox from a server of its own, change it, archive the changes, verify",
		Flags: []cli.Flag{
			stringFlag("dir", "", "work in `DIR`, which must be empty or not be there (default: a temporary directory, which is kept)"),
			configFlag(),
		},
		Action: func(ctx *cli.Context) error {
			run, stop := interruptible(ctx.Context, c, "nothing is lost")
			defer stop()
			return demoVerb(run, c, ctx.String("dir"))
		},
	}
}

const (
	demoMailbox = "alice@example.com"
	demoItems   = 300
)

func demoVerb(ctx context.Context, c *console, dir string) error {
	dir, err := demoDir(dir)
	if err != nil {
		return err
	}
	store := easserver.NewStore()
	user := store.AddUser(demoMailbox)
	if err := user.Sample(); err != nil {
		return err
	}
	password := rand.Text()
	server, err := listen(ctx, "127.0.0.1:0", easserver.Config{Password: password}, store)
	if err != nil {
		return err
	}
	defer server.Close()
	d := &demo{c: c, archive: filepath.Join(dir, "archive"), user: user}
	if d.state, err = dirPlace(d.archive).state(); err != nil {
		return err
	}
	if d.mailbox, err = (connection{}).mailbox(account{mailbox: demoMailbox, user: demoMailbox, server: server.url}); err != nil {
		return err
	}
	new(connection).signIn(&d.mailbox, credential{kind: withPassword, user: demoMailbox, password: password})
	c.result("a mailbox of %s, on an EAS server at %s", count(demoItems, "item", "items"), server.url)
	return d.run(ctx)
}

// demoDir returns the directory to work in, which exists and is empty.
func demoDir(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "airlift-demo-")
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", usage("--dir: "+err.Error(), "")
	}
	if len(entries) > 0 {
		return "", usage(fmt.Sprintf("--dir: %s is not empty", dir), "the demo begins with nothing: name another directory")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", usage("--dir: "+err.Error(), "")
	}
	return filepath.Abs(dir)
}

// demo is the main job, by the same paths as the verbs, with its figures held against what must come out.
type demo struct {
	c              *console
	user           *easserver.User
	mailbox        migrate.Mailbox
	archive, state string
}

func (d *demo) run(ctx context.Context) error {
	first, err := d.pass(ctx, "archived it", migrate.Summary{ItemsStored: demoItems})
	if err != nil {
		return err
	}
	between := now()
	want, err := d.change()
	if err != nil {
		return err
	}
	d.c.result("changed the mailbox: a new mail, a flag, a move to another folder, a deletion, a contact's telephone number")
	second, err := d.pass(ctx, "archived the changes", want)
	if err != nil {
		return err
	}
	if live := first.ItemsStored + want.ItemsStored - want.ItemsDeleted; second.ItemsLive != live {
		return fmt.Errorf("demo: %d items should be in the mailbox, the ledger holds %d", live, second.ItemsLive)
	}
	a, bucket, err := openArchive(ctx, dirPlace(d.archive))
	if err != nil {
		return err
	}
	defer bucket.Close()
	if err := d.verify(ctx, a, first.Segments+second.Segments); err != nil {
		return err
	}
	return d.tour(ctx, a, between)
}

// verify reads everything that the two runs stored.
func (d *demo) verify(ctx context.Context, a *archive.Archive, segments int) error {
	found, err := a.Verify(ctx, archive.VerifyOptions{Problem: d.c.finding})
	if err != nil {
		return err
	}
	if found.Problems > 0 || found.Segments != segments {
		return fmt.Errorf("demo: verify: %d problems in %d of %d segments", found.Problems, found.Segments, segments)
	}
	d.c.result("verified every byte: %s in %s, %s", count(found.Items, "stored item", "stored items"),
		count(found.Segments, "segment", "segments"), bytesText(found.Bytes))
	return nil
}

// pass archives the mailbox and fails if the figures are not those that are wanted.
func (d *demo) pass(ctx context.Context, what string, want migrate.Summary) (migrate.Summary, error) {
	silent := func(migrate.Event) {}
	sum, _, err := archiveRun(ctx, d.c, dirPlace(d.archive), d.state, migrate.Options{Mailboxes: []migrate.Mailbox{d.mailbox}}, migrate.Run, silent)
	if err != nil {
		return sum, err
	}
	got := migrate.Summary{ItemsStored: sum.ItemsStored, ItemsChanged: sum.ItemsChanged, ItemsDeleted: sum.ItemsDeleted}
	if got != want || sum.Result != migrate.ResultOK {
		return sum, fmt.Errorf("demo: the run is %s with %d stored, %d changed, %d deleted; it should be ok with %d, %d and %d",
			sum.Result, got.ItemsStored, got.ItemsChanged, got.ItemsDeleted, want.ItemsStored, want.ItemsChanged, want.ItemsDeleted)
	}
	d.c.result("%s: %d stored, %d changed, %d deleted; the server counts %d items, the archive holds %d: balanced; %s",
		what, sum.ItemsStored, sum.ItemsChanged, sum.ItemsDeleted, sum.ItemsEstimated, sum.ItemsLive, secondsText(sum.Seconds))
	return sum, nil
}
