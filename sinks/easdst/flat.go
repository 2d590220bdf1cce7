package easdst

import (
	"strings"

	"github.com/airlift-eas/airlift/eas"
)

// QUIRK(SOGo 5.8): whatever parent a folder of people's data is made below, it is listed below the default folder of its class, and may be
// made once more with the same name. A folder has one name there, with what would be its parents: "Work - Old". A calendar and the tasks
// beside it are one folder under two ids, and end together.

// flatPrefix begins the ids of folders of such a server.
var flatPrefix = map[eas.Class]string{eas.ClassContacts: "vcard%2F", eas.ClassCalendar: "vevent%2F", eas.ClassTasks: "vtodo%2F"}

// flatParent is the folder below which all of a class are listed, if they are.
func (t *tree) flatParent(class eas.Class) (eas.Folder, bool) {
	for id, f := range t.folders {
		if c, _ := f.Type.Class(); c == class && special(f.Type) {
			prefix := flatPrefix[class]
			return f, prefix != "" && strings.HasPrefix(string(id), prefix)
		}
	}
	return eas.Folder{}, false
}

// flatName is the one name that a path becomes, without the folder below which all are listed.
func flatName(names []string, parent eas.Folder) string {
	if len(names) > 1 && names[0] == parent.Name {
		names = names[1:]
	}
	return strings.Join(names, " - ")
}

// flatChild finds a folder by its one name. One that was just made is still where it was made.
func (t *tree) flatChild(name string, class eas.Class, parent eas.CollectionID) (eas.Folder, bool) {
	if f, ok := t.child(parent, name, class); ok {
		return f, true
	}
	return t.child(root, name, class)
}

// twin is the other id of a folder that has two.
func (t *tree) twin(id eas.CollectionID) (eas.Folder, bool) {
	events, tasks := flatPrefix[eas.ClassCalendar], flatPrefix[eas.ClassTasks]
	if rest, ok := strings.CutPrefix(string(id), events); ok {
		f, ok := t.folders[eas.CollectionID(tasks+rest)]
		return f, ok
	}
	if rest, ok := strings.CutPrefix(string(id), tasks); ok {
		f, ok := t.folders[eas.CollectionID(events+rest)]
		return f, ok
	}
	return eas.Folder{}, false
}
