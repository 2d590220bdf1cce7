//go:build interop

package sogo

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A migration brings mailboxes of the lab into others of it: mail by IMAP, people's data by EAS.
type migration struct {
	t     *testing.T
	dir   string // of the list of mailboxes, the stage, its state, and the reports
	pairs []pair

	parents map[string]bool // folders that had another below them when the sources were looked at
}

// A pair is a source and its target.
type pair struct{ from, to string }

// migrating writes the list of mailboxes.
func migrating(t *testing.T, pairs ...pair) migration {
	t.Helper()
	m := migration{t: t, dir: t.TempDir(), pairs: pairs, parents: map[string]bool{}}
	rows := []string{"mailbox,user,password_env,server,target,target_user,target_password_env,target_server,target_imap"}
	for _, p := range pairs {
		rows = append(rows, strings.Join([]string{
			address(p.from), p.from, secretOf(p.from), lab.eas, address(p.to), p.to, secretOf(p.to), lab.eas, "imap://" + lab.imap,
		}, ","))
	}
	if err := os.WriteFile(m.file("mailboxes.csv"), []byte(strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return m
}

// secretOf is the variable with a user's password.
func secretOf(user string) string { return "SECRET_" + strings.ToUpper(user) }

func (m migration) file(name string) string { return filepath.Join(m.dir, name) }

func (m migration) stage() archive { return archive{m.t, m.file("stage")} }

// verb is a command for all pairs.
func (m migration) verb(args ...string) command {
	c := command{t: m.t, user: m.pairs[0].from, args: append(args, "--mailboxes", m.file("mailboxes.csv"), "--stage", m.file("stage"), "--json")}
	for _, p := range m.pairs {
		c.env = append(c.env, secretOf(p.from)+"="+password(p.from), secretOf(p.to)+"="+password(p.to))
	}
	return c
}

// with adds arguments to a command.
func (c command) with(args ...string) command {
	c.args = append(slices.Clone(c.args), args...)
	return c
}

// same holds all that the targets have against what the sources have. It returns, by the source, what of people's data differs as it may.
func (m migration) same(boxes map[string]*mailbox) map[string][]difference {
	m.t.Helper()
	differ := map[string][]difference{}
	for _, p := range m.pairs {
		sameMail(m.t, boxes[p.from], boxes[p.to].filesOf(p.from))
		m.sameMarks(boxes[p.from], boxes[p.to])
		m.sameFolders(boxes[p.from], boxes[p.to])
		differ[p.from] = samePeople(m.t, p)
	}
	m.sameStage(boxes)
	return differ
}

// emptiedAll empties the mailboxes, address books and calendars of all pairs.
func (m migration) emptiedAll() map[string]*mailbox {
	m.t.Helper()
	boxes := map[string]*mailbox{}
	for _, p := range m.pairs {
		for _, user := range []string{p.from, p.to} {
			boxes[user] = emptied(m.t, user)
			addressBook(m.t, user).clear()
			calendar(m.t, user).clear()
		}
	}
	return boxes
}

// filesOf are the messages of the mailbox, as if an archive of the source had them.
func (m *mailbox) filesOf(source string) []file {
	m.t.Helper()
	var files []file
	for _, msg := range m.messages() {
		files = append(files, file{address(source), msg.folder, fmt.Sprintf("%d.eml", msg.uid), msg.raw})
	}
	return files
}
