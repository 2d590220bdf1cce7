package migrate_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
)

// known is all that the checkpoints know of the folders and items of a mailbox, but for when and how often.
func known(t *testing.T, o migrate.Options) (folders []checkpoints.Folder, items map[string][]checkpoints.Item) {
	t.Helper()
	ctx := context.Background()
	key := checkpoints.Key{Job: o.Job, Mailbox: o.Mailboxes[0].Address}
	folders, err := o.Checkpoints.Folders(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	items = map[string][]checkpoints.Item{}
	for _, f := range folders {
		for item, err := range o.Checkpoints.Live(ctx, checkpoints.FolderKey{Key: key, Folder: f.ID}) {
			if err != nil {
				t.Fatal(err)
			}
			items[f.Path] = append(items[f.Path], item)
		}
	}
	return folders, items
}

// adopted returns the objects that a run read back, and its warnings.
func (l *lab) adopted() (segments, ledgers, warnings []string) {
	for _, e := range l.events {
		switch {
		case e.Event == migrate.EventWarning && e.Folder != "":
			warnings = append(warnings, e.Message)
		case e.Event != migrate.EventAdopted:
		case strings.Contains(e.Segment, "/ledgers/"):
			ledgers = append(ledgers, e.Segment)
		default:
			segments = append(segments, e.Segment)
		}
	}
	return segments, ledgers, warnings
}

// grown is a mailbox whose Inbox has many pages of every kind of event.
func grown(t *testing.T) (*lab, migrate.Options) {
	t.Helper()
	l := newLab(t, easserver.Config{}, "alice")
	o := l.options("alice")
	o.LedgerPages = 4
	inbox := l.store.User("alice").Folder("Inbox")
	for round := range 8 {
		for n := range 7 {
			inbox.AddMessage(message("alice", "Inbox", 1000+10*round+n))
		}
		n := 0
		for id, it := range inbox.Items() {
			switch n++; {
			case n%5 == 0:
				inbox.Delete(id)
			case n%3 == 0:
				if err := inbox.SetRead(id, !it.Read); err != nil {
					t.Fatal(err)
				}
			}
		}
		l.run(o)
	}
	l.check("alice")
	return l, o
}

func (l *lab) loseState() {
	l.t.Helper()
	if err := os.RemoveAll(filepath.Join(l.root, "state")); err != nil {
		l.t.Fatal(err)
	}
	l.events = nil
}

// TestLedgerAdopted: without checkpoints a folder of many pages is read back from its ledger and the few pages behind it, and
// nothing is known less than before.
func TestLedgerAdopted(t *testing.T) {
	l, o := grown(t)
	wantFolders, wantItems := known(t, o)
	l.loseState()
	o = l.options("alice")
	o.LedgerPages = 4
	if sum := l.run(o); sum.ItemsStored+sum.ItemsChanged+sum.ItemsDeleted+sum.Segments+sum.Resyncs != 0 {
		t.Errorf("%+v", sum)
	}
	segments, ledgers, warnings := l.adopted()
	ofInbox := slices.DeleteFunc(segments, func(s string) bool { return !strings.Contains(s, "/inbox-") || strings.Contains(s, "projects") })
	if pages := slices.IndexFunc(wantFolders, func(f checkpoints.Folder) bool { return f.Path == "Inbox" }); wantFolders[pages].Seq < 16 || len(ofInbox) >= 4 || len(ledgers) == 0 {
		t.Errorf("of %d pages %d were read back, ledgers: %q", wantFolders[pages].Seq, len(ofInbox), ledgers)
	}
	if len(warnings) > 0 {
		t.Errorf("warnings: %q", warnings)
	}
	gotFolders, gotItems := known(t, o)
	passes := cmpopts.IgnoreFields(checkpoints.Item{}, "Pass")
	if diff := cmp.Diff(wantItems, gotItems, passes); diff != "" {
		t.Errorf("items (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(wantFolders, gotFolders, cmpopts.IgnoreFields(checkpoints.Folder{}, "Pass", "Drained")); diff != "" {
		t.Errorf("folders (-before +after):\n%s", diff)
	}
	l.store.User("alice").Folder("Inbox").AddMessage(message("alice", "Inbox", 7777))
	if sum := l.run(o); sum.ItemsStored != 1 || sum.Resyncs != 0 {
		t.Errorf("after a new message: %+v", sum)
	}
	l.check("alice")
}

// TestLedgerDamaged: a ledger that cannot be read is done without.
func TestLedgerDamaged(t *testing.T) {
	for what, damage := range map[string]func(name string, data []byte) error{
		"flipped": func(name string, data []byte) error {
			data[len(data)/2] ^= 1
			return os.WriteFile(name, data, 0o600)
		},
		"gone": func(name string, _ []byte) error { return os.Remove(name) },
	} {
		t.Run(what, func(t *testing.T) {
			l, o := grown(t)
			_, want := known(t, o)
			files, err := filepath.Glob(filepath.Join(l.root, "archive", "mailboxes", "*", "ledgers", "*", "*"))
			if err != nil || len(files) == 0 {
				t.Fatalf("%v, %q", err, files)
			}
			for _, name := range files {
				if err := os.Chmod(name, 0o600); err != nil {
					t.Fatal(err)
				}
				data, err := os.ReadFile(name)
				if err == nil {
					err = damage(name, data)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			l.loseState()
			o = l.options("alice")
			o.LedgerPages = 1000
			if sum := l.run(o); sum.ItemsStored+sum.ItemsChanged+sum.ItemsDeleted+sum.Segments != 0 {
				t.Errorf("%+v", sum)
			}
			_, ledgers, warnings := l.adopted()
			if len(ledgers) > 0 || len(warnings) == 0 || !strings.Contains(warnings[0], "ledger") {
				t.Errorf("ledgers %q, warnings %q", ledgers, warnings)
			}
			_, got := known(t, o)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(checkpoints.Item{}, "Pass")); diff != "" {
				t.Errorf("items (-before +after):\n%s", diff)
			}
		})
	}
}

// TestLedgerIsNotKeptAgain: a run without changes writes none, nor does one that adds few pages.
func TestLedgerIsNotKeptAgain(t *testing.T) {
	l, o := grown(t)
	count := func() int {
		files, err := filepath.Glob(filepath.Join(l.root, "archive", "mailboxes", "*", "ledgers", "*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	before := count()
	for n := range 3 {
		l.run(o)
		if now := count(); now != before {
			t.Fatalf("run %d: %d ledgers, before %d", n, now, before)
		}
	}
	folders, _ := known(t, o)
	for _, f := range folders {
		if f.Path == "Inbox" && before > f.Seq/o.LedgerPages+3 {
			t.Errorf("%d ledgers of %d pages", before, f.Seq)
		}
	}
}
