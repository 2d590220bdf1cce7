package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/eas/easserver"
)

func serverCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "server",
		Usage: "serve files as mailboxes over Exchange ActiveSync, for trying things and for tests",
		Description: "The mailboxes are DIR/<user>/<folder path>/*.eml, *.vcf and *.ics, read at the start and never written. " +
			"Every user's password is in the variable AIRLIFT_SERVER_PASSWORD.",
		Flags: []cli.Flag{
			stringFlag("listen", "127.0.0.1:8080", "listen at `ADDRESS`; port 0 takes a free one"),
			stringFlag("dir", "", "serve the mailboxes in `DIR`"),
			listFlag("fault", "misbehave as real servers do: `NAME[:RATE]` with a probability, as 0.05 or 5%, else always (repeatable); list prints the names"),
			intFlag("fault-seed", 1, "which requests the faults hit depends on the number `N`: the same ones with the same number"),
			configFlag(),
		},
		Action: func(ctx *cli.Context) error { return serverVerb(ctx, c) },
	}
}

func serverVerb(ctx *cli.Context, c *console) error {
	if slices.Contains(ctx.StringSlice("fault"), "list") {
		c.result("%s", faultsTable())
		return nil
	}
	faults, err := faultsOf(ctx)
	if err != nil {
		return err
	}
	dir, password := ctx.String("dir"), os.Getenv("AIRLIFT_SERVER_PASSWORD")
	switch {
	case dir == "":
		return usage("no mailboxes to serve", "name their directory with --dir")
	case password == "":
		return usage("no password", "set AIRLIFT_SERVER_PASSWORD; it is every user's")
	}
	store, err := easserver.LoadDir(dir)
	if err != nil {
		return err
	}
	run, stop := interruptible(ctx.Context, c, "answers in hand are finished")
	defer stop()
	s, err := listen(run, ctx.String("listen"), easserver.Config{Password: password, Faults: faults}, store)
	if err != nil {
		return err
	}
	for _, u := range store.Users() {
		items := 0
		for _, f := range u.Folders() {
			items += f.Len()
		}
		c.say("%s: %s in %s", u.Address(), count(items, "item", "items"), count(len(u.Folders()), "folder", "folders"))
	}
	c.result("%s", s.url)
	<-s.ended.Done()
	err = s.Close()
	for _, l := range injectedLines(faults) {
		c.say("%s", l)
	}
	return err
}

// serving is an EAS server at work.
type serving struct {
	url   string
	eas   *easserver.Server
	http  http.Server
	done  *errgroup.Group
	ended context.Context // done when it was told to end, or cannot go on
}

// listen starts to serve the mailboxes of a store.
func listen(ctx context.Context, addr string, cfg easserver.Config, store *easserver.Store) (*serving, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	s := &serving{url: fmt.Sprintf("http://%s/Microsoft-Server-ActiveSync", l.Addr()), eas: easserver.New(cfg, store)}
	s.http = http.Server{
		Handler: s.eas,
		// No limit on writing an answer: a Ping waits for minutes, and a page is as large as it is.
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
	s.done, s.ended = errgroup.WithContext(ctx)
	s.done.Go(func() error {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("server: %w", err)
		}
		return nil
	})
	return s, nil
}

// Close ends the server: the answers in hand are finished, as far as they are in a few seconds.
func (s *serving) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	s.eas.Close()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	return errors.Join(err, s.done.Wait())
}
