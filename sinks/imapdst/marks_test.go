package imapdst

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/airlift-eas/airlift/sinks"
)

func yes(b bool) *bool { return &b }

// marked is what a message is given, and what is read back.
type marked struct {
	name string
	give sinks.Event
	want sinks.Event
	lost []sinks.Alteration
}

func markings() []marked {
	due := time.Date(2024, 5, 6, 7, 8, 9, 0, time.FixedZone("", 7200))
	return []marked{
		{name: "unread", give: sinks.Event{Read: yes(false)}, want: sinks.Event{Read: yes(false), Flag: "none"}},
		{name: "read", give: sinks.Event{Read: yes(true)}, want: sinks.Event{Read: yes(true), Flag: "none"}},
		{name: "nothing said", want: sinks.Event{Read: yes(false), Flag: "none"}},
		{name: "flagged", give: sinks.Event{Flag: "active"}, want: sinks.Event{Read: yes(false), Flag: "active"}},
		{
			name: "flagged until", give: sinks.Event{Flag: "active", FollowUp: &sinks.FollowUp{Type: "Reply", Due: &due}},
			want: sinks.Event{Read: yes(false), Flag: "active"},
			lost: []sinks.Alteration{{Property: "follow_up", Sent: "due 2024-05-06T05:08:09Z", Why: "a flag of IMAP has no dates"}},
		},
		{
			name: "complete", give: sinks.Event{Flag: "complete"}, want: sinks.Event{Read: yes(false), Flag: "none"},
			lost: []sinks.Alteration{{Property: "flag", Sent: "complete", Why: "IMAP knows flagged and not flagged only"}},
		},
		{name: "replied", give: sinks.Event{Verb: "reply"}, want: sinks.Event{Read: yes(false), Flag: "none", Verb: "reply"}},
		{name: "replied to all", give: sinks.Event{Verb: "reply-all"}, want: sinks.Event{Read: yes(false), Flag: "none", Verb: "reply"}},
		{name: "forwarded", give: sinks.Event{Verb: "forward"}, want: sinks.Event{Read: yes(false), Flag: "none", Verb: "forward"}},
		{
			name: "categories", give: sinks.Event{Categories: []string{"Red Team", "Grün", "a_b=c", "$x", "Junk", "日本語", "50%*(){}\"\\]"}},
			want: sinks.Event{Read: yes(false), Flag: "none", Categories: []string{"Red Team", "Grün", "a_b=c", "$x", "Junk", "日本語", "50%*(){}\"\\]"}},
		},
	}
}

// checkMarks: folds tells that the server makes all keywords lower case.
func checkMarks(t *testing.T, target *Target, folds bool) {
	t.Helper()
	f := openFolder(t, target, makeFolder(t, target, "Marks"))
	sorted := cmpopts.SortSlices(func(a, b string) bool { return a < b })
	for i, m := range markings() {
		item := letter(i)
		received := item.Received
		item.Event = m.give
		item.Received = received
		placed, err := f.Put(t.Context(), []sinks.TargetItem{item})
		if err != nil || placed[0].Err != nil {
			t.Fatalf("%s: %v %v", m.name, err, placed)
		}
		if folds && m.name == "categories" {
			for i, c := range m.want.Categories {
				if low := strings.ToLower(c); low != c && c != "Junk" {
					m.want.Categories[i] = low
					m.lost = append(m.lost, sinks.Alteration{Property: "categories", Sent: c, Got: low})
				}
			}
		}
		if diff := cmp.Diff(m.lost, placed[0].Altered, cmpopts.SortSlices(func(a, b sinks.Alteration) bool { return a.Sent < b.Sent })); diff != "" {
			t.Errorf("%s: altered:\n%s", m.name, diff)
		}
		got, err := f.Read(t.Context(), placed[0].Held)
		if err != nil {
			t.Fatal(err)
		}
		m.want.Received = received
		m.want.Size = item.Contents[0].Size
		if diff := cmp.Diff(m.want, got.Event, sorted, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s:\n%s", m.name, diff)
		}
		if text(t, got.Contents) != text(t, item.Contents) {
			t.Errorf("%s: other bytes", m.name)
		}
	}
}

func TestMarks(t *testing.T) {
	url, _ := listen(t, &imapserver.Options{Caps: rev1()})
	checkMarks(t, open(t, url), true)
}

// checkChanges: marks, moves and deletions, each only on what is as it was.
func checkChanges(t *testing.T, target *Target) {
	t.Helper()
	ctx := t.Context()
	p, to := makeFolder(t, target, "From"), makeFolder(t, target, "To")
	f, other := openFolder(t, target, p), openFolder(t, target, p)
	items := letters(0, 6)
	held := put(t, f, items)

	// Marks that are given, all else stays.
	change := sinks.TargetItem{Event: sinks.Event{Flag: "active", Categories: []string{"blue"}}}
	placed, err := f.Update(ctx, held[0], change)
	if err != nil || placed.ID != held[0].ID || placed.State == held[0].State || len(placed.Altered) > 0 {
		t.Fatalf("%+v %v", placed, err)
	}
	got, err := f.Read(ctx, placed.Held)
	if err != nil || !*got.Read || got.Flag != "active" || !slices.Equal(got.Categories, []string{"blue"}) {
		t.Errorf("%+v %v", got.Event, err)
	}
	// Again: it is done already.
	if again, err := f.Update(ctx, placed.Held, change); err != nil || again.Held != placed.Held {
		t.Errorf("again: %+v %v", again, err)
	}
	if _, err := f.Update(ctx, held[0], change); !errors.Is(err, sinks.ErrChanged) {
		t.Errorf("with what was known before: %v", err)
	}
	// What is changed by somebody else is left alone, and their flags stay.
	theirs := sinks.TargetItem{Event: sinks.Event{Verb: "forward"}}
	changed, err := other.Update(ctx, placed.Held, theirs)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Update(ctx, placed.Held, sinks.TargetItem{Event: sinks.Event{Read: yes(false)}}); !errors.Is(err, sinks.ErrChanged) {
		t.Errorf("update of what was changed: %v", err)
	}
	placed, err = f.Update(ctx, changed.Held, sinks.TargetItem{Event: sinks.Event{Categories: []string{}, Flag: "none"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err = f.Read(ctx, placed.Held); err != nil || got.Flag != "none" || got.Verb != "forward" || len(got.Categories) > 0 || !*got.Read {
		t.Errorf("%+v %v", got.Event, err)
	}

	// Other contents.
	edited := letter(100)
	placed, err = f.Update(ctx, placed.Held, edited)
	if err != nil || placed.ID == held[0].ID {
		t.Fatalf("%+v %v", placed, err)
	}
	if got, err = f.Read(ctx, placed.Held); err != nil || got.Verb != "forward" || text(t, got.Contents) != text(t, edited.Contents) {
		t.Errorf("%+v %v", got.Event, err)
	}
	if again, err := f.Update(ctx, changed.Held, edited); err != nil || again.Held != placed.Held {
		t.Errorf("again: %+v %v", again, err)
	}
	items[0] = edited

	// Moves.
	if _, err := f.Move(ctx, sinks.Held{ID: held[1].ID, State: "another"}, to); !errors.Is(err, sinks.ErrChanged) {
		t.Errorf("move of what was changed: %v", err)
	}
	moved, err := f.Move(ctx, held[1], to)
	if err != nil || len(moved.Altered) > 0 || moved.State != held[1].State {
		t.Fatalf("%+v %v", moved, err)
	}
	if _, err := f.Move(ctx, held[1], to); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("move of what was moved: %v", err)
	}
	there := openFolder(t, target, to)
	if got, err = there.Read(ctx, moved.Held); err != nil || text(t, got.Contents) != text(t, items[1].Contents) || !got.Received.Equal(*items[1].Received) {
		t.Errorf("%+v %v", got.Event, err)
	}

	// Deletions.
	changed, err = other.Update(ctx, held[2], theirs)
	if err != nil {
		t.Fatal(err)
	}
	want := []sinks.Held{held[1], held[3]}
	removed, err := f.Delete(ctx, []sinks.Held{held[1], held[2], held[3]})
	if diff := cmp.Diff(want, removed, cmpopts.SortSlices(func(a, b sinks.Held) bool { return a.ID < b.ID })); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	sameTexts(t, f, []sinks.TargetItem{items[0], items[2], items[4], items[5]})
	if got, err = f.Read(ctx, changed.Held); err != nil || got.Verb != "forward" {
		t.Errorf("%+v %v", got, err)
	}
	for _, err := range []error{
		second(f.Read(ctx, held[3])), second(f.Update(ctx, held[3], change)), second(f.Update(ctx, held[3], letter(77))),
		second(f.Read(ctx, sinks.Held{ID: "1.4000000000"})), second(f.Read(ctx, sinks.Held{ID: "77.1"})),
	} {
		if !errors.Is(err, sinks.ErrNotExist) {
			t.Errorf("of what is not there: %v", err)
		}
	}

	// A removal that was interrupted when the message was marked.
	uid, _ := f.uid(held[4].ID)
	mark := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := other.c.c.Store(imap.UIDSetNum(uid), mark, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if removed, err := f.Delete(ctx, held[4:5]); err != nil || len(removed) != 1 {
		t.Errorf("%v %v", removed, err)
	}
	sameTexts(t, f, []sinks.TargetItem{items[0], items[2], items[5]})

	// Folders.
	if err := target.DeleteFolder(ctx, to); !errors.Is(err, sinks.ErrNotEmpty) {
		t.Errorf("deletion of a folder with a message: %v", err)
	}
	if removed, err = there.Delete(ctx, []sinks.Held{moved.Held}); err != nil || len(removed) != 1 {
		t.Errorf("%v %v", removed, err)
	}
	there.Close()
	if _, err = target.RenameFolder(ctx, to, p.Path); !errors.Is(err, sinks.ErrExist) {
		t.Errorf("rename to what is there: %v", err)
	}
	renamed, err := target.RenameFolder(ctx, to, "Deep/er/To")
	if err != nil || renamed.Path != "Deep/er/To" {
		t.Errorf("%+v %v", renamed, err)
	}
	if _, err = target.Open(ctx, to); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("opened what was renamed: %v", err)
	}
	if err := target.DeleteFolder(ctx, renamed); err != nil {
		t.Error(err)
	}
	if err := target.DeleteFolder(ctx, renamed); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("deletion of what is not there: %v", err)
	}
	if _, err := target.RenameFolder(ctx, sinks.Place{ID: inbox, Path: inbox}, "Other"); !errors.Is(err, sinks.ErrRefused) {
		t.Errorf("rename of the inbox: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestChanges(t *testing.T) {
	url, _ := listen(t, &imapserver.Options{Caps: rev1()})
	checkChanges(t, open(t, url))
}

// TestChangesWithoutMove: COPY, and the removal of what was copied.
func TestChangesWithoutMove(t *testing.T) {
	caps := rev1()
	delete(caps, imap.CapMove)
	url, _ := listen(t, &imapserver.Options{Caps: caps})
	checkChanges(t, open(t, url))
}

// TestChangesWithoutUnselect: a folder that was looked into is closed without it, too.
func TestChangesWithoutUnselect(t *testing.T) {
	url, _ := listen(t, &imapserver.Options{Caps: rev1()})
	target := open(t, url)
	from, to := makeFolder(t, target, "From"), makeFolder(t, target, "To")
	f := openFolder(t, target, from)
	held := put(t, f, letters(0, 1))
	delete(target.ctl.caps, imap.CapUnselect)
	if _, err := f.Move(t.Context(), held[0], to); err != nil {
		t.Fatal(err)
	}
	if state := target.ctl.c.State(); state != imap.ConnStateAuthenticated {
		t.Errorf("the connection for folders is %s", state)
	}
	there := openFolder(t, target, to)
	sameTexts(t, there, letters(0, 1))
}

// TestNoUIDPlus: what is put is found without APPENDUID, and nothing is removed that would take others with it.
func TestNoUIDPlus(t *testing.T) {
	caps := rev1()
	delete(caps, imap.CapUIDPlus)
	url, _ := listen(t, &imapserver.Options{Caps: caps})
	target := open(t, url)
	p := makeFolder(t, target, "A")
	f := openFolder(t, target, p)
	items := append(letters(0, 20), letters(0, 20)...)
	held := put(t, f, items)
	sameTexts(t, f, items)
	seen := map[string]bool{}
	for _, h := range held {
		if seen[h.ID] {
			t.Errorf("two have the id %s", h.ID)
		}
		seen[h.ID] = true
	}
	for _, err := range []error{
		second(f.Delete(t.Context(), held[:1])), second(f.Move(t.Context(), held[0], p)), second(f.Update(t.Context(), held[0], letter(3))),
	} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
	}
	sameTexts(t, f, items)
}
