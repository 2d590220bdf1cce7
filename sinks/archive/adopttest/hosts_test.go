package adopttest

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/dir"
)

// TestHosts runs the engine into an encrypted archive from one host after the other, each with the public key and nothing
// else: no checkpoint of the host before. The second stores nothing, the third what changed, and who has the identity reads
// what is on the server.
func TestHosts(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	store := easserver.NewStore()
	user := store.AddUser("alice")
	inbox := user.Folder("Inbox")
	nested := user.AddFolder("Inbox/Projects", eas.FolderUserMail)
	for n := range 30 {
		inbox.AddMessage(message(n))
		nested.AddMessage(message(1000 + n))
	}
	b, err := dir.Open(filepath.Join(t.TempDir(), "archive"), true)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	url := easservertest.Start(t, easserver.Config{}, store)
	first := host(t, b, url, key)
	if first.Result != migrate.ResultOK || first.ItemsStored < 60 {
		t.Errorf("the first host: %+v", first)
	}
	if second := host(t, b, url, key); second.Result != migrate.ResultOK || second.ItemsStored != 0 || second.Segments != 0 || second.Resyncs != 0 {
		t.Errorf("the second host: %+v", second)
	}
	for n := range 10 {
		inbox.AddMessage(message(100 + n))
	}
	if third := host(t, b, url, key); third.Result != migrate.ResultOK || third.ItemsStored != 10 || third.Resyncs != 0 {
		t.Errorf("the third host: %+v", third)
	}
	a, err := archive.OpenWith(t.Context(), b, archive.Options{Identities: []age.Identity{key}})
	if err != nil {
		t.Fatal(err)
	}
	if sum, err := a.Verify(t.Context(), archive.VerifyOptions{}); err != nil || sum.Problems != 0 || sum.Sealed != 0 {
		t.Errorf("Verify: %+v, %v", sum, err)
	}
	var got, want []string
	for item, err := range a.Items(t.Context(), "alice@example.com", time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if item.Folder.Class == "Email" {
			got = append(got, item.Folder.Path+": "+item.Subject)
		}
	}
	for n := range 30 {
		want = append(want, fmt.Sprint("Inbox: message ", n), fmt.Sprint("Inbox/Projects: message ", 1000+n))
	}
	for n := range 10 {
		want = append(want, fmt.Sprint("Inbox: message ", 100+n))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

func message(n int) []byte {
	return fmt.Appendf(nil, "From: Ada <ada@example.org>\r\nTo: alice@example.com\r\nSubject: message %d\r\nDate: Fri, 01 Mar 2024 10:%02d:00 +0000\r\n"+
		"Message-ID: <%d@example.org>\r\nContent-Type: text/plain\r\n\r\n%s\r\n", n, n%60, n, strings.Repeat("text ", 20+n))
}

// host is one run with a state directory of its own.
func host(t *testing.T, b *dir.Bucket, url string, key *age.X25519Identity) migrate.Summary {
	t.Helper()
	ctx := context.Background()
	a, err := archive.CreateWith(ctx, b, archive.Options{Recipients: []string{key.Recipient().String()}, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	state, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "checkpoints.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	sum, err := migrate.Run(ctx, migrate.Options{
		Job: a.ID(), Sink: a, Checkpoints: state, Tool: "test", Window: 5, Backoff: time.Microsecond, LedgerPages: 2,
		Mailboxes: []migrate.Mailbox{{Address: "alice@example.com", Client: eas.Config{
			URL: url, User: "alice", Transport: &auth.Basic{User: "alice", Password: easservertest.Password, Origin: url},
		}}},
	})
	if err != nil {
		t.Error(err)
	}
	return sum
}
