package export

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/export/mbox"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// mailLab is an archive of folders whose names are hard on file systems, two of them with one path, and messages in each. It
// returns the hashes of the messages of each folder.
func mailLab(t *testing.T) (*lab, map[string][]string) {
	l := newLab(t)
	folders := []sinks.Folder{
		l.folder("Inbox", "Email", 2), l.folder("Archive/2024/Übersicht", "Email", 12), l.folder("Q1: plan?. /CON/a%2Fb", "Email", 12),
		l.folder("Archive", "Email", 12), l.folder("archive", "Email", 12), l.folder("Archive.mbox/x", "Email", 12), l.folder("Drafts", "Email", 3),
		l.folder(strings.Repeat("Sehr lang ", 30)+"/"+strings.Repeat("日本語", 50), "Email", 12),
	}
	sums := map[string][]string{}
	puts := map[string][]sinktest.Put{}
	for i, m := range messages(t) {
		f := folders[i%len(folders)]
		puts[f.ID] = append(puts[f.ID], mail(i, m))
		sums[f.Path] = append(sums[f.Path], sumText(m))
	}
	for _, f := range folders {
		for rest := puts[f.ID]; len(rest) > 0; {
			n := min(len(rest), 60)
			l.put(f, rest[:n]...)
			rest = rest[n:]
		}
		sums[f.Path] = sorted(sums[f.Path])
	}
	l.put(l.folder("Contacts", "Contacts", 9), sinktest.Put{Event: sinks.Event{Op: sinks.OpAdd, ServerID: "c"}, Contents: []sinks.Content{sinktest.Text(".vcf", "BEGIN:VCARD\r\nEND:VCARD\r\n")}})
	return l, sums
}

// TestMail: each format has each message of the archive, byte for byte, once, in its folder.
func TestMail(t *testing.T) {
	l, sums := mailLab(t)
	total := 0
	for _, s := range sums {
		total += len(s)
	}
	for _, format := range []Format{EML, Maildir, Mbox} {
		t.Run(string(format), func(t *testing.T) {
			out, sum := l.run("", Options{Format: format, Colon: "!"})
			files, items, _ := manifest(t, out)
			if sum.Items != total || sum.Folders != len(sums) || sum.Others != 1 || sum.Problems != 0 {
				t.Errorf("%+v, want %d items of %d folders", sum, total, len(sums))
			}
			of := map[string]string{} // the folder of each file
			got := map[string][]string{}
			for _, f := range files {
				of[f.Path] = f.Folder
				portable(t, f.Path)
			}
			for _, item := range items {
				folder := item.Folder + of[item.In]
				got[folder] = append(got[folder], item.SHA256)
			}
			for folder := range got {
				got[folder] = sorted(got[folder])
			}
			if diff := cmp.Diff(sums, got); diff != "" {
				t.Errorf("by the manifest: %s", diff)
			}
			if format == Mbox {
				if diff := cmp.Diff(sums, readMboxes(t, out, of)); diff != "" {
					t.Errorf("by the mbox files: %s", diff)
				}
			}
			again, _ := l.run("", Options{Format: format, Colon: "!"})
			if diff := cmp.Diff(treeOf(t, out), treeOf(t, again)); diff != "" {
				t.Errorf("another time: %s", diff)
			}
		})
	}
}

// portable holds a path against what systems take.
func portable(t *testing.T, name string) {
	t.Helper()
	for part := range strings.SplitSeq(name, "/") {
		if strings.ContainsAny(part, `<>:"\|?*`) || strings.TrimRight(part, ". ") != part || sinks.ReservedName(part) || len(part) > 255 {
			t.Errorf("%q in %q", part, name)
		}
	}
}

func readMboxes(t *testing.T, out string, folders map[string]string) map[string][]string {
	t.Helper()
	got := map[string][]string{}
	for name, folder := range folders {
		file, err := os.Open(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		last := time.Time{}
		for m, err := range mbox.Messages(file) {
			if err != nil {
				t.Fatal(err)
			}
			if m.Date.Before(last) {
				t.Errorf("%s: %v after %v", name, m.Date, last)
			}
			last = m.Date
			b, err := io.ReadAll(mbox.Open(file, m))
			if err != nil {
				t.Fatal(err)
			}
			got[folder] = append(got[folder], sumText(string(b)))
		}
		got[folder] = sorted(got[folder])
	}
	return got
}

// script reads with Python's own module what it is told to, and prints the SHA-256 and the flags of each message.
const script = `
import hashlib, json, mailbox, os, re, sys
form, out = sys.argv[1:]
found = {}
def note(folder, data, flags=""):
    found.setdefault(folder, []).append(hashlib.sha256(data).hexdigest() + " " + flags)
if form == "maildir":
    root = mailbox.Maildir(out, factory=None, create=False)
    for name in [""] + root.list_folders():
        box = root.get_folder(name) if name else root
        for key in box.iterkeys():
            note(name, box.get_bytes(key), box.get_message(key).get_flags())
else:
    for at, _, files in os.walk(out):
        for file in files:
            if not file.endswith(".mbox"):
                continue
            box = mailbox.mbox(os.path.join(at, file), factory=None, create=False)
            for key in box.iterkeys():
                head = box.get_bytes(key, from_=True).split(b"\n", 1)[0]
                data = re.sub(rb"(?m)^>(>*From )", rb"\1", box.get_bytes(key))
                note(os.path.relpath(os.path.join(at, file), out), data[:-1] if head.endswith(b"\t") else data)
json.dump(found, sys.stdout)
`

// python runs the script, or skips the test where there is no Python.
func python(t *testing.T, form, out string) map[string][]string {
	t.Helper()
	exe, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3: what it reads is read by the other tests, by our own code only")
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), exe, "-c", script, form, out)
	cmd.Stderr = &stderr
	printed, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	found := map[string][]string{}
	if err := json.Unmarshal(printed, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// TestPythonMbox: Python finds the messages of each mbox file, and their bytes.
func TestPythonMbox(t *testing.T) {
	l, _ := mailLab(t)
	out, _ := l.run("", Options{Format: Mbox})
	files, items, _ := manifest(t, out)
	want := map[string][]string{}
	for _, item := range items {
		name := strings.TrimPrefix(item.In, sinktest.Mailbox+"/")
		want[name] = append(want[name], item.SHA256+" ")
	}
	got := python(t, "mbox", filepath.Join(out, sinktest.Mailbox))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	t.Logf("%d messages in %d files", len(items), len(files))
}

// TestPythonMaildir: Python finds the messages of each folder of the Maildir, their bytes and their flags.
func TestPythonMaildir(t *testing.T) {
	l, _ := mailLab(t)
	out, _ := l.run("", Options{Format: Maildir})
	_, items, _ := manifest(t, out)
	want := map[string][]string{}
	flagged := 0
	for _, item := range items {
		folder := strings.TrimPrefix(path.Dir(path.Dir(item.Path)), sinktest.Mailbox)
		folder = strings.TrimPrefix(folder, "/.")
		_, flags, _ := strings.Cut(item.Path, ":2,")
		if flags != "" {
			flagged++
		}
		want[folder] = append(want[folder], item.SHA256+" "+flags)
	}
	got := python(t, "maildir", filepath.Join(out, sinktest.Mailbox))
	for folder := range want {
		want[folder], got[folder] = sorted(want[folder]), sorted(got[folder])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	t.Logf("%d messages, %d of them flagged, in %d folders", len(items), flagged, len(want))
}

// TestFlags: the name of a message's file has its flags.
func TestFlags(t *testing.T) {
	l := newLab(t)
	for n, e := range []sinks.Event{
		{},
		{Read: ptr(false), Flag: "none"},
		{Read: ptr(true)},
		{Flag: "active"},
		{Flag: "complete", Read: ptr(true)},
		{Verb: "reply"},
		{Verb: "reply-all"},
		{Verb: "forward", Read: ptr(true), Flag: "active"},
	} {
		for _, typ := range []int{12, 3} {
			e.Op, e.ServerID = sinks.OpAdd, "1"
			l.put(l.folder(string(rune('a'+n))+map[int]string{12: "", 3: "d"}[typ], "Email", typ), sinktest.Put{Event: e, Contents: []sinks.Content{sinktest.Text(".eml", "x")}})
		}
	}
	out, _ := l.run("", Options{Format: Maildir, Colon: ";"})
	_, items, _ := manifest(t, out)
	got := map[string]string{}
	for _, item := range items {
		_, got[item.Folder], _ = strings.Cut(item.Path, ";2,")
	}
	want := map[string]string{
		"a": "", "b": "", "c": "S", "d": "F", "e": "S", "f": "R", "g": "R", "h": "FPS",
		"ad": "D", "bd": "D", "cd": "DS", "dd": "DF", "ed": "DS", "fd": "DR", "gd": "DR", "hd": "DFPS",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestTimes: a file has the time of its item, one of several that of the newest.
func TestTimes(t *testing.T) {
	l := newLab(t)
	old, far, early := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC), time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC)
	stored := time.Date(2026, 1, 2, 3, 0, 1, 0, time.UTC)
	for name, c := range map[string]struct{ date, want *time.Time }{"old": {&old, &old}, "undated": {nil, &stored}, "far": {&far, &stored}, "early": {&early, &stored}} {
		l.put(l.folder(name, "Email", 12), sinktest.Put{Event: sinks.Event{Op: sinks.OpAdd, ServerID: "1", Received: c.date}, Contents: []sinks.Content{sinktest.Text(".eml", name)}})
		for _, format := range []Format{EML, Maildir, Mbox} {
			out, _ := l.run("", Options{Format: format})
			files, _, _ := manifest(t, out)
			for _, f := range files {
				if f.Folder != name || path.Base(f.Path) == "maildirfolder" {
					continue
				}
				if info, err := os.Stat(filepath.Join(out, f.Path)); err != nil || !info.ModTime().Equal(*c.want) {
					t.Errorf("%s: %s: %v, %v, want %v", name, f.Path, info.ModTime(), err, c.want)
				}
			}
		}
	}
}
