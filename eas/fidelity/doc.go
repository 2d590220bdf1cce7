// Package fidelity tells of a message what can be verified without a network and without a private key: whether it is still
// what its sender made.
//
// A [Checker] is a writer that the bytes of a message pass by, in pieces of any size:
//
//	var c fidelity.Checker
//	if _, err := io.Copy(&c, message); err != nil { ... }
//	report := c.Report()
//
// It looks for four things.
//
// DKIM: the sender's server put a hash of the body into the header (RFC 6376 3.5, bh=). What still has that hash is whole, to the
// byte as far as its canonicalization cares. The signature over the header is not checked: that takes a key out of the DNS, which
// may be gone in a year.
//
// Signatures: the first part of a multipart/signed, as it is, held against the signature in the second (RFC 8551 3.5.3, RFC 3156
// 5), and an application/pkcs7-mime that holds signed data. An S/MIME signature brings its certificate; for one of OpenPGP a key is
// looked for in the message, in an Autocrypt field or an attachment. Nobody is asked whom the key belongs to, and since when it
// has expired: ok says that the bytes are those that were signed with it.
//
// Structure: every multipart has its parts and its end (RFC 2046 5.1.1), also in messages in the message. A message that was cut, or
// lost what its header announces, is found so.
//
// What cannot be read: ciphertext is named (S/MIME, OpenPGP, rights management), and is no fault.
//
// A line end may be CRLF or LF alone, since a server may store either: what was hashed or signed had CRLF.
//
// Memory is bounded by a few hundred kB, however large a message is, and by [Checker.MaxSigned] for one that is signed data as a
// whole.
//
// The canonical forms of DKIM are written here because no library gives the hash of a body without asking for a key; S/MIME and
// OpenPGP are left to libraries.
package fidelity
