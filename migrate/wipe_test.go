package migrate_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/migrate"
)

// removed counts how often credentials were removed.
type removed int

func (r *removed) Remove(context.Context) (string, error) {
	*r++
	return "the token", nil
}

// files reads the archive of a lab.
func (l *lab) files() map[string]string {
	l.t.Helper()
	all := map[string]string{}
	root := filepath.Join(l.root, "archive")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all[strings.TrimPrefix(path, root)] = string(b)
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return all
}

// TestWipe: a remote wipe ends the mailbox and takes credentials and checkpoints, and the archive has one record more. When the
// administrator lets the device be, everything goes on from the archive.
func TestWipe(t *testing.T) {
	for _, version := range []string{"2.5", "12.1", "14.1", "16.1"} {
		for _, how := range []string{"run", "watch", "watch that is running"} {
			t.Run(version+" "+how, func(t *testing.T) {
				l := newLab(t, quick(easserver.Config{Versions: []string{version}, Policy: &easserver.Policy{}}), "alice", "bob")
				var creds removed
				o := l.options("alice", "bob")
				o.Mailboxes[0].Credentials = &creds
				u := l.store.User("alice")
				wipe := func() { u.RemoteWipe(u.Devices()[0].ID, version == "16.1") }
				var err error
				var before map[string]string
				if how == "watch that is running" {
					w := l.watch(o, migrate.WatchOptions{})
					w.quiet(2)
					before = l.files()
					wipe()
					w.until("end of a mailbox", func(e migrate.Event) bool {
						return e.Event == migrate.EventMailboxEnd && e.Mailbox == "alice@example.com"
					})
					w.stop()
					<-w.ended
					err = w.err
				} else {
					l.run(o)
					before = l.files()
					wipe()
					if how == "run" {
						_, err = migrate.Run(t.Context(), o)
					} else {
						o.Mailboxes = o.Mailboxes[:1]
						_, err = migrate.Watch(t.Context(), o, migrate.WatchOptions{})
					}
				}
				if !errors.Is(err, eas.ErrRemoteWipe) || creds != 1 {
					t.Fatalf("%v, credentials removed: %d", err, creds)
				}
				k := checkpoints.Key{Job: o.Job, Mailbox: "alice@example.com"}
				if st, err := o.Checkpoints.Mailbox(t.Context(), k); !errors.Is(err, checkpoints.ErrNotFound) {
					t.Errorf("its checkpoint: %+v, %v", st, err)
				}
				if fs, err := o.Checkpoints.Folders(t.Context(), k); err != nil || len(fs) > 0 {
					t.Errorf("its folders: %d, %v", len(fs), err)
				}
				if _, err := o.Checkpoints.Mailbox(t.Context(), checkpoints.Key{Job: o.Job, Mailbox: "bob@example.com"}); err != nil {
					t.Errorf("the other mailbox: %v", err)
				}
				after := l.files()
				maps.DeleteFunc(after, func(name, _ string) bool { _, was := before[name]; return !was && strings.Contains(name, "/runs/") })
				if diff := cmp.Diff(before, after); diff != "" {
					t.Errorf("the archive changed: %s", diff)
				}
				last, err := l.archive().LastRun(t.Context(), k.Mailbox)
				if err != nil || last.Result != string(migrate.ResultFailed) || !strings.Contains(last.Reason, "remote wipe") || len(last.Folders) == 0 {
					t.Errorf("the last record: %s, %q, %d folders, %v", last.Result, last.Reason, len(last.Folders), err)
				}
				for _, d := range u.Devices() {
					if d.Wiped {
						t.Error("the server was told that the device is wiped")
					}
				}
				u.RemoveDevice(u.Devices()[0].ID)
				o = l.options("alice")
				if sum := l.run(o); sum.ItemsStored+sum.ItemsDeleted != 0 {
					t.Errorf("the run after it: %+v", sum)
				}
				l.check("alice", "bob")
			})
		}
	}
}

// TestPolicyIsTold: a policy that is obeyed is acknowledged whole, another one in part, and a server that does not bear that keeps
// its mailbox.
func TestPolicyIsTold(t *testing.T) {
	harmless := []wbxml.Element{wbxml.T(wbxml.ProvisionAllowCamera, "0"), wbxml.T(wbxml.ProvisionAttachmentsEnabled, "1"), wbxml.T(wbxml.ProvisionDevicePasswordEnabled, "1")}
	strict := append(harmless, wbxml.T(wbxml.ProvisionMaxAttachmentSize, "1000"))
	for name, c := range map[string]struct {
		policy easserver.Policy
		told   eas.Compliance
		not    string
		err    error
	}{
		"obeyed":         {easserver.Policy{Settings: harmless, Whole: true}, eas.PolicyApplied, "", nil},
		"in part":        {easserver.Policy{Settings: strict}, eas.PolicyPartly, "MaxAttachmentSize", nil},
		"whole or never": {easserver.Policy{Settings: strict, Whole: true}, eas.PolicyPartly, "MaxAttachmentSize", eas.ErrBlocked},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, easserver.Config{Policy: &c.policy}, "alice")
			o := l.options("alice")
			_, err := migrate.Run(t.Context(), o)
			if !errors.Is(err, c.err) {
				t.Fatalf("%v", err)
			}
			said := ""
			for _, e := range l.events {
				if _, not, ok := strings.Cut(e.Message, "not obeyed: "); e.Event == migrate.EventWarning && ok {
					said = not
				}
			}
			if said != c.not {
				t.Errorf("it says that it does not obey %q, want %q", said, c.not)
			}
			p, err := migrate.Look(t.Context(), o.Mailboxes[0], migrate.Selection{})
			if c.err != nil {
				if !errors.Is(err, c.err) {
					t.Errorf("probe: %v", err)
				}
				return
			}
			if err != nil || p.Told != c.told || len(p.Settings) != len(c.policy.Settings) {
				t.Errorf("probe: %+v, %v", p, err)
			}
		})
	}
}
