package migrate_test

import (
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
)

// TestAuditRecovers: where an answer gets lost and the key is shown again, this server sends nothing of what is left, with
// status 1. The audit finds it, and it is fetched one by one; the run that follows finds nothing to do.
func TestAuditRecovers(t *testing.T) {
	recovered := 0
	for seed := range uint64(8) {
		faults := easserver.NewFaults(seed, easserver.FaultRule{Fault: easserver.FaultRepeatLosesRest},
			easserver.FaultRule{Fault: easserver.FaultCutConnection, Command: "Sync", Rate: 0.15})
		l := newLab(t, easserver.Config{Faults: faults}, "alice")
		stored, o := 0, l.options("alice")
		for range 5 { // one that is cut too often fails, and the next goes on
			sum, _ := migrate.Run(t.Context(), o)
			if stored += sum.ItemsStored; sum.Result == migrate.ResultOK {
				break
			}
		}
		if stored != perUser {
			t.Fatalf("seed %d: %d items stored", seed, stored)
		}
		for r, err := range l.archive().Runs(t.Context(), "alice@example.com") {
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range r.Folders {
				recovered += f.Recovered
			}
		}
		l.check("alice")
		faults.Stop()
		if sum := l.run(l.options("alice")); sum.ItemsStored+sum.ItemsChanged+sum.ItemsDeleted != 0 {
			t.Fatalf("seed %d: %+v", seed, sum)
		}
		l.check("alice")
	}
	if recovered == 0 {
		t.Error("nothing is certified as recovered")
	}
	t.Logf("recovered %d items", recovered)
}

// TestRepeatedKeyBetweenPasses: where nothing but the key tells what is new, an answer that got lost puts the folder in doubt,
// though the server has no more to bring then.
func TestRepeatedKeyBetweenPasses(t *testing.T) {
	var syncs atomic.Int32
	quiet := newLab(t, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
		if r.Command == "Sync" {
			syncs.Add(1)
		}
		return nil
	}}, "alice")
	quiet.run(quiet.options("alice"))

	lossy := 0
	for seed := range uint64(8) {
		faults := easserver.NewFaults(seed, easserver.FaultRule{Fault: easserver.FaultRepeatLosesRest},
			easserver.FaultRule{Fault: easserver.FaultCutConnection, Command: "Sync", Rate: 0.15, Skip: int(syncs.Load())})
		l := newLab(t, easserver.Config{Faults: faults}, "alice")
		l.run(l.options("alice"))
		inbox := l.store.User("alice").Folder("Inbox")
		for n := range 30 {
			inbox.AddMessage(message("alice", "Inbox", 900+n))
		}
		for range 5 { // one that is cut too often fails, and the next goes on
			if sum, _ := migrate.Run(t.Context(), l.options("alice")); sum.Result == migrate.ResultOK {
				break
			}
		}
		lossy += faults.Injected()[easserver.FaultRepeatLosesRest]
		l.check("alice")
	}
	if lossy == 0 {
		t.Error("no repeated key lost anything")
	}
}

// TestHiddenItems: what the server counts and never shows makes the run unbalanced.
func TestHiddenItems(t *testing.T) {
	faults := easserver.NewFaults(1, easserver.FaultRule{Fault: easserver.FaultLostItem, Rate: 0.1})
	l := newLab(t, easserver.Config{Faults: faults}, "alice")
	sum, err := migrate.Run(t.Context(), l.options("alice"))
	if err != nil || sum.Result != migrate.ResultUnbalanced || sum.ItemsStored >= perUser || sum.ItemsEstimated != perUser {
		t.Fatalf("%v, %+v", err, sum)
	}
	if !slices.ContainsFunc(l.events, func(e migrate.Event) bool { return e.Event == migrate.EventWarning && e.Folder != "" && e.Hint != "" }) {
		t.Error("nobody is told what to do about it")
	}
}

// TestFolderIDsChange: a server that gives out other folder ids after it lost the partnership does not make the run store
// anything twice.
func TestFolderIDsChange(t *testing.T) {
	l := newLab(t, easserver.Config{Faults: easserver.NewFaults(1, easserver.FaultRule{Fault: easserver.FaultDeviceFolderIDs})}, "alice")
	l.run(l.options("alice"))
	dirs := dirsOf(t, l)
	o := l.options("alice")
	losePartnership(t, o)
	sum := l.run(o)
	if sum.ItemsStored+sum.ItemsDeleted != 0 || sum.Resyncs == 0 {
		t.Fatalf("%+v", sum)
	}
	if now := dirsOf(t, l); !slices.Equal(dirs, now) {
		t.Fatalf("folders of the archive: %q, then %q", dirs, now)
	}
	l.check("alice")
}

func dirsOf(t *testing.T, l *lab) []string {
	folders, err := l.archive().Folders(t.Context(), "alice@example.com")
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, f := range folders {
		dirs = append(dirs, f.Dir)
	}
	slices.Sort(dirs)
	return dirs
}

// TestItemIDsChange: items that come back by other ids are known by their bytes.
func TestItemIDsChange(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	l.run(l.options("alice"))
	inbox := l.store.User("alice").Folder("Inbox")
	var again [][]byte
	for _, it := range inbox.Items() {
		again = append(again, it.Message.Bytes)
	}
	for _, id := range idsOf(inbox) {
		if err := inbox.Delete(id); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range again {
		inbox.AddMessage(m)
	}
	o := l.options("alice")
	losePartnership(t, o)
	if sum := l.run(o); sum.ItemsStored+sum.ItemsDeleted != 0 || sum.ItemsChanged != len(again) {
		t.Fatalf("%+v", sum)
	}
	l.check("alice")
	l.root = moveState(t, l.root) // the manifests tell the same
	if sum := l.run(l.options("alice")); sum.ItemsStored+sum.ItemsDeleted != 0 {
		t.Fatalf("%+v", sum)
	}
	l.check("alice")
}

// losePartnership makes the next run come under another DeviceId, of which the server knows nothing.
func losePartnership(t *testing.T, o migrate.Options) {
	t.Helper()
	mb, err := o.Checkpoints.Mailbox(t.Context(), checkpoints.Key{Job: o.Job, Mailbox: "alice@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	mb.DeviceID, mb.HierarchyKey = "AIRLIFTANOTHERDEVICE", ""
	if err := o.Checkpoints.SaveMailbox(t.Context(), mb); err != nil {
		t.Fatal(err)
	}
}

// TestCopyBeforeDeletion: a copy comes, and in the same page behind it its original leaves that a pass from key 0 has still to
// show. The copy is an item of its own: as another name of the original it would leave with it.
func TestCopyBeforeDeletion(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	o := l.options("alice")
	l.run(o)
	ctx := t.Context()
	k := checkpoints.Key{Job: o.Job, Mailbox: "alice@example.com"}
	folders, err := o.Checkpoints.Folders(ctx, k)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		at := checkpoints.Position{Seq: f.Seq, SyncKey: f.SyncKey}
		if err := o.Checkpoints.Commit(ctx, checkpoints.Commit{
			FolderKey: checkpoints.FolderKey{Key: k, Folder: f.ID}, After: at, Now: at, Last: f.Last, Options: f.Options, Resync: true, Pass: f.Pass + 1,
		}); err != nil {
			t.Fatal(err)
		}
	}
	inbox := l.store.User("alice").Folder("Inbox")
	for id, it := range inbox.Items() {
		inbox.AddMessage(it.Message.Bytes)
		if err := inbox.Delete(id); err != nil {
			t.Fatal(err)
		}
		break
	}
	l.run(o)
	l.check("alice")
}

// TestItemIDsChangeInTheFirstRun: the same when the first run itself has to begin anew.
func TestItemIDsChangeInTheFirstRun(t *testing.T) {
	l := newLab(t, easserver.Config{
		Faults: easserver.NewFaults(1, easserver.FaultRule{Fault: easserver.FaultForgetKey, Command: "Sync", Skip: 2, Limit: 2}),
	}, "alice")
	inbox := l.store.User("alice").Folder("Inbox")
	o := l.options("alice")
	o.Select.Folders, o.Select.ExcludeFolders = []string{"Inbox"}, []string{"Inbox/*"}
	inner := o.Events
	o.Events = func(e migrate.Event) {
		if inner(e); e.Event == migrate.EventResync {
			for id, it := range inbox.Items() {
				inbox.AddMessage(it.Message.Bytes)
				if err := inbox.Delete(id); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if sum := l.run(o); sum.ItemsStored != inbox.Len() || sum.ItemsDeleted != 0 || sum.ItemsChanged == 0 || sum.Resyncs == 0 {
		t.Errorf("%+v", sum)
	}
}
