// Package imapdst puts mail into another server by IMAP (RFC 9051, RFC 3501).
package imapdst
