package easserver

// FolderType is the type of a folder, MS-ASCMD 2.2.3.186.3.
type FolderType int

// The types of folders.
const (
	TypeGeneric      FolderType = 1
	TypeInbox        FolderType = 2
	TypeDrafts       FolderType = 3
	TypeDeletedItems FolderType = 4
	TypeSentItems    FolderType = 5
	TypeOutbox       FolderType = 6
	TypeTasks        FolderType = 7
	TypeCalendar     FolderType = 8
	TypeContacts     FolderType = 9
	TypeNotes        FolderType = 10
	TypeJournal      FolderType = 11
	TypeUserMail     FolderType = 12
	TypeUserCalendar FolderType = 13
	TypeUserContacts FolderType = 14
	TypeUserTasks    FolderType = 15
	TypeUserJournal  FolderType = 16
	TypeUserNotes    FolderType = 17
)

// The classes of content, MS-ASCMD 2.2.3.27.6.
const (
	classEmail    = "Email"
	classContacts = "Contacts"
	classCalendar = "Calendar"
	classTasks    = "Tasks"
	classNotes    = "Notes"
)

// class returns the class of the items in folders of the type, "" for journals,
// which the protocol lists but does not synchronize.
func (t FolderType) class() string {
	switch t {
	case TypeGeneric, TypeInbox, TypeDrafts, TypeDeletedItems, TypeSentItems, TypeOutbox, TypeUserMail:
		return classEmail
	case TypeContacts, TypeUserContacts:
		return classContacts
	case TypeCalendar, TypeUserCalendar:
		return classCalendar
	case TypeTasks, TypeUserTasks:
		return classTasks
	case TypeNotes, TypeUserNotes:
		return classNotes
	}
	return ""
}

// userCreated returns the type that a client may create for the same class.
func (t FolderType) userCreated() FolderType {
	switch t.class() {
	case classContacts:
		return TypeUserContacts
	case classCalendar:
		return TypeUserCalendar
	case classTasks:
		return TypeUserTasks
	case classNotes:
		return TypeUserNotes
	}
	return TypeUserMail
}

// creatable tells whether FolderCreate may ask for the type: 1 and 12 to 17.
func (t FolderType) creatable() bool {
	return t == TypeGeneric || t >= TypeUserMail && t <= TypeUserNotes
}

// special tells whether the folder belongs to the mailbox and cannot be renamed
// or deleted.
func (t FolderType) special() bool { return t >= TypeInbox && t <= TypeJournal }
