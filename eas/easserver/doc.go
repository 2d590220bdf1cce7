// Package easserver is an Exchange ActiveSync server for protocol versions 2.5 to
// 16.1: the peer of the tests and of the demo, and a server to try things with.
//
// A [Store] holds mailboxes in memory. A [Server] is an http.Handler that serves
// them:
//
//	store := easserver.NewStore()
//	alice := store.AddUser("alice")
//	alice.Folder("Inbox").AddMessage(message)
//	http.ListenAndServe(addr, easserver.New(easserver.Config{Password: "secret"}, store))
//
// The mailboxes may be changed while they are served; clients learn of it with
// their next Sync, or at once if they wait in a Ping.
//
// # Strictness
//
// The server does what the specifications say, which is less than what clients get
// away with elsewhere. A request that they forbid gets the status that they
// prescribe, and is reported to Config.OnViolation, so that a test can demand that
// there was none.
//
// # Sync keys
//
// A key is random text and stands for a state that the server keeps for the device
// and the folder: how far the device has read the folder's log of mutations, and
// the set of the items that it has, one bit each. Two keys are good at any time.
// The latest one asks for the next page. The one before gets the last page again,
// item by item the same, because the answer may have got lost; if it comes with a
// smaller window or another filter, the page is taken back and made anew. Any other
// key gets status 3, and the client has to start over with key 0.
//
// # Faults
//
// Config.Faults makes the server misbehave as real servers were seen to; [AllFaults]
// lists the ways. They are done where the server does its work, so that what a client
// gets is what such a server sends, and what a fault lost stays lost:
//
//	faults := easserver.NewFaults(1, easserver.FaultRule{Fault: easserver.FaultForgetKey, Rate: 0.1})
//	server := easserver.New(easserver.Config{Password: "secret", Faults: faults}, store)
//
// For what is not in the list, Config.OnRequest may answer in the server's stead.
package easserver
