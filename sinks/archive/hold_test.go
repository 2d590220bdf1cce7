package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

const (
	heldOne = "alice@example.com"
	heldTwo = "Bob@example.com"
)

// kindsOfArchive are an archive that is not encrypted, one that is and is read, and one of which only what is in clear can be
// read. make makes it, and write is how what writes it opens it.
var kindsOfArchive = map[string]struct{ make, write, read Options }{
	"plain":     {},
	"encrypted": {make: toOwner(), write: asOwner(), read: asOwner()},
	"sealed":    {make: toOwner()},
}

func hold(t *testing.T, a *Archive, action HoldAction, matter string, mailboxes ...string) HoldRecord {
	t.Helper()
	r, err := a.Hold(t.Context(), HoldChange{Action: action, Matter: matter, Mailboxes: mailboxes, By: "the counsel", Reason: "a court asks"})
	if err != nil {
		t.Fatalf("%s %s %q: %v", action, matter, mailboxes, err)
	}
	return r
}

// wantHeld says which mailboxes are to be held, and how many matters are open.
func wantHeld(t *testing.T, a *Archive, open int, mailboxes ...string) {
	t.Helper()
	s, err := a.Held(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{heldOne: false, heldTwo: false}
	for _, m := range mailboxes {
		want[m] = true
	}
	for m, held := range want {
		for _, name := range []string{a.SegmentName(m, a.Place("Inbox", "0a1b2c3d"), 1), a.names.run(m, "run1")} {
			if s.Held(name) != held {
				t.Errorf("Held(%s) = %v", name, !held)
			}
		}
	}
	for _, name := range []string{headName, a.names.hold(1), rekeysDir + "00000001.json.age"} {
		if s.Held(name) != (open > 0) {
			t.Errorf("Held(%s) with %d open matters = %v", name, open, open == 0)
		}
	}
	if s.Held(a.names.run("alice@example.co", "run1")) {
		t.Error("a mailbox is held whose address another one begins with")
	}
	if got := s.Matters(); len(got) != open || s.Open() != (open > 0) {
		t.Errorf("%d open matters, want %d: %+v", len(got), open, got)
	}
}

func TestHold(t *testing.T) {
	for kind, k := range kindsOfArchive {
		t.Run(kind, func(t *testing.T) {
			b := newMemory()
			createWith(t, b, k.make)
			a, other := createWith(t, b, k.write), createWith(t, b, k.read)
			wantHeld(t, a, 0)
			first := hold(t, a, HoldSet, "Acme v. Ada", heldOne)
			wantHeld(t, a, 1, heldOne)
			wantHeld(t, other, 1, heldOne)
			if n := len(b.objects); hold(t, a, HoldSet, "Acme v. Ada", heldOne).Hold != 0 || len(b.objects) != n {
				t.Error("what is recorded already is recorded again")
			}
			// It takes another mailbox, and the record says only that.
			second := hold(t, other, HoldSet, "Acme v. Ada", heldOne, heldTwo, heldTwo)
			if second.Hold != 2 || second.Prev == "" || len(second.Mailboxes) != 1 || second.Mailboxes[0] != heldTwo {
				t.Errorf("record %+v", second)
			}
			hold(t, a, HoldSet, "Taxation 2026", heldTwo)
			wantHeld(t, a, 2, heldOne, heldTwo)
			wantHeldBy(t, createWith(t, b, k.read))
			hold(t, a, HoldRelease, "Acme v. Ada", heldOne, heldTwo)
			wantHeld(t, a, 1, heldTwo)
			if r := hold(t, a, HoldRelease, "Acme v. Ada", heldOne); r.Hold != 0 {
				t.Errorf("what was released is released again: %+v", r)
			}
			last := hold(t, a, HoldRelease, "Taxation 2026", heldTwo)
			wantHeld(t, a, 0)
			hold(t, a, HoldSet, "Taxation 2026", heldTwo) // and it can begin again
			wantHeld(t, a, 1, heldTwo)

			wantHistory(t, createWith(t, b, k.read), map[int]HoldRecord{0: first, 1: second, 4: last})
			if err := a.Record(t.Context(), sinktest.NewRun("run1")); err != nil {
				t.Fatal(err)
			}
			for r, err := range a.Runs(t.Context(), sinktest.Mailbox) {
				if err != nil || r.Hold == nil || holdsDir+r.Hold.Name != a.names.hold(6) {
					t.Errorf("the run names %+v, %v", r.Hold, err)
				}
			}
			for _, o := range []Options{k.read, {}} {
				if problems, _ := verifyWith(t, b, o, VerifyOptions{}); len(problems) != 0 {
					t.Errorf("Verify: %+v", problems)
				}
			}
			if k.make.Recipients != nil {
				wantHoldsTellNothing(t, a, b)
			}
		})
	}
}

// wantHeldBy: alice is held by one matter, Bob and what is nobody's by both.
func wantHeldBy(t *testing.T, a *Archive) {
	t.Helper()
	s, err := a.Held(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	acme, tax := "Acme v. Ada", "Taxation 2026"
	if a.sealed() {
		acme, tax = a.MatterHash(acme), a.MatterHash(tax)
	}
	both := []string{acme, tax}
	slices.Sort(both)
	for name, want := range map[string][]string{
		a.names.run(heldOne, "x"): {acme}, a.names.run(heldTwo, "x"): both, headName: both, a.names.run("carol@example.com", "x"): nil,
	} {
		if diff := cmp.Diff(want, s.HeldBy(name)); diff != "" {
			t.Errorf("HeldBy(%s) (-want +got):\n%s", name, diff)
		}
	}
}

// wantHistory holds the records that are read against those that were returned.
func wantHistory(t *testing.T, a *Archive, want map[int]HoldRecord) {
	t.Helper()
	var got []HoldRecord
	for r, err := range a.Holds(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
	}
	if len(got) != 6 {
		t.Fatalf("%d records", len(got))
	}
	for i, r := range want {
		if a.sealed() {
			r = clearedHold(r)
		}
		if diff := cmp.Diff(r, got[i]); diff != "" {
			t.Errorf("record %d (-returned +read):\n%s", i+1, diff)
		}
	}
	s, err := a.Held(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := s.Matters()[0]
	named := cmp.Diff(Matter{Name: "Taxation 2026", Hash: a.MatterHash("Taxation 2026"), Mailboxes: []HeldUnder{{Dir: a.MailboxDir(heldTwo), Mailbox: heldTwo, Record: got[5]}}}, m) == ""
	hashed := cmp.Diff(Matter{Hash: a.MatterHash("Taxation 2026"), Mailboxes: []HeldUnder{{Dir: a.MailboxDir(heldTwo), Record: got[5]}}}, m) == ""
	if a.sealed() && !hashed || !a.sealed() && !named {
		t.Errorf("the open matter: %+v", m)
	}
	if s.Records() != 6 || len(s.ChangedSince(6)) != 0 {
		t.Errorf("%d records, changed since the last: %q", s.Records(), s.ChangedSince(6))
	}
	if diff := cmp.Diff([]string{a.MailboxDir(heldTwo)}, s.ChangedSince(4)); diff != "" {
		t.Errorf("changed since record 4 (-want +got):\n%s", diff)
	}
}

// wantHoldsTellNothing: who, whom and why are in no object of an encrypted archive, also uncompressed.
func wantHoldsTellNothing(t *testing.T, a *Archive, b *memory) {
	t.Helper()
	for name, data := range b.objects {
		if a.names.holdNumber(name) > 0 {
			s, err := a.openSealed(t.Context(), name, clearHold)
			if err != nil {
				t.Fatal(err)
			}
			data = append(bytes.Clone(data), s.shown...)
			if !bytes.Contains(s.shown, []byte(a.MatterHash("Taxation 2026"))) && !bytes.Contains(s.shown, []byte(a.MatterHash("Acme v. Ada"))) {
				t.Errorf("%s in clear does not tell which matter: %s", name, s.shown)
			}
		}
		for _, secret := range []string{"counsel", "court", "Taxation", "Acme", heldOne, heldTwo, "example.com"} {
			if bytes.Contains(append(data, name...), []byte(secret)) {
				t.Errorf("%s tells %q", name, secret)
			}
		}
	}
}

func TestHoldRefused(t *testing.T) {
	good := HoldChange{Action: HoldSet, Matter: "m", Mailboxes: []string{heldOne}, Reason: "why"}
	for kind, k := range kindsOfArchive {
		b := newMemory()
		createWith(t, b, k.make)
		a := createWith(t, b, k.write)
		for name, change := range map[string]func(*HoldChange){
			"no action":     func(c *HoldChange) { c.Action = "" },
			"no matter":     func(c *HoldChange) { c.Matter = "" },
			"a long matter": func(c *HoldChange) { c.Matter = strings.Repeat("m", MaxMatter+1) },
			"two lines":     func(c *HoldChange) { c.Matter = "m\nforged" },
			"no reason":     func(c *HoldChange) { c.Reason = " " },
			"a long reason": func(c *HoldChange) { c.Reason = strings.Repeat("m", MaxReason+1) },
			"no mailbox":    func(c *HoldChange) { c.Mailboxes = nil },
			"an empty one":  func(c *HoldChange) { c.Mailboxes = []string{heldOne, ""} },
			"two in one":    func(c *HoldChange) { c.Mailboxes = []string{heldOne + "\n" + heldTwo} },
			"too many":      func(c *HoldChange) { c.Mailboxes = make([]string, MaxHeldMailboxes+1) },
		} {
			c := good
			change(&c)
			if _, err := a.Hold(t.Context(), c); err == nil {
				t.Errorf("%s: %s: taken", kind, name)
			}
		}
		release := good
		release.Action = HoldRelease
		if _, err := a.Hold(t.Context(), release); !errors.Is(err, ErrNotHeld) {
			t.Errorf("%s: a matter that never was: %v, want ErrNotHeld", kind, err)
		}
		dry := good
		dry.DryRun = true
		r, err := a.Hold(t.Context(), dry)
		if err != nil || r.Hold != 1 {
			t.Errorf("%s: dry run: %+v, %v", kind, r, err)
		}
		if len(b.objects) != 1 {
			t.Errorf("%s: objects %q", kind, b.names())
		}
		s, err := a.Held(t.Context())
		if err != nil || s.Open() || !s.After(r).Held(a.names.run(heldOne, "x")) || s.Open() {
			t.Errorf("%s: the state after what was not written: %v", kind, err)
		}
		hold(t, a, HoldSet, "m", heldOne)
		release.Mailboxes = []string{heldOne, heldTwo}
		if _, err := a.Hold(t.Context(), release); !errors.Is(err, ErrNotHeld) {
			t.Errorf("%s: a mailbox that it never held: %v, want ErrNotHeld", kind, err)
		}
		wantHeld(t, a, 1, heldOne)
	}
}

// TestHoldFenced: of two that record at once one does, and an answer that is lost is no second one.
func TestHoldFenced(t *testing.T) {
	for kind, k := range kindsOfArchive {
		b := newMemory()
		createWith(t, b, k.make)
		c := HoldChange{Action: HoldSet, Matter: "m", Mailboxes: []string{heldOne}, Reason: "why"}
		race := &faulty{Bucket: b, room: 1 << 30}
		race.commit = func(ctx context.Context, up sinks.Upload) error {
			hold(t, createWith(t, b, k.write), HoldSet, "another", heldTwo)
			return up.Commit(ctx)
		}
		if _, err := createOn(t, race, k.write).Hold(t.Context(), c); !errors.Is(err, sinks.ErrFenced) {
			t.Errorf("%s: the slower one: %v, want ErrFenced", kind, err)
		}
		lost := &faulty{Bucket: b, room: 1 << 30}
		lost.commit = func(ctx context.Context, up sinks.Upload) error {
			return errors.Join(up.Commit(ctx), sinks.ErrUnavailable)
		}
		if r, err := createOn(t, lost, k.write).Hold(t.Context(), c); err != nil || r.Hold != 2 {
			t.Errorf("%s: a lost answer: %+v, %v", kind, r, err)
		}
		wantHeld(t, createWith(t, b, k.read), 2, heldOne, heldTwo)
	}
}

func createOn(t *testing.T, b sinks.Bucket, o Options) *Archive {
	t.Helper()
	a, err := OpenWith(t.Context(), b, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestHoldRekeyed: an added recipient reads the records from before, and one that is removed what is in clear of those after.
func TestHoldRekeyed(t *testing.T) {
	b := newMemory()
	hold(t, createWith(t, b, toOwner()), HoldSet, "m", heldOne)
	second := newKey()
	rekey(t, b, withKey(owner()), public(second), public(owner()))
	hold(t, createWith(t, b, Options{}), HoldSet, "n", heldTwo)
	for who, c := range map[string]struct {
		o     Options
		names string
	}{"the added": {withKey(second), "m n"}, "the removed": {withKey(owner()), " m"}, "nobody": {Options{}, " "}} {
		s, err := createWith(t, b, c.o).Held(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range s.Matters() {
			names = append(names, m.Name)
		}
		if got := strings.Join(names, " "); got != c.names {
			t.Errorf("%s reads the matters %q, want %q", who, got, c.names)
		}
	}
	if problems, _ := verifyWith(t, b, withKey(second), VerifyOptions{}); len(problems) != 0 {
		t.Errorf("Verify: %+v", problems)
	}
}

// TestHoldCost: what is known is not read again, and many records are read in their order.
func TestHoldCost(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	const many = 70
	for i := range many {
		hold(t, a, HoldSet, fmt.Sprint("m", i), heldOne)
	}
	before, err := a.Held(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for r, err := range createWith(t, b, Options{}).Holds(t.Context()) {
		if n++; err != nil || r.Hold != n {
			t.Fatalf("record %d is %d, %v", n, r.Hold, err)
		}
	}
	if n != many || before.Records() != many || len(before.Matters()) != many {
		t.Errorf("%d records, the state is of %d and %d matters", n, before.Records(), len(before.Matters()))
	}
	reads := b.reads
	after, err := a.Held(t.Context())
	if err != nil || b.reads != reads || cmp.Diff(before.Matters(), after.Matters(), cmpopts.EquateEmpty()) != "" {
		t.Errorf("%d reads more, %v", b.reads-reads, err)
	}
}
