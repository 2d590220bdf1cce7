//go:build interop

package sogo

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"
)

// TestReconcile holds archives against the server that are not what the server is. Just what differs is named, and what can
// be had is fetched.
func TestReconcile(t *testing.T) {
	t.Parallel()
	const user, folder = "carol", "Clients/A"
	addressBook(t, user).clear()
	calendar(t, user).clear()
	box := emptied(t, user)
	spread(box, letters(5000, 40), "INBOX", folder)
	all := box.messages()

	t.Run("nothing", func(t *testing.T) {
		a := archive{t, t.TempDir()}
		a.archive(user).want(0)
		a.differs(user, 0, differences{listed: len(all)})
	})

	t.Run("a segment removed", func(t *testing.T) {
		a := archive{t, t.TempDir()}
		a.archive(user, "--window", "10").want(0)
		segments := a.segments()
		segment := segments[len(segments)/2]
		d := differences{listed: len(all), missing: a.added(segment), lost: 1}
		if len(d.missing) < 2 {
			t.Fatalf("%s holds the items %q", segment, d.missing)
		}
		if err := os.Remove(segment); err != nil {
			t.Fatal(err)
		}
		a.differs(user, 15, d)
		d.recovered = len(d.missing)
		a.differs(user, 15, d, "--repair") // the items are there again; that a segment was, stays to be seen
		a.differs(user, 15, differences{listed: len(all), lost: 1})
		sameMail(t, box, a.extract())
	})

	t.Run("a message added", func(t *testing.T) {
		a := archive{t, t.TempDir()}
		a.archive(user).want(0)
		added := []byte("From: a@remote.example\r\nSubject: added\r\nDate: Thu, 02 May 2024 10:11:12 +0200\r\n\r\nnew\r\n")
		box.append(folder, added)
		d := a.repaired(user, differences{listed: len(all) + 1, missing: []string{""}, recovered: 1})
		if item := a.ls(user)[key(folder, added)]; item.ServerID == "" || !slices.Equal(d.missing, []string{item.ServerID}) {
			t.Errorf("missing was %q, the archive has %+v of the message that was added", d.missing, item)
		}
		a.verify()
		a.nothingNew(user)
	})

	t.Run("a message deleted", func(t *testing.T) {
		a := archive{t, t.TempDir()}
		a.archive(user).want(0)
		all := box.messages()
		i := slices.IndexFunc(all, func(m message) bool { _, _, anew := served(m.raw); return m.folder == folder && !anew })
		deleted := key(folder, all[i].raw)
		before := a.ls(user)
		box.delete(folder, imap.UIDSetNum(all[i].uid))
		a.repaired(user, differences{listed: len(all) - 1, gone: []string{before[deleted].ServerID}})
		if _, lives := a.ls(user)[deleted]; lives {
			t.Error("the message that was deleted lives on in the archive")
		}
		a.verify()
		a.nothingNew(user)
		a.differs(user, 0, differences{listed: len(all) - 1})
	})
}

// differences are what reconcile says; items by their ids on the server.
type differences struct {
	listed, recovered, lost int
	missing, gone           []string
}

// repaired compares, with exit code 4, and compares with --repair, which must say the same and end well. An id of "" in want
// is any id. It returns what was said.
func (a archive) repaired(user string, want differences) differences {
	a.t.Helper()
	first := want
	first.recovered = 0
	segments := len(a.segments())
	said := a.differs(user, 4, first)
	if n := len(a.segments()); n != segments {
		a.t.Errorf("a comparison without --repair made %d segments", n-segments)
	}
	said.recovered = want.recovered
	return a.differs(user, 0, said, "--repair")
}

// differs compares an archive with the server.
func (a archive) differs(user string, code int, want differences, more ...string) differences {
	a.t.Helper()
	args := []string{"reconcile", "--server", lab.eas, "--mailbox", address(user), "--user", user, "--archive", a.dir, "--json"}
	r := command{t: a.t, user: user, args: append(args, more...)}.want(code)
	var got differences
	for line := range strings.Lines(r.stdout) {
		var e struct {
			Event     string
			ServerID  string `json:"server_id"`
			Listed    int    `json:"items_listed"`
			Missing   int    `json:"items_missing"`
			Gone      int    `json:"items_gone"`
			Lost      int    `json:"pages_lost"`
			Recovered int    `json:"items_recovered"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			a.t.Fatalf("%q: %v", line, err)
		}
		switch e.Event {
		case "missing":
			got.missing = append(got.missing, e.ServerID)
		case "gone":
			got.gone = append(got.gone, e.ServerID)
		case "lost":
			got.lost++
		case "summary":
			if e.Missing != len(got.missing) || e.Gone != len(got.gone) || e.Lost != got.lost {
				a.t.Errorf("the summary counts otherwise than the events, which are %+v: %s", got, line)
			}
			got.listed, got.recovered = e.Listed, e.Recovered
		}
	}
	slices.Sort(got.missing)
	slices.Sort(want.missing)
	if slices.Equal(want.missing, []string{""}) && len(got.missing) == 1 {
		want.missing = got.missing
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(differences{})); diff != "" {
		a.t.Errorf("reconcile %q (-want +got):\n%s\n%s", more, diff, tail(r.stderr))
	}
	return got
}

// added reads from a segment's manifest, by tar, the ids on the server of the items that it brought.
func (a archive) added(segment string) (ids []string) {
	a.t.Helper()
	manifest := ".airlift/" + filepath.Base(filepath.Dir(segment)) + "/" + strings.TrimSuffix(filepath.Base(segment), ".tar.zst") + ".jsonl"
	out, err := exec.CommandContext(a.t.Context(), "tar", "--zstd", "-xOf", segment, manifest).Output()
	if err != nil {
		a.t.Fatalf("tar %s %s: %v", segment, manifest, err)
	}
	for line := range strings.Lines(string(out)) {
		var e struct {
			Op       string
			ServerID string `json:"server_id"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			a.t.Fatalf("%s: %q: %v", segment, line, err)
		}
		if e.Op == "add" {
			ids = append(ids, e.ServerID)
		}
	}
	return ids
}
