// Package archive is the archive format, version 1: a [sinks.Sink] over any [sinks.Bucket].
//
// Two properties come before all others: an archive opens with stock tools in twenty years, and the archive alone is
// enough. There is no database; everything below is found by listing and reading objects that never change.
//
//	archive.json                                             {"format":1,"id":"…","created":"…"}
//	mailboxes/<mailbox>/folders/<folder>/00000001.tar.zst    a segment: one committed page of one folder
//	mailboxes/<mailbox>/ledgers/<run id>/<folder>.jsonl.zst  what the pages of a folder come to
//	mailboxes/<mailbox>/runs/<run id>.json                   one a run: folders, counts, the segments it is answerable for
//	holds/00000001.json                                      one a change of what is under legal hold, if there was one
//
// <mailbox> is the address with "%" escapes ([Archive.MailboxDir]), <folder> a readable slug and the folder's identity
// ([Archive.Place]). Pages are numbered from 1 in each folder, without gaps.
//
// # A segment
//
// is a tar in zstd. Unpack all of them into one directory, and you have the mailbox:
//
//	find mailboxes/alice@example.com -name '*.tar.zst' -exec tar --zstd -xf {} -C out \;
//
//	Inbox/Projects/2024-03-01_Re budget_1f3a5b7c-42-1.eml      the bytes as the server served them
//	Contacts/undated_Ada Lovelace_0a1b2c3d-1-7.vcf             an item as a standard has it,
//	Contacts/undated_Ada Lovelace_0a1b2c3d-1-7.eas.xml         and everything the server said of it
//	.airlift/inbox-projects-1f3a5b7c/00000042.jsonl            last, the manifest
//
// In a file's name is the id of the event that stored it: folder, page, and position in the page. So names are unique
// in the mailbox, also where case does not count and where two folders have one name, and an id tells where its item
// is. A new version of an item has a new file and the old id.
//
// The tar is cut into zstd frames, each compressed alone, with its size and checksum: one holds small items of up to
// 1 MiB together, an item of 512 KiB or more has frames of its own, and the manifest with the end of the tar is the last
// one. A skippable frame with a seek table, the Zstandard seekable format, ends the object. So zstd -d reads it whole,
// while [SegmentReader] gets the manifest with one read of the object's end, and an item with one more.
//
// # The manifest
//
// is JSON lines: the page, then one [sinks.Event] each in the order of the server's answer.
//
//	{"page":42,"mailbox":"…","folder":"1f3a5b7c","dir":"inbox-projects-1f3a5b7c","path":"Inbox/Projects","class":"Email",
//	 "type":12,"server_id":"…","server":"…","eas":"14.1","device":"…","key_before":"…","key_after":"…","time":"…",
//	 "prev":"<sha256 of segment 41>","run":"…","counts":{"add":1,"delete":1}}
//	{"op":"add","id":"1f3a5b7c-42-1","server_id":"…","name":"Inbox/Projects/2024-03-01_Re budget_1f3a5b7c-42-1.eml",
//	 "size":18231,"sha256":"…","offset":1536,"received":"…","from":"…","subject":"Re: budget","read":true,"whole":true,
//	 "verified":{"dkim":{"pass":1,"fail":0},"structure":"ok"}}
//	{"op":"delete","id":"1f3a5b7c-7-3","server_id":"…"}
//
// key_before and key_after are the server's SyncKeys, so an archive can make lost checkpoints again. size and sha256 are
// of the item's bytes, offset is where they begin in the tar. verified says what the bytes of a message were held against when
// they were stored ([sinks.Verified]). The state of a folder at any time is the fold of its
// manifests up to that time: [Fold], [Archive.Items]. Nothing is ever deleted: that an item was, is an event.
//
// A folder that was filled from files and not by a server has a server_id that begins with "import:", and its events have via
// "import". The server_id of an item is the SHA-256 of its bytes, with "-2" and so on for a further copy, and the keys count pages.
//
// # A ledger
//
// says nothing that the manifests do not say, and can be done without. It is for a host that has lost its checkpoints, or
// never keeps any: instead of all pages of a folder it reads the ledger and the few pages behind it. A run keeps one of each
// folder that has grown by some dozens of pages. It is JSON lines in one zstd frame: what it is of, then a line for each item
// that ever was, in the order of the server's ids.
//
//	{"archive":"…","run":"…","dir":"inbox-1f3a5b7c","seq":64,"last":"<sha256 of segment 64>","pass":1}
//	{"server_id":"…","id":"1f3a5b7c-42-1","state":"archived","sha256":"…","size":18231,"fingerprint":"…","seq":42}
//
// The run record names it with its hash, and so do the records after it as long as there is no newer one. Verify compares it
// with the pages, line by line.
//
// # What holds it together
//
// A segment is created only if its name is free. That one step is the commit of the page and the fence against a second
// writer: who comes later gets sinks.ErrFenced.
//
// Each manifest names the hash of the segment before it, and each run record those of all segments that the run
// committed, or found committed by a run that was killed before it could say so ([Archive.Unrecorded]). A run record is
//
//	{"run":{…},"sha256":"<of the bytes of the run value>"}
//
// and its run value also names the hash of archive.json and of the record before it. So a bit that flips anywhere, and a
// segment that is lost, replaced or swapped, is found by [Archive.Verify], which reads every byte.
//
// # Legal holds
//
// A matter, which is a case of a court or an authority, holds mailboxes until it releases them. That is a promise that nothing
// of them is deleted; a bucket with object lock keeps it, object by object, and the archive says what it must be. A hold record is
//
//	{"hold":{…},"sha256":"<of the bytes of the hold value>"}
//
//	{"hold":2,"archive":"…","archive_sha256":"…","prev":"<sha256 of holds/00000001.json>","time":"…","action":"set",
//	 "matter_hash":"…","dirs":["bob@example.com"],"matter":"Acme v. Ada","mailboxes":["bob@example.com"],"by":"…","reason":"…"}
//
// action is set or release, and dirs are the directories of the mailboxes. The matters that hold a mailbox are the fold of the
// records ([Archive.Held]): an object is to be held as long as one of them holds its mailbox, and archive.json, rekeys/ and
// holds/ as long as any matter holds anything. Each record is created only if its number is free, names the one before, and
// changes what those before it say; a run record names the newest one that its writer knew, by its hash.
//
// # An encrypted archive
//
// is encrypted from its creation on, or not at all; archive.json says which, in clear. It is the same archive with age
// (https://age-encryption.org/v1) around each object, so the key and stock tools open it:
//
//	archive.json                                              {…,"encrypted":{"recipients":["age1…"],"key":"…","seed":"…"}}
//	mailboxes/<hash>/folders/folder-<id>/00000001.tar.zst.age age -d -i key.txt 00000001.tar.zst.age | tar --zstd -x
//	mailboxes/<hash>/runs/<run id>.json.age                   age -d -i key.txt …
//	holds/00000001.json.age                                   age -d -i key.txt …
//
// A ledger is not encrypted: it tells what is in clear of the pages anyhow, and no reasons.
//
// What writes an archive needs the public keys only: that is the usual host of a nightly run, which then holds nothing that
// reads mail. For it to resume, to be fenced and to chain its pages, an object carries in clear what that takes, in
// the same object, so that the commit of a page stays one step. It is a further stanza of the age header, which age
// implementations pass over and the header's MAC covers:
//
//	-> airlift-page 1      the body is one zstd frame: a manifest of less
//	-> airlift-run 1       likewise: a line for the run, then {"folder":{…}} and {"segment":{…}}
//	-> airlift-hold 1      likewise: a hold value without matter, mailboxes, by and reason
//
// A page's is its manifest with an empty path and server and, as mailbox, the directory; of each event op, id, server_id,
// server_id_before, size, sha256, fingerprint, state, moved_from and moved_to. A run's is its id, its times, its result, the
// hashes that chain it, the segments, and of each folder all but its path, its former path and its problem. A hold's is enough
// to know what to hold: the matter by its matter_hash, the mailboxes by their directories. Where a header
// would be too large (age reads 2 MiB) a run names each folder's newest segment only; a page says that it is full before that
// ([sinks.Limiter]), and what goes on is the next one.
//
// The recipients change by one object more, and no object is rewritten ([Archive.Rekey]):
//
//	rekeys/00000001.json.age   in clear, as "-> airlift-rekey 1": {"rekey":{…},"signature":"…"}, who was added and removed, who
//	                           the recipients are now, when, the hash of the change before it, and the keys of which below
//	                           inside: the same line, one with who asked for it and the seed of the next key, and a line
//	                           {"object":"…","key":"…"} with the file key of each object that was there, by which an added
//	                           recipient opens what was not written to it
//
// The program age has no way to be given a file key; airlift reads with those keys, and so does what is made with an age
// library that takes one.
//
// The newest change counts, and before the first one archive.json. Run records name the newest change by the hash of its
// header, so that it cannot be taken away unseen.
//
// # Who may change the recipients
//
// is who is one. archive.json has an ed25519 public key, and the 32 bytes of its seed as an age file to the recipients, in
// base64; the host that made it keeps nothing of it. With that key the first change is signed. It names a fresh key,
// whose seed is inside the change and so for the new recipients only, and that key signs the second change: who was removed
// can sign nothing more. The signature is of the text "airlift change of recipients 1", a zero byte, and the bytes of the rekey
// value, which has the archive's id and the hash of archive.json in it, the number of the change, the key that signs it, and the
// SHA-256 of what is inside: of the second line, and of those with the file keys. So a removal needs an identity too, since
// none but a recipient has the key; once it needed none, and then anybody who could create an object could remove and add.
//
// A host that has no identity follows the signatures from archive.json on before it believes that the recipients are others,
// with one request for the header of each change. A change that is forged, not signed, out of its order or of another archive,
// and one behind a gap, is ErrCorrupt, and nothing more is written to the archive. It can be read all the same.
//
// What that does not protect against:
//
//   - Who can replace archive.json makes another archive of it, with a key and recipients of their own. Run records and changes
//     name its hash, so Verify sees it where they are left; a host that gives its recipients with each run refuses it.
//   - Who can remove the newest change makes the one before count again; Verify sees it where a run record names the change.
//     Who has been removed and can also replace objects has the seed that the change was signed with which removed them, and
//     can sign another in its place; Verify sees that likewise.
//   - A copy of an archive has its id and its keys: a change that was made in one of the two is one in the other.
//   - A recipient who is going to be removed can change the recipients before, and look like anybody: the key is the
//     recipients' in common, and By is what the caller said.
//   - Who may create objects can create one in the place of the next change. It is believed by nobody, and it stops whoever
//     writes until somebody with other tools takes it away.
//
// Who has an identity reads what is inside, and it is damage if that and what is in clear differ.
//
// # What encryption does not hide
//
// How many mailboxes, folders, pages and items there are, when they came, how large they are, which moved where, and what
// the server names them by: ids and SyncKeys are the server's, and there are servers that make them of names. Which of them
// are under legal hold since when, and by how many matters.
//
// What somebody guesses can be seen to be right: an address, by the directory <hash>, which is half of
// SHA-256("airlift mailbox directory" 0 <archive id> 0 <address>); a matter's name, by its matter_hash, the same of "airlift
// matter"; a whole message, by its sha256; date, sender and subject
// together, by the fingerprint; the marks of a message (read, flag, categories), by its state.
//
// And it does not prove who wrote: with the public keys anybody can write an object that opens. What proves an archive is the
// chain of hashes, as without encryption. Who can write to the bucket before an archive is made can also make it, to
// recipients of their own: give the recipients with every run, and another archive is refused.
package archive
