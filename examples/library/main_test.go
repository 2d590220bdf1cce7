package main

import (
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
)

func TestRun(t *testing.T) {
	store := easserver.NewStore()
	store.AddUser("alice").Folder("Inbox").AddMessage([]byte("From: bob@example.org\r\nSubject: Lunch?\r\n\r\nNoon.\r\n"))
	url := easservertest.Start(t, easserver.Config{}, store)
	var out strings.Builder
	if err := run(t.Context(), &out, url, "alice", easservertest.Password, "Inbox"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"speaking EAS 16.1", "Email     Inbox", "bob@example.org", "Lunch?", "Contacts  Contacts"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, &out)
		}
	}
}
