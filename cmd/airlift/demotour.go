package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/archive"
)

const demoMessage = "From: Ann Smith <ann@example.org>\r\nTo: Alice Example <alice@example.com>\r\n" +
	"Subject: One more thing\r\nDate: Mon, 02 Jun 2025 09:00:00 +0000\r\nMessage-ID: <one-more@example.org>\r\n\r\n" +
	"It came after the first run.\r\n"

// change does to the mailbox what a day does, and returns what the next run has to find.
func (d *demo) change() (want migrate.Summary, err error) {
	inbox, contacts := d.user.Folder("Inbox"), d.user.Folder("Contacts")
	letters, project, old := d.user.Folder("Inbox/Newsletters"), d.user.Folder("Inbox/Projects/Lighthouse"), d.user.Folder("Archive/2024")
	unflagged, err1 := find(inbox, func(it easserver.Item) bool { return it.Flag == nil })
	letter, err2 := find(letters, func(easserver.Item) bool { return true })
	superfluous, err3 := find(project, func(easserver.Item) bool { return true })
	person, err4 := find(contacts, func(it easserver.Item) bool { return telephone(it.Properties) >= 0 })
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return want, err
	}
	inbox.AddMessage([]byte(demoMessage))
	_, moved := letters.Move(letter, old)
	err = errors.Join(moved, inbox.SetFlag(unflagged, true), project.Delete(superfluous), contacts.Change(person, func(it *easserver.Item) {
		it.Properties = slices.Clone(it.Properties)
		it.Properties[telephone(it.Properties)].Text = "+44 20 7946 0999"
	}))
	// What is moved leaves one folder and comes to the other.
	return migrate.Summary{ItemsStored: 2, ItemsChanged: 2, ItemsDeleted: 2}, err
}

// telephone is where an item's number at work is, -1 if it has none.
func telephone(props []wbxml.Element) int {
	return slices.IndexFunc(props, func(e wbxml.Element) bool { return e.Tag == wbxml.ContactsBusinessPhoneNumber })
}

func find(f *easserver.Folder, fits func(easserver.Item) bool) (id eas.ServerID, err error) {
	for id, it := range f.Items() {
		if fits(it) {
			return id, nil
		}
	}
	return "", fmt.Errorf("demo: the sample's folder %s is not as expected", f.Path())
}

// tour says where to look and what to try next. between is a time between the two runs.
func (d *demo) tour(ctx context.Context, a *archive.Archive, between time.Time) error {
	folders, err := a.Folders(ctx, demoMailbox)
	if err != nil {
		return err
	}
	segment, id := "", ""
	for _, f := range folders {
		if f.Path == "Inbox" {
			segment = filepath.Join(d.archive, filepath.FromSlash(a.SegmentName(demoMailbox, f.Dir, 1)))
		}
	}
	for item, err := range a.Items(ctx, demoMailbox, time.Time{}) {
		if err != nil {
			return err
		}
		if item.Folder.Path == "Contacts" {
			id = item.ID
		}
	}
	from := shellWord(d.archive)
	d.c.result(`
the archive is in %s; to try next:

  airlift ls --archive %s
  airlift ls --archive %s --at %s   # before the changes
  airlift cat --archive %s %s
  airlift status --archive %s
  tar --zstd -xf %s -C EMPTY-DIRECTORY   # no airlift needed`,
		d.archive, from, from, between.Format(time.RFC3339Nano), from, id, from, shellWord(segment))
	return nil
}

// shellWord quotes a word where a shell would take it apart.
func shellWord(s string) string {
	if !strings.ContainsAny(s, " '\"!#$&()*;<>?[\\]`{|}~\t\n") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
