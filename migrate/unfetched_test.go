package migrate

import (
	"net/http"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
)

// TestOneEnumerationIn25: in 2.5 nobody can ask for items that an enumeration did not show. Where the server's count says nothing of what
// there is, as SOGo's of a mail folder, one enumeration that broke off would be enough to note a folder as deleted: an item is
// gone only if the pass from key 0 before did not show it either.
func TestOneEnumerationIn25(t *testing.T) {
	client, err := eas.New(eas.Config{URL: "https://mail.example.com", User: "alice", DeviceID: "AIRLIFT1", Version: eas.Version25, Transport: http.DefaultTransport})
	if err != nil {
		t.Fatal(err)
	}
	warned := 0
	m := &mailboxRun{client: client, run: &run{Options: Options{Now: time.Now, Events: func(Event) { warned++ }}}}
	a := &auditor{m: m, client: client}
	f := &folderRun{m: m, cp: checkpoints.Folder{ID: "1", ServerID: "mail/INBOX", Pass: 3}}
	unseen := []checkpoints.Item{{ServerID: "1", Pass: 3}, {ServerID: "2", Pass: 2}, {ServerID: "3"}}
	for listed, want := range map[int]int{4: 1, 10: 3} { // of 10 that it counts
		warned = 0
		gone, err := f.gone(t.Context(), a, &comparison{estimate: 10, listed: listed}, unseen)
		if err != nil || len(gone) != want || (warned > 0) != (want < 3) {
			t.Errorf("%d listed: %+v are gone, %d warnings, %v", listed, gone, warned, err)
		}
	}
}
