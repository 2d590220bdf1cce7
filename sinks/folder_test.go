package sinks_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
)

var folderID = regexp.MustCompile(`^[0-9a-f]{8}$`)

func TestJoinPath(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string
	}{
		{[]string{"Inbox"}, "Inbox"},
		{[]string{"Inbox", "Projects"}, "Inbox/Projects"},
		{[]string{"AC/DC"}, "AC%2FDC"},
		{[]string{"100% sure", "50%"}, "100% sure/50%"},
		{[]string{"literally %2F", "%25"}, "literally %252F/%2525"},
		{[]string{"%/", "%2/F"}, "%%2F/%2%2FF"},
		{[]string{"", "x", ""}, "/x/"},
	} {
		got := sinks.JoinPath(c.names...)
		if got != c.want {
			t.Errorf("JoinPath(%q) = %q, want %q", c.names, got, c.want)
		}
		if diff := cmp.Diff(c.names, sinks.SplitPath(got)); diff != "" {
			t.Errorf("SplitPath(%q) (-want +got):\n%s", got, diff)
		}
	}
}

func FuzzJoinPath(f *testing.F) {
	f.Add("a/b", "%2F%25")
	f.Add("%%2", "52F")
	f.Fuzz(func(t *testing.T, a, b string) {
		p := sinks.JoinPath(a, b)
		if got := sinks.SplitPath(p); len(got) != 2 || got[0] != a || got[1] != b {
			t.Errorf("JoinPath(%q, %q) = %q, and back %q", a, b, p, got)
		}
	})
}

func TestFolderID(t *testing.T) {
	given := make(map[string]bool)
	taken := func(id string) bool { return given[id] }
	for i := range 1000 {
		id := sinks.FolderID("alice@example.com", fmt.Sprint("mail/", i/2), taken) // each one twice
		if !folderID.MatchString(id) || given[id] {
			t.Fatalf("id %q", id)
		}
		given[id] = true
	}
	none := func(string) bool { return false }
	first, again, other := sinks.FolderID("a", "1", none), sinks.FolderID("a", "1", none), sinks.FolderID("b", "1", none)
	if first != again || first == other {
		t.Error("an id is not of its mailbox and folder alone")
	}
}

// TestImported: a folder's id of files tells the folders of an archive apart, and from those of servers.
func TestImported(t *testing.T) {
	ids := map[string]bool{}
	for _, id := range []string{
		sinks.ImportedID("a", "Email", "Inbox"), sinks.ImportedID("a", "Email", "inbox"), sinks.ImportedID("a", "Tasks", "Inbox"), sinks.ImportedID("b", "Email", "Inbox"), sinks.ImportedID("a", "Email\" \"Inbox", ""),
	} {
		if ids[id] || !(sinks.Folder{ServerID: id}).Imported() {
			t.Errorf("%s is there twice, or of a server", id)
		}
		ids[id] = true
	}
	if !ids[sinks.ImportedID("a", "Email", "Inbox")] {
		t.Error("another time it is another one")
	}
	for _, id := range []string{"", "5", "mail/import:1"} {
		if (sinks.Folder{ServerID: id}).Imported() {
			t.Errorf("%q", id)
		}
	}
}

// TestNewRunID: ids sort by time, and no two are one.
func TestNewRunID(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600))
	a, b, c := sinks.NewRunID(at), sinks.NewRunID(at), sinks.NewRunID(at.Add(time.Microsecond))
	if a == b || a[:len(a)-9] != "20260102T020405.000006Z" || c <= a || sinks.CheckName(a) != nil {
		t.Errorf("%s, %s, %s", a, b, c)
	}
}
