package main

import (
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// FuzzCard: what a file says is the same when it was written again, and a contact is the same when it was read back.
func FuzzCard(f *testing.F) {
	f.Add(ada, "a; b, c\\n\nd")
	f.Add("", "")
	f.Add("BEGIN:VCARD\nitem1.TEL;type=CELL:1\nN:a\\;b;c\nEND:VCARD", "\\")
	f.Fuzz(func(t *testing.T, text, value string) {
		c := parse(text)
		before := string(c.properties().AppendXML(nil))
		c.set(c.properties())
		again := parse(string(c.text()))
		if after := string(again.properties().AppendXML(nil)); after != before && !strings.Contains(before, "\r") {
			if !strings.Contains(after, "<FileAs") || strings.Contains(before, "<FileAs") { // a card has a name at least
				t.Errorf("%q says\n%s, then\n%s", text, before, after)
			}
		}
		if value == "" || strings.Contains(value, "\r") {
			return
		}
		props := wbxml.E(wbxml.AirSyncApplicationData)
		for _, tag := range supported() {
			if tag == wbxml.AirSyncBaseBody {
				props.Append(wbxml.E(tag, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, value)))
			} else {
				props.Append(wbxml.T(tag, value))
			}
		}
		c.set(&props)
		again = parse(string(c.text()))
		if got := string(again.properties().AppendXML(nil)); got != string(props.AppendXML(nil)) {
			t.Errorf("%q became\n%s", value, got)
		}
	})
}
