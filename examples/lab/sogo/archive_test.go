//go:build interop

package sogo

import (
	"path"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

// TestArchive archives a mailbox of every class and many shapes of mail, then again with nothing new, then after changes.
func TestArchive(t *testing.T) {
	t.Parallel()
	const user = "alice"
	box := emptied(t, user)
	seed(t, box, "INBOX")
	spread(box, corpus(t), "Archive/2024/Übersicht", "Projects/Q1: plan?", "Projects/Q1: plan?/Notes", "Sent")
	box.create("empty folder")
	contacts, events, tasks := people(t, user)
	a := archive{t, t.TempDir()}

	mails := len(box.messages())
	s := a.archive(user).want(0).summary(t)
	if want := mails + contacts + events + tasks; s.Stored != want || s.Result != "ok" || s.Mailboxes != 1 {
		t.Errorf("first run: %+v, want %d items: %d mails, %d contacts, %d events, %d tasks", s, want, mails, contacts, events, tasks)
	}
	files := a.extract()
	sameMail(t, box, files)
	kinds := map[string]int{}
	for _, f := range files {
		kinds[path.Ext(f.name)]++
	}
	if kinds[".eml"] != mails || kinds[".vcf"] != contacts || kinds[".ics"] != events+tasks {
		t.Errorf("extracted %v, want %d mails, %d contacts, %d events and tasks", kinds, mails, contacts, events+tasks)
	}
	a.verify()
	a.exports(user, files)
	before := a.ls(user)
	if len(before) != s.Stored {
		t.Errorf("ls lists %d items, the run stored %d", len(before), s.Stored)
	}

	a.nothingNew(user)
	a.changes(box, before)
}

// spread puts messages into folders in turn.
func spread(box *mailbox, messages [][]byte, folders ...string) {
	box.t.Helper()
	for i, folder := range folders {
		if folder != "Sent" && folder != "INBOX" {
			box.create(folder)
		}
		for j := i; j < len(messages); j += len(folders) {
			box.append(folder, messages[j])
		}
	}
}

// nothingNew runs again when nothing has changed.
func (a archive) nothingNew(user string) {
	a.t.Helper()
	segments := len(a.segments())
	s := a.archive(user).want(0).summary(a.t)
	if s.Stored != 0 || s.Changed != 0 || s.Deleted != 0 || len(a.segments()) != segments {
		a.t.Errorf("a run with nothing new: %+v, and %d new segments", s, len(a.segments())-segments)
	}
}

// changes lets a mail come, be read, be moved and be deleted, and looks for exactly that in the next run.
func (a archive) changes(box *mailbox, before map[string]listed) {
	a.t.Helper()
	between := time.Now()
	unread, moved, deleted := -1, -1, -1
	all := box.messages()
	for i, m := range all {
		_, _, anew := served(m.raw)
		switch {
		case m.folder != "INBOX" || anew:
		case unread < 0 && !m.seen:
			unread = i
		case moved < 0:
			moved = i
		case deleted < 0:
			deleted = i
		}
	}
	fresh := []byte("From: a@remote.example\r\nSubject: fresh\r\nDate: Thu, 02 May 2024 10:11:12 +0200\r\n\r\nnew\r\n")
	box.append("INBOX", fresh)
	box.read("INBOX", all[unread].uid)
	box.move("INBOX", all[moved].uid, "empty folder")
	box.delete("INBOX", imap.UIDSetNum(all[deleted].uid))

	s := a.archive(box.user).want(0).summary(a.t)
	if s.Stored != 2 || s.Changed != 1 || s.Deleted != 2 {
		a.t.Errorf("after one new, one read, one moved, one deleted mail: %+v; a move is a deletion here and an addition there", s)
	}
	after := a.ls(box.user)
	then := a.ls(box.user, "--at", between.UTC().Format(time.RFC3339Nano))
	if len(then) != len(before) || len(after) != len(before) {
		a.t.Errorf("ls lists %d items before, %d after, %d for the time before", len(before), len(after), len(then))
	}
	for key, item := range before {
		if then[key] != item {
			a.t.Errorf("ls --at: %s is %+v, was %+v", key, then[key], item)
		}
	}
	a.state("new", box, fresh, "INBOX", after, then, true, false)
	a.state("deleted", box, all[deleted].raw, "INBOX", after, then, false, true)
	a.state("moved away", box, all[moved].raw, "INBOX", after, then, false, true)
	a.state("moved here", box, all[moved].raw, "empty folder", after, then, true, false)
	a.state("read", box, all[unread].raw, "INBOX", after, then, true, true)
	if key := key("INBOX", all[unread].raw); !after[key].Read || then[key].Read {
		a.t.Errorf("the mail that was read: %+v, before %+v", after[key], then[key])
	}
	a.verify()
	a.nothingNew(box.user)
}

// state tells whether a message is in a folder now and was before.
func (a archive) state(what string, box *mailbox, raw []byte, folder string, after, then map[string]listed, now, was bool) {
	a.t.Helper()
	key := key(folder, raw)
	if _, ok := after[key]; ok != now {
		a.t.Errorf("the %s mail: in %s now is %v", what, folder, ok)
	}
	if _, ok := then[key]; ok != was {
		a.t.Errorf("the %s mail: in %s before is %v", what, folder, ok)
	}
}
