package easserver

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/airlift-eas/airlift/eas"
)

// maxInMemory is the size of a message above which it stays in its file.
const maxInMemory = 1 << 20

// LoadDir makes a store of dir/<user>/<folder path>/*.eml, *.vcf and *.ics. The
// folders that every mailbox has are found by their names, in any case; others get
// the type that fits what is in them first. A component of an iCalendar file that is
// of another class than its folder goes to the mailbox's own folder for that class.
//
// Files are read now, except for messages of more than 1 MiB, which are read whenever
// they are served and must not change. Other files are left alone.
func LoadDir(dir string) (*Store, error) {
	users, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("load mailboxes: %w", err)
	}
	store := NewStore()
	for _, e := range users {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		l := loader{user: store.AddUser(e.Name()), root: filepath.Join(dir, e.Name())}
		if err := filepath.WalkDir(l.root, l.visit); err != nil {
			return nil, fmt.Errorf("load mailboxes: %w", err)
		}
	}
	return store, nil
}

// loader reads the files of one mailbox.
type loader struct {
	user *User
	root string
}

func (l *loader) visit(path string, d fs.DirEntry, err error) error {
	if err != nil || path == l.root {
		return err
	}
	if strings.HasPrefix(d.Name(), ".") {
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	}
	rel, err := filepath.Rel(l.root, filepath.Dir(path))
	if err != nil {
		return err
	}
	if d.IsDir() {
		return l.emptyDir(path)
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".eml":
		return l.message(path, rel)
	case ".vcf":
		return l.contacts(path, rel)
	case ".ics":
		return l.calendar(path, rel)
	}
	return nil
}

// emptyDir makes a mail folder of a directory without files. One with files gets its
// type from them.
func (l *loader) emptyDir(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil || len(entries) > 0 {
		return err
	}
	rel, err := filepath.Rel(l.root, path)
	if err == nil {
		l.folder(rel, eas.FolderUserMail)
	}
	return err
}

// folder returns the folder of a path, and makes it if it is not there.
func (l *loader) folder(rel string, typ eas.FolderType) *Folder {
	if rel == "." {
		rel = "Inbox"
		if class, _ := typ.Class(); class != eas.ClassEmail {
			return l.user.own(class)
		}
	}
	names := strings.Split(filepath.ToSlash(rel), "/")
	for _, f := range defaultFolders {
		if strings.EqualFold(f.name, names[0]) {
			names[0] = f.name
		}
	}
	return l.user.AddFolder(strings.Join(names, "/"), typ)
}

// own returns the mailbox's own folder for a class.
func (u *User) own(class eas.Class) *Folder {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, f := range u.folders {
		if f.class() == class {
			return f
		}
	}
	return nil
}

// add puts an item into a folder of its class: the one that is meant if it is one.
func (l *loader) add(f *Folder, class eas.Class, it Item) {
	if f.class() != class {
		f = l.user.own(class)
	}
	f.Add(it)
}

func (l *loader) message(path, rel string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	c := &Content{Size: info.Size(), Open: func() (io.ReadCloser, error) { return os.Open(path) }}
	if info.Size() <= maxInMemory {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		c = &Content{Bytes: b}
	}
	l.add(l.folder(rel, eas.FolderUserMail), eas.ClassEmail, Item{Message: c, Received: c.date(info.ModTime())})
	return nil
}

func (l *loader) contacts(path, rel string) error {
	cards, err := parseFile(path, parseCards)
	if err != nil {
		return err
	}
	f := l.folder(rel, eas.FolderUserContacts)
	for _, props := range cards {
		l.add(f, eas.ClassContacts, Item{Properties: props})
	}
	return nil
}

func (l *loader) calendar(path, rel string) error {
	calendars, err := parseFile(path, parseComponents)
	if err != nil {
		return err
	}
	var f *Folder
	for _, it := range calendarItems(calendars) {
		if f == nil {
			f = l.folder(rel, l.user.own(it.class).userType())
		}
		l.add(f, it.class, Item{Properties: it.props})
	}
	return nil
}

func (f *Folder) userType() eas.FolderType { return userCreated(f.typ) }

func parseFile[T any](path string, parse func(io.Reader) (T, error)) (parsed T, err error) {
	r, err := os.Open(path)
	if err != nil {
		return parsed, err
	}
	defer r.Close()
	if parsed, err = parse(r); err != nil {
		return parsed, fmt.Errorf("%s: %w", path, err)
	}
	return parsed, nil
}
