package maildir

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestName(t *testing.T) {
	n := Name{Time: time.Unix(1709251200, 0).UTC(), Unique: "1f3a5b7c-42-1.airlift", Size: 18231, Flags: "SF"}
	const want = "1709251200.1f3a5b7c-42-1.airlift,S=18231:2,FS"
	if got := n.String(Colon); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	n.Flags = "FS"
	for _, colon := range []string{Colon, "!", ";"} {
		if diff := cmp.Diff(n, ParseName(n.String(colon))); diff != "" {
			t.Errorf("with %s: %s", colon, diff)
		}
	}
	for name, want := range map[string]Name{
		"1204680122.27c448f9a1fa6b0a:2,":      {Time: time.Unix(1204680122, 0).UTC(), Unique: "27c448f9a1fa6b0a", Size: -1},
		"1204680122.M1P2.host,S=12,W=13:2,RS": {Time: time.Unix(1204680122, 0).UTC(), Unique: "M1P2.host", Size: 12, Flags: "RS"},
		"1204680122.M1P2.host":                {Time: time.Unix(1204680122, 0).UTC(), Unique: "M1P2.host", Size: -1},
		"letter:2,Sab":                        {Unique: "letter", Size: -1, Flags: "Sab"},
		"-5.x:1,S":                            {Unique: "-5.x:1", Size: -1},
		"99999999999999999999.x,S=-1":         {Unique: "99999999999999999999.x", Size: -1},
		"":                                    {Size: -1},
	} {
		if diff := cmp.Diff(want, ParseName(name)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestFolderDir: the names are those of RFC 3501 5.1.3, and those that no Maildir has look like them.
func TestFolderDir(t *testing.T) {
	for dir, names := range map[string][]string{
		".Sent":                             {"Sent"},
		".INBOX.Sub":                        {"Inbox", "Sub"},
		".Archive.2024.&ANw-bersicht":       {"Archive", "2024", "Übersicht"},
		".a~peter.mail.&ZeVnLIqe-.&U,BTFw-": {"a~peter", "mail", "日本語", "台北"}, // of the RFC's example, but for its beginning
		".Jan&,w4- 5&,xo- plan&,x8-":        {"Jan. 5: plan?"},
		".&,14-home.R&-D":                   {"~home", "R&D"},
		".&2D3c6Q-":                         {"\U0001f4e9"},
		".&JCA-a b&JCA-":                    {" a b "},
		".&JAokKg-":                         {"\n\u242a"},
		".a&IBv,GiAbIBsgGyQg-":              {"a：‛␠"},
	} {
		if got := FolderDir(names...); got != dir {
			t.Errorf("%q: %s, want %s", names, got, dir)
		}
		if got := FolderNames(dir); !cmp.Equal(got, names) {
			t.Errorf("%s: %q, want %q", dir, got, names)
		}
	}
	for dir, want := range map[string][]string{
		".&AC4": {"&AC4"}, ".&AC4-": {"."}, ".&!-.x": {"&!-", "x"}, ".a..b": {"a", "", "b"}, ".übrig": {"übrig"},
		"Sent": nil, ".": nil, "..": nil, "..x": nil, "": nil,
	} {
		if got := FolderNames(dir); !cmp.Equal(got, want) {
			t.Errorf("%s: %q, want %q", dir, got, want)
		}
	}
}

func FuzzFolderDir(f *testing.F) {
	f.Add("Übersicht", "Q1: plan?")
	f.Fuzz(func(t *testing.T, a, b string) {
		if a == "" || !utf8.ValidString(a) || !utf8.ValidString(b) {
			t.Skip()
		}
		dir := FolderDir(a, b)
		if strings.EqualFold(a, inbox) {
			a = "Inbox"
		}
		if got := FolderNames(dir); !cmp.Equal(got, []string{a, b}) {
			t.Errorf("%q %q: %s: %q", a, b, dir, got)
		}
		if strings.ContainsAny(dir, `<>:"/\|?*~`) || strings.Trim(dir, " ") != dir {
			t.Errorf("%q %q: %s", a, b, dir)
		}
	})
}
