package eas

// itemStatus has the statuses of the commands that act on items. SendMail, SmartForward and SmartReply have none of their own
// (MS-ASCMD 2.2.3.177.14, 2.2.3.177.16): theirs are those of all commands. For ItemOperations the tables name no resolutions.
var itemStatus = []statusTable{
	{"ItemOperations", []string{"ItemOperations", "Fetch", "Move", "EmptyFolderContents"}, "MS-ASCMD 2.2.3.177.8", map[int]meaning{
		1:   success,
		2:   {"ProtocolError", "protocol error", hintReport, ActionFix},
		3:   {"ServerError", "server error", hintRetry, ActionRetry},
		4:   {"BadURI", "bad URI of a document", "", ActionTell},
		5:   {"DocumentAccessDenied", "access to a document denied", hintAdmin, ActionTell},
		6:   {"NotFound", "not found, or access denied", "", ActionTell},
		7:   {"ConnectionFailed", "document server not reached", hintRetry, ActionRetry},
		8:   {"InvalidRange", "invalid byte range", "", ActionFix},
		9:   {"UnknownStore", "unknown store", hintReport, ActionFix},
		10:  {"EmptyFile", "file is empty", "", ActionNone},
		11:  {"TooLarge", "data is too large", "the server's limit for attachments may be in the way: ask its administrator", ActionFix},
		12:  {"IOFailure", "input or output error at the server", hintRetry, ActionRetry},
		14:  {"ConversionFailed", "item could not be converted", "the server has the item and cannot show it", ActionTell},
		15:  {"InvalidAttachment", "attachment does not exist", "", ActionTell},
		16:  {"AccessDenied", "access denied", hintAdmin, ActionTell},
		17:  {"PartialSuccess", "partial success", "", ActionTell},
		18:  {"CredentialsRequired", "credentials required", "", ActionFix},
		155: {"MissingMoveAlways", "protocol error: MoveAlways is missing", hintReport, ActionFix},
		156: {"ActionNotSupported", "action not supported", "", ActionFix},
	}},
	{"MoveItems", []string{"Response", "MoveItems"}, "MS-ASCMD 2.2.3.177.10", map[int]meaning{
		1: {"InvalidSource", "source folder or item does not exist", "", ActionHierarchy},
		2: {"InvalidDestination", "destination folder does not exist", hintHierarchy, ActionHierarchy},
		3: success,
		4: {"SameFolder", "source and destination are the same", "", ActionFix},
		5: {"CannotMove", "server error, or item cannot be moved", hintRetry, ActionRetry},
		7: {"Locked", "item is locked", hintRetry, ActionRetry},
	}},
	{"MeetingResponse", []string{"Result"}, "MS-ASCMD 2.2.3.177.9", map[int]meaning{
		1: success,
		2: {"InvalidMeetingRequest", "invalid meeting request", "", ActionStop},
		3: {"MailboxError", "error in the server's mailbox", hintRetry, ActionRetry},
		4: {"ServerError", "server error", hintRetry, ActionRetry},
	}},
}
