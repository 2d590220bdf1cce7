package item_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/eas/easserver/schemacheck"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestAddContacts adds what vCards become to a server that takes nothing that the
// protocol forbids, in old and new versions, and reads from it what it has then: by
// Microsoft's schemas, where they are.
func TestAddContacts(t *testing.T) {
	answers, err := schemacheck.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []eas.Version{"2.5", "12.1", "14.1", "16.1"} {
		t.Run(string(version), func(t *testing.T) {
			var commands []eas.ClientCommand
			for _, props := range contactSamples(t, version) {
				commands = append(commands, eas.ClientCommand{Op: eas.OpAdd, ClientID: fmt.Sprint("c", len(commands)), Item: props})
			}
			store := easserver.NewStore()
			store.AddUser("alice")
			url := easservertest.StartChecked(t, easserver.Config{}, store, answers)
			writer := openFolder(t, url, eas.ClassContacts, version, "WRITER")
			for _, r := range writer.sync(t, commands).Responses() {
				if r.Err != nil {
					t.Errorf("%s: %v", r.ClientID, r.Err)
				}
			}

			reader := openFolder(t, url, eas.ClassContacts, version, "READER")
			var got int
			page := reader.sync(t, nil)
			for c, err := range page.Commands() {
				if err != nil {
					t.Fatal(err)
				}
				if has := commandOf(commands, c.Item.Properties); has == nil {
					t.Errorf("nobody added %s", c.Item.Properties.AppendXML(nil))
				}
				got++
			}
			if got != len(commands) {
				t.Errorf("%d contacts came back of %d", got, len(commands))
			}
		})
	}
	complaints, _, err := answers.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range complaints {
		t.Error(c)
	}
}

// contactSamples are what the vCards of the samples become.
func contactSamples(t *testing.T, version eas.Version) (all []*wbxml.Element) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "contacts", "*.vcf"))
	if err != nil || len(names) == 0 {
		t.Fatal("no samples: ", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for card, err := range item.SplitVCards(bytes.NewReader(b)) {
			if err != nil {
				t.Fatal(err)
			}
			props, _, err := item.ParseVCard(card, item.ParseOptions{Version: string(version)})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, props)
		}
	}
	return all
}

// commandOf is the command that added a contact, whose every property but the body
// came back as it was sent.
func commandOf(commands []eas.ClientCommand, props *wbxml.Element) *eas.ClientCommand {
	for i := range commands {
		added := commands[i].Item.(*wbxml.Element)
		same := true
		for _, e := range added.Children {
			back := props.Child(e.Tag)
			if e.Tag == wbxml.AirSyncBaseBody {
				same = same && back.Value(wbxml.AirSyncBaseData) != ""
			} else {
				same = same && back != nil && bytes.Equal(e.AppendXML(nil), back.AppendXML(nil))
			}
		}
		if same {
			return &commands[i]
		}
	}
	return nil
}
