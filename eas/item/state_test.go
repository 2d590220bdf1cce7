package item

import (
	"encoding/base64"
	"slices"
	"testing"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestStateNoise: SOGo fills the parts of a time zone that have no meaning with its memory, so two answers differ.
func TestStateNoise(t *testing.T) {
	zone := func(bias, garbage byte) wbxml.Element {
		b := make([]byte, zoneSize)
		b[0], b[84], b[90] = bias, garbage, garbage // Bias, StandardBias, DaylightName
		return wbxml.E(wbxml.AirSyncApplicationData,
			wbxml.T(wbxml.CalendarSubject, "x"), wbxml.T(wbxml.CalendarTimezone, base64.StdEncoding.EncodeToString(b)))
	}
	a, same, other := zone(60, 0), zone(60, 0x5A), zone(61, 0)
	if State("Calendar", &a) != State("Calendar", &same) {
		t.Error("noise in a time zone is a change")
	}
	if State("Calendar", &a) == State("Calendar", &other) {
		t.Error("another time zone is no change")
	}
}

// TestStateOfMail: the marks count, and nothing else that comes with a mail.
func TestStateOfMail(t *testing.T) {
	mail := func(read string, more ...wbxml.Element) string {
		e := wbxml.E(wbxml.AirSyncApplicationData, wbxml.T(wbxml.EmailSubject, "s"), wbxml.T(wbxml.EmailRead, read))
		e.Append(more...)
		return State("Email", &e)
	}
	if mail("0") == mail("1") {
		t.Error("reading a mail is no change")
	}
	if mail("0") != mail("0", wbxml.T(wbxml.AirSyncBaseNativeBodyType, "1")) {
		t.Error("a mail with its body has another state than without")
	}
	if mail("0") == mail("0", wbxml.T(wbxml.Email2LastVerbExecuted, "1")) {
		t.Error("answering a mail is no change")
	}
}

// TestStateOfAnswers: one item as two answers have it, and as another item.
func TestStateOfAnswers(t *testing.T) {
	attendee := func(name, email string) wbxml.Element {
		return wbxml.E(wbxml.CalendarAttendee, wbxml.T(wbxml.CalendarName, name), wbxml.T(wbxml.CalendarEmail, email))
	}
	attachment := func(size string) wbxml.Element {
		return wbxml.E(wbxml.AirSyncBaseAttachments, wbxml.E(wbxml.AirSyncBaseAttachment,
			wbxml.T(wbxml.AirSyncBaseFileReference, "f"), wbxml.T(wbxml.AirSyncBaseEstimatedDataSize, size)))
	}
	one := properties(
		wbxml.T(wbxml.CalendarSubject, "s"),
		wbxml.E(wbxml.CalendarAttendees, attendee("a", "1"), attendee("b", "2")),
		wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "2"), wbxml.T(wbxml.AirSyncBaseEstimatedDataSize, "9"),
			wbxml.T(wbxml.AirSyncBaseData, "<p>\r\nx</p>")),
		wbxml.T(wbxml.AirSyncBaseNativeBodyType, "2"), attachment("10"))
	same := properties(
		attachment("12"),
		wbxml.E(wbxml.AirSyncBaseBody, wbxml.B(wbxml.AirSyncBaseData, []byte("<p>\nx</p>")), wbxml.T(wbxml.AirSyncBaseTruncated, "0"),
			wbxml.T(wbxml.AirSyncBaseType, "2"), wbxml.T(wbxml.AirSyncBasePreview, "x")),
		wbxml.E(wbxml.CalendarAttendees, attendee("b", "2"), attendee("a", "1")),
		wbxml.T(wbxml.CalendarSubject, "s"))
	if State("Calendar", one) != State("Calendar", same) || contentUUID(one) != contentUUID(same) {
		t.Error("two answers of one item have two states")
	}
	seen := map[string]bool{State("Calendar", one): true}
	for what, other := range map[string]wbxml.Element{
		"the addresses are swapped":  wbxml.E(wbxml.CalendarAttendees, attendee("a", "2"), attendee("b", "1")),
		"an attendee is there twice": wbxml.E(wbxml.CalendarAttendees, attendee("a", "1"), attendee("b", "2"), attendee("b", "2")),
		"the text has another space": wbxml.T(wbxml.CalendarSubject, "s "),
	} {
		changed := properties(append([]wbxml.Element{other}, slices.DeleteFunc(slices.Clone(one.Children),
			func(e wbxml.Element) bool { return e.Tag == other.Tag })...)...)
		state := State("Calendar", changed)
		if seen[state] {
			t.Errorf("%s, and the state is the same", what)
		}
		seen[state] = true
	}
}
