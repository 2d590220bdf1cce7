package easserver

import (
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// oofSettings are the out-of-office settings of a mailbox as a client set them.
type oofSettings struct {
	state, start, end string
	messages          map[wbxml.Tag]oofMessage // by audience
}

type oofMessage struct {
	enabled, text, format string
}

var (
	oofAudiences = []wbxml.Tag{wbxml.SettingsAppliesToInternal, wbxml.SettingsAppliesToExternalKnown, wbxml.SettingsAppliesToExternalUnknown}
	oofFormats   = map[string]bool{"Text": true, "HTML": true} // MS-ASCMD 2.2.3.17
)

// oof gets or sets the out-of-office settings. MS-ASCMD 2.2.3.122.
func (x *exchange) oof(e *wbxml.Element) (int, *wbxml.Element) {
	if set := sole(e, wbxml.SettingsSet); set != nil {
		return x.setOof(set), nil
	}
	get := sole(e, wbxml.SettingsGet)
	if get == nil || !oofFormats[get.Value(wbxml.SettingsBodyType)] {
		return x.bad("MS-ASCMD 2.2.3.17", "an Oof that neither sets nor gets, or without a BodyType"), nil
	}
	answer := x.user.oof.get(get.Value(wbxml.SettingsBodyType))
	return 1, &answer
}

// setOof takes new settings. Messages that are not in it stay as they are.
func (x *exchange) setOof(set *wbxml.Element) int {
	state, start, end := set.Value(wbxml.SettingsOofState), set.Value(wbxml.SettingsStartTime), set.Value(wbxml.SettingsEndTime)
	switch {
	case (start == "") != (end == ""):
		return x.bad("MS-ASCMD 2.2.3.176.2", "StartTime or EndTime alone")
	case state == "2" && start == "", state != "0" && state != "1" && state != "2":
		return 5
	case start != "":
		from, err := wbxml.ParseTime(start)
		to, err2 := wbxml.ParseTime(end)
		if err != nil || err2 != nil {
			return x.bad("MS-ASCMD 2.2.3.176.2", "times "+start+" and "+end)
		}
		if !to.After(from) {
			return 6
		}
		if state != "2" {
			x.violation("MS-ASCMD 2.2.3.124", "times with OofState "+state)
			start, end = "", "" // they are not stored
		}
	}
	messages := map[wbxml.Tag]oofMessage{}
	for a, m := range x.user.oof.messages {
		messages[a] = m
	}
	seen := map[wbxml.Tag]bool{}
	for e := range set.All(wbxml.SettingsOofMessage) {
		audience, ok := oofAudience(e)
		if !ok || seen[audience] {
			return x.bad("MS-ASCMD 2.2.3.123", "an OofMessage to no audience, to several or to one that has another")
		}
		seen[audience] = true
		m := messages[audience]
		m.enabled = e.Value(wbxml.SettingsEnabled)
		if e.Has(wbxml.SettingsReplyMessage) {
			m.text, m.format = e.Value(wbxml.SettingsReplyMessage), e.Value(wbxml.SettingsBodyType)
			if !oofFormats[m.format] {
				return x.bad("MS-ASCMD 2.2.3.149", "ReplyMessage without BodyType")
			}
		}
		messages[audience] = m
	}
	x.user.oof = oofSettings{state, start, end, messages}
	return 1
}

func oofAudience(e *wbxml.Element) (audience wbxml.Tag, ok bool) {
	n := 0
	for _, a := range oofAudiences {
		if e.Has(a) {
			audience = a
			n++
		}
	}
	return audience, n == 1
}

// get returns the settings with the messages in a format, one for each audience.
func (o *oofSettings) get(format string) wbxml.Element {
	state := o.state
	if state == "" {
		state = "0"
	}
	get := wbxml.E(wbxml.SettingsGet, wbxml.T(wbxml.SettingsOofState, state))
	if o.start != "" {
		get.Append(wbxml.T(wbxml.SettingsStartTime, o.start), wbxml.T(wbxml.SettingsEndTime, o.end))
	}
	for _, audience := range oofAudiences {
		m := o.messages[audience]
		if m.enabled == "" {
			m.enabled = "0"
		}
		e := wbxml.E(wbxml.SettingsOofMessage, wbxml.Empty(audience), wbxml.T(wbxml.SettingsEnabled, m.enabled))
		if m.text != "" {
			if m.format == "Text" && format == "HTML" {
				m.text = htmlOfText(m.text)
			} else if m.format == "HTML" && format == "Text" {
				m.text = textOfHTML(m.text)
			}
			e.Append(wbxml.T(wbxml.SettingsReplyMessage, m.text), wbxml.T(wbxml.SettingsBodyType, format))
		}
		get.Append(e)
	}
	return get
}
