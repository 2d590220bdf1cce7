package archive

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/airlift-eas/airlift/sinks"
)

func TestMailboxDir(t *testing.T) {
	for address, want := range map[string]string{
		"alice@example.com":        "alice@example.com",
		"a.b+c_d-e=1@sub.x.org":    "a.b+c_d-e=1@sub.x.org",
		"Alice@Example.com":        "%41lice@%45xample.com",
		"a%41@x":                   "a%2541@x",
		"../../etc/passwd":         "%2e./../etc/passwd",
		".hidden@x":                "%2ehidden@x",
		"x@example.com.":           "x@example.com%2e",
		"con":                      "%63on",
		"müller@example.com":       "m%c3%bcller@example.com",
		"":                         "%",
		strings.Repeat("ab ", 100): "ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20ab%20~",
	} {
		want = strings.ReplaceAll(want, "/../etc/", "%2f..%2fetc%2f")
		got := mailboxDir(address)
		if got != want && (!strings.HasSuffix(want, "~") || len(got) != len(want)+32 || !strings.HasPrefix(got, want)) {
			t.Errorf("mailboxDir(%q) = %q, want %q", address, got, want)
		}
	}
}

// FuzzMailboxDir: every address has a portable directory, and that tells the address or is that of its hash.
func FuzzMailboxDir(f *testing.F) {
	for _, s := range []string{"alice@example.com", "A@b", "a%41@x", "~", "con", "..", "\xff\x00/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		dir := mailboxDir(address)
		if err := sinks.CheckName(dir); err != nil || strings.Contains(dir, "/") || dir != strings.ToLower(dir) {
			t.Fatalf("%q is no directory of %q: %v", dir, address, err)
		}
		if address == "" {
			return
		}
		back, cut, err := mailboxAddress(dir)
		if err != nil || !cut && back != address || cut && len(dir) < 150 {
			t.Errorf("%q -> %q -> %q, %v, %v", address, dir, back, cut, err)
		}
	})
}

func TestFolderDir(t *testing.T) {
	for path, want := range map[string]string{
		"Inbox":                         "inbox-0a1b2c3d",
		"Inbox/Projects 2024":           "inbox-projects-2024-0a1b2c3d",
		"Entwürfe/Größe":                "entwurfe-gro-e-0a1b2c3d",
		"受信トレイ":                         "folder-0a1b2c3d",
		"../..":                         "folder-0a1b2c3d",
		"CON":                           "con-0a1b2c3d",
		strings.Repeat("long name ", 9): "long-name-long-name-long-name-long-name-long-nam-0a1b2c3d",
	} {
		got := folderDir(path, "0a1b2c3d")
		if got != want {
			t.Errorf("folderDir(%q) = %q, want %q", path, got, want)
		}
		if err := (layout{}).checkFolder(sinks.Folder{ID: "0a1b2c3d", Dir: got}); err != nil {
			t.Error(err)
		}
	}
}

const testID = "0a1b2c3d-42-17"

func TestEntryBase(t *testing.T) {
	date := time.Date(2024, 3, 1, 23, 30, 0, 0, time.FixedZone("", -2*3600))
	for _, c := range []struct {
		path    string
		date    *time.Time
		subject string
		want    string
	}{
		{"Inbox/Projects", &date, "Re: budget", "Inbox/Projects/2024-03-02_Re budget_" + testID},
		{"Inbox", nil, "", "Inbox/undated_no subject_" + testID},
		{"AC%2FDC", nil, `<>:"/\|?*`, "AC DC/undated_no subject_" + testID},
		{"..", nil, "../../x", "_/undated__. .. x_" + testID},
		{"CON/aux.h/ com1 ", nil, "nul", "_CON/_aux.h/_com1/undated__nul_" + testID},
		{"a. /b", nil, "trailing. . .", "a/b/undated_trailing_" + testID},
		{".airlift", nil, "x", "_airlift/undated_x_" + testID},
		{"\u200b.airlift", nil, "abc\u202egpj.exe\u202c", "_airlift/undated_abcgpj.exe_" + testID},
		{"Cafe\u0301", nil, "line\r\nbreak\ttab\x00nul\x7f", "Caf\u00e9/undated_line break tab nul_" + testID},
		{"x_" + testID + ".eml", nil, "x", "x_" + testID + "_eml/undated_x_" + testID},
		{"\xff\xfe", nil, "\xff", "_/undated___" + testID},
	} {
		if got := entryBase(c.path, c.date, c.subject, testID); got != c.want {
			t.Errorf("entryBase(%q, %q) = %q, want %q", c.path, c.subject, got, c.want)
		}
	}
}

var devices = strings.Fields("CON PRN AUX NUL COM1 COM2 COM3 COM4 COM5 COM6 COM7 COM8 COM9 COM¹ COM² COM³ LPT1 LPT2 LPT3 LPT9 LPT¹ LPT² LPT³")

// forbidden says why a name is not valid on Linux, macOS and Windows; the rules are Microsoft's and the format's.
func forbidden(name string) string {
	for _, part := range strings.Split(name, "/") {
		stem, _, _ := strings.Cut(strings.ToUpper(part), ".")
		switch {
		case part == "" || part == "." || part == "..":
			return "an empty or relative part"
		case len(part) > 180:
			return "more than 180 bytes"
		case strings.HasSuffix(part, ".") || strings.HasSuffix(part, " "):
			return "a dot or space at the end"
		case slices.Contains(devices, strings.TrimSpace(stem)):
			return "a device"
		case strings.ContainsAny(part, `<>:"\|?*`) || strings.ContainsFunc(part, unicode.IsControl):
			return "a character"
		case strings.ContainsAny(part, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff\u2028\u2029"):
			return "a direction"
		case !utf8.ValidString(part) || !norm.NFC.IsNormalString(part):
			return "not NFC"
		}
	}
	if len(name) > 240 {
		return "too long in all"
	}
	return ""
}

func FuzzEntryBase(f *testing.F) {
	f.Add("Inbox/Projects", "Re: budget")
	f.Add("CON/nul.txt/a.", "com\u00b9")
	f.Add(strings.Repeat("very long folder name/", 30), strings.Repeat("挨拶", 100))
	f.Add("e\u0301\u202e", "\u0301\u1100\u1161")
	f.Add("x_0a1b2c3d-1-1.eml", "\xc3\x28")
	f.Fuzz(func(t *testing.T, folder, subject string) {
		name := entryBase(folder, nil, subject, testID) + ".eas.xml"
		if why := forbidden(name); why != "" {
			t.Errorf("%q, %q: %q has %s", folder, subject, name, why)
		}
		if strings.HasPrefix(name, ".") || itemName.MatchString(path.Dir(name)) {
			t.Errorf("%q: the directory %q may be a file's name or the manifests' directory", folder, path.Dir(name))
		}
	})
}

// TestNoCollision: of many items with hostile subjects in folders with hostile names no two have one name, and none is
// named like a directory, also where case and form do not count.
func TestNoCollision(t *testing.T) {
	folders := []string{
		"Inbox", "INBOX", "inbox", "Inbox.", "Inbox ", "Inbox/undated_x_0a1b2c3d-1-1.eml", "Inbox/UNDATED_X_0A1B2C3D-1-1.EML", "Inbox/undated_x_0a1b2c3d-1-1",
		"Cafe\u0301", "Caf\u00e9", ".airlift", ".airlift/inbox-0a1b2c3d/00000001.jsonl", "\u200d.AIRLIFT/INBOX-0A1B2C3D", "..", "", "/",
	}
	r := rand.New(rand.NewPCG(1, 1))
	subjects := []string{"x", "X", "", ".", "x.", "\u0130", "i", "ß", "ss"}
	files, dirs := make(map[string]string), make(map[string]bool)
	fold := cases.Fold()
	same := func(s string) string { return fold.String(norm.NFKD.String(s)) }
	for i := range 20_000 {
		id := fmt.Sprintf("%08x-%d-%d", []uint32{0x0a1b2c3d, 0x0a1b2c3e}[i%2], 1+i/2/100, 1+i/2%100)
		name := entryBase(folders[r.IntN(len(folders))], nil, subjects[r.IntN(len(subjects))], id) + ".eml"
		if other, ok := files[same(name)]; ok {
			t.Fatalf("%q and %q are one file", name, other)
		}
		files[same(name)] = name
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			dirs[same(dir)] = true
		}
	}
	files[same(manifestName("inbox-0a1b2c3d", 1))] = "the manifest"
	files[same(".airlift/inbox-0a1b2c3d")], files[".airlift"] = "the manifests' directory", "the manifests'"
	for dir := range dirs {
		if name, ok := files[dir]; ok {
			t.Errorf("%q is a directory and %q", dir, name)
		}
	}
}
