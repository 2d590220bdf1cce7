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
// # What a crash leaves
//
//	crash after            state                                    restart does
//	Sync answered          nothing stored                           ask again with K
//	some items put         a temp file, an incomplete upload        discard it; ask again with K
//	segment committed      segment 42 exists, checkpoint says 41    adopt segment 42 and its K'
//	checkpoint committed   agree                                    go on
//	error, but stored      segment 42 exists                        ours: adopt; another writer's: stop
//
// Servers answer a repeated key with a different page, so a key is asked at most twice (the count is durable before
// the request leaves); then the folder restarts at key 0 and every item is matched against the ledger, so that
// nothing is stored twice. See [folderRun].
//
// # Completeness
//
// When a folder has drained, what the server says it holds (GetItemEstimate) is compared with the live rows of the
// ledger. Servers mean different things by that number, so a folder that differs gets one more pass from key 0; two
// enumerations that agree to the item outweigh the number, and what they do not settle makes the run unbalanced.
package migrate
