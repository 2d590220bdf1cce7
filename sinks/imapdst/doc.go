// Package imapdst puts mail into another server by IMAP: the [sinks.Target] for class Email. It speaks IMAP4rev1 (RFC 3501) and IMAP4rev2
// (RFC 9051) with what of the following a server offers.
//
//	APPEND        MULTIAPPEND (RFC 3502), LITERAL+ and LITERAL- (RFC 7888), UIDPLUS (RFC 4315), APPENDLIMIT (RFC 7889), QUOTA (RFC 9208)
//	folders       NAMESPACE (RFC 2342), LIST-EXTENDED (RFC 5258), LIST-STATUS (RFC 5819), SPECIAL-USE and CREATE-SPECIAL-USE (RFC 6154)
//	changes       CONDSTORE (RFC 7162), MOVE (RFC 6851), UIDPLUS
//	login         TLS, STARTTLS, PLAIN, LOGIN, OAUTHBEARER (RFC 7628), XOAUTH2
//
// It was tried with Dovecot 2.3, Cyrus 3.6 and Courier 5.0, and with servers of the tests that do what those do not.
//
// # How a message is put
//
// Its bytes are sent as they are, streamed, with its flags and its time as internal date. A batch is one command where the server has
// MULTIAPPEND, of which it stores all or nothing; else it is many commands that do not wait for one another, where it has LITERAL+. What it
// refuses together goes one by one, and what it refuses with its keywords goes without, and gets them one by one.
//
// Success is believed after reading back: one FETCH over the batch compares size, internal date and flags, and the SHA-256 of the bytes
// ([VerifySize]: not those). What is different is a [sinks.Alteration], and what is not there is [ErrLost].
//
//	property      told of when
//	bytes         the SHA-256 is another one, or the size; with the reason if that is bare LF, or bytes that are 0, which IMAP has not
//	internaldate  it is another second
//	flag          it is not kept, or one is there that nobody asked for
//	categories    a keyword is not kept, or in other letters
//	follow_up     a flag had dates
//
// # What marks become
//
//	read                 \Seen                 a draft, in a folder for drafts    \Draft
//	flag active          \Flagged              replied, to one or to all          \Answered
//	category "Red Team"  Red_Team              forwarded                          $Forwarded
//
// Keywords are the "Q" encoding of RFC 2047, so that categories come back as they were ("Grün" is Gr=C3=BCn). Importance stays what the
// header of the message says.
//
// # What is not known
//
// A connection that breaks, or is silent for too long, while APPEND waits for its answer leaves [sinks.ErrUncertain]. UIDs only grow, so the
// mark "<UIDVALIDITY>.<UIDNEXT>" separates what was there before. Find asks for the sizes of what came since, and for the bytes of those with
// the right one. When it misses something on a new connection it waits some seconds and looks again: the server may be storing still what it
// received. The
// next call on a folder whose connection broke opens another one.
//
//	broken                                  the server has             the caller does
//	within a message                        nothing of it              Find: nothing; put it
//	within a batch of MULTIAPPEND           nothing of the batch       the same
//	after the last byte, before the answer  all of the batch, or none  Find: what there is; put the rest
//	before it was read back                 what it said               Find: all of it
//
// # What belongs to others
//
// Marks are changed, and messages moved or removed, only while their flags are those that the caller knows: with CONDSTORE that is one step
// of the server's, and without it a look just before. A removal names its UIDs; a server without UIDPLUS, where EXPUNGE would take with it
// what others have marked, gets none: errors.ErrUnsupported. The folders that others share with the user are not listed.
//
// # The names of folders
//
// A path is split at its "/" and joined with the server's delimiter, below the prefix of the user's namespace. A character that cannot be in a
// name there becomes one that looks like it: "v1.5" is "v1．5" where the delimiter is ".", and [sinks.Place.Path] says so.
//
// # What the library does, and what it does not
//
// github.com/emersion/go-imap/v2 reads and writes all but APPEND, STARTTLS and the login by LOGIN: it sends one message at a time, with a round
// trip each, without MULTIAPPEND, and closes the connection when a literal is refused. Those are spoken here, on the same connection, of which
// a wire hands each side its answers, within bounds that the library has not. It knows neither XLIST nor APPEND with UTF8 (RFC 6855), so that
// neither is used: names travel in modified UTF-7, and special uses are those of SPECIAL-USE.
package imapdst
