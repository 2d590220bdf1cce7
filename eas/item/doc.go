// Package item turns the items of Exchange ActiveSync into the formats that the
// rest of the world reads: contacts into vCard 4.0 or 3.0 ([VCard]), events, tasks
// and notes into iCalendar ([Event], [Task], [Note]), and mail that came without its
// MIME into a message that can be listed ([Message]). [Summarize] tells what a
// manifest says of any item, [Fingerprint] what two listings match it by.
//
// # What is kept
//
// The archive stores every property losslessly beside the converted item, so a
// conversion here never fails for a value that it cannot say: the value is left
// out, or kept as an X-EAS-<PROPERTY> line when it is short or of a contact. An error means that
// there was nothing to convert ([ErrNoProperties]).
//
// The functions read the tree that came from the wire and not the typed views of
// package eas, since two things matter that a typed view does not have: whether
// an exception sent an empty element ("no location") or none ("as in the
// series"), and the raw text of a value that does not parse.
//
// # Time
//
// EAS sends the instants of an event in UTC, and beside them the time zone in
// which it was planned, as a Windows TIME_ZONE_INFORMATION structure with at most
// one yearly change to daylight time and one back. A recurrence is a rule about
// local time, so events are written in local time with that structure as their
// VTIMEZONE. Its TZID is the name that the tz database has for it (by CLDR, where the
// structure is named after Windows) only if the clocks there show the same in all
// the years of the event, ten at most. An event whose zone is absent, all zero or no
// time zone at all is written in UTC.
//
// An event of whole days is a date. Up to protocol 14.1 it comes as the instants
// of midnight in its zone, which is kept beside it; from 16.0 on as dates without any
// zone. A task has its local times beside the instants: they are written in a zone
// that shows them.
//
// # Mapping
//
// Where RFC 5545 leaves a choice, the mapping of [MS-OXCICAL] is taken, which is
// what Exchange itself writes. The objects are built with the models of golang-ical
// and go-vcard and written by them; what both lack is the form of parameter values
// (RFC 6868), and go-vcard the folding of lines. The tests read what was written
// with the parsers of other projects.
//
// A body that came as HTML is a text in DESCRIPTION or NOTE, and also as it came, in
// X-ALT-DESC or X-EAS-BODY. Of one that came as RTF only its type is said.
//
// # Contacts both ways
//
// [ParseVCard] makes a contact of a vCard, of version 2.1, 3.0 or 4.0, and names
// each value that the contact does not hold: EAS has three e-mail addresses, twelve
// telephone numbers that are each for something, one note, one picture of 36 KB. A
// number or an address whose place is taken goes to one that is free, and is named.
//
// What EAS has and vCard has not is an extension that other programs know, or
// X-EAS- and the name of the property, so that a contact comes back from its own
// vCard as it was; but for Alias and WeightedRank, which only servers send, RTF, the
// time of a birthday and the line ends of texts. FN is what the contact is filed as,
// where that is a name and no "Last, First": EAS has no display name, and a contact
// made of a foreign vCard is filed as its FN.
//
// # Calendars both ways
//
// [SplitCalendar] takes a file apart, and [ParseEvent], [ParseTask] and [ParseNote] make
// of each item what a Sync Add may have in a protocol version, and name each value
// that it does not hold: links, the second reminder, who is invited by whom from
// 16.0 on. The exceptions of a series are in it up to 14.1, and from 16.0 on are
// commands of their own ([Instance]).
//
// EAS has six patterns of recurrence. A rule becomes the one of its shape if the
// first 200 occurrences of both are the same. If none is, the recurrence becomes the
// narrowest pattern that has all its occurrences, and deleted exceptions for those
// that are too many, 256 at most: the first and third Wednesday are every Wednesday
// without some. Or it is a pattern that is near, and some are moved: the last Friday
// but one is the third, and in a month of five the fourth. Where that does not suffice
// the series ends sooner; of a date that is added to a day that has an occurrence
// nothing is kept, and of a rule that has several on a day the first one alone: all are
// a [Loss]. A 30th falls on the last
// day of February in EAS, and on none in a rule, so it is one of these cases, and in the
// other direction BYMONTHDAY=28,29,30;BYSETPOS=-1.
//
// A pattern of a lunar calendar is a rule with RSCALE (RFC 7529), which few programs
// read: a rule without it, which all read, would be another recurrence. Two of these
// calendars have no rule at all.
//
// A series has one clock in EAS, the structure: its times are made by that clock, so
// that they show on the wall what they should, in years with other rules too.
//
// [MS-OXCICAL]: https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-oxcical/
package item
