package easdst

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// userTypes are the folders that users make. MS-ASCMD 2.2.3.186.2.
var userTypes = map[eas.Class]eas.FolderType{
	eas.ClassContacts: eas.FolderUserContacts, eas.ClassCalendar: eas.FolderUserCalendar,
	eas.ClassTasks: eas.FolderUserTasks, eas.ClassNotes: eas.FolderUserNotes, eas.ClassEmail: eas.FolderUserMail,
}

// special tells of the folders that every mailbox has one of, which nobody makes, renames or deletes.
func special(t eas.FolderType) bool { return t >= eas.FolderInbox && t <= eas.FolderJournal }

// Folders lists the folders of contacts, events, tasks and notes.
func (t *Target) Folders(ctx context.Context) ([]sinks.Place, error) {
	t.alone.Lock()
	defer t.alone.Unlock()
	if err := t.refreshTree(ctx); err != nil {
		return nil, fmt.Errorf("folders: %w", told(err))
	}
	var all []sinks.Place
	for _, p := range t.tree.places() {
		if t.takes(eas.Class(p.Class)) {
			all = append(all, p)
		}
	}
	return all, nil
}

// MakeFolder finds or makes a folder. A default folder (want.Type 7 to 10) is found by its type, whatever it is called. Parents may be of
// any class; those that are missing are made of the class that is wanted.
func (t *Target) MakeFolder(ctx context.Context, want sinks.Place) (p sinks.Place, made bool, err error) {
	t.alone.Lock()
	defer t.alone.Unlock()
	class := eas.Class(want.Class)
	if !t.takes(class) {
		return sinks.Place{}, false, fmt.Errorf("folder %q: %w", want.Path, refusedClass(want.Class))
	}
	if err := t.refreshTree(ctx); err != nil {
		return sinks.Place{}, false, fmt.Errorf("folder %q: %w", want.Path, told(err))
	}
	for _, p := range t.tree.places() {
		if p.Class != want.Class {
			continue
		}
		if p.Path == want.Path || special(eas.FolderType(want.Type)) && p.Type == want.Type {
			return p, false, nil
		}
	}
	id, made, err := t.make(ctx, sinks.SplitPath(want.Path), class)
	if err != nil {
		return sinks.Place{}, false, fmt.Errorf("folder %q: %w", want.Path, told(err))
	}
	p, ok := t.tree.place(id)
	if !ok {
		return sinks.Place{}, false, fmt.Errorf("folder %q: %w: the server said that it made it, and does not list it", want.Path, sinks.ErrRefused)
	}
	return p, made, nil
}

// maxDepth bounds how many folders may be inside one another. Exchange has 300.
const maxDepth = 300

// make finds or makes the folders on the way to one, and the one.
func (t *Target) make(ctx context.Context, names []string, class eas.Class) (id eas.CollectionID, made bool, err error) {
	if len(names) > maxDepth {
		return "", false, fmt.Errorf("%d folders inside one another: %w", len(names), sinks.ErrRefused)
	}
	if parent, ok := t.tree.flatParent(class); ok {
		name := flatName(names, parent)
		if f, ok := t.tree.flatChild(name, class, parent.ID); ok {
			return f.ID, false, nil
		}
		f, made, err := t.create(ctx, eas.Folder{ParentID: root, Name: name, Type: userTypes[class]})
		return f.ID, made, err
	}
	id = root
	for i, name := range names {
		last := i == len(names)-1
		f, ok := t.tree.child(id, name, class)
		if !ok && !last {
			f, ok = t.tree.child(id, name, "")
		}
		made = !ok
		if !ok {
			if f, made, err = t.create(ctx, eas.Folder{ParentID: id, Name: t.free(id, name, class), Type: userTypes[class]}); err != nil {
				return "", false, err
			}
		}
		id = f.ID
	}
	return id, made, nil
}

// free is a name for a folder below a parent, which may have one of another class that is called so: QUIRK(Exchange): names are unique
// whatever the class.
func (t *Target) free(parent eas.CollectionID, name string, class eas.Class) string {
	if _, taken := t.tree.child(parent, name, ""); taken {
		return name + " (" + string(class) + ")"
	}
	return name
}

// create makes one folder, or finds it where the server says that it is there. made tells whether it was not there before.
func (t *Target) create(ctx context.Context, f eas.Folder) (eas.Folder, bool, error) {
	class, _ := f.Type.Class()
	if there, ok := t.tree.child(f.ParentID, f.Name, class); ok {
		return there, false, nil
	}
	id, err := t.createOnce(ctx, f)
	if status(err) == 9 { // the key is not known: nothing was made. MS-ASCMD 2.2.3.177.3
		if err := t.readTree(ctx); err != nil {
			return f, false, err
		}
		id, err = t.createOnce(ctx, f)
	}
	if ctx.Err() != nil {
		return f, false, errors.Join(err, ctx.Err())
	}
	// What is there already is status 2. QUIRK(SOGo 5.8): HTTP 500. A server does not tell a device of its own change, so it is asked for the
	// whole hierarchy: success is believed when the folder is listed, and where it is listed it is.
	if rerr := t.readTree(ctx); rerr != nil {
		return f, false, errors.Join(err, rerr)
	}
	if there, ok := t.tree.folders[id]; ok {
		return there, true, nil
	}
	if there, ok := t.tree.child(f.ParentID, f.Name, class); ok {
		return there, status(err) != 2, nil
	}
	if parent, ok := t.tree.flatParent(class); ok {
		if there, ok := t.tree.flatChild(f.Name, class, parent.ID); ok {
			return there, status(err) != 2, nil
		}
	}
	switch {
	case err == nil:
		err = fmt.Errorf("%w: the server said that it made %q, and does not list it", sinks.ErrRefused, f.Name)
	case status(err) != 0 && meaningOf(err) == nil, class == eas.ClassEmail && broken(err): // QUIRK(SOGo 5.8): HTTP 500 for a name with "."
		err = fmt.Errorf("%w: %w", sinks.ErrRefused, err)
	}
	return f, false, err
}

func (t *Target) createOnce(ctx context.Context, f eas.Folder) (eas.CollectionID, error) {
	id, key, err := t.client.FolderCreate(ctx, t.tree.key, f)
	if err != nil {
		return "", err
	}
	t.tree.key = key
	return id, nil
}

// RenameFolder moves a folder, with those below it. It is errors.ErrUnsupported for default folders.
func (t *Target) RenameFolder(ctx context.Context, p sinks.Place, path string) (sinks.Place, error) {
	t.alone.Lock()
	defer t.alone.Unlock()
	to, err := t.rename(ctx, p, path)
	if err != nil {
		return sinks.Place{}, fmt.Errorf("folder %q to %q: %w", p.Path, path, told(err))
	}
	return to, nil
}

func (t *Target) rename(ctx context.Context, p sinks.Place, path string) (sinks.Place, error) {
	f, err := t.folder(ctx, p)
	if err != nil {
		return p, err
	}
	if special(f.Type) {
		return p, fmt.Errorf("the mailbox's own %s: %w", f.Type, errors.ErrUnsupported)
	}
	names := sinks.SplitPath(path)
	class, _ := f.Type.Class()
	f.ParentID, f.Name = root, names[len(names)-1]
	if parent, ok := t.tree.flatParent(class); ok {
		f.ParentID, f.Name = parent.ID, flatName(names, parent)
	} else if len(names) > 1 {
		if f.ParentID, _, err = t.make(ctx, names[:len(names)-1], class); err != nil {
			return p, err
		}
	}
	key, err := t.client.FolderUpdate(ctx, t.tree.key, f)
	switch {
	case err == nil:
		t.tree.key = key
	case status(err) == 4:
		return p, fmt.Errorf("%w: %w", sinks.ErrNotExist, err)
	case carriedOut(err):
		t.tree.key = ""
	default:
		return p, err
	}
	if rerr := t.readTree(ctx); rerr != nil {
		return p, errors.Join(err, rerr)
	}
	if now, ok := t.tree.place(f.ID); ok && (now.Path == path || err == nil && t.tree.folders[f.ID].Name == f.Name) {
		return now, nil
	}
	if i := slices.IndexFunc(t.tree.places(), func(q sinks.Place) bool { return q.Class == p.Class && q.Path == path }); i >= 0 {
		return t.tree.places()[i], nil
	}
	switch {
	case err == nil:
		err = fmt.Errorf("%w: the server said that it renamed it, and does not list it", sinks.ErrRefused)
	case broken(err): // QUIRK(SOGo 5.8): HTTP 500 for a folder of contacts
		err = fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	return p, err
}

// folder looks a place up in the hierarchy as it is now.
func (t *Target) folder(ctx context.Context, p sinks.Place) (eas.Folder, error) {
	if err := t.refreshTree(ctx); err != nil {
		return eas.Folder{}, err
	}
	f, ok := t.tree.folders[eas.CollectionID(p.ID)]
	if class, _ := f.Type.Class(); !ok || p.Class != "" && string(class) != p.Class {
		return f, sinks.ErrNotExist
	}
	return f, nil
}
