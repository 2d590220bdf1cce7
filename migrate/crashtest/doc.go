// Package crashtest proves the crash table of package migrate: it lets everything that a run does to the world go wrong,
// once each, and looks at what the runs after it make of that. There is nothing in it but tests.
//
// # What is swept
//
// Two mailboxes, eight folders, all five classes, in pages of four items, are archived, changed (new, read, moved and
// deleted messages, an edited contact, a renamed and a deleted folder) and archived again. Every side effect counts:
//
//	http        a request to the server
//	file        a step of sinks/dir on the disk: create, write, sync, publish, sync of the directory, remove
//	bucket      a call of the sinks.Bucket below the archive
//	checkpoint  a write of the checkpoints.Store
//	s3          a request of sinks/s3 to a store, where the archive is in one
//
// and the n-th of each kind fails, for n = 1, 2, … until a run gets through without reaching it:
//
//	refused        it is not done, and reported as an error
//	lost           it is done, and reported as an error; for a request: the answer does not come
//	cut            for a request: half of the answer comes
//	killed-before  the process dies instead of doing it
//	killed-after   the process dies when it is done
//	power-cut      likewise, and what was not flushed to the disk is gone
//	sigkill        a real process gets a real SIGKILL instead of doing it; a sample
//
// A dead process does nothing any more, whatever its goroutines try. The power cut is that of sinks/dir: entries of
// directories and contents of files that were not synced are taken back. SQLite is taken at its word, and the package
// checkpoints/sqlite has crash tests of its own.
//
// # What must hold
//
// At every moment: a SyncKey reaches the server only when the checkpoints have it, and a page gets into the checkpoints
// only when its segment is on the disk, flushed, with the hash that the checkpoint names.
//
// In the end: runs without a fault, three at the most, end ok. Then every item of the server is live in the archive once,
// in its folder, with its bytes and its read flag, and nothing else is; no version of an item was stored twice; segments,
// chains and run records verify; every segment is in a run record; no temporary file is left; the checkpoints say what
// the archive says. No page was fetched more than twice, and no folder took more than one page more than without a
// fault. The archive is read here by zstd, tar and JSON, not by the package that wrote it.
//
// Requests, bucket and checkpoints are swept once more with pages of two events, so that each answer is stored in parts.
//
// Two writers of one mailbox, each with checkpoints of its own, are stopped before and after each commit of a page while
// the other runs: exactly one of them commits the page, and the other ends with sinks.ErrFenced.
//
// A plain test run takes a sample. AIRLIFT_CRASH=full sweeps everything. The tests with a store run beside one only: see
// sinks/s3/versitytest/beside.
package crashtest
