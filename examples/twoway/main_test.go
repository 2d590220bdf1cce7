package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

const ada = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada Lovelace\r\nN:Lovelace;Ada;;;\r\nEMAIL;TYPE=work;PREF=1:ada@example.com\r\n" +
	"NOTE:first\\, and\r\n  last\\nline\r\nKEY:data:\\;x\r\nTEL;TYPE=fax:1\r\nEND:VCARD\r\n"

func TestRun(t *testing.T) {
	store := easserver.NewStore()
	contacts := store.AddUser("alice").Folder("Contacts")
	bob := contacts.Add(easserver.Item{Properties: []wbxml.Element{wbxml.T(wbxml.ContactsFileAs, "Bob"), wbxml.T(wbxml.ContactsSpouse, "Eve")}})
	url := easservertest.Start(t, easserver.Config{}, store)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(file(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sync := func(want ...string) {
		t.Helper()
		var out strings.Builder
		if err := run(t.Context(), &out, url, "alice", easservertest.Password, dir); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%q is missing in:\n%s", w, &out)
			}
		}
	}
	value := func(name string, path ...wbxml.Tag) string {
		for _, it := range contacts.Items() {
			if e := wbxml.E(wbxml.AirSyncApplicationData, it.Properties...); e.Value(wbxml.ContactsFileAs) == name {
				return e.Value(path...)
			}
		}
		return "no " + name
	}

	write("ada.vcf", ada)
	sync("server: 1 added", "server: 1 written")
	if got := value("Ada Lovelace", wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData); got != "first, and last\nline" {
		t.Errorf("note %q", got)
	}
	cards, err := filepath.Glob(file("*.vcf"))
	if err != nil || len(cards) != 2 {
		t.Fatalf("%v, %v", cards, err)
	}
	other := cards[slices.IndexFunc(cards, func(c string) bool { return c != file("ada.vcf") })]
	text, err := os.ReadFile(other)
	if err != nil || string(text) != "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Bob\r\nEND:VCARD\r\n" {
		t.Fatalf("%q, %v", text, err)
	}

	// Each side changes the other's contact; what the one does not know of stays as it is.
	write(filepath.Base(other), strings.Replace(string(text), "FN:Bob", "FN:Bob\r\nTITLE:Builder", 1))
	for id, it := range contacts.Items() {
		if id != bob {
			err = contacts.Change(id, func(c *easserver.Item) {
				c.Properties = append(slices.Clone(it.Properties), wbxml.T(wbxml.ContactsMobilePhoneNumber, "0123"))
			})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	sync("server: 0 added, 1 changed", "server: 1 written")
	if value("Bob", wbxml.ContactsJobTitle) != "Builder" || value("Bob", wbxml.ContactsSpouse) != "Eve" {
		t.Errorf("Bob: %q, married to %q", value("Bob", wbxml.ContactsJobTitle), value("Bob", wbxml.ContactsSpouse))
	}
	text, err = os.ReadFile(file("ada.vcf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"EMAIL;TYPE=work;PREF=1:ada@example.com\r\n", "TEL;TYPE=cell:0123\r\n", "KEY:data:\\;x\r\n", "TEL;TYPE=fax:1\r\n", "NOTE:first\\, and last\\nline\r\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}

	if err := os.Remove(file("ada.vcf")); err != nil {
		t.Fatal(err)
	}
	sync("server: 0 added, 0 changed, 1 deleted")
	sync("server: 0 added, 0 changed, 0 deleted", "server: 0 written, 0 deleted")
	if contacts.Len() != 1 {
		t.Errorf("%d contacts", contacts.Len())
	}
}
