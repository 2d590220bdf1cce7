package eas_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
)

// peer is an easserver with the mailboxes of alice and bob. A request that breaks the protocol fails the test.
type peer struct {
	url        string
	alice, bob *easserver.User
}

func newPeer(t *testing.T, cfg easserver.Config) *peer {
	t.Helper()
	store := easserver.NewStore()
	p := &peer{alice: store.AddUser("alice"), bob: store.AddUser("bob")}
	p.url = easservertest.StartChecked(t, cfg, store, answered)
	return p
}

// client is alice's, and knows the folders. The hierarchy's key is returned, too.
func (p *peer) client(t *testing.T, v eas.Version, change func(*eas.Config)) (*eas.Client, eas.SyncKey) {
	t.Helper()
	base := eas.NewTransport()
	t.Cleanup(base.CloseIdleConnections)
	cfg := eas.Config{
		URL: p.url, User: "alice", DeviceID: eas.DeviceID("dev" + strings.ReplaceAll(string(v), ".", "")), Version: v, SpoolDir: t.TempDir(),
		Transport: auth.Basic{User: "alice", Password: easservertest.Password, Origin: p.url, Base: base},
	}
	if change != nil {
		change(&cfg)
	}
	c, err := eas.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := c.FolderSync(t.Context(), eas.InitialKey)
	if err != nil {
		t.Fatal(err)
	}
	return c, tree.Key
}

// note is a message to bob.
func note(subject string) []byte {
	return fmt.Appendf(nil, "From: alice@example.com\r\nTo: bob@example.com\r\nSubject: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nhello\r\n", subject)
}

// messages are those of a folder, oldest first.
func messages(f *easserver.Folder) []string {
	var all []string
	for _, it := range f.Items() {
		all = append(all, string(it.Message.Bytes))
	}
	return all
}

// versionsFrom are those that have a command, or an element.
func versionsFrom(first, last eas.Version) []eas.Version {
	return slices.DeleteFunc(eas.Versions(), func(v eas.Version) bool { return !v.AtLeast(first) || !last.AtLeast(v) })
}
