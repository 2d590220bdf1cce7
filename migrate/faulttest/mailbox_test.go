package faulttest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// mailbox is a mailbox that changes by a seed. Every item has a number that no other has, but copies; and those
// that are no mail a revision.
type mailbox struct {
	t    *testing.T
	rng  *rand.Rand
	user *easserver.User
	mail []*easserver.Folder
	rest []*easserver.Folder // one of each other class
	last int                 // number given
}

func newMailbox(t *testing.T, seed uint64, store *easserver.Store) *mailbox {
	t.Helper()
	m := &mailbox{t: t, rng: rand.New(rand.NewPCG(seed, 1)), user: store.AddUser(user)}
	for _, f := range m.user.Folders() {
		switch f.Type() {
		case eas.FolderInbox:
			m.mail = append(m.mail, f)
		case eas.FolderContacts, eas.FolderCalendar, eas.FolderTasks, eas.FolderNotes:
			m.rest = append(m.rest, f)
		default: // every folder costs requests
			m.must(m.user.RemoveFolder(f))
		}
	}
	m.mail = append(m.mail, m.user.AddFolder("Inbox/Projects", eas.FolderUserMail), m.user.AddFolder("Archive", eas.FolderUserMail))
	for i, f := range m.mail {
		for range []int{18, 11, 0}[i] {
			f.AddMessage(m.message())
		}
	}
	for i, f := range m.rest {
		for range []int{7, 3, 1, 6}[i] {
			m.addPersonal(f)
		}
	}
	return m
}

func (m *mailbox) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *mailbox) number() int { m.last++; return m.last }

func (m *mailbox) message() []byte {
	n := m.number()
	return fmt.Appendf(nil, "From: Sender %d <s%d@example.org>\r\nTo: ada@example.com\r\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?= %d\r\n"+
		"Date: Fri, 01 Mar 2024 10:%02d:00 +0000\r\nMessage-ID: <%d@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s",
		n, n, n, n%60, n, strings.Repeat(fmt.Sprintf("line of %d\r\n", n), 1+m.rng.IntN(60)))
}

// personal makes what is kept of a contact, event, task or note: where its name, its number and its revision are.
func personal(f *easserver.Folder, number, revision int) easserver.Item {
	name, rev := fmt.Sprintf("Item-%d-", number), fmt.Sprintf("Rev-%d-", revision)
	body := wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, strings.Repeat("text of "+name+rev+"\r\n", 4)))
	var props []wbxml.Element
	switch f.Type() {
	case eas.FolderContacts:
		props = []wbxml.Element{wbxml.T(wbxml.ContactsFileAs, name), wbxml.T(wbxml.ContactsLastName, name), wbxml.T(wbxml.ContactsJobTitle, rev)}
	case eas.FolderCalendar:
		props = []wbxml.Element{
			wbxml.T(wbxml.CalendarSubject, name), wbxml.T(wbxml.CalendarUID, name+"uid"), wbxml.T(wbxml.CalendarLocation, rev),
			wbxml.T(wbxml.CalendarStartTime, "20240301T100000Z"), wbxml.T(wbxml.CalendarEndTime, "20240301T110000Z"),
		}
	case eas.FolderTasks:
		props = []wbxml.Element{wbxml.T(wbxml.TasksSubject, name+" "+rev), wbxml.T(wbxml.TasksComplete, "0")}
	default:
		props = []wbxml.Element{wbxml.T(wbxml.NotesSubject, name+" "+rev), wbxml.T(wbxml.NotesMessageClass, "IPM.StickyNote")}
	}
	return easserver.Item{Properties: append(props, body)}
}

func (m *mailbox) addPersonal(f *easserver.Folder) { f.Add(personal(f, m.number(), 0)) }

// change does what people do between two runs.
func (m *mailbox) change() {
	for range 3 + m.rng.IntN(6) {
		f := m.mail[m.rng.IntN(len(m.mail))]
		id, it, ok := m.any(f)
		switch n := m.rng.IntN(10); {
		case n < 4 || !ok:
			f.AddMessage(m.message())
		case n == 4:
			f.AddMessage(bytes.Clone(it.Message.Bytes)) // a copy is an item of its own
		case n == 5:
			m.must(f.Delete(id))
		case n < 8:
			_, err := f.Move(id, m.mail[m.rng.IntN(len(m.mail))])
			m.must(err)
		default:
			m.must(f.SetRead(id, !it.Read))
		}
	}
	for range 2 {
		f := m.rest[m.rng.IntN(len(m.rest))]
		id, it, ok := m.any(f)
		switch n := m.rng.IntN(4); {
		case n == 0 || !ok:
			m.addPersonal(f)
		case n == 1:
			m.must(f.Delete(id))
		default:
			number, _ := said(propertiesText(it.Properties))
			m.must(f.Change(id, func(it *easserver.Item) { *it = personal(f, number, m.number()) }))
		}
	}
}

// any picks an item of a folder.
func (m *mailbox) any(f *easserver.Folder) (id eas.ServerID, it easserver.Item, ok bool) {
	n := f.Len()
	if n == 0 {
		return "", it, false
	}
	n = m.rng.IntN(n)
	for id, it := range f.Items() {
		if n == 0 {
			return id, it, true
		}
		n--
	}
	return "", it, false
}

// said returns the number and the revision that a text names, -1 if it names none or more than one.
func said(text string) (number, revision int) {
	one := func(prefix string) int {
		found := -1
		for _, part := range strings.Split(text, prefix)[1:] {
			var n int
			if _, err := fmt.Sscanf(part, "%d-", &n); err != nil || found >= 0 && found != n {
				return -1
			}
			found = n
		}
		return found
	}
	return one("Item-"), one("Rev-")
}

func propertiesText(props []wbxml.Element) string {
	var b strings.Builder
	for i := range props {
		b.WriteString(props[i].Text + "\n" + propertiesText(props[i].Children))
	}
	return b.String()
}

// items lists what the mailbox holds: a line for each item.
func (m *mailbox) items() []string {
	var all []string
	for _, f := range m.user.Folders() {
		for _, it := range f.Items() {
			if it.Message != nil {
				all = append(all, mailLine(f.Path(), it.Read, it.Message.Bytes))
			} else {
				all = append(all, personalLine(f.Path(), propertiesText(it.Properties)))
			}
		}
	}
	slices.Sort(all)
	return all
}
