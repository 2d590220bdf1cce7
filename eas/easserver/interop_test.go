package easserver_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestClient archives the sample with the client of this module, in every version:
// 300 items, messages byte for byte, properties that the typed views can read, and no
// request that the server complains about.
func TestClient(t *testing.T) {
	for _, version := range eas.Versions() {
		t.Run(string(version), func(t *testing.T) {
			store := easserver.NewStore()
			user := store.AddUser("alice")
			if err := user.Sample(); err != nil {
				t.Fatal(err)
			}
			policy := &easserver.Policy{Settings: []wbxml.Element{wbxml.T(wbxml.ProvisionDevicePasswordEnabled, "0")}}
			url := easservertest.Start(t, easserver.Config{Policy: policy, Gzip: true}, store)
			client, err := eas.New(eas.Config{
				URL: url, User: "alice", DeviceID: "airlift1", Version: version,
				Transport: &auth.Basic{Origin: url, User: "alice", Password: easservertest.Password, Base: http.DefaultTransport},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseIdleConnections()
			if _, err := client.Connect(t.Context()); err != nil {
				t.Fatal(err)
			}
			tree, err := client.FolderSync(t.Context(), eas.InitialKey)
			if err != nil {
				t.Fatal(err)
			}
			total := 0
			for _, f := range tree.Add {
				class, ok := f.Type.Class()
				if !ok {
					t.Errorf("%s has type %s", f.Name, f.Type)
				}
				total += archive(t, client, user, f.ID, class, version)
			}
			if total != 300 {
				t.Errorf("%d items", total)
			}
		})
	}
}

// archive reads a folder to its end and returns how many items it has.
func archive(t *testing.T, client *eas.Client, user *easserver.User, id eas.CollectionID, class eas.Class, version eas.Version) int {
	t.Helper()
	messages := map[eas.ServerID][]byte{}
	for _, f := range user.Folders() {
		if f.ID() == id && class == eas.ClassEmail {
			for sid, it := range f.Items() {
				messages[sid] = it.Message.Bytes
			}
		}
	}
	key, n := eas.InitialKey, 0
	for {
		page, err := client.Sync(t.Context(), eas.SyncRequest{Key: key, CollectionID: id, Class: class, WindowSize: 30, Options: eas.ArchiveOptions(class, version)})
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		initial := key == eas.InitialKey
		for cmd, err := range page.Commands() {
			if err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			n++
			check(t, cmd, messages)
		}
		if err := page.Close(); err != nil {
			t.Fatal(err)
		}
		if key = page.Key; !initial && !page.MoreAvailable {
			return n
		}
	}
}

// check holds an item against what the store has, or reads it.
func check(t *testing.T, cmd *eas.Command, messages map[eas.ServerID][]byte) {
	t.Helper()
	var err error
	switch cmd.Item.Class {
	case eas.ClassEmail:
		_, err = cmd.Item.Email()
		r, openErr := cmd.Item.Body.Data.Open()
		if openErr != nil {
			t.Fatal(openErr)
		}
		defer r.Close()
		if b, err := io.ReadAll(r); err != nil || !bytes.Equal(b, messages[cmd.ServerID]) {
			t.Errorf("%s: %d bytes of %d, %v", cmd.ServerID, len(b), len(messages[cmd.ServerID]), err)
		}
	case eas.ClassContacts:
		_, err = cmd.Item.Contact()
	case eas.ClassCalendar:
		_, err = cmd.Item.Appointment()
	case eas.ClassTasks:
		_, err = cmd.Item.Task()
	case eas.ClassNotes:
		_, err = cmd.Item.Note()
	}
	if err != nil {
		t.Errorf("%s: %v", cmd.ServerID, err)
	}
}
