package versitytest

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/s3"
)

const (
	user     = "ada"
	address  = "ada@example.com"
	messages = 2000
	most     = 6 // runs that it may take until one ends ok
)

// TestRuns archives a mailbox into a bucket behind a network that fails by a schedule. However often the run has to be
// repeated: in the end every message is there once, and the archive is whole.
func TestRuns(t *testing.T) {
	store := easserver.NewStore()
	u := store.AddUser(user)
	for i := range messages {
		path := fmt.Sprintf("Inbox/Box %d", i%4)
		f := u.Folder(path)
		if f == nil {
			f = u.AddFolder(path, eas.FolderUserMail)
		}
		f.AddMessage(fmt.Appendf(nil, "From: a@example.org\r\nSubject: message %d\r\nDate: Fri, 01 Mar 2024 10:00:00 +0000\r\nMessage-ID: <%d@example.org>\r\n\r\n%s",
			i, i, strings.Repeat(fmt.Sprintf("line of %d\r\n", i), 5+i%200)))
	}
	url := easservertest.Start(t, easserver.Config{}, store)

	var mu sync.Mutex
	faults, runs := map[Fault]int{}, 0
	var g errgroup.Group
	g.SetLimit(4)
	for seed := range uint64(runSchedules()) {
		o := options(t, false)
		state := filepath.Join(t.TempDir(), "checkpoints.db")
		g.Go(func() error {
			counts, n, err := archiveBadly(t.Context(), o, url, state, seed)
			mu.Lock()
			defer mu.Unlock()
			runs += n
			for f, n := range counts {
				faults[f] += n
			}
			if err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
			return nil
		})
	}
	_ = g.Wait()
	t.Logf("%d runs; faults: %v", runs, faults)
}

// archiveBadly runs until a run ends ok, and looks at the archive without the bad network.
func archiveBadly(ctx context.Context, o s3.Options, url, state string, seed uint64) (map[Fault]int, int, error) {
	proxy, err := NewProxy(gateway.URL, Schedule{Seed: seed, Percent: 20, InRow: 3, Patience: 1500 * time.Millisecond})
	if err != nil {
		return nil, 0, err
	}
	server := httptest.NewServer(proxy)
	defer proxy.Close()
	defer server.Close()
	direct := o
	o.Endpoint, o.Timeout, o.MaxBackoff = server.URL, time.Second, 20*time.Millisecond
	n, err := untilOK(ctx, o, url, state)
	if err != nil {
		return proxy.Counts(), n, err
	}
	return proxy.Counts(), n, complete(ctx, direct)
}

// runSchedules returns how many schedules runs go through.
func runSchedules() int {
	if os.Getenv("AIRLIFT_FAULTS") == "full" {
		return 50
	}
	return 4
}

func untilOK(ctx context.Context, o s3.Options, url, state string) (int, error) {
	for n := 1; ; n++ {
		sum, err := runOnce(ctx, o, url, state)
		if err == nil && sum.Result == migrate.ResultOK {
			return n, nil
		}
		if n == most {
			return n, fmt.Errorf("run %d ended %q: %w", n, sum.Result, err)
		}
	}
}

func runOnce(ctx context.Context, o s3.Options, url, state string) (sum migrate.Summary, err error) {
	b, err := s3.Open(ctx, o)
	if err != nil {
		return sum, err
	}
	defer b.Close()
	a, err := archive.Create(ctx, b)
	if err != nil {
		return sum, err
	}
	c, err := sqlite.Open(ctx, state)
	if err != nil {
		return sum, err
	}
	defer c.Close()
	return migrate.Run(ctx, migrate.Options{
		Job: a.ID(), Sink: a, Checkpoints: c, Tool: "versitytest", Window: 40, Backoff: time.Millisecond,
		Mailboxes: []migrate.Mailbox{{Address: address, Client: eas.Config{
			URL: url, User: user, Transport: &auth.Basic{User: user, Password: easservertest.Password, Origin: url},
		}}},
	})
}

// complete looks for every message, and whether the archive is whole.
func complete(ctx context.Context, o s3.Options) error {
	b, err := s3.Open(ctx, o)
	if err != nil {
		return err
	}
	defer b.Close()
	a, err := archive.Open(ctx, b)
	if err != nil {
		return err
	}
	subjects := map[string]int{}
	for it, err := range a.Items(ctx, address, time.Time{}) {
		if err != nil {
			return err
		}
		subjects[it.Subject]++
	}
	for i := range messages {
		if n := subjects[fmt.Sprintf("message %d", i)]; n != 1 {
			return fmt.Errorf("message %d is there %d times", i, n)
		}
	}
	sum, err := a.Verify(ctx, archive.VerifyOptions{})
	switch {
	case err != nil:
		return err
	case sum.Problems > 0 || sum.Items != messages:
		return fmt.Errorf("verify: %+v", sum)
	}
	return nil
}
