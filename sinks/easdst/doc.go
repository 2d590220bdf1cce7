// Package easdst puts contacts, events, tasks and notes into a mailbox of another EAS server. It is a [sinks.Target].
//
//	target, err := easdst.New(ctx, client, easdst.Options{})
//	folder, err := target.Open(ctx, place)
//	placed, err := folder.Put(ctx, items)
//
// Mail goes by IMAP (package imapdst). What can be put here of it, and at what price, is below.
//
// # What is put
//
// An item is put by its lossless form (".eas.xml") where the archive has it, and else by what can be made of its vCard or iCalendar object.
// What only servers write is left out, and what the server's version has otherwise is converted. What it does not have is an Alteration
// with its reason, known before it is sent. The exceptions of an event travel inside of it up to 14.1, and as commands of their own from
// 16.0 on, where an event's files do so too, if their bytes are there.
//
// Attendees become text in the body of the event, and the event an appointment, so that no server writes to them. [Options.Invite] puts them
// as they are.
//
// # What is believed
//
// A server that says success may not have stored the item, or a part of it. So each is read back, with ItemOperations or where that fails
// with Sync, and compared property by property with what was sent: by what it means, not by the order of properties, nor by what is
// the default, nor by what servers write as they like. What differs is an Alteration by the name of the property; an item that is not there
// is [ErrNotStored].
//
// The State of an item is a hash of what was read back, by the same rules: it changes when somebody changes the item, and not when the
// server says the same in other words.
//
// # What is not known
//
// A SyncKey is held in memory only, and a folder that is opened is read from key 0. After an error the key counts as lost, for nobody
// knows what the server did with the request, and the next method reads the folder anew:
//
//	what came of a Put                           what is done
//	the server does not know the key, is busy    nothing was carried out: again with a new one, a few times
//	  (status 3, 13)
//	one of the items broke the request           the folder is read, what is found of it is there; the rest goes in halves, down
//	  (HTTP 400, 500, 501, status 4, 6)            to the item that is refused
//	no word of an item, or no id                 the folder is read, and the item found, or not stored
//	the connection broke, or a proxy answered    sinks.ErrUncertain: Find looks among what was not there before
//	HTTP 503, 429, a status that asks to wait    sinks.ErrUnavailable, with the eas.HTTPError and its RetryAfter inside
//
// A [sinks.TargetFolder]'s Mark is the set of the ids that were there, 8 bytes for each. What Find compares is the UID, where the server keeps
// it, and the content: it returns what is the same; if nothing is, what is the same as far as it goes; and if nothing is, what has the
// properties by which people know an item and is not better explained by another.
//
// # Folders
//
// A default folder is found by its type, in any language, and never made, renamed or deleted. A folder of a user's has a path, and parents
// that may be of another class. A folder that the server says it made is believed when it is listed, and
// where it is listed it is. SOGo has no folders inside one another: there a path becomes one name, "Work - Old", below the default folder.
//
// Of one folder there is one request at a time, and of the hierarchy while there is no other. Two that have a folder open share what is
// known of it.
//
// # Mail
//
// A client may add drafts, from 16.0 on (MS-ASEMAIL 3.1.5.4): [MailDrafts] does that, and nothing sends them. To add any other message is
// forbidden: the answer is status 6 (MS-ASCMD 2.2.3.7.2). Servers do what they like, and [MailForced] lets them, after [Target.TryMail] has shown what
// that is, with one message of its own:
//
//	refused (status 6: Exchange; 9: Z-Push)      nothing is put
//	most of it is gone (SOGo with 2.5)           the same
//	said to be stored, and not there             the same
//	the connection breaks, and it is not seen    the same
//	stored, and the connection breaks (SOGo)     one message a request; each is looked for before the next, and never sent again unlooked
//	stored as an unsent draft (grommunio)        it is put, with that Alteration
//	stored, altered or not                       it is put, with its Alterations
//
// A message is sent as its bytes (a Body of type 4, in 2.5 MIMEData), with the date on which it was received and its marks. Marks that it has not then
// are given by a Change. It is read back whole, streamed, and known by its SHA-256: "bytes" is an Alteration, with the reason if only line ends are
// others, and so are date, read flag, flag, categories and what became a draft. Bytes that are no UTF-8 travel as they are, and a server may
// stumble over them.
//
// Folders are listed without bodies. The State of a message is a hash of its marks, and of a draft of its text and recipients too. Find reads
// what is new in a folder, first what has the subject, and compares bytes; a message that the server writes anew is found by its Message-ID,
// and by its subject where it gets another one. An Update of contents puts a new message and deletes the old one, since a message that was delivered does
// not change; where the server alters bytes, one that breaks between the two and is called again leaves both.
//
// A folder that lists nothing is not believed to be empty before the server's estimate says so: SOGo shows nothing of a folder that its mail server keeps no
// CONDSTORE for, as is so with every folder that it makes itself. There Put ends with sinks.ErrUncertain, and Find finds nothing: TryMail, in such a
// folder too, says so before. What is deleted goes to Deleted Items there, though it is told to be deleted for good; and what it stored has the flag
// \Draft of IMAP, which up to 14.1 nobody sees by EAS.
package easdst
