package easdst

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// tree is the hierarchy of folders.
type tree struct {
	key     eas.SyncKey // "" = it is not known
	folders map[eas.CollectionID]eas.Folder
}

const maxFolders = 100_000

// readTree asks for the whole hierarchy.
func (t *Target) readTree(ctx context.Context) error {
	t.tree.key = ""
	changes, err := t.client.FolderSync(ctx, eas.InitialKey)
	if err != nil {
		return err
	}
	t.tree.folders = map[eas.CollectionID]eas.Folder{}
	t.tree.take(changes)
	return nil
}

// refreshTree asks for what changed of it; of all, where the server does not know any more what it told.
func (t *Target) refreshTree(ctx context.Context) error {
	if t.tree.key == "" {
		return t.readTree(ctx)
	}
	changes, err := t.client.FolderSync(ctx, t.tree.key)
	if err != nil {
		return t.readTree(ctx)
	}
	t.tree.take(changes)
	return nil
}

func (t *tree) take(changes *eas.FolderChanges) {
	for _, f := range slices.Concat(changes.Add, changes.Update) {
		if len(t.folders) < maxFolders {
			t.folders[f.ID] = f
		}
	}
	for _, id := range changes.Delete {
		delete(t.folders, id)
	}
	t.key = changes.Key
}

// names is the way to a folder, the outermost first. A hierarchy may be a circle.
func (t *tree) names(id eas.CollectionID) []string {
	var names []string
	seen := map[eas.CollectionID]bool{}
	for f, ok := t.folders[id]; ok && !seen[f.ID]; f, ok = t.folders[f.ParentID] {
		seen[f.ID] = true
		names = append(names, f.Name)
	}
	slices.Reverse(names)
	return names
}

// places are the folders of the classes, in the order of their paths. Of two with one path the later has a number.
func (t *tree) places() []sinks.Place {
	var all []sinks.Place
	for id, f := range t.folders {
		class, ok := f.Type.Class()
		if ok && (class == eas.ClassEmail || slices.Contains(classes, class)) {
			all = append(all, sinks.Place{ID: string(id), Path: sinks.JoinPath(t.names(id)...), Class: string(class), Type: int(f.Type), Items: -1})
		}
	}
	slices.SortFunc(all, func(a, b sinks.Place) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	})
	taken := map[string]bool{}
	for i := range all {
		p := &all[i]
		path := p.Path
		for n := 2; taken[p.Class+" "+p.Path]; n++ {
			p.Path = path + " (" + strconv.Itoa(n) + ")"
		}
		taken[p.Class+" "+p.Path] = true
	}
	return all
}

// place is the folder with an id.
func (t *tree) place(id eas.CollectionID) (sinks.Place, bool) {
	all := t.places()
	i := slices.IndexFunc(all, func(p sinks.Place) bool { return p.ID == string(id) })
	if i < 0 {
		return sinks.Place{}, false
	}
	return all[i], true
}

// child is the folder of a name below a parent that is of the class, or of any class if it is "".
func (t *tree) child(parent eas.CollectionID, name string, class eas.Class) (eas.Folder, bool) {
	for _, id := range slices.Sorted(maps.Keys(t.folders)) {
		f := t.folders[id]
		_, below := t.folders[f.ParentID]
		at := f.ParentID == parent || parent == root && !below
		c, _ := f.Type.Class()
		if at && f.Name == name && (class == "" || c == class) {
			return f, true
		}
	}
	return eas.Folder{}, false
}

// root is the ParentID of folders at the top. MS-ASCMD 2.2.3.129.
const root eas.CollectionID = "0"
