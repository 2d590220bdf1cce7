package easserver

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
)

// Folder is a folder of a mailbox with its items.
//
// Every mutation of an item appends the item's number to the log. The place in
// the log is the mutation's sequence number, so a sync state is a place in the
// log and the set of the items that the device has; the last entry of an item
// is the one that counts, earlier ones are stale.
type Folder struct {
	user   *User
	id     string
	parent *Folder
	name   string
	typ    eas.FolderType

	items []*version // by number; a deleted item stays as a mark
	live  int
	log   []uint32
}

// version is an item as it was since the mutation seq. It does not change any
// more, so answers are written from versions without the lock.
type version struct {
	Item
	num     uint32
	seq     uint64
	content uint64  // the mutation that last changed more than flags
	origin  *device // who made it, to be told nothing; nil: everybody is told
	deleted bool
	mail    *mailSummary // what the headers say, read when it is first needed
}

// ID returns the CollectionId.
func (f *Folder) ID() eas.CollectionID { return eas.CollectionID(f.id) }

// Type returns the type that the client sees.
func (f *Folder) Type() eas.FolderType { return f.typ }

// Path returns the names from the top to the folder, joined by slashes.
func (f *Folder) Path() string {
	f.user.mu.Lock()
	defer f.user.mu.Unlock()
	var names []string
	for x := f; x != nil; x = x.parent {
		names = append([]string{x.name}, names...)
	}
	return strings.Join(names, "/")
}

// Len returns the number of items.
func (f *Folder) Len() int {
	f.user.mu.Lock()
	defer f.user.mu.Unlock()
	return f.live
}

// Items yields the ServerId and content of the items that are there when the
// loop begins, oldest first.
func (f *Folder) Items() iter.Seq2[eas.ServerID, Item] {
	f.user.mu.Lock()
	items := append([]*version(nil), f.items...)
	f.user.mu.Unlock()
	return func(yield func(eas.ServerID, Item) bool) {
		for _, v := range items {
			if !v.deleted && !yield(eas.ServerID(f.serverID(v.num)), v.Item) {
				return
			}
		}
	}
}

// Add puts an item into the folder and returns its ServerId.
func (f *Folder) Add(it Item) eas.ServerID {
	f.user.mu.Lock()
	defer f.user.mu.Unlock()
	v := f.add(it, nil)
	f.user.notify()
	return eas.ServerID(f.serverID(v.num))
}

// AddMessage adds a message, unread, received when its Date header says.
func (f *Folder) AddMessage(message []byte) eas.ServerID {
	return f.Add(Item{Message: &Content{Bytes: message}})
}

// Change replaces an item by what edit makes of a copy of it. edit must replace
// slices and pointers of the item and not write into them.
func (f *Folder) Change(id eas.ServerID, edit func(*Item)) error {
	return f.alter("change", id, func(v *version) {
		it := v.Item
		edit(&it)
		f.replace(v, it, nil)
	})
}

// alter does something to an item.
func (f *Folder) alter(what string, id eas.ServerID, do func(*version)) error {
	f.user.mu.Lock()
	defer f.user.mu.Unlock()
	v := f.item(string(id))
	if v == nil {
		return fmt.Errorf("%s %s: %w", what, id, ErrNoItem)
	}
	do(v)
	f.user.notify()
	return nil
}

// SetRead marks a message as read or unread.
func (f *Folder) SetRead(id eas.ServerID, read bool) error {
	return f.Change(id, func(it *Item) { it.Read = read })
}

// SetFlag sets or clears the follow-up flag of a message.
func (f *Folder) SetFlag(id eas.ServerID, on bool) error {
	return f.Change(id, func(it *Item) {
		it.Flag = nil
		if on {
			it.Flag = activeFlag()
		}
	})
}

// Delete removes an item.
func (f *Folder) Delete(id eas.ServerID) error {
	return f.alter("delete", id, func(v *version) { f.remove(v, nil) })
}

// Move moves an item into another folder of the mailbox and returns its
// ServerId there.
func (f *Folder) Move(id eas.ServerID, to *Folder) (moved eas.ServerID, err error) {
	if to.user != f.user {
		return "", fmt.Errorf("move %s: %w", id, ErrNoFolder)
	}
	err = f.alter("move", id, func(v *version) {
		f.remove(v, nil)
		moved = eas.ServerID(to.serverID(to.add(v.Item, nil).num))
	})
	return moved, err
}

// The rest of the file is called with the lock of the mailbox held.

func (f *Folder) serverID(num uint32) string {
	return f.id + ":" + strconv.FormatUint(uint64(num), 10)
}

// item returns the live item with the ServerId, or nil.
func (f *Folder) item(serverID string) *version {
	folder, n, ok := strings.Cut(serverID, ":")
	num, err := strconv.ParseUint(n, 10, 32)
	if !ok || err != nil || folder != f.id || num >= uint64(len(f.items)) || f.items[num].deleted {
		return nil
	}
	return f.items[num]
}

func (f *Folder) add(it Item, origin *device) *version {
	if it.Message != nil {
		it.Message = it.Message.checked()
		if it.Received.IsZero() {
			it.Received = it.Message.date(time.Now())
		}
	}
	v := &version{Item: it, num: uint32(len(f.items)), origin: origin}
	if it.Message != nil {
		v.mail = &mailSummary{}
	}
	f.items = append(f.items, v)
	f.live++
	v.seq = f.logged(v.num)
	v.content = v.seq
	return v
}

func (f *Folder) replace(old *version, it Item, origin *device) *version {
	v := &version{Item: it, num: old.num, content: old.content, origin: origin, mail: old.mail}
	v.seq = f.logged(v.num)
	if it.Message == nil || it.Message != old.Message {
		v.content = v.seq
	}
	if it.Message != old.Message {
		v.Message = it.Message.checked()
		v.mail = &mailSummary{}
	}
	f.items[v.num] = v
	return v
}

func (f *Folder) remove(old *version, origin *device) {
	f.items[old.num] = &version{num: old.num, seq: f.logged(old.num), deleted: true, origin: origin}
	f.live--
}

func (f *Folder) logged(num uint32) uint64 {
	f.log = append(f.log, num)
	return uint64(len(f.log))
}

// within tells whether f is g or below it.
func (f *Folder) within(g *Folder) bool {
	for x := f; x != nil; x = x.parent {
		if x == g {
			return true
		}
	}
	return false
}
