package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
)

func TestRun(t *testing.T) {
	store := easserver.NewStore()
	inbox := store.AddUser("alice").Folder("Inbox")
	for i := range 7 {
		inbox.AddMessage(fmt.Appendf(nil, "From: bob@example.org\r\nSubject: number %d\r\n\r\nText.\r\n", i))
	}
	url := easservertest.Start(t, easserver.Config{}, store)
	to := t.TempDir()
	for _, want := range []int{7, 0} {
		sum, err := run(t.Context(), url, "alice", easservertest.Password, to)
		if err != nil || sum.ItemsStored != want {
			t.Fatalf("stored %d, want %d: %v", sum.ItemsStored, want, err)
		}
	}
	f, err := os.Open(filepath.Join(to, "index.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 7 || rows[3][3] != "number 3" || len(rows[3][5]) != 64 {
		t.Fatalf("index: %q, %v", rows, err)
	}
}
