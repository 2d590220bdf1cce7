package eas

// success is in every table but that of MoveItems.
var success = meaning{"Success", "success", "", ActionNone}

// syncStatus has the statuses of Sync, GetItemEstimate and Ping.
var syncStatus = []statusTable{
	{"Sync", []string{"Sync", "Collection", "Add", "Change", "Delete", "Fetch"}, "MS-ASCMD 2.2.3.177.17", map[int]meaning{
		1:  success,
		3:  {"InvalidSyncKey", "invalid synchronization key", hintResync, ActionResync},
		4:  {"ProtocolError", "protocol error", hintReport, ActionFix},
		5:  {"ServerError", "server error", hintRetry, ActionRetry},
		6:  {"ConversionError", "item could not be converted", "", ActionStop},
		7:  {"Conflict", "conflict between client and server", "", ActionTell},
		8:  {"ObjectNotFound", "object not found", hintHierarchy, ActionTell},
		9:  {"CannotComplete", "command cannot be completed", "the mailbox may be full, or the server refuses such an item", ActionTell},
		12: {"HierarchyChanged", "folder hierarchy has changed", hintHierarchy, ActionHierarchy},
		13: {"IncompleteRequest", "request is not complete", hintReport, ActionFix},
		14: {"InvalidWait", "invalid Wait or HeartbeatInterval", "", ActionFix},
		15: {"TooManyCollections", "too many folders in the request", hintReport, ActionFix},
		16: {"Retry", "server asks to retry", hintRetry, ActionRetry},
	}},
	{"GetItemEstimate", []string{"GetItemEstimate", "Response"}, "MS-ASCMD 2.2.3.177.7", map[int]meaning{
		1: success,
		2: {"InvalidCollection", "folder is unknown", hintHierarchy, ActionHierarchy},
		3: {"NotPrimed", "synchronization state has not been primed", "", ActionResync},
		4: {"InvalidSyncKey", "invalid synchronization key", "", ActionFix}, // with the key of a Sync that succeeded
	}},
	{"Ping", []string{"Ping"}, "MS-ASCMD 2.2.3.177.11", map[int]meaning{
		1: {"NoChanges", "no changes", "", ActionNone},
		2: {"Changes", "there are changes", "", ActionNone},
		3: {"MissingParameters", "parameters are missing", hintReport, ActionFix},
		4: {"SyntaxError", "syntax error in the request", hintReport, ActionFix},
		5: {"InvalidHeartbeat", "heartbeat interval out of range", "", ActionFix},
		6: {"TooManyFolders", "too many folders to watch", "", ActionFix},
		7: {"HierarchyChanged", "folder hierarchy has changed", hintHierarchy, ActionHierarchy},
		8: {"ServerError", "server error", hintRetry, ActionRetry},
	}},
}

const hintTree = "the folder tree is read anew"

// folderStatus has the statuses of the hierarchy's commands. Where the tables know of no resolution, the user is told.
var folderStatus = []statusTable{
	{"FolderSync", []string{"FolderSync"}, "MS-ASCMD 2.2.3.177.5", map[int]meaning{
		1:  success,
		6:  {"ServerError", "server error", hintRetry, ActionRetry},
		9:  {"InvalidSyncKey", "invalid synchronization key", hintTree, ActionResync},
		10: {"MalformedRequest", "malformed request", hintReport, ActionFix},
		11: {"UnknownError", "unknown error", hintRetry, ActionRetry},
		12: {"BackEndError", "unusual error in the server's back end", hintAdmin, ActionTell},
	}},
	{"FolderCreate", []string{"FolderCreate"}, "MS-ASCMD 2.2.3.177.3", map[int]meaning{
		1:  success,
		2:  {"FolderExists", "a folder of this name exists already", "", ActionTell},
		3:  {"SpecialFolder", "a special folder", "", ActionFix},
		5:  {"ParentNotFound", "parent folder does not exist", hintHierarchy, ActionHierarchy},
		6:  {"ServerError", "server error", hintRetry, ActionRetry},
		9:  {"InvalidSyncKey", "invalid synchronization key", hintTree, ActionResync},
		10: {"MalformedRequest", "malformed request", hintReport, ActionFix},
		11: {"UnknownError", "unknown error", "", ActionTell},
		12: {"BackEndError", "unusual error in the server's back end", hintAdmin, ActionTell},
	}},
	{"FolderDelete", []string{"FolderDelete"}, "MS-ASCMD 2.2.3.177.4", map[int]meaning{
		1:  success,
		3:  {"SpecialFolder", "a special folder", "", ActionTell},
		4:  {"FolderNotFound", "folder does not exist", hintHierarchy, ActionHierarchy},
		6:  {"ServerError", "server error", hintRetry, ActionRetry},
		9:  {"InvalidSyncKey", "invalid synchronization key", hintTree, ActionResync},
		10: {"MalformedRequest", "malformed request", hintReport, ActionFix},
		11: {"UnknownError", "unknown error", "", ActionTell},
	}},
	{"FolderUpdate", []string{"FolderUpdate"}, "MS-ASCMD 2.2.3.177.6", map[int]meaning{
		1:  success,
		2:  {"FolderExists", "a folder of this name exists already, or it is a special folder", "", ActionTell},
		3:  {"SpecialFolder", "a special folder", "", ActionTell},
		4:  {"FolderNotFound", "folder does not exist", hintHierarchy, ActionHierarchy},
		5:  {"ParentNotFound", "parent folder does not exist", hintHierarchy, ActionHierarchy},
		6:  {"ServerError", "server error", hintRetry, ActionRetry},
		9:  {"InvalidSyncKey", "invalid synchronization key", hintTree, ActionResync},
		10: {"MalformedRequest", "malformed request", hintReport, ActionFix},
		11: {"UnknownError", "unknown error", "", ActionTell},
	}},
}
