package easserver

import "github.com/airlift-eas/airlift/eas/wbxml"

// oofSettings are the out-of-office settings of a mailbox as a client set them.
type oofSettings struct {
	state, start, end string
	messages          []wbxml.Element // OofMessage
}

// settings answers Settings. MS-ASCMD 2.2.1.18.
func (x *exchange) settings() {
	answer := wbxml.E(wbxml.SettingsSettings, wbxml.T(wbxml.SettingsStatus, "1"))
	x.user.mu.Lock()
	for i := range x.doc.Children {
		e := &x.doc.Children[i]
		switch e.Tag {
		case wbxml.SettingsDeviceInformation:
			answer.Append(x.deviceInformation(e))
		case wbxml.SettingsUserInformation:
			answer.Append(x.userInformation(e))
		case wbxml.SettingsOof:
			answer.Append(x.oof(e))
		case wbxml.SettingsDevicePassword:
			answer.Append(wbxml.E(e.Tag, wbxml.T(wbxml.SettingsStatus, "1")))
		case wbxml.SettingsRightsManagementInformation:
			answer.Append(wbxml.E(e.Tag, wbxml.T(wbxml.SettingsStatus, "1"),
				wbxml.E(wbxml.SettingsGet, wbxml.Empty(wbxml.RightsManagementRightsManagementTemplates))))
		default:
			answer = wbxml.E(wbxml.SettingsSettings, wbxml.T(wbxml.SettingsStatus, "2"))
		}
	}
	x.user.mu.Unlock()
	if s := answer.Value(wbxml.SettingsStatus); s != "1" || len(x.doc.Children) == 0 {
		x.violation("MS-ASCMD 2.2.1.18", "a Settings that asks for nothing known")
		answer = wbxml.E(wbxml.SettingsSettings, wbxml.T(wbxml.SettingsStatus, "2"))
	}
	x.reply(answer)
}

func (x *exchange) deviceInformation(e *wbxml.Element) wbxml.Element {
	set := e.Child(wbxml.SettingsSet)
	if set == nil {
		return wbxml.E(e.Tag, wbxml.T(wbxml.SettingsStatus, "2"))
	}
	x.device.info = set.Children
	return wbxml.E(e.Tag, wbxml.T(wbxml.SettingsStatus, "1"))
}

// userInformation says the addresses of the user: from 14.1 on by account. MS-ASCMD
// 2.2.3.192.
func (x *exchange) userInformation(e *wbxml.Element) wbxml.Element {
	if !e.Has(wbxml.SettingsGet) {
		return wbxml.E(e.Tag, wbxml.T(wbxml.SettingsStatus, "2"))
	}
	if x.protocol < 141 {
		return wbxml.E(e.Tag, wbxml.T(wbxml.SettingsStatus, "1"), wbxml.E(wbxml.SettingsGet,
			wbxml.E(wbxml.SettingsEmailAddresses, wbxml.T(wbxml.SettingsSMTPAddress, x.user.address))))
	}
	return wbxml.E(e.Tag, wbxml.T(wbxml.SettingsStatus, "1"), wbxml.E(wbxml.SettingsGet, wbxml.E(wbxml.SettingsAccounts,
		wbxml.E(wbxml.SettingsAccount, wbxml.T(wbxml.SettingsUserDisplayName, x.user.displayName), wbxml.E(wbxml.SettingsEmailAddresses,
			wbxml.T(wbxml.SettingsSMTPAddress, x.user.address), wbxml.T(wbxml.SettingsPrimarySmtpAddress, x.user.address))))))
}

// oof gets or sets the out-of-office settings. MS-ASCMD 2.2.3.121.
func (x *exchange) oof(e *wbxml.Element) wbxml.Element {
	status := func(s string, more ...wbxml.Element) wbxml.Element {
		answer := wbxml.E(wbxml.SettingsOof, wbxml.T(wbxml.SettingsStatus, s))
		answer.Append(more...)
		return answer
	}
	o := &x.user.oof
	if set := e.Child(wbxml.SettingsSet); set != nil {
		state, start, end := set.Value(wbxml.SettingsOofState), set.Value(wbxml.SettingsStartTime), set.Value(wbxml.SettingsEndTime)
		switch {
		case state == "2" && (start == "" || end == ""), state != "0" && state != "1" && state != "2":
			return status("5")
		case end != "" && end <= start:
			return status("6")
		}
		*o = oofSettings{state: state, start: start, end: end}
		for m := range set.All(wbxml.SettingsOofMessage) {
			o.messages = append(o.messages, *m)
		}
		return status("1")
	}
	if !e.Has(wbxml.SettingsGet) {
		return status("2")
	}
	get := wbxml.E(wbxml.SettingsGet)
	if o.state == "" {
		get.Append(wbxml.T(wbxml.SettingsOofState, "0"))
	} else {
		get.Append(wbxml.T(wbxml.SettingsOofState, o.state))
	}
	if o.state == "2" {
		get.Append(wbxml.T(wbxml.SettingsStartTime, o.start), wbxml.T(wbxml.SettingsEndTime, o.end))
	}
	get.Append(o.messages...)
	return status("1", get)
}
