package item_test

import (
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
)

// serverFolder is the first folder of a class in a mailbox, and a device that has read nothing of it.
type serverFolder struct {
	client *eas.Client
	class  eas.Class
	id     eas.CollectionID
	key    eas.SyncKey
}

// openFolder opens a folder of alice, on an embedded server.
func openFolder(t *testing.T, url string, class eas.Class, version eas.Version, device eas.DeviceID) *serverFolder {
	t.Helper()
	return openFolderOf(t, url, "alice", easservertest.Password, class, version, device)
}

func openFolderOf(t *testing.T, url, user, password string, class eas.Class, version eas.Version, device eas.DeviceID) *serverFolder {
	t.Helper()
	client, err := eas.New(eas.Config{
		URL: url, User: user, DeviceID: device, Version: version, Transport: &auth.Basic{User: user, Password: password, Origin: url},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	tree, err := client.FolderSync(t.Context(), eas.InitialKey)
	if err != nil {
		t.Fatal(err)
	}
	types := map[eas.Class]eas.FolderType{
		eas.ClassCalendar: eas.FolderCalendar, eas.ClassTasks: eas.FolderTasks, eas.ClassNotes: eas.FolderNotes, eas.ClassContacts: eas.FolderContacts,
	}
	for _, f := range tree.Add {
		if f.Type == types[class] {
			at := &serverFolder{client: client, class: class, id: f.ID, key: eas.InitialKey}
			at.sync(t, nil).Close()
			return at
		}
	}
	t.Fatalf("the mailbox has no folder of class %s", class)
	return nil
}

// sync sends commands, or asks what is new.
func (f *serverFolder) sync(t *testing.T, commands []eas.ClientCommand) *eas.SyncPage {
	t.Helper()
	page, err := f.client.Sync(t.Context(), eas.SyncRequest{
		Key: f.key, CollectionID: f.id, Class: f.class, Commands: commands,
		CommandsOnly: len(commands) > 0, WindowSize: 512, Options: eas.ArchiveOptions(f.class, f.client.Version()),
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(page.Key)) != "" {
		f.key = page.Key
	}
	return page
}
