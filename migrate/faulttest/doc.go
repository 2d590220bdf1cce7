// Package faulttest takes the engine through everything that EAS servers have been seen to get wrong. It holds tests only.
//
// Each test runs package migrate again and again over a mailbox that changes between the runs, behind a server that
// misbehaves in the ways of easserver.AllFaults: through each fault alone, and through mixtures that a seed draws. When
// the faults have stopped, one more run has to end well. What is true is read from the server's store, what was kept
// from the archive's files; the engine is never asked.
//
// After every run, faulty or not:
//
//   - the archive verifies;
//   - nothing was stored twice under one ServerId with the same bytes;
//   - a run that says "ok" has every item of the server.
//
// After the last:
//
//   - every item of the server is live in the archive just once, a message by its bytes and what is flagged of it,
//     another item by what it says;
//   - nothing else is live;
//   - the run records add up to what was written.
//
// No test waits: the engine's waiting is replaced, and what the server asked for with Retry-After is held against what
// the engine would have waited.
//
// AIRLIFT_FAULTS=full runs many more seeds, some minutes of work.
package faulttest
