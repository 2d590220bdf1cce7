//go:build interop

package sogo

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"
)

// TestUndo takes a migration back: the target is what it was before, apart from what was changed there since, which is listed.
func TestUndo(t *testing.T) {
	t.Parallel()
	m := migrating(t, pair{"mallory", "niaj"})
	boxes := m.emptiedAll()
	box := boxes["niaj"]
	boxes["mallory"].fill(letters(10000, 40), "INBOX", "Sent", "Clients/A", "Archive/2024")
	somePeople(t, "mallory", 20, 5)
	box.fill(letters(11000, 12), "INBOX", "Archive/2024", "Own folder")
	people(t, "niaj")
	before := holding(t, box)

	s := m.run()
	if all := holding(t, box); s.Delivery.Put != s.Delivery.Counted || len(all) < len(before)+s.Delivery.Put {
		t.Fatalf("%+v: the target holds %d things, and held %d", s.Delivery, len(all), len(before))
	}

	// Somebody at the target marks a message, removes another, edits a contact and puts a message into a folder that was made.
	moved := func(folder string) message { // the first of the migration's
		all := box.messages()
		i := slices.IndexFunc(all, func(m message) bool { return m.folder == folder && strings.Contains(string(m.raw), "10000-") })
		return all[i]
	}
	marked := moved("INBOX")
	box.sel("INBOX")
	box.must(box.imap.Store(imap.UIDSetNum(marked.uid), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{"changed"}}, nil).Close())
	box.delete("Archive/2024", imap.UIDSetNum(moved("Archive/2024").uid))
	book := addressBook(t, "niaj")
	var edited string
	for _, name := range book.names() {
		if !strings.HasPrefix(name, "contact-") {
			edited = name
			break
		}
	}
	book.edit(edited, func(body string) string {
		return strings.Replace(body, "\nN:", "\nN:changed", 1) // which the server shows over EAS, as it does not a second TITLE
	})
	box.append("Clients/A", letters(12000, 1)...)
	changed := holding(t, box)

	r := m.verb("migrate", "undo").want(0)
	u := r.summary(t)
	if want := s.Delivery.Put - 3; u.Removed != want || u.Gone != 1 || u.Left != 2 {
		t.Errorf("undo: %d removed, %d gone, %d left; want %d, 1, 2", u.Removed, u.Gone, u.Left, want)
	}
	after := holding(t, box)
	want := map[string]string{}
	for name, text := range before {
		want[name] = text
	}
	for name, text := range changed { // what stays of what came since
		if name == "Contacts/"+edited || strings.Contains(text, "changed") || strings.HasPrefix(name, "Clients/A ") && strings.Contains(text, "<12000-") {
			want[name] = text
		}
	}
	want["folder Clients"], want["folder Clients/A"] = "", "" // it is not empty
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("the target after undo (-want +got):\n%s", diff)
	}
	said := leftOf(t, r)
	t.Logf("left: %q", said)
	if len(said) < u.Left+u.FoldersLeft || u.FoldersLeft == 0 || !strings.Contains(strings.Join(said, "\n"), "Clients/A") {
		t.Errorf("listed as left: %q, the summary says %d items and %d folders", said, u.Left, u.FoldersLeft)
	}

	if again := m.verb("migrate", "undo").want(0).summary(t); again.Removed != 0 || again.Gone != 0 || again.FoldersRemoved != 0 {
		t.Errorf("undo once more: %+v", again)
	}
	if diff := cmp.Diff(after, holding(t, box)); diff != "" {
		t.Errorf("the target after undo once more (-before +after):\n%s", diff)
	}
}

// leftOf are the lines of undo about what stays.
func leftOf(t *testing.T, r result) (said []string) {
	t.Helper()
	for line := range strings.Lines(r.stdout) {
		var e struct{ Event, Folder, ID, Why string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if e.Event != "left" {
			continue
		}
		if e.Why == "" || e.Folder+e.ID == "" {
			t.Errorf("%q says neither what nor why", line)
		}
		said = append(said, strings.TrimSpace(e.Folder+" "+e.ID)+": "+e.Why)
	}
	return said
}
