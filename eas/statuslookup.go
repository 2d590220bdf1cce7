package eas

// pictures are the statuses of a contact's picture, which are among those of all commands.
var pictures = map[int]meaning{
	1:   success,
	173: {"NoPicture", "no picture", "", ActionNone},
	174: {"PictureTooLarge", "picture is too large", "", ActionNone},
	175: {"PictureLimitReached", "too many pictures", "", ActionNone},
}

// lookupStatus has the statuses of the commands that look things up.
var lookupStatus = []statusTable{
	{"Search", []string{"Store"}, "MS-ASCMD 2.2.3.177.13", map[int]meaning{
		1:  success,
		2:  {"InvalidRequest", "invalid request", hintReport, ActionFix},
		3:  {"ServerError", "server error", hintRetry, ActionRetry},
		4:  {"BadLink", "bad link", "", ActionTell},
		5:  {"AccessDenied", "access denied", hintAdmin, ActionTell},
		6:  {"NotFound", "not found", "", ActionTell},
		7:  {"ConnectionFailed", "connection failed", hintRetry, ActionRetry},
		8:  {"TooComplex", "search is too complex", "", ActionFix},
		10: {"TimedOut", "timed out", hintRetry, ActionRetry},
		11: {"FolderSyncRequired", "FolderSync required", hintHierarchy, ActionHierarchy},
		12: {"EndOfRange", "end of what can be had", "", ActionNone}, // the results are there
		13: {"AccessBlocked", "access blocked", hintAdmin, ActionTell},
		14: {"CredentialsRequired", "credentials required", "", ActionFix},
	}},
	{"Search", []string{"Search"}, "MS-ASCMD 2.2.3.177.13", map[int]meaning{
		1: success,
		3: {"ServerError", "server error", hintRetry, ActionRetry},
	}},
	{"Search", []string{"Picture"}, "MS-ASCMD 2.2.3.177.13", pictures},
	{"Find", []string{"Response"}, "MS-ASCMD 2.2.3.177.2", map[int]meaning{
		1: success,
		2: {"InvalidRequest", "invalid request", hintReport, ActionFix},
		3: {"FolderSyncRequired", "FolderSync required", hintHierarchy, ActionHierarchy},
		4: {"StartWithRangeZero", "the range must begin with 0", "", ActionFix},
	}},
	{"Find", []string{"Find"}, "MS-ASCMD 2.2.3.177.2", map[int]meaning{
		1: success,
		2: {"InvalidRequest", "invalid request", hintReport, ActionFix},
		3: {"FolderSyncRequired", "FolderSync required", hintHierarchy, ActionHierarchy},
	}},
	{"ResolveRecipients", []string{"ResolveRecipients"}, "MS-ASCMD 2.2.3.177.12", map[int]meaning{
		1: success,
		5: {"ProtocolError", "protocol error", hintReport, ActionFix},
		6: {"ServerError", "server error", hintRetry, ActionRetry},
	}},
	{"ResolveRecipients", []string{"Response"}, "MS-ASCMD 2.2.3.177.12", map[int]meaning{
		1: success,
		2: {"Ambiguous", "more than one recipient has this name", "", ActionTell},
		3: {"AmbiguousPartial", "more recipients have this name than are listed", "", ActionTell},
		4: {"Unresolved", "no recipient has this name", "check the spelling", ActionTell},
	}},
	{"ResolveRecipients", []string{"Availability"}, "MS-ASCMD 2.2.3.177.12", map[int]meaning{
		1:   success,
		160: {"AvailabilityTooManyRecipients", "too many recipients", "", ActionFix},
		161: {"AvailabilityDLLimitReached", "distribution list is too large", "", ActionTell},
		162: {"AvailabilityTransientFailure", "availability not to be had now", hintRetry, ActionRetry},
		163: {"AvailabilityFailure", "availability not to be had", "", ActionStop},
	}},
	{"ResolveRecipients", []string{"Certificates"}, "MS-ASCMD 2.2.3.177.12", map[int]meaning{
		1: success,
		7: {"NoCertificate", "recipient has no valid certificate", "", ActionNone},
		8: {"CertificateLimitReached", "too many certificates", "", ActionFix},
	}},
	{"ResolveRecipients", []string{"Picture"}, "MS-ASCMD 2.2.3.177.12", pictures},
	{"ValidateCert", []string{"Certificate"}, "MS-ASCMD 2.2.3.177.18", map[int]meaning{
		1:  success,
		2:  {"ProtocolError", "protocol error", hintReport, ActionFix},
		3:  {"InvalidSignature", "signature of the certificate is invalid", "", ActionTell},
		4:  {"UntrustedSource", "certificate is from a source that is not trusted", hintAdmin, ActionTell},
		5:  {"InvalidChain", "certificate chain is malformed", "", ActionFix},
		6:  {"NotForSigning", "certificate is not for signing mail", "", ActionTell},
		7:  {"Expired", "certificate has expired or is not valid yet", "", ActionTell},
		8:  {"InconsistentTimes", "certificates of the chain are valid at different times", "", ActionTell},
		9:  {"WrongUse", "certificate is used for what it is not valid for", "", ActionTell},
		10: {"MissingInformation", "certificate has missing or wrong information", "", ActionTell},
		11: {"WrongRole", "certificate of the chain has the wrong role", "", ActionTell},
		12: {"AddressMismatch", "certificate does not match the recipient's address", "", ActionTell},
		13: {"Revoked", "certificate has been revoked", "", ActionTell},
		14: {"RevocationServerOffline", "revocation server not reached", hintRetry, ActionRetry},
		15: {"ChainRevoked", "a certificate of the chain has been revoked", "", ActionTell},
		16: {"RevocationUnknown", "revocation status cannot be determined", "", ActionTell},
		17: {"UnknownServerError", "unknown server error", hintAdmin, ActionTell},
	}},
	{"ValidateCert", []string{"ValidateCert"}, "MS-ASCMD 2.2.3.177.18", map[int]meaning{
		1:  success,
		2:  {"ProtocolError", "protocol error", hintReport, ActionFix}, // its scope is Global
		17: {"UnknownServerError", "unknown server error", hintAdmin, ActionTell},
	}},
	{"Autodiscover", []string{"Error"}, "MS-ASCMD 2.2.3.177.1", map[int]meaning{
		1: success, // never sent
		2: {"ProtocolError", "protocol error", hintReport, ActionFix},
	}},
}
