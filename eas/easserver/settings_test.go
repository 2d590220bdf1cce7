package easserver

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestForbiddenSettings sends what MS-ASCMD forbids of Settings and wants the status that it prescribes, and a report.
func TestForbiddenSettings(t *testing.T) {
	oof := func(e ...wbxml.Element) wbxml.Element { return wbxml.E(wbxml.SettingsOof, e...) }
	set := func(e ...wbxml.Element) wbxml.Element { return wbxml.E(wbxml.SettingsSet, e...) }
	get := wbxml.Empty(wbxml.SettingsGet)
	state := wbxml.T(wbxml.SettingsOofState, "1")
	message := func(e ...wbxml.Element) wbxml.Element { return wbxml.E(wbxml.SettingsOofMessage, e...) }
	internal, known := wbxml.Empty(wbxml.SettingsAppliesToInternal), wbxml.Empty(wbxml.SettingsAppliesToExternalKnown)
	reply := wbxml.T(wbxml.SettingsReplyMessage, "Gone")
	text := wbxml.T(wbxml.SettingsBodyType, "Text")
	start := wbxml.T(wbxml.SettingsStartTime, "2026-03-01T00:00:00.000Z")
	info := func(e ...wbxml.Element) wbxml.Element { return wbxml.E(wbxml.SettingsDeviceInformation, set(e...)) }
	password := func(e ...wbxml.Element) wbxml.Element { return wbxml.E(wbxml.SettingsDevicePassword, set(e...)) }
	for _, c := range []struct {
		name, version, want string // the status of the whole and of the property
		doc                 []wbxml.Element
	}{
		{"an unknown property", "14.1", "2 ", []wbxml.Element{wbxml.E(wbxml.SettingsAccounts)}},
		{"a property twice", "14.1", "2 ", []wbxml.Element{info(), info()}},
		{"rights before 14.1", "14.0", "2 ", []wbxml.Element{wbxml.E(wbxml.SettingsRightsManagementInformation, get)}},
		{"rights without Get", "14.1", "1 2", []wbxml.Element{wbxml.E(wbxml.SettingsRightsManagementInformation)}},
		{"user without Get", "14.1", "1 2", []wbxml.Element{wbxml.E(wbxml.SettingsUserInformation)}},
		{"Oof without BodyType", "14.1", "1 2", []wbxml.Element{oof(get)}},
		{"Oof with Get and Set", "14.1", "1 2", []wbxml.Element{oof(wbxml.E(wbxml.SettingsGet, text), set(state))}},
		{"an end without a start", "14.1", "1 2", []wbxml.Element{oof(set(state, start))}},
		{"two messages to one audience", "14.1", "1 2", []wbxml.Element{oof(set(state, message(internal), message(internal)))}},
		{"a message to two audiences", "14.1", "1 2", []wbxml.Element{oof(set(state, message(internal, known)))}},
		{"a message to nobody", "14.1", "1 2", []wbxml.Element{oof(set(state, message(reply, text)))}},
		{"a reply without BodyType", "14.1", "1 2", []wbxml.Element{oof(set(state, message(internal, reply)))}},
		{"an operator in 12.1", "12.1", "1 2", []wbxml.Element{info(wbxml.T(wbxml.SettingsMobileOperator, "x"))}},
		{"something else of a device", "14.1", "1 2", []wbxml.Element{info(wbxml.T(wbxml.SettingsPassword, "x"))}},
		{"a long model", "14.1", "1 5", []wbxml.Element{info(wbxml.T(wbxml.SettingsModel, strings.Repeat("ü", 1025)))}},
		{"a device without Set", "14.1", "1 2", []wbxml.Element{wbxml.E(wbxml.SettingsDeviceInformation)}},
		{"no password", "14.1", "1 2", []wbxml.Element{password()}},
		{"a long password", "14.1", "1 5", []wbxml.Element{password(wbxml.T(wbxml.SettingsPassword, strings.Repeat("ü", 256)))}},
	} {
		store, _ := inboxOf(0)
		cl := newClient(t, Config{}, store)
		cl.version = c.version
		answer := cl.do("Settings", wbxml.E(wbxml.SettingsSettings, c.doc...))
		got := answer.Value(wbxml.SettingsStatus) + " "
		for _, e := range answer.Children {
			got += e.Value(wbxml.SettingsStatus)
		}
		if got != c.want || len(cl.violations) != 1 {
			t.Errorf("%s: status %s and %d reports, want %s and 1", c.name, got, len(cl.violations), c.want)
		}
	}
}

// TestOofFormats sets a message in each format and gets it in both.
func TestOofFormats(t *testing.T) {
	store, _ := inboxOf(0)
	c := newClient(t, Config{}, store)
	do := func(e wbxml.Element) *wbxml.Element {
		return c.do("Settings", wbxml.E(wbxml.SettingsSettings, wbxml.E(wbxml.SettingsOof, e))).Child(wbxml.SettingsOof)
	}
	message := func(audience wbxml.Tag, format, text string) wbxml.Element {
		return wbxml.E(wbxml.SettingsOofMessage, wbxml.Empty(audience), wbxml.T(wbxml.SettingsEnabled, "1"), wbxml.T(wbxml.SettingsReplyMessage, text), wbxml.T(wbxml.SettingsBodyType, format))
	}
	do(wbxml.E(wbxml.SettingsSet, wbxml.T(wbxml.SettingsOofState, "1"), message(wbxml.SettingsAppliesToInternal, "Text", "a < b"), message(wbxml.SettingsAppliesToExternalKnown, "HTML", "<b>c &lt; d</b>")))
	// A message that is not in a request stays.
	do(wbxml.E(wbxml.SettingsSet, wbxml.T(wbxml.SettingsOofState, "0")))
	for format, want := range map[string]string{"Text": "1a < b|1c < d|0|", "HTML": "1<html><body>a &lt; b</body></html>|1<b>c &lt; d</b>|0|"} {
		got := ""
		for m := range do(wbxml.E(wbxml.SettingsGet, wbxml.T(wbxml.SettingsBodyType, format))).Child(wbxml.SettingsGet).All(wbxml.SettingsOofMessage) {
			got += m.Value(wbxml.SettingsEnabled) + m.Value(wbxml.SettingsReplyMessage) + "|"
		}
		if got != want {
			t.Errorf("%s: %s", format, got)
		}
	}
	c.strict()
}

// TestSettingsAnswersFit sends all properties through the schemas, in the versions that these describe.
func TestSettingsAnswersFit(t *testing.T) {
	for _, version := range []string{"14.0", "14.1", "16.0", "16.1"} {
		store, _ := inboxOf(0)
		store.User("alice").AddAccount(eas.Account{ID: "7", Name: "Club", SendDisabled: true, Addresses: []string{"a@club.example"}})
		c := newClient(t, Config{RightsTemplates: []eas.RightsTemplate{{ID: "1", Name: "n", Description: "d"}}}, store)
		c.version = version
		get := wbxml.Empty(wbxml.SettingsGet)
		doc := wbxml.E(wbxml.SettingsSettings, wbxml.E(wbxml.SettingsUserInformation, get), deviceInformation(wbxml.T(wbxml.SettingsModel, "m")),
			wbxml.E(wbxml.SettingsDevicePassword, wbxml.E(wbxml.SettingsSet, wbxml.T(wbxml.SettingsPassword, "1"))),
			wbxml.E(wbxml.SettingsOof, wbxml.E(wbxml.SettingsGet, wbxml.T(wbxml.SettingsBodyType, "Text"))))
		if version != "14.0" {
			doc.Append(wbxml.E(wbxml.SettingsRightsManagementInformation, get))
		}
		e := c.do("Settings", doc)
		var want, got []string
		for i := range doc.Children {
			want = append(want, doc.Children[i].Tag.Name()+" 1")
		}
		for _, property := range e.Children[1:] {
			got = append(got, property.Tag.Name()+" "+property.Value(wbxml.SettingsStatus))
		}
		if diff := cmp.Diff(want, got); diff != "" { // in the order of the request
			t.Errorf("%s: %s", version, diff)
		}
		c.strict()
	}
}
