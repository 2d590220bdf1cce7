package imapdst

import (
	"fmt"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/airlift-eas/airlift/sinks"
)

// folderNames are paths of folders as sources have them.
var folderNames = []string{
	"Archive", "Archive/2024/Q1", "Inbox/Projects", "Projects", "Übersicht/Größe", "日本語/メール", "Входящие", "المجلد", "ไทย", "😀 smile/🏳️‍🌈",
	"R&D", "A&-B", "v1.5/R&D", sinks.JoinPath("a/b", "c/d"), "100%", "star*", "tilde~", "~home", `back\slash`, `quo"te`, "trailing ", " leading",
	"[brackets]", "(parens)", "{braces}", "#hash", "a^b|c", "Sent Items", "INBOX", "inbox/x", "e\u0301 combining", "\u00e9 composed", "..", ".", ".hidden", "50%2F", "{5}", "{5+}",
}

// checkNames makes folders, puts a message into each, and finds all of them listed.
func checkNames(t *testing.T, target *Target) {
	t.Helper()
	want := map[string]string{}
	for i, path := range folderNames {
		p, _, err := target.MakeFolder(t.Context(), sinks.Place{Path: path, Class: classEmail, Type: typeUser})
		if err != nil {
			t.Errorf("%q: %v", path, err)
			continue
		}
		if before, ok := want[p.ID]; ok && path != "inbox/x" {
			t.Errorf("%q is the folder that %q is", path, before)
		}
		want[p.ID] = path
		if p.Path != path {
			t.Logf("%q is %q, %q", path, p.Path, p.ID)
		}
		again, made, err := target.MakeFolder(t.Context(), sinks.Place{Path: path, Class: classEmail})
		if err != nil || made || again.ID != p.ID {
			t.Errorf("%q again: %+v, made %t, %v", path, again, made, err)
		}
		if same, made, err := target.MakeFolder(t.Context(), sinks.Place{Path: p.Path, Class: classEmail}); err != nil || made || same.ID != p.ID {
			t.Errorf("%q by the path %q: %+v, made %t, %v", path, p.Path, same, made, err)
		}
		f, err := target.Open(t.Context(), p)
		if err != nil {
			t.Errorf("%q: %v", path, err)
			continue
		}
		put(t, f, letters(i, 1))
		if err := f.Close(); err != nil {
			t.Errorf("%q: %v", path, err)
		}
	}
	places, err := target.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	for _, p := range places {
		if paths[p.Path] {
			t.Errorf("two folders have the path %q", p.Path)
		}
		paths[p.Path] = true
		if _, ok := want[p.ID]; ok && p.Items != 1 {
			t.Errorf("%s has %d messages", p.Path, p.Items)
		}
		delete(want, p.ID)
	}
	if len(want) > 0 {
		t.Errorf("not listed: %s", fmt.Sprint(want))
	}
}

func TestNames(t *testing.T) {
	url, _ := listen(t, &imapserver.Options{Caps: rev1()})
	checkNames(t, open(t, url))
}

// TestNamesRev2: a server that has IMAP4rev2 too, and one that has nothing else.
func TestNamesRev2(t *testing.T) {
	url, _ := listen(t, &imapserver.Options{Caps: rev1(imap.CapIMAP4rev2)})
	checkNames(t, open(t, url))
	caps := rev1(imap.CapIMAP4rev2)
	delete(caps, imap.CapIMAP4rev1)
	url, _ = listen(t, &imapserver.Options{Caps: caps})
	checkNames(t, open(t, url))
}
