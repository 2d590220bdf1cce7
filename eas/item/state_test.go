package item

import (
	"encoding/base64"
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
