//go:build interop

package sogo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exports exports the mail of an archive in each format: every message is there once, with the bytes that the archive has. What is an mbox
// or a Maildir is read by Python's mailbox module.
func (a archive) exports(user string, files []file) {
	a.t.Helper()
	want := map[string]int{}
	for _, f := range files {
		if path.Ext(f.name) == ".eml" {
			want[sumOf(f.data)]++
		}
	}
	for _, format := range []string{"eml", "maildir", "mbox"} {
		out := filepath.Join(a.t.TempDir(), format)
		command{t: a.t, user: user, args: []string{"export", "--archive", a.dir, "--format", format, "--out", out, "--json"}}.want(0)
		got := exported(a.t, format, out)
		if d := cmp.Diff(want, got); d != "" {
			a.t.Errorf("%s: %s", format, d)
		}
		n := 0
		for _, times := range got {
			n += times
		}
		a.t.Logf("exported as %s: %d messages", format, n)
	}
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// exported counts the messages of an export by their SHA-256.
func exported(t *testing.T, format, out string) map[string]int {
	t.Helper()
	sums := map[string]int{}
	if format == "eml" {
		err := filepath.WalkDir(out, func(name string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".eml" {
				return err
			}
			data, err := os.ReadFile(name)
			sums[sumOf(data)]++
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return sums
	}
	answer, err := exec.CommandContext(t.Context(), "python3", "-c", pythonMailbox, format, out).Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	if err := json.Unmarshal(answer, &all); err != nil {
		t.Fatal(err)
	}
	for _, sum := range all {
		sums[sum]++
	}
	return sums
}

// pythonMailbox reads with Python's own module, and undoes the quoting of mboxrd, which that leaves to its caller; a tab at the end of a
// From line says that the message had no line end of its own.
const pythonMailbox = `
import hashlib, json, mailbox, os, re, sys
form, out = sys.argv[1:]
found = []
def note(data):
    found.append(hashlib.sha256(data).hexdigest())
if form == "maildir":
    for user in os.listdir(out):
        if not os.path.isdir(os.path.join(out, user, "cur")):
            continue
        root = mailbox.Maildir(os.path.join(out, user), factory=None, create=False)
        for box in [root] + [root.get_folder(name) for name in root.list_folders()]:
            for key in box.iterkeys():
                note(box.get_bytes(key))
else:
    for at, _, files in os.walk(out):
        for file in files:
            if file.endswith(".mbox"):
                box = mailbox.mbox(os.path.join(at, file), factory=None, create=False)
                for key in box.iterkeys():
                    head = box.get_bytes(key, from_=True).split(b"\n", 1)[0]
                    data = re.sub(rb"(?m)^>(>*From )", rb"\1", box.get_bytes(key))
                    note(data[:-1] if head.endswith(b"\t") else data)
json.dump(found, sys.stdout)
`
