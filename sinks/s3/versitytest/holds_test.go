package versitytest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks/archive"
)

// TestHoldCommands puts holds on one of two mailboxes, adds a matter and mailboxes, takes away by hand, and releases; in an
// encrypted archive the host has no private key for it.
func TestHoldCommands(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for kind, encrypt := range map[string][]string{"plain": nil, "encrypted": {"--encrypt-to", key.Recipient().String()}} {
		t.Run(kind, func(t *testing.T) {
			p := newHeldPlace(t, true, encrypt...)
			p.archive(0, user)
			p.archive(0, second)
			p.audit(0, "ok: 7 objects; 0 of 0 held that are to be, for 0 open matters; no retention; 0 problems")

			// Nothing is changed by a dry run, and everything of the mailbox by the real one.
			if out := p.airlift(0, "hold", "set", "--archive", place(p.o), "--matter", "Acme", "--mailbox", mailbox(user), "--reason", "why", "--dry-run"); !strings.Contains(out, "would be recorded: 1, ") || !strings.Contains(out, "4 objects of 4 objects would be held") {
				t.Errorf("dry run:\n%s", out)
			}
			p.wantHolds()
			if out := p.hold(0, "set", "Acme", user); !strings.Contains(out, "ok: 4 objects held; 1 object held already") {
				t.Errorf("hold set:\n%s", out) // the record was created under its hold
			}
			p.wantHolds(user)
			p.audit(0, "ok: 8 objects; 5 of 5 held that are to be, for 1 open matter; no retention; 0 problems")
			p.wantKept(p.segment(user))
			p.wantRemovalFound(p.segment(user), file)

			// What comes is held from its first moment, and what is another's is not.
			for _, u := range []string{user, second} {
				p.store.User(u).Folder("Letters").AddMessage([]byte("From: a@example.org\r\nSubject: later\r\n\r\nlater\r\n"))
			}
			direct := p.o
			p.o.Endpoint = withoutHolds(t, 0)
			p.archive(0, user)
			p.archive(0, second)
			p.o = direct
			p.wantHolds(user)

			// A second matter holds the same mailbox and one that is still to come.
			if out := p.hold(0, "set", "Tax", user, "nobody"); !strings.Contains(out, "warning: mailbox nobody@example.com: the archive has nothing of it yet") {
				t.Errorf("hold set of what is not there:\n%s", out)
			}
			p.hold(0, "set", "Acme", second)
			p.wantHolds(user, second)
			p.hold(0, "release", "Acme", user, second)
			p.wantHolds(user)
			if out := p.hold(1, "release", "Acme", "nobody"); !strings.Contains(out, "the matter has never held it") || !strings.Contains(out, "hint: see which matters hold what") {
				t.Errorf("release of what was never held:\n%s", out)
			}
			before := p.records()
			p.hold(0, "release", "Acme", user)
			if p.records() != before {
				t.Error("what was released is recorded a second time")
			}
			out := p.airlift(0, "hold", "list", "--archive", place(p.o), "--identity", file)
			if strings.Contains(out, "Acme") || !strings.Contains(out, "Tax ") || !strings.Contains(out, "2 mailboxes under legal hold by 1 open matter") {
				t.Errorf("hold list:\n%s", out)
			}
			p.hold(0, "release", "Tax", user, "nobody")
			p.wantHolds()
			p.audit(0, "0 problems")
			p.airlift(0, "verify", "--archive", place(p.o), "--identity", file)
		})
	}
}

// wantKept: nobody can delete or replace a held object, also with the keys of the account and without airlift.
func (p *heldPlace) wantKept(name string) {
	p.t.Helper()
	t, path, version := p.t, p.path(name), p.version(name)
	_, _, was := plain(t, http.MethodGet, path, nil, nil, "")
	if status, _, body := plain(t, http.MethodDelete, path, version, nil, ""); status != 403 {
		t.Errorf("DELETE of the version of a held object = %d %s", status, body)
	}
	if status, _, body := plain(t, http.MethodPut, path, nil, http.Header{"If-None-Match": {"*"}}, "other bytes"); status != 412 {
		t.Errorf("PUT of an object that is there = %d %s", status, body)
	}
	// With versions an overwriting request puts another version above, which the audit names; what was there stays.
	plain(t, http.MethodPut, path, nil, nil, "other bytes")
	above := p.version(name)
	p.audit(15, name+": it was overwritten at ")
	plain(t, http.MethodDelete, path, nil, nil, "")
	p.audit(15, name+": it was deleted at ")
	if status, _, body := plain(t, http.MethodDelete, path, version, nil, ""); status != 403 {
		t.Errorf("DELETE of the version of a held object that was hidden = %d %s", status, body)
	}
	if status, _, body := plain(t, http.MethodGet, path, version, nil, ""); status != 200 || body != was {
		t.Errorf("GET of it = %d, %d bytes, want %d", status, len(body), len(was))
	}
	// Without what hides it, it is the object again.
	for _, marker := range p.markers(name) {
		plain(t, http.MethodDelete, path, url.Values{"versionId": {marker}}, nil, "")
	}
	plain(t, http.MethodDelete, path, above, nil, "")
	if status, _, body := plain(t, http.MethodGet, path, nil, nil, ""); status != 200 || body != was {
		t.Errorf("GET of the object = %d, %d bytes, want %d", status, len(body), len(was))
	}
	p.audit(0, "0 problems")
}

// wantRemovalFound: the audit names the one object whose hold somebody took away by hand, and the command puts it back.
func (p *heldPlace) wantRemovalFound(name, identity string) {
	p.t.Helper()
	p.setHold(name, "OFF")
	out := p.audit(15, name+": it has no legal hold, and is to be held for Acme\n", "--identity", identity)
	if !strings.Contains(out, "; 1 problem\n") || strings.Count(out, ": it has no legal hold") != 1 {
		p.t.Errorf("the audit names not this object alone:\n%s", out)
	}
	if out := p.audit(15, `"event":"problem"`, "--json"); strings.Count(out, `"event":"problem"`) != 1 || !strings.Contains(out, `"object":"`+name+`"`) ||
		!strings.Contains(out, `"problems":1,`) || !strings.Contains(out, `"exit":15}`) {
		p.t.Errorf("the audit with --json:\n%s", out)
	}
	before := p.records()
	if out := p.hold(0, "set", "Acme", user); !strings.Contains(out, "it is recorded already") || !strings.Contains(out, "ok: 1 object held; 4 objects held already") {
		p.t.Errorf("the same command again:\n%s", out)
	}
	if p.records() != before {
		p.t.Error("it is recorded a second time")
	}
	p.audit(0, "0 problems")
}

// TestHoldCompleted: a command that ended between its record and the last object is completed by the same command.
func TestHoldCompleted(t *testing.T) {
	p := newHeldPlace(t, true)
	p.archive(0, user)
	p.archive(0, second)
	direct := p.o
	p.o.Endpoint = withoutHolds(t, 2)
	if out := p.hold(13, "set", "Acme", user); !strings.Contains(out, "it is recorded, but not done for all objects yet") {
		t.Errorf("hold set without the right to:\n%s", out)
	}
	p.o = direct
	p.audit(15, "3 of 5 held that are to be")
	if out := p.hold(0, "set", "Acme", user); !strings.Contains(out, "ok: 2 objects held; 3 objects held already") {
		t.Errorf("again:\n%s", out)
	}
	p.wantHolds(user)
	p.o.Endpoint = withoutHolds(t, 1)
	out := p.airlift(13, "hold", "release", "--archive", place(p.o), "--matter", "Acme", "--reason", "a court asks", "--mailbox", mailbox(user), "--json")
	if !strings.Contains(out, `"result":"failed","dry_run":false,"record":2,`) {
		t.Errorf("hold release without the right to, with --json:\n%s", out)
	}
	p.o = direct
	p.audit(0, ": it has a legal hold that no open matter asks for")
	p.hold(0, "release", "Acme", user)
	p.wantHolds()
	if n := p.records(); n != 2 {
		t.Errorf("%d records", n)
	}

	// Killed before anything was done for the record, by the hold or by what writes to the archive next.
	a, err := archive.Open(t.Context(), open(t, p.o))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Hold(t.Context(), archive.HoldChange{Action: archive.HoldSet, Matter: "Tax", Mailboxes: []string{mailbox(second)}, Reason: "why"}); err != nil {
		t.Fatal(err)
	}
	p.wantHolds()
	p.archive(0, second)
	p.wantHolds(second)
}

// TestHoldRecordTaken: who takes the hold off the newest record and then the record away is found out by the next run.
func TestHoldRecordTaken(t *testing.T) {
	p := newHeldPlace(t, true)
	state := t.TempDir()
	p.archive(0, user, "--state", state)
	p.hold(0, "set", "Acme", user)
	p.archive(0, user, "--state", state)
	p.setHold(firstRecord, "OFF")
	if status, _, body := plain(t, http.MethodDelete, p.path(firstRecord), p.version(firstRecord), nil, ""); status != 204 {
		t.Fatalf("DELETE of what is not held any more = %d %s", status, body)
	}
	before := len(p.holds())
	if out := p.archive(15, user, "--state", state); !strings.Contains(out, "holds: 0 records are there, of 1 that there were") {
		t.Errorf("archive:\n%s", out)
	}
	if n := len(p.holds()); n != before {
		t.Errorf("%d objects, before %d", n, before)
	}
	if out := p.airlift(15, "verify", "--archive", place(p.o)); !strings.Contains(out, firstRecord+": it is missing, or cannot be read; ") {
		t.Errorf("verify:\n%s", out)
	}
}

const firstRecord = "holds/00000001.json"

// TestHoldDuringRun: a hold that is set while a run writes is on everything when the run has ended.
func TestHoldDuringRun(t *testing.T) {
	p := newHeldPlace(t, true)
	p.archive(0, user)
	for i := range 3 {
		p.store.User(user).AddFolder(fmt.Sprint("Box ", i), eas.FolderUserMail).AddMessage([]byte("Subject: x\r\n\r\nx\r\n"))
	}
	direct := p.o
	reached, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	p.o.Endpoint = between(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/folders/box-") {
			once.Do(func() { close(reached) })
			<-goOn
			if r.Header.Get("X-Amz-Object-Lock-Legal-Hold") != "" {
				t.Error("the run knew of the hold already")
			}
		}
		next.ServeHTTP(w, r)
	})
	ctx, cancel := context.WithCancel(t.Context())
	var runs sync.WaitGroup
	code, out := 0, ""
	runs.Go(func() {
		defer cancel()
		code, out = p.run(p.o, "archive", "--server", p.server, "--mailbox", mailbox(user), "--user", user, "--to", place(p.o))
	})
	select {
	case <-reached:
	case <-ctx.Done():
		t.Fatal("the run has ended")
	}
	held := *p
	held.o = direct
	held.hold(0, "set", "Acme", user)
	close(goOn)
	runs.Wait()
	held.wantHolds(user)
	if code != 0 || !strings.Contains(out, "this run: 3 stored") || !strings.Contains(out, "legal holds were set meanwhile: ") {
		t.Errorf("the run: exit %d\n%s", code, out)
	}
	held.audit(0, "0 problems")
}

// TestHoldNowhere: a bucket that cannot hold is refused before anything is written, also by what archives.
func TestHoldNowhere(t *testing.T) {
	p := newHeldPlace(t, false)
	p.airlift(10, "hold", "audit", "--archive", place(p.o))
	p.archive(0, user)
	p.hold(16, "set", "Acme", user)
	p.audit(16, "the bucket has no object lock")
	// A copy of an archive that is under hold.
	a, err := archive.Open(t.Context(), open(t, p.o))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Hold(t.Context(), archive.HoldChange{Action: archive.HoldSet, Matter: "Acme", Mailboxes: []string{mailbox(user)}, Reason: "why"}); err != nil {
		t.Fatal(err)
	}
	before := len(p.holds())
	if out := p.archive(16, second); !strings.Contains(out, "the archive is under legal hold (1 open matter)") {
		t.Errorf("archive:\n%s", out)
	}
	if n := len(p.holds()); n != before {
		t.Errorf("%d objects, before %d", n, before)
	}
}

// TestAuditRetention holds retentions to what was asked for, and to those of the other objects.
func TestAuditRetention(t *testing.T) {
	p := newHeldPlace(t, true)
	week := []string{"--s3-lock", "governance", "--s3-lock-days", "7"}
	p.archive(0, user, week...)
	p.audit(0, "retention: 4 governance, 0 compliance, the first ends at ", week...)
	p.audit(0, "0 problems")
	p.audit(15, "4 problems", "--s3-lock", "governance", "--s3-lock-days", "8")
	p.audit(15, "its retention is of the mode governance, not compliance", "--s3-lock", "compliance", "--s3-lock-days", "7")
	p.hold(0, "set", "Acme", user) // whose record has none
	p.audit(15, "holds/00000001.json: it has no retention, as other objects have\n")
	if out := p.audit(15, "holds/00000001.json: it has no retention, and is to have one", week...); !strings.Contains(out, "; 1 problem\n") {
		t.Errorf("the audit:\n%s", out)
	}
	args := []string{"hold", "release", "--archive", place(p.o), "--matter", "Acme", "--mailbox", mailbox(user), "--reason", "why"}
	p.airlift(0, append(args, week...)...)
	p.audit(15, "; 1 problem\n")
	config := filepath.Join(t.TempDir(), "airlift.yaml")
	if err := os.WriteFile(config, []byte("s3-lock: governance\ns3-lock-days: 8\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.audit(15, "; 6 problems\n", "--config", config) // the objects, and the two records
}
