package easserver

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/airlift-eas/airlift/eas"
)

// User is a mailbox: a tree of folders, and what the server knows of the
// devices that synchronize it. One lock guards all of it; it is held to plan an
// answer, never while an answer is written.
type User struct {
	name, address, displayName string

	mu         sync.Mutex
	folders    []*Folder // in the order of their ids
	nextFolder int
	devices    map[string]*device
	changed    chan struct{} // closed, and replaced, when anything changes
	oof        oofSettings
	accounts   []eas.Account // but for the primary one
	entry      eas.GALEntry

	certificates [][]byte // DER
}

// The folders that every mailbox has, with the types of MS-ASCMD 2.2.3.186.3.
var defaultFolders = []struct {
	name string
	typ  eas.FolderType
}{
	{"Inbox", eas.FolderInbox},
	{"Drafts", eas.FolderDrafts},
	{"Deleted Items", eas.FolderDeletedItems},
	{"Sent Items", eas.FolderSentItems},
	{"Outbox", eas.FolderOutbox},
	{"Tasks", eas.FolderTasks},
	{"Calendar", eas.FolderCalendar},
	{"Contacts", eas.FolderContacts},
	{"Notes", eas.FolderNotes},
}

func newUser(name string) *User {
	u := &User{name: name, address: name, devices: map[string]*device{}, changed: make(chan struct{})}
	local, _, isAddress := strings.Cut(name, "@")
	if !isAddress {
		u.address = name + "@example.com"
	}
	first, n := utf8.DecodeRuneInString(local)
	u.displayName = string(unicode.ToUpper(first)) + local[n:] + " Example"
	for _, f := range defaultFolders {
		u.addFolder(nil, f.name, f.typ)
	}
	return u
}

// Name returns the name that the mailbox was added with.
func (u *User) Name() string { return u.name }

// Address returns the mail address of the mailbox.
func (u *User) Address() string { return u.address }

// Folder finds a folder by its path, such as "Inbox/Projects", or returns nil.
func (u *User) Folder(path string) *Folder {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.lookup(strings.Split(path, "/"))
}

// Folders returns all folders, parents before their children.
func (u *User) Folders() []*Folder {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]*Folder(nil), u.folders...)
}

// AddFolder returns the folder at path, and makes it with the type if it is not
// there; parents that are missing are made with the type that fits their
// children.
func (u *User) AddFolder(path string, typ eas.FolderType) *Folder {
	u.mu.Lock()
	defer u.mu.Unlock()
	names := strings.Split(path, "/")
	var parent *Folder
	for i := range names {
		f := u.lookup(names[:i+1])
		if f == nil {
			t := typ
			if i < len(names)-1 {
				t = userCreated(typ)
			}
			f = u.addFolder(parent, names[i], t)
		}
		parent = f
	}
	u.notify()
	return parent
}

// RemoveFolder deletes a folder with all below it.
func (u *User) RemoveFolder(f *Folder) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.byID(f.id) != f {
		return fmt.Errorf("remove %s: %w", f.name, ErrNoFolder)
	}
	u.removeFolder(f)
	u.notify()
	return nil
}

// MoveFolder gives a folder another parent, nil for the top, and another name.
func (u *User) MoveFolder(f, parent *Folder, name string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.byID(f.id) != f || parent != nil && (u.byID(parent.id) != parent || parent.within(f)) {
		return fmt.Errorf("move %s: %w", f.name, ErrNoFolder)
	}
	f.parent, f.name = parent, name
	u.notify()
	return nil
}

// The rest of the file is called with u.mu held.

func (u *User) addFolder(parent *Folder, name string, typ eas.FolderType) *Folder {
	u.nextFolder++
	f := &Folder{user: u, id: strconv.Itoa(u.nextFolder), parent: parent, name: name, typ: typ}
	u.folders = append(u.folders, f)
	return f
}

func (u *User) removeFolder(f *Folder) {
	rest := u.folders[:0:0]
	for _, x := range u.folders {
		if !x.within(f) {
			rest = append(rest, x)
			continue
		}
		for _, d := range u.devices {
			delete(d.collections, x.id)
		}
	}
	u.folders = rest
}

func (u *User) byID(id string) *Folder {
	for _, f := range u.folders {
		if f.id == id {
			return f
		}
	}
	return nil
}

func (u *User) byType(typ eas.FolderType) *Folder {
	for _, f := range u.folders {
		if f.typ == typ {
			return f
		}
	}
	return nil
}

func (u *User) child(parent *Folder, name string) *Folder {
	for _, f := range u.folders {
		if f.parent == parent && f.name == name {
			return f
		}
	}
	return nil
}

func (u *User) lookup(names []string) *Folder {
	var f *Folder
	for _, name := range names {
		if f = u.child(f, name); f == nil {
			return nil
		}
	}
	return f
}

// notify wakes every Ping and Sync that waits for a change.
func (u *User) notify() {
	close(u.changed)
	u.changed = make(chan struct{})
}
