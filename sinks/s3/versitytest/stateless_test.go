package versitytest

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/s3"
)

// TestStateless: a run without checkpoints, as in a container, makes as many requests for four large folders as for four
// folders a quarter as large.
func TestStateless(t *testing.T) {
	var requests []int64
	for _, each := range []int{400, 1600} {
		store := easserver.NewStore()
		u := store.AddUser(user)
		for f := range 4 {
			folder := u.AddFolder(fmt.Sprintf("Box %d", f), eas.FolderUserMail)
			for i := range each {
				folder.AddMessage(fmt.Appendf(nil, "From: a@example.org\r\nSubject: message %d\r\nMessage-ID: <%d.%d@example.org>\r\n\r\ntext\r\n", i, f, i))
			}
		}
		url := easservertest.Start(t, easserver.Config{}, store)
		o := options(t, false)
		first, _ := stateless(t, o, url)
		if want := 4 * each; first.ItemsStored != want || first.Segments < want/10 {
			t.Fatalf("%+v", first)
		}
		again, stats := stateless(t, o, url)
		if again.ItemsStored+again.Segments+again.Resyncs != 0 || stats.Puts != 1 {
			t.Errorf("nothing new: %+v, %+v", again, stats)
		}
		t.Logf("%d messages in %d pages, nothing new: PUT %d, GET %d, HEAD %d, LIST %d, %d bytes read", first.ItemsStored, first.Segments,
			stats.Puts, stats.Gets, stats.Heads, stats.Lists, stats.BytesDown)
		requests = append(requests, stats.Gets+stats.Heads+stats.Lists)
		u.Folder("Box 1").AddMessage([]byte("From: b@example.org\r\nSubject: new\r\n\r\nnew\r\n"))
		if sum, _ := stateless(t, o, url); sum.ItemsStored != 1 || sum.Resyncs != 0 {
			t.Errorf("a new message: %+v", sum)
		}
	}
	if requests[1] > requests[0]+2 {
		t.Errorf("requests grow with the items: %d", requests)
	}
}

// stateless runs with checkpoints that are new.
func stateless(t *testing.T, o s3.Options, url string) (migrate.Summary, s3.Stats) {
	t.Helper()
	b, err := s3.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	a, err := archive.Create(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	c, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "checkpoints.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sum, err := migrate.Run(t.Context(), migrate.Options{
		Job: a.ID(), Sink: a, Checkpoints: c, Tool: "versitytest", Window: 10, Backoff: time.Millisecond,
		Mailboxes: []migrate.Mailbox{{Address: address, Client: eas.Config{
			URL: url, User: user, Transport: &auth.Basic{User: user, Password: easservertest.Password, Origin: url},
		}}},
	})
	if err != nil || sum.Result != migrate.ResultOK {
		t.Fatalf("%s: %v", sum.Result, err)
	}
	return sum, b.Stats()
}
