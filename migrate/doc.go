// Package migrate is the engine: it pages through mailboxes over Exchange ActiveSync and writes what it finds to a
// sink, with a checkpoint after every page, so that a run of days resumes where it stopped.
//
// # A page is the unit of everything
//
// One Sync response page of one folder is fetched, stored and committed as one thing:
//
//	for {
//	    page := client.Sync(folder, K)   // streamed; K is the committed SyncKey
//	    w    := sink.Begin(folder, seq+1)
//	    ...     w.Put(item) ...          // bodies that did not come whole: ItemOperations
//	    w.Commit(K -> K')                // durable and visible in one step
//	    checkpoints.Commit(seq+1, K')    // the local mirror of that fact
//	    K, seq = K', seq+1               // only now may K' be shown to the server
//	}
//
// The next page is never asked for before this one is committed: showing K' tells the server to forget K.
// Parallelism comes from mailboxes, from folders, and from the body fetches inside a page.
//
// An answer that is too much for one stored page is stored in parts, and so are the deletions of a large folder: [Options].
// Every part but the last leads to the key that it began with, K -> K, and only the last one to K'. See [pageWriter.split].
//
// # What a crash leaves
//
//	crash after            state                                    restart does
//	Sync answered          nothing stored                           ask again with K
//	some items put         a temp file, an incomplete upload        discard it; ask again with K
//	segment committed      segment 42 exists, checkpoint says 41    adopt segment 42 and its K'
//	checkpoint committed   agree                                    go on
//	a part committed       segment 42 exists, the key is still K    ask again with K; the ledger has what part 42 stored
//	error, but stored      segment 42 exists                        ours: adopt; another writer's: stop
//
// Servers answer a repeated key with a different page, so a key is asked at most twice (the count is durable before
// the request leaves); then the folder restarts at key 0 and every item is matched against the ledger, so that
// nothing is stored twice, by ServerId and then by content. A ServerId that comes with another message than before is not believed. See [folderRun].
//
// # Completeness
//
// When a folder has drained, what the server says it holds (GetItemEstimate) is compared with the live rows of the ledger.
// Servers mean different things by that number; see [folderRun.balance]. Where it cannot be explained, or an answer may have
// hidden something, the folder is audited: enumerated from key 0 under a device partnership of its own, which leaves the
// folder's key as it is, and matched with the ledger by ServerId and fingerprint. What is missing is fetched with
// ItemOperations and stored; what was not shown is asked for, and is deleted only if the server does not have it; so are some
// items of a folder that is listed no more. Of more than
// 5,000 items a sample is asked for, if the server counts no more than it showed; else they are kept as living. The figures
// are the folder's certificate in the run record. A number that stays above what two enumerations show makes the run
// unbalanced. [Reconcile] does the same against what the archive itself holds, at any time.
//
// # Is it what was sent
//
// The bytes of every message are looked at before they are stored, by package fidelity: what can be verified of them goes into
// the manifest, and what is to be said of a message is an event when its page is durable ([Findings]). [CompareVersions] reads
// the same messages in each version of the protocol, since some servers serve them as they are in 2.5 alone.
//
// # What a server cannot send
//
// A page that fails twice is asked for from key 0 again, first without bodies, which come one by one then, and after that
// with smaller and smaller windows. An item that cannot be had is quarantined with what the server sent instead, and every
// later run asks for it again.
//
// # How much at once
//
// The governor bounds the requests in flight, of a mailbox and of a host: one more while answers come well, half as many when
// the server throttles or breaks down, one less when its answers get slow. A Retry-After keeps the whole mailbox quiet for
// just as long.
//
// # Watching
//
// [Watch] is a run over everything, and then rounds: small runs over the folders that the server has news of, by the same page
// loop. Between them it waits with Ping, which shows no key, or where there is none with a Sync of all folders, whose answer is
// pages that are stored like others. The heartbeat grows while answers come and shrinks when one does not. Segments of several rounds
// may share a run record; until it is written they are what a killed run leaves. An error of the source ends no watch that had
// begun, unless somebody has to see to it.
//
// # Policies and wipes
//
// [AnswerPolicy] says what is done about each setting of a server's policy, and the server is told what that comes to. A remote
// wipe ends a mailbox: its checkpoints and the credentials that the caller keeps go, what the sink holds stays, and the server is told
// that it was not wiped.
//
// # Where a mailbox is
//
// A [Locator] finds the server where none was named, and decides where credentials may go. A 451 is followed once in a run, if
// it allows that; where a mailbox was is remembered in its checkpoint, together with what the caller had named, and is where
// the next run with the same name begins. When nothing is there any more the server is looked for anew. A server that says
// that it was upgraded (X-MS-RP) has everything start over at key 0, once in a run. The device partnership stays, and nothing
// that is stored is stored again.
package migrate
