// Package sogo holds the tests that drive the airlift command against a real server, the lab that up.sh starts. What
// the command stored is looked at with IMAP, WebDAV, tar and zstd, never with the project's own code.
//
// The tests are behind the build tag interop and need a lab that is up; see README.md.
package sogo
