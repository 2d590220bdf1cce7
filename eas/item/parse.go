package item

import (
	"errors"
	"time"
)

// ErrNotItem means that what should be parsed is none of the objects that it was
// taken for: no vCard, no component of iCalendar.
var ErrNotItem = errors.New("not an item")

// ParseOptions says what the properties that are made of a vCard or an iCalendar
// object are for. The zero value is the newest protocol version.
type ParseOptions struct {
	// Version is the protocol version of the server that takes the properties,
	// "2.5" to "16.1"; "" is 16.1. What an item may hold depends on it.
	Version string
	// Location is where the dates and local times of an iCalendar object are that
	// name no time zone, unless the object says it itself (X-WR-TIMEZONE). Nil is UTC,
	// and a time that is taken for UTC is a Loss. Up to protocol 14.1 an event of
	// whole days is from midnight to midnight there.
	Location *time.Location
}

// Loss is a value that did not reach the properties, or not as it was. A parser
// names each of them, so that its caller can tell people what a copy lacks.
type Loss struct {
	Property string // what held it, as the input names it: "GEO", "TEL;TYPE=textphone"
	Value    string // as text, cut to [MaxLossValue] bytes
	Why      string // a reason in a few words: "no such property", "over 48 KB"
}

// MaxLossValue bounds the text of a Loss, in bytes: a picture may be lost too.
const MaxLossValue = 256

// newLoss is the Loss of a value of any length.
func newLoss(property, value, why string) Loss {
	return Loss{Property: property, Value: cutText(value, MaxLossValue), Why: why}
}
