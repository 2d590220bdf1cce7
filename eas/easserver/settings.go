package easserver

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// settings answers Settings: each property, in the order of the request. MS-ASCMD
// 2.2.1.18.
func (x *exchange) settings() {
	answer := wbxml.E(wbxml.SettingsSettings, wbxml.T(wbxml.SettingsStatus, "1"))
	x.user.mu.Lock()
	err := x.settingsLocked(&answer)
	x.user.mu.Unlock()
	if err != nil {
		x.violation("MS-ASCMD 2.2.1.18", err.Error())
		x.status(2)
		return
	}
	x.reply(answer)
}

func (x *exchange) settingsLocked(answer *wbxml.Element) error {
	if len(x.doc.Children) == 0 {
		return fmt.Errorf("a Settings that asks for nothing")
	}
	seen := map[wbxml.Tag]bool{}
	for i := range x.doc.Children {
		e := &x.doc.Children[i]
		if seen[e.Tag] {
			return fmt.Errorf("two %s", e.Tag)
		}
		seen[e.Tag] = true
		var status int
		var get *wbxml.Element
		switch e.Tag {
		case wbxml.SettingsDeviceInformation:
			status = x.deviceInformation(e)
		case wbxml.SettingsUserInformation:
			status, get = x.userInformation(e)
		case wbxml.SettingsOof:
			status, get = x.oof(e)
		case wbxml.SettingsDevicePassword:
			status = x.devicePassword(e)
		case wbxml.SettingsRightsManagementInformation:
			if x.protocol < 141 {
				return fmt.Errorf("%s in %s", e.Tag, x.protocol)
			}
			status, get = x.rightsInformation(e)
		default:
			return fmt.Errorf("a Settings that asks for %s", e.Tag)
		}
		property := wbxml.E(e.Tag, wbxml.T(wbxml.SettingsStatus, strconv.Itoa(status)))
		if get != nil {
			property.Append(*get)
		}
		answer.Append(property)
	}
	return nil
}

// bad reports what is wrong with a property, whose status is then 2.
func (x *exchange) bad(rule, detail string) int {
	x.violation(rule, detail)
	return 2
}

// sole returns the child of a property that has one child of one kind.
func sole(e *wbxml.Element, tag wbxml.Tag) *wbxml.Element {
	if len(e.Children) != 1 {
		return nil
	}
	return e.Child(tag)
}

// deviceValues are what a device may say of itself, each in at most 1024 characters.
// MS-ASCMD 2.2.3.45. With the first version that has each.
var deviceValues = map[wbxml.Tag]protocol{
	wbxml.SettingsModel: 120, wbxml.SettingsIMEI: 120, wbxml.SettingsFriendlyName: 120, wbxml.SettingsOS: 120, wbxml.SettingsOSLanguage: 120,
	wbxml.SettingsPhoneNumber: 120, wbxml.SettingsUserAgent: 121, wbxml.SettingsEnableOutboundSMS: 140, wbxml.SettingsMobileOperator: 140,
}

// deviceInformation replaces what the device said of itself.
func (x *exchange) deviceInformation(e *wbxml.Element) int {
	const rule = "MS-ASCMD 2.2.3.45"
	set := sole(e, wbxml.SettingsSet)
	if set == nil {
		return x.bad(rule, "DeviceInformation without Set")
	}
	for i := range set.Children {
		c := &set.Children[i]
		if since, ok := deviceValues[c.Tag]; !ok || x.protocol < since {
			return x.bad(rule, c.Tag.String()+" in "+x.protocol.String())
		}
		if utf8.RuneCountInString(c.Text) > 1024 || c.Tag == wbxml.SettingsEnableOutboundSMS && c.Text != "0" && c.Text != "1" {
			x.violation(rule, "the value of "+c.Tag.String())
			return 5
		}
	}
	x.device.info = set.Children
	return 1
}

// devicePassword keeps the password of the device, if the server does that.
// MS-ASCMD 2.2.3.46.
func (x *exchange) devicePassword(e *wbxml.Element) int {
	set := sole(e, wbxml.SettingsSet)
	switch {
	case set == nil || sole(set, wbxml.SettingsPassword) == nil:
		return x.bad("MS-ASCMD 2.2.3.132.3", "DevicePassword without Password")
	case utf8.RuneCountInString(set.Value(wbxml.SettingsPassword)) > 255:
		x.violation("MS-ASCMD 2.2.3.132.3", "a long Password")
		return 5
	case x.cfg.NoPasswordRecovery:
		return 7
	}
	x.device.password = set.Value(wbxml.SettingsPassword)
	return 1
}

// userInformation says the addresses of the user: from 14.1 on by account. MS-ASCMD
// 2.2.3.192.
func (x *exchange) userInformation(e *wbxml.Element) (int, *wbxml.Element) {
	if get := sole(e, wbxml.SettingsGet); get == nil || len(get.Children) > 0 {
		return x.bad("MS-ASCMD 2.2.3.192", "UserInformation without Get"), nil
	}
	addresses := wbxml.E(wbxml.SettingsEmailAddresses, wbxml.T(wbxml.SettingsSMTPAddress, x.user.address))
	if x.protocol < 141 {
		get := wbxml.E(wbxml.SettingsGet, addresses)
		return 1, &get
	}
	addresses.Append(wbxml.T(wbxml.SettingsPrimarySmtpAddress, x.user.address))
	accounts := wbxml.E(wbxml.SettingsAccounts, wbxml.E(wbxml.SettingsAccount, wbxml.T(wbxml.SettingsUserDisplayName, x.user.displayName), addresses))
	for _, a := range x.user.accounts {
		accounts.Append(wbxml.E(wbxml.SettingsAccount, fields(a)...))
	}
	get := wbxml.E(wbxml.SettingsGet, accounts)
	return 1, &get
}

// AddAccount gives the user another account to send with. MS-ASCMD 2.2.3.2.
func (u *User) AddAccount(a eas.Account) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.accounts = append(u.accounts, a)
}

// rightsInformation says the templates of rights management. The answer has Get in any
// case. MS-ASCMD 2.2.3.83, 2.2.3.156.
func (x *exchange) rightsInformation(e *wbxml.Element) (int, *wbxml.Element) {
	templates := wbxml.E(wbxml.RightsManagementRightsManagementTemplates)
	get := wbxml.E(wbxml.SettingsGet, templates)
	if asked := sole(e, wbxml.SettingsGet); asked == nil || len(asked.Children) > 0 {
		return x.bad("MS-ASCMD 2.2.3.156", "RightsManagementInformation without Get"), &get
	}
	for _, t := range x.cfg.RightsTemplates {
		get.Children[0].Append(wbxml.E(wbxml.RightsManagementRightsManagementTemplate, fields(t)...))
	}
	return 1, &get
}
