//go:build interop

package item_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// noPlaceInSOGo are the properties that SOGo 5.8 takes and does not keep.
func noPlaceInSOGo() []wbxml.Tag {
	return []wbxml.Tag{
		wbxml.ContactsAnniversary, wbxml.ContactsSpouse, wbxml.ContactsChildren, wbxml.ContactsAssistantName, wbxml.ContactsAssistantPhoneNumber,
		wbxml.ContactsBusiness2PhoneNumber, wbxml.ContactsHome2PhoneNumber, wbxml.ContactsHomeFaxNumber, wbxml.ContactsRadioPhoneNumber,
		wbxml.ContactsOfficeLocation, wbxml.ContactsYomiFirstName, wbxml.ContactsYomiLastName,
		wbxml.Contacts2CompanyMainPhone, wbxml.Contacts2ManagerName, wbxml.Contacts2IMAddress2,
	}
}

// TestInteropContacts adds what vCards become to a real server, the lab of
// examples/lab/sogo, and reads there what it keeps of them: all that it has a place
// for, and every birthday on its day.
//
// In 2.5 SOGo cannot be asked: it takes Contacts:Body for AirSyncBase:Body, and the
// exception ends the request with HTTP 501.
func TestInteropContacts(t *testing.T) {
	env, err := os.ReadFile(filepath.Join(contactLab(), "lab.env"))
	if err != nil {
		t.Fatalf("no lab: %v\nstart it with examples/lab/sogo/up.sh", err)
	}
	_, rest, _ := strings.Cut(string(env), "LAB_EAS=")
	url, _, _ := strings.Cut(rest, "\n")
	const version = "14.1"
	mark := fmt.Sprintf("%x", time.Now().UnixNano())
	added := map[string]*wbxml.Element{} // by FileAs
	var commands []eas.ClientCommand
	for i, props := range contactSamples(t, version) {
		if f := props.Child(wbxml.ContactsFileAs); f != nil {
			f.Text += " " + mark
			added[f.Text] = props
			commands = append(commands, eas.ClientCommand{Op: eas.OpAdd, ClientID: fmt.Sprint("c", i), Item: props})
		}
	}
	writer := openFolderOf(t, url, "erin", "secret-erin", eas.ClassContacts, version, eas.DeviceID("W"+mark))
	for _, r := range writer.sync(t, commands).Responses() {
		if r.Err != nil {
			t.Errorf("%s: %v", r.ClientID, r.Err)
		}
	}
	reader := openFolderOf(t, url, "erin", "secret-erin", eas.ClassContacts, version, eas.DeviceID("R"+mark))
	for more := true; more; {
		page := reader.sync(t, nil)
		for c, err := range page.Commands() {
			if err != nil {
				t.Fatal(err)
			}
			name := c.Item.Properties.Value(wbxml.ContactsFileAs)
			if props := added[name]; props != nil {
				compareKept(t, name, props, c.Item.Properties)
				delete(added, name)
			}
		}
		more = page.MoreAvailable
	}
	for name := range added {
		t.Errorf("%s did not come back", name)
	}
}

func compareKept(t *testing.T, name string, props, back *wbxml.Element) {
	t.Helper()
	for _, e := range props.Children {
		got := back.Child(e.Tag)
		switch e.Tag {
		case wbxml.ContactsBirthday:
			if e.Text[:10] != got.Value()[:10] {
				t.Errorf("%s: born on %s, now on %s", name, e.Text, got.Value())
			}
			continue
		case wbxml.AirSyncBaseBody:
			e, got = *e.Child(wbxml.AirSyncBaseData), got.Child(wbxml.AirSyncBaseData)
		}
		if got == nil && slices.Contains(noPlaceInSOGo(), e.Tag) {
			continue
		}
		want := strings.ReplaceAll(string(e.AppendXML(nil)), "&#13;\n", "\n")
		if got == nil {
			t.Errorf("%s: %s is lost", name, want)
		} else if now := string(got.AppendXML(nil)); now != want && !(strings.Contains(want, "&lt;") && e.Tag == wbxml.ContactsEmail3Address) {
			t.Errorf("%s: %s is %s now", name, want, now) // but for the display name of an address
		}
	}
}

// contactLab is where up.sh made the lab.
func contactLab() string {
	return cmp.Or(os.Getenv("AIRLIFT_LAB"), filepath.Join(os.TempDir(), "airlift-lab"))
}
