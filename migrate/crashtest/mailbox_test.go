package crashtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

var users = []string{"ada", "bob"}

func address(user string) string { return user + "@example.com" }

// fill makes the mailboxes: one with mail and contacts, one with mail, events, tasks and notes.
func fill(s *easserver.Store) {
	ada, bob := s.AddUser("ada"), s.AddUser("bob")
	keep(ada, eas.FolderInbox, eas.FolderContacts)
	keep(bob, eas.FolderInbox, eas.FolderCalendar, eas.FolderTasks, eas.FolderNotes)
	work, old := ada.AddFolder("Work", eas.FolderUserMail), ada.AddFolder("Old", eas.FolderUserMail)
	mail(ada.Folder("Inbox"), 0, 6)
	mail(work, 10, 3)
	mail(old, 20, 2)
	mail(bob.Folder("Inbox"), 30, 5)
	work.AddMessage(message(19, whole))
	for n := range 5 {
		add(ada, eas.FolderContacts,
			wbxml.T(wbxml.ContactsFirstName, fmt.Sprintf("Contact-%d", n)), wbxml.T(wbxml.ContactsEmail1Address, fmt.Sprintf("c%d@example.org", n)))
	}
	for n := range 2 {
		add(bob, eas.FolderCalendar, wbxml.T(wbxml.CalendarSubject, fmt.Sprintf("Event-%d", n)), wbxml.T(wbxml.CalendarUID, fmt.Sprintf("uid-%d", n)),
			wbxml.T(wbxml.CalendarStartTime, "20240301T100000Z"), wbxml.T(wbxml.CalendarEndTime, "20240301T110000Z"))
		add(bob, eas.FolderTasks, wbxml.T(wbxml.TasksSubject, fmt.Sprintf("Task-%d", n)), wbxml.T(wbxml.TasksComplete, "0"))
	}
	add(bob, eas.FolderNotes, wbxml.T(wbxml.NotesSubject, "Note-0"), wbxml.T(wbxml.NotesMessageClass, "IPM.StickyNote"))
}

// keep removes the folders of a new mailbox that are of other types: every one of them costs many effects.
func keep(u *easserver.User, types ...eas.FolderType) {
	for _, f := range u.Folders() {
		if !slices.Contains(types, f.Type()) {
			must(u.RemoveFolder(f))
		}
	}
}

// change is what happens to the mailboxes between two runs.
func change(s *easserver.Store) {
	ada, bob := s.User("ada"), s.User("bob")
	inbox, work := ada.Folder("Inbox"), ada.Folder("Work")
	ids := idsOf(inbox)
	mail(inbox, 40, 1)
	mail(bob.Folder("Inbox"), 50, 1)
	_, moved := inbox.Move(ids[3], work)
	contacts := ofType(ada, eas.FolderContacts)
	must(errors.Join(
		inbox.SetRead(ids[1], true), inbox.Delete(ids[2]), moved,
		bob.Folder("Inbox").Delete(idsOf(bob.Folder("Inbox"))[4]),
		contacts.Change(idsOf(contacts)[0], func(it *easserver.Item) {
			it.Properties = append(slices.Clone(it.Properties), wbxml.T(wbxml.ContactsJobTitle, "Pilot"))
		}),
		ada.MoveFolder(work, nil, "Labour"),
		ada.RemoveFolder(ada.Folder("Old")),
	))
}

func mail(f *easserver.Folder, from, n int) {
	for i := range n {
		f.AddMessage(message(from+i, 0))
	}
}

// message makes message n, longer than more bytes.
func message(n, more int) []byte {
	line := fmt.Sprintf("this is line of message %d\r\n", n)
	return fmt.Appendf(nil, "From: Sender <s%d@example.org>\r\nTo: rcpt@example.com\r\nSubject: message %d\r\nDate: Fri, 01 Mar 2024 10:%02d:00 +0000\r\n"+
		"Message-ID: <%d@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s", n, n, n%60, n, strings.Repeat(line, 3+more/20))
}

func add(u *easserver.User, typ eas.FolderType, props ...wbxml.Element) {
	ofType(u, typ).Add(easserver.Item{Properties: props})
}

func ofType(u *easserver.User, typ eas.FolderType) *easserver.Folder {
	fs := u.Folders()
	return fs[slices.IndexFunc(fs, func(f *easserver.Folder) bool { return f.Type() == typ })]
}

func idsOf(f *easserver.Folder) (ids []eas.ServerID) {
	for id := range f.Items() {
		ids = append(ids, id)
	}
	return ids
}

// must is for what cannot fail unless the test is wrong.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
