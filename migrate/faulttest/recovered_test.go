package faulttest

import (
	"bytes"
	"errors"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
)

// only leaves one folder of the mailbox.
func (m *mailbox) only(typ eas.FolderType) (left *easserver.Folder) {
	m.t.Helper()
	for _, f := range m.user.Folders() {
		if f.Type() == typ {
			left = f
		} else if err := m.user.RemoveFolder(f); !errors.Is(err, easserver.ErrNoFolder) { // it went with its parent
			m.must(err)
		}
	}
	return left
}

// TestRecoveredAndDeleted: an item that only the audit got, and that is deleted then, is not live any more.
func TestRecoveredAndDeleted(t *testing.T) {
	l := newLab(t, 1, "14.1", easserver.FaultRule{Fault: easserver.FaultSkippedItem, Limit: 1}, total)
	contacts := l.box.only(eas.FolderContacts)
	id, _, _ := l.box.any(contacts)
	l.checkEnd(l.run())
	l.box.must(contacts.Delete(id))
	l.box.addPersonal(contacts)
	l.run()
	l.box.addPersonal(contacts)
	l.checkEnd(l.run())
}

// TestCopy: when all of a folder comes again, and the copy of a message before the message, neither is stored again.
func TestCopy(t *testing.T) {
	l := newLab(t, 1, "14.1")
	l.options.Window = 1 // the copy has a page of its own
	inbox := l.box.only(eas.FolderInbox)
	l.checkEnd(l.run())
	id, it, _ := l.box.any(inbox)
	inbox.AddMessage(bytes.Clone(it.Message.Bytes))
	l.box.must(inbox.SetRead(id, true)) // what changed last comes last
	for _, d := range l.box.user.Devices() {
		l.box.user.RemoveDevice(d.ID)
	}
	l.checkEnd(l.run())
}

// TestOutsideAndDeleted: an item that is said to have left the window, and is deleted then, is not shown any more.
func TestOutsideAndDeleted(t *testing.T) {
	l := newLab(t, 1, "14.1", easserver.FaultRule{Fault: easserver.FaultSoftDelete, Limit: 1})
	l.options.Audit = migrate.AuditNever // which would find the item at once
	contacts := l.box.only(eas.FolderContacts)
	l.run()
	if l.faults.Injected()[easserver.FaultSoftDelete] != 1 {
		t.Fatal("nothing was said to have left the window")
	}
	for contacts.Len() > 1 {
		id, _, _ := l.box.any(contacts)
		l.box.must(contacts.Delete(id))
	}
	l.options.Audit = migrate.AuditMismatch
	l.checkEnd(l.run())
}
