package eas

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// The protocol's identifiers are opaque: their only operations are storing, comparing and showing them to the server again.
type (
	// SyncKey names a state of a folder or of the folder hierarchy that the server keeps. InitialKey starts one.
	SyncKey string
	// CollectionID names a folder. It belongs to one DeviceID: some servers give other ids to another device.
	CollectionID string
	// ServerID names an item in its folder.
	ServerID string
	// DeviceID names the partnership between a device and a mailbox: alphanumeric, at most 32 bytes, and the same for
	// as long as its SyncKeys are to live.
	DeviceID string
	// PolicyKey says which policies the device has acknowledged. MS-ASPROV 2.2.2.42.
	PolicyKey string
)

// InitialKey is the SyncKey of a folder, or hierarchy, that was never synchronized.
const InitialKey SyncKey = "0"

// Class is the kind of items in a folder. MS-ASCMD 2.2.3.27.
type Class string

const (
	ClassEmail    Class = "Email"
	ClassContacts Class = "Contacts"
	ClassCalendar Class = "Calendar"
	ClassTasks    Class = "Tasks"
	ClassNotes    Class = "Notes"
	ClassSMS      Class = "SMS" // text messages, in mail folders, from 14.0 on
)

// filterable tells whether a FilterType may be asked for. MS-ASCMD 2.2.3.68.2.
func (c Class) filterable() bool {
	return c == ClassEmail || c == ClassCalendar || c == ClassTasks || c == ClassSMS
}

// Version is a protocol version as the servers write it: "14.1".
type Version string

// The versions that this package speaks.
const (
	Version25  Version = "2.5"
	Version120 Version = "12.0"
	Version121 Version = "12.1"
	Version140 Version = "14.0"
	Version141 Version = "14.1"
	Version160 Version = "16.0"
	Version161 Version = "16.1"
)

// Versions lists the versions that this package speaks, the oldest first.
func Versions() []Version {
	return []Version{Version25, Version120, Version121, Version140, Version141, Version160, Version161}
}

// Compare is negative when v is older than w, positive when it is newer. What is no number counts as oldest.
func (v Version) Compare(w Version) int {
	vMajor, vMinor := v.split()
	wMajor, wMinor := w.split()
	return cmp.Or(cmp.Compare(vMajor, wMajor), cmp.Compare(vMinor, wMinor))
}

// AtLeast reports whether v is w or newer.
func (v Version) AtLeast(w Version) bool { return v.Compare(w) >= 0 }

func (v Version) split() (major, minor int) {
	a, b, _ := strings.Cut(string(v), ".")
	major, err := strconv.Atoi(a)
	if err != nil {
		return -1, 0
	}
	minor, _ = strconv.Atoi(b)
	return major, minor
}

// bestVersion is the newest version that both sides speak.
func bestVersion(server []Version) (Version, bool) {
	ours := Versions()
	slices.Reverse(ours)
	for _, v := range ours {
		if slices.ContainsFunc(server, func(s Version) bool { return s.Compare(v) == 0 }) {
			return v, true
		}
	}
	return "", false
}

// number reads a decimal element that should be there; anything else is absent.
func number(e *wbxml.Element, tag wbxml.Tag) int { return atoi(e.Value(tag)) }

// absent is the value of a status or count that the server did not send, or that is no number.
const absent = -1

func atoi(s string) int {
	if s == "" {
		return absent // strconv would allocate an error, and this is on the way of every item
	}
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return absent
	}
	return n
}
