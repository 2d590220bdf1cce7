package faulttest

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/dir"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	user    = "ada"
	address = "ada@example.com"
	backoff = time.Microsecond // so that what the engine would wait of its own is far from what a server asks for
)

// lab is a mailbox behind a server with faults, and an archive of it.
type lab struct {
	t       *testing.T
	box     *mailbox
	faults  *easserver.Faults
	url     string
	archive *archive.Archive
	state   *sqlite.Store
	options migrate.Options
	named   bool // the server calls its folders what they are called
	loose   bool // what changed or was deleted may still be in the archive as it was

	runs, ended int // so many, and so many of them ok

	mu     sync.Mutex
	waits  []time.Duration
	events []migrate.Event
}

var versions = []string{"14.1", "16.1", "14.0", "12.1"}

// newLab makes a mailbox by the seed. The server speaks one version.
func newLab(t *testing.T, seed uint64, version string, rules ...easserver.FaultRule) *lab {
	t.Helper()
	l := &lab{t: t, faults: easserver.NewFaults(seed, rules...), named: true}
	store := easserver.NewStore()
	l.box = newMailbox(t, seed, store)
	l.url = easservertest.Start(t, easserver.Config{Faults: l.faults, Versions: []string{version}, Gzip: seed%2 == 0}, store)

	ctx := context.Background()
	root := t.TempDir()
	bucket, err := dir.Open(filepath.Join(root, "archive"), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bucket.Close() })
	if l.archive, err = archive.Create(ctx, bucket); err != nil {
		t.Fatal(err)
	}
	if l.state, err = sqlite.Open(ctx, filepath.Join(root, "checkpoints.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.state.Close() })
	l.options = migrate.Options{
		Job: l.archive.ID(), Sink: l.archive, Checkpoints: l.state, Tool: "faulttest", Window: 5, Folders: 2, Backoff: backoff, LedgerPages: 2,
		Sleep:  l.sleep,
		Events: l.note,
		Mailboxes: []migrate.Mailbox{{Address: address, Client: eas.Config{
			URL: l.url, User: user, Transport: &auth.Basic{User: user, Password: easservertest.Password, Origin: l.url},
		}}},
	}
	return l
}

// sleep takes no time, and remembers what was asked for.
func (l *lab) sleep(ctx context.Context, d time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waits = append(l.waits, d)
	return ctx.Err()
}

func (l *lab) note(e migrate.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

// run runs once and holds what must hold after every run.
func (l *lab) run() (migrate.Summary, error) {
	l.t.Helper()
	l.mu.Lock()
	l.events = nil
	l.mu.Unlock()
	sum, err := migrate.Run(l.t.Context(), l.options)
	l.runs++
	if sum.Result == migrate.ResultOK {
		l.ended++
	}
	if (err == nil) == (sum.Result == migrate.ResultFailed) {
		l.t.Errorf("result %s with error %v", sum.Result, err)
	}
	l.verify()
	if sum.Result == migrate.ResultOK {
		if d := l.compare(l.named); len(d.missing) > 0 {
			l.t.Errorf("the run says ok, and the archive lacks %s\n%s", list(d.missing), l.story())
		}
	}
	return sum, err
}

// settle runs until the engine has nothing to complain of, at most so many times, and returns what the last run said.
func (l *lab) settle(most int) (last migrate.Result) {
	l.t.Helper()
	for range most {
		sum, _ := l.run()
		if last = sum.Result; last == migrate.ResultOK || l.t.Failed() {
			return last
		}
	}
	return last
}

// story tells what the last run did, apart from what is as it should be.
func (l *lab) story() string {
	var b strings.Builder
	for _, e := range l.events {
		switch e.Event {
		case migrate.EventResync, migrate.EventWarning, migrate.EventProblem:
			b.WriteString("  " + e.Event + ": " + e.Folder + ": " + e.Message + "\n")
		case migrate.EventFolderEnd:
			if e.Balanced != nil && !*e.Balanced {
				b.WriteString("  not balanced: " + e.Folder + ": " + e.Message + "\n")
			}
		}
	}
	return b.String()
}
