package easserver

import "github.com/airlift-eas/airlift/eas"

// class returns the class of the items in the folder, "" for a journal, which the
// protocol lists but does not synchronize.
func (f *Folder) class() eas.Class {
	class, _ := f.typ.Class()
	return class
}

// userCreated returns the type of folders that users create for what is in folders
// of the type.
func userCreated(t eas.FolderType) eas.FolderType {
	switch class, _ := t.Class(); class {
	case eas.ClassContacts:
		return eas.FolderUserContacts
	case eas.ClassCalendar:
		return eas.FolderUserCalendar
	case eas.ClassTasks:
		return eas.FolderUserTasks
	case eas.ClassNotes:
		return eas.FolderUserNotes
	}
	return eas.FolderUserMail
}

// creatable tells whether FolderCreate may ask for the type: 1 and 12 to 17. MS-ASCMD
// 2.2.3.186.2.
func creatable(t eas.FolderType) bool {
	return t == eas.FolderUserGeneric || t >= eas.FolderUserMail && t <= eas.FolderUserNotes
}

// special tells whether the folder belongs to the mailbox and cannot be renamed or
// deleted.
func special(t eas.FolderType) bool { return t >= eas.FolderInbox && t <= eas.FolderJournal }
