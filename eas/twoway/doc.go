// Package twoway keeps a program's own items and a folder of a mailbox in step: contacts, events, tasks, notes, and the flags
// of mail. It is the half of synchronisation that package eas leaves to its caller.
//
// A program gives it two things. [Local] is its items: they are listed, written and deleted. [Store] keeps a [State] for the
// folder: the SyncKey, and for every item its ServerId and what both sides last agreed on. [Sync] then compares: what the
// program's list has and the state has not is sent as Add, what differs from what was agreed on as Change, what is missing as
// Delete. The program keeps no journal of its changes.
//
//	result, err := twoway.Sync(ctx, client, twoway.Folder{ID: id, Type: eas.FolderContacts, Local: cards, Store: store})
//
// # What a crash leaves
//
// Each step ends with a Save, and the state says what the next one is. So Sync may end anywhere, by an error, a cut connection or
// a crash, and the next one goes on:
//
//	the state says            what may have happened             what is done
//	Asked, Outbox             the server got it, or did not      the same commands, ClientIds and key once more
//	Asked twice               it did not answer, or not well     the folder starts over at key 0
//	Inbox                     some of it is done here            all of it again: a Put of the same ID changes nothing
//	neither                   nothing                            ask what is new
//
// The answer to a page is in the state before any of it is done here. So a key is shown again only when its answer was never
// seen, and at most once: see package eas for what servers do with repeated keys.
//
// # A lost key
//
// A server that does not know the key any more (status 3) lists the whole folder again. Its items are matched with those of the
// state: first those with the same ServerId and content, then those with the same content under another ServerId, then those
// with the same ServerId. Items that were being added when the key was lost are found by their content too, so that they are
// not added twice; what is found nowhere is added once more with the ClientId that it had. Program and server may both have
// items when they meet for the first time: those of the same content are taken for one.
//
// A server that carries out a repeated Add a second time is found out, when it lists an item that is the same as one that was
// sent twice: the second one is deleted.
//
// # Conflicts
//
// Both sides changed an item: [Folder.Rule] or [Folder.Resolve] decides, who loses nothing by default ([KeepBoth]). Changes are
// fetched before any are sent, and a conflict shows then. One that comes up in between is told by the server: the client sends
// Conflict 1, and status 7 refuses its change (MS-ASCMD 2.2.3.34); only under [ClientWins] it sends Conflict 0. A deletion that is
// on its way wins over a change that the server has got meanwhile: so it is in the protocol.
//
// # What is compared
//
// Contents are compared by what they mean: not by the order of properties, nor by what only servers write (UID, DtStamp, the
// organizer), nor by values that are the default. With [Folder.Supported] only those properties count, and all others stay as
// they are on the server. What the server makes of an item that it was sent is taken over when it says so.
//
// Of mail, the flags are kept in step (Read, Flag, Categories), and deletions. Messages cannot be added, drafts apart, from 16.0
// on. Mail comes without its body: [eas.Client.Fetch] has it.
//
// An exception of a recurring event travels inside of it up to 14.1, and from 16.0 on as a Change or Delete of its InstanceId.
// One that is taken back on this side cannot be said to the server, and stays there.
package twoway
