// Package eas is a client for Exchange ActiveSync (EAS), protocol versions 2.5, 12.0, 12.1, 14.0, 14.1, 16.0 and 16.1.
//
// # The protocol in two screens
//
// EAS is HTTP POST of small binary XML documents (package wbxml) to one URL. The query says who asks for what:
//
//	POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=alice&DeviceId=AIRLIFT1&DeviceType=airlift
//	MS-ASProtocolVersion: 14.1
//	X-MS-PolicyKey: 1307199584
//
//	<Sync xmlns="AirSync"><Collections><Collection>
//	  <SyncKey>5</SyncKey><CollectionId>inbox</CollectionId><GetChanges/>...
//
// A mailbox is a tree of folders (collections). Each folder holds items of one class: Email, Contacts, Calendar, Tasks or
// Notes. An archive needs few commands:
//
//	OPTIONS          what versions and commands does the server have?       Client.Connect
//	Provision        take and acknowledge the administrator's policy        by itself, when the server asks
//	FolderSync       what changed in the tree of folders?                   Client.FolderSync
//	Sync             what changed in this folder? a page of items           Client.Sync, SyncFolders
//	ItemOperations   give me these items, or attachments                    Client.Fetch, Download
//	GetItemEstimate  how many items are there?                              Client.GetItemEstimate
//	Ping             tell me when there is something                        Client.Ping
//
// and a program that works in a mailbox some more: SendMail, SmartReply, SmartForward (ForwardMeeting), MoveItems, FolderCreate,
// FolderUpdate, FolderDelete, MeetingResponse, GetAttachment, and the Operations of ItemOperations. Each has a method and a file of its
// name. What a version does not have is refused before it is sent, with an error that is errors.ErrUnsupported.
//
// Others look things up, or are about the user and the device:
//
//	Search             which items, people or documents are there?          Client.SearchMailbox, SearchGAL, SearchDocuments
//	Find               which mail, or people? (16.1)                        Client.FindMailbox, FindGAL
//	ResolveRecipients  who is meant, and when have they time?               Client.ResolveRecipients
//	ValidateCert       is this certificate good?                            Client.ValidateCert
//	Settings           out of office, accounts, the device, templates       Client.Settings
//
// Everything hangs on the SyncKey, an opaque name for "what this device has seen". Key 0 says nothing yet, and is answered with
// a first key and no items. From then on each page brings items and the next key:
//
//	Sync 0        -> key A
//	Sync A        -> 200 items, key B, MoreAvailable
//	Sync B        -> 57 items, key C
//	...           (tomorrow)
//	Sync C        -> what changed since
//
// To show key B to the server is to say "I have A's page": it forgets A. So a page must be safe before the next key is shown.
// The reverse is no promise: a server that is asked again with the same key may answer with another page, and some lose items
// when that happens often (SOGo, Z-Push). A server that does not know a key says status 3, and the folder starts at key 0 again.
//
// The state belongs to a device partnership, named by the DeviceID. Another DeviceID has other keys, and with some servers other
// folder ids. Servers limit how many there are.
//
// A failure comes in one of three forms. An HTTP status is an [HTTPError]. A Status in the document is a [StatusError]: its
// number means something only together with the command and the element it stood in; [StatusError.Info] knows them all, and what
// the specifications want a client to do about each. An answer that is not what the protocol says (a web page, a document that
// breaks off) is a [ResponseError]. All answer to [errors.Is] with this package's sentinels.
//
// Two answers concern the mailbox as a whole. HTTP 451 says that it is at another URL ([HTTPError.Moved]), and X-MS-RP that the
// server was upgraded and all synchronization has to begin anew ([UpgradedError]). Both are told, and left to the caller.
//
// # What this package does, and does not
//
// It keeps no sync state: a key goes in, a key comes out. It never repeats a request by itself, with one exception: when a server
// wants Provision, the client provisions once and repeats the command once. What it tells the server of a policy, and of a wipe,
// [Config] Policy and Wipe decide. It never follows a redirect (package autodiscover knows which hosts credentials may go to).
// Everything else, above all what to do about an error, is the caller's decision.
//
// Answers are streams. A [SyncPage] is read from the network while the caller goes through its items; a MIME body goes from the
// decoder into a [Blob], which is a buffer for a small one and an unnamed file for a large one. Memory depends neither on the
// size of a page nor on that of a message. The page ends with an error unless its document closed: what came before must not be
// committed. A message that is sent is a [Source], read while it goes out.
//
// An [Item] is lossless: its Properties hold what the server sent, unknown elements too. [Item.Email] and its siblings are typed
// views for who wants to read it; the same types, encoded, are what a client adds and a server sends.
//
// The sources are Microsoft's open specifications, cited by section: [MS-ASCMD], [MS-ASHTTP], [MS-ASPROV], [MS-ASAIRS],
// [MS-ASEMAIL], [MS-ASCNTC], [MS-ASCAL], [MS-ASTASK], [MS-ASNOTE]. Where a server does otherwise, the code says QUIRK, and which.
package eas
