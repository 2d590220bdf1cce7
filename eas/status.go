package eas

import "fmt"

// StatusError is a Status of the protocol that does not say success. The same number means other things in other commands,
// and in other elements of one command, so all three are part of it.
type StatusError struct {
	Command string // "Sync"
	Element string // the element that the Status stood in: "Collection"
	Code    int
}

func (e *StatusError) Error() string {
	where := e.Command
	if e.Element != "" && e.Element != e.Command {
		where += ": " + e.Element
	}
	return fmt.Sprintf("%s: status %d (%s)", where, e.Code, e.meaning().text)
}

// Hint is what an operator can do about it, "" if nothing is known.
func (e *StatusError) Hint() string { return e.meaning().hint }

// Is answers to the sentinels.
func (e *StatusError) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		return e.Code == 124
	case ErrBlocked:
		return e.Code == 112 || e.Code >= 126 && e.Code <= 131 || e.Code == 139 || e.Code == 141 || e.Code == 145 || e.Code == 177
	case ErrRemoteWipe:
		return e.Code == 140
	case ErrPolicyRequired:
		return e.Code >= 142 && e.Code <= 144
	case ErrMailboxFull:
		return e.Code == 113
	case ErrNoCollection:
		return e.Command == "Sync" && e.Code == 12 || e.Command == "GetItemEstimate" && e.Code == 2
	}
	return false
}

type meaning struct{ text, hint string }

func (e *StatusError) meaning() meaning {
	for _, table := range []string{e.Command + "/" + e.Element, e.Command} {
		if m, ok := statusTables[table][e.Code]; ok {
			return m
		}
	}
	if m, ok := commonStatus[e.Code]; ok {
		return m
	}
	return meaning{text: "unknown status"}
}

const (
	hintRetry     = "this usually passes: try again later"
	hintResync    = "the folder has to start over at key 0; nothing that is stored is stored again"
	hintHierarchy = "the folder tree changed: it is read again with the next run"
	hintAdmin     = "ask the administrator of the server"
	hintReport    = "please report this with the output of --verbose"
)

// hierarchyStatus: MS-ASCMD 2.2.3.177.3 to .6 (FolderCreate, FolderDelete, FolderSync, FolderUpdate).
var hierarchyStatus = map[int]meaning{
	2:  {"a folder of this name exists already", ""},
	3:  {"a special folder", ""},
	4:  {"folder does not exist", hintHierarchy},
	5:  {"parent folder does not exist", hintHierarchy},
	6:  {"server error", hintRetry},
	9:  {"invalid synchronization key", "the folder tree is read anew"},
	10: {"malformed request", hintReport},
	11: {"unknown error", hintRetry},
	12: {"unusual error in the server's back end", hintAdmin},
}

var statusTables = map[string]map[int]meaning{
	"FolderCreate": hierarchyStatus,
	"FolderDelete": hierarchyStatus,
	"FolderSync":   hierarchyStatus,
	"FolderUpdate": hierarchyStatus,

	// MS-ASCMD 2.2.3.177.17
	"Sync": {
		3:  {"invalid synchronization key", hintResync},
		4:  {"protocol error", hintReport},
		5:  {"server error", hintRetry},
		6:  {"item could not be converted", ""},
		7:  {"conflict between client and server", ""},
		8:  {"object not found", hintHierarchy},
		9:  {"command cannot be completed", "the mailbox may be full, or the server refuses such an item"},
		12: {"folder hierarchy has changed", hintHierarchy},
		13: {"request is not complete", hintReport},
		14: {"invalid Wait or HeartbeatInterval", ""},
		15: {"too many folders in the request", hintReport},
		16: {"server asks to retry", hintRetry},
	},
	// MS-ASCMD 2.2.3.177.7
	"GetItemEstimate": {
		2: {"folder is unknown", hintHierarchy},
		3: {"synchronization state has not been primed", ""},
		4: {"invalid synchronization key", ""},
	},
	// MS-ASCMD 2.2.3.177.8
	"ItemOperations": {
		2:   {"protocol error", hintReport},
		3:   {"server error", hintRetry},
		4:   {"bad URI of a document", ""},
		5:   {"access to a document denied", hintAdmin},
		6:   {"not found, or access denied", ""},
		7:   {"document server not reached", hintRetry},
		8:   {"invalid byte range", ""},
		9:   {"unknown store", hintReport},
		10:  {"file is empty", ""},
		11:  {"data is too large", "the server's limit for attachments may be in the way: ask its administrator"},
		12:  {"input or output error at the server", hintRetry},
		14:  {"item could not be converted", "the server has the item and cannot show it"},
		15:  {"attachment does not exist", ""},
		16:  {"access denied", hintAdmin},
		17:  {"partial success", ""},
		18:  {"credentials required", ""},
		155: {"protocol error: MoveAlways is missing", hintReport},
		156: {"action not supported", ""},
	},
	// MS-ASPROV 2.2.2.54.1, 2.2.2.54.2
	"Provision/Policy": {
		2: {"no policy for this client", ""},
		3: {"unknown policy type", hintAdmin},
		4: {"policy data on the server is corrupted", hintAdmin},
		5: {"wrong policy key acknowledged", hintRetry},
	},
	"Provision": {
		2: {"protocol error", hintReport},
		3: {"server error", hintRetry},
	},
	// MS-ASCMD 2.2.3.177.15
	"Settings": {
		2: {"protocol error", hintReport},
		3: {"access denied", hintAdmin},
		4: {"server unavailable", hintRetry},
		5: {"invalid arguments", hintReport},
		6: {"conflicting arguments", hintReport},
		7: {"denied by policy", hintAdmin},
	},
	// MS-ASCMD 2.2.3.177.11; 1 and 2 are no errors
	"Ping": {
		3: {"parameters are missing", hintReport},
		4: {"syntax error in the request", hintReport},
		5: {"heartbeat interval out of range", ""},
		6: {"too many folders to watch", ""},
		7: {"folder hierarchy has changed", hintHierarchy},
		8: {"server error", hintRetry},
	},
	// MS-ASCMD 2.2.3.177.10; 3 is success
	"MoveItems": {
		1: {"source folder or item does not exist", ""},
		2: {"destination folder does not exist", hintHierarchy},
		4: {"source and destination are the same", ""},
		5: {"server error, or item cannot be moved", hintRetry},
		7: {"item is locked", hintRetry},
	},
	// MS-ASCMD 2.2.3.177.13
	"Search": {
		2:  {"invalid request", hintReport},
		3:  {"server error", hintRetry},
		4:  {"bad link", ""},
		5:  {"access denied", hintAdmin},
		6:  {"not found", ""},
		7:  {"connection failed", hintRetry},
		8:  {"search is too complex", ""},
		10: {"timed out", hintRetry},
		11: {"FolderSync required", hintHierarchy},
		12: {"end of what can be had", ""},
		13: {"access blocked", hintAdmin},
		14: {"credentials required", ""},
	},
}
