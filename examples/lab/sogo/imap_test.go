//go:build interop

package sogo

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// A mailbox is a lab user's mail, seen with IMAP.
type mailbox struct {
	t    *testing.T
	user string
	imap *imapclient.Client

	called func(folder string) string // what the lab calls a folder of another server's; nil = the same
}

// A message is what IMAP serves of it, in whole.
type message struct {
	folder string
	uid    imap.UID
	raw    []byte
	seen   bool
	flags  []imap.Flag // but \Recent, sorted
	date   time.Time   // the internal date
}

// standardFolders are in every mailbox; SOGo makes the last one when it is first asked.
var standardFolders = []string{"INBOX", "Drafts", "Sent", "Trash", "Junk", "Templates"}

// emptied logs in and leaves nothing in the mailbox but empty standard folders.
func emptied(t *testing.T, user string) *mailbox {
	t.Helper()
	client, err := imapclient.DialInsecure(lab.imap, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	m := &mailbox{t: t, user: user, imap: client}
	m.must(client.Login(user, password(user)).Wait())

	folders := m.folders()
	slices.SortFunc(folders, func(a, b string) int { return cmp.Compare(len(b), len(a)) }) // children first
	for _, folder := range folders {
		if all := m.sel(folder); len(all) > 0 {
			m.delete(folder, all)
		}
		if !slices.Contains(standardFolders, folder) {
			m.must(client.Unselect().Wait())
			m.must(client.Delete(folder).Wait())
		}
	}
	return m
}

func (m *mailbox) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatalf("imap %s: %v", m.user, err)
	}
}

// folders lists the folders that can hold messages.
func (m *mailbox) folders() []string {
	m.t.Helper()
	list, err := m.imap.List("", "*", nil).Collect()
	m.must(err)
	var names []string
	for _, entry := range list {
		if !slices.Contains(entry.Attrs, imap.MailboxAttrNoSelect) && !slices.Contains(entry.Attrs, imap.MailboxAttrNonExistent) {
			names = append(names, entry.Mailbox)
		}
	}
	return names
}

// sel selects a folder and returns all its messages. It enables CONDSTORE, without which SOGo shows a folder empty.
func (m *mailbox) sel(folder string) imap.UIDSet {
	m.t.Helper()
	data, err := m.imap.Select(folder, &imap.SelectOptions{CondStore: true}).Wait()
	m.must(err)
	if data.NumMessages == 0 {
		return nil
	}
	return imap.UIDSet{{Start: 1, Stop: 0}}
}

func (m *mailbox) count(folder string) int {
	m.t.Helper()
	m.must(m.imap.Unselect().Wait())
	data, err := m.imap.Select(folder, nil).Wait()
	m.must(err)
	return int(data.NumMessages)
}

func (m *mailbox) create(folder string) {
	m.t.Helper()
	m.must(m.imap.Create(folder, nil).Wait())
	m.must(m.imap.Subscribe(folder).Wait())
	m.sel(folder)
}

func (m *mailbox) append(folder string, messages ...[]byte) {
	m.t.Helper()
	for i, raw := range messages {
		var flags []imap.Flag
		if i%2 == 0 {
			flags = append(flags, imap.FlagSeen)
		}
		m.add(folder, raw, time.Date(2024, 5, 1, 12, 0, i, 0, time.UTC), flags...)
	}
}

// add appends a message with an internal date and flags.
func (m *mailbox) add(folder string, raw []byte, date time.Time, flags ...imap.Flag) {
	m.t.Helper()
	cmd := m.imap.Append(folder, int64(len(raw)), &imap.AppendOptions{Time: date, Flags: flags})
	_, err := cmd.Write(raw)
	m.must(err)
	m.must(cmd.Close())
	_, err = cmd.Wait()
	m.must(err)
}

// messages fetches everything that the mailbox holds.
func (m *mailbox) messages() []message {
	m.t.Helper()
	var all []message
	whole := &imap.FetchItemBodySection{Peek: true}
	options := &imap.FetchOptions{UID: true, Flags: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{whole}}
	for _, folder := range m.folders() {
		uids := m.sel(folder)
		if uids == nil {
			continue
		}
		list, err := m.imap.Fetch(uids, options).Collect()
		m.must(err)
		if m.called != nil {
			folder = m.called(folder)
		}
		for _, buf := range list {
			seen := slices.Contains(buf.Flags, imap.FlagSeen)
			flags := slices.DeleteFunc(buf.Flags, func(f imap.Flag) bool { return f == `\Recent` })
			slices.Sort(flags)
			all = append(all, message{folder, buf.UID, buf.FindBodySection(whole), seen, flags, buf.InternalDate.UTC()})
		}
	}
	return all
}

func (m *mailbox) read(folder string, uid imap.UID) {
	m.t.Helper()
	m.sel(folder)
	m.must(m.imap.Store(imap.UIDSetNum(uid), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close())
}

func (m *mailbox) move(folder string, uid imap.UID, to string) {
	m.t.Helper()
	m.sel(folder)
	_, err := m.imap.Move(imap.UIDSetNum(uid), to).Wait()
	m.must(err)
}

func (m *mailbox) delete(folder string, uids imap.UIDSet) {
	m.t.Helper()
	m.sel(folder)
	m.must(m.imap.Store(uids, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close())
	m.must(m.imap.Expunge().Close())
}
