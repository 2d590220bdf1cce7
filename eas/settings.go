package eas

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// SettingsRequest sets and asks for properties of the mailbox and the device, all in one request, in the order of the fields.
// What is zero is neither set nor asked for.
type SettingsRequest struct {
	Device         *DeviceInformation // to set: what it does not name is deleted. MS-ASCMD 2.2.3.45
	DevicePassword *string            // to store for who forgets it, at most 255 characters; "" clears it. 2.2.3.46
	SetOof         *Oof               // 2.2.3.122; not together with GetOof
	GetOof         OofFormat          // the form to get the messages in
	User           bool               // the user's accounts and addresses. 2.2.3.192
	Rights         bool               // the templates of rights management, from 14.1 on. 2.2.3.156
}

// SettingsResponse answers what was set or asked for. Each property has an error of its own: a *StatusError, or a
// *ResponseError that says errors.ErrUnsupported when the server answered the request and left the property out.
type SettingsResponse struct {
	DeviceErr         error
	DevicePasswordErr error
	Oof               *Oof // what GetOof asked for
	OofErr            error
	User              *UserInformation
	UserErr           error
	Rights            []RightsTemplate
	RightsErr         error
}

// UserInformation tells which accounts and addresses a user has.
type UserInformation struct {
	Accounts []Account // before 14.1 one, with addresses only
}

// Account is an account that a user sends and receives with. MS-ASCMD 2.2.3.2. But for the addresses, all is from 14.1 on.
type Account struct {
	ID              string   `wbxml:"Settings:AccountId"`       // 2.2.3.3.2: "" is the primary account
	Name            string   `wbxml:"Settings:AccountName"`     // 2.2.3.4
	UserDisplayName string   `wbxml:"Settings:UserDisplayName"` // 2.2.3.191
	SendDisabled    bool     `wbxml:"Settings:SendDisabled"`    // 2.2.3.161
	Addresses       []string `wbxml:"Settings:EmailAddresses>Settings:SMTPAddress"`
	PrimaryAddress  string   `wbxml:"Settings:EmailAddresses>Settings:PrimarySmtpAddress"` // 2.2.3.138
}

// RightsTemplate is a set of rights that a message may be sent with. MS-ASRM 2.2.2.16.
type RightsTemplate struct {
	ID          string `wbxml:"RightsManagement:TemplateID"`          // 2.2.2.19.2
	Name        string `wbxml:"RightsManagement:TemplateName"`        // 2.2.2.20.2
	Description string `wbxml:"RightsManagement:TemplateDescription"` // 2.2.2.18.2
}

const (
	maxDeviceValue    = 1024 // characters. MS-ASCMD 2.2.3.113 and its neighbours
	maxDevicePassword = 255  // characters. MS-ASCMD 2.2.3.132.3
)

// Settings sets and gets properties, from 12.0 on. MS-ASCMD 2.2.1.18. The error is of the whole: nothing was set.
func (c *Client) Settings(ctx context.Context, q SettingsRequest) (*SettingsResponse, error) {
	doc, err := c.settingsDocument(&q)
	if err != nil {
		return nil, fmt.Errorf("Settings: %w", err)
	}
	answer, err := c.call(ctx, command{name: "Settings", doc: doc}, func(e *wbxml.Element) error {
		return status("Settings", "Settings", number(e, wbxml.SettingsStatus))
	})
	if answer, err = answered("Settings", answer, err); err != nil {
		return nil, err
	}
	return q.read(answer), nil
}

func (c *Client) settingsDocument(q *SettingsRequest) (*wbxml.Element, error) {
	if err := c.needs("the command", Version120); err != nil {
		return nil, err
	}
	if err := c.needs("RightsManagementInformation", Version141); err != nil && q.Rights {
		return nil, err
	}
	return q.document(c.Version())
}

// document builds the request. The server carries it out and answers it in its order. MS-ASCMD 2.2.1.18.
func (q *SettingsRequest) document(v Version) (*wbxml.Element, error) {
	doc := wbxml.E(wbxml.SettingsSettings)
	if q.SetOof != nil && q.GetOof != "" {
		return nil, errors.New("Oof may be set or asked for in one request, not both")
	}
	if q.Device != nil {
		info, err := q.Device.element(v)
		if err != nil {
			return nil, err
		}
		doc.Append(info)
	}
	if q.DevicePassword != nil {
		if n := utf8.RuneCountInString(*q.DevicePassword); n > maxDevicePassword {
			return nil, fmt.Errorf("password of %d characters: at most %d may be", n, maxDevicePassword)
		}
		doc.Append(wbxml.E(wbxml.SettingsDevicePassword, wbxml.E(wbxml.SettingsSet, wbxml.T(wbxml.SettingsPassword, *q.DevicePassword))))
	}
	if q.SetOof != nil {
		set, err := q.SetOof.set()
		if err != nil {
			return nil, err
		}
		doc.Append(wbxml.E(wbxml.SettingsOof, set))
	}
	if q.GetOof != "" {
		doc.Append(wbxml.E(wbxml.SettingsOof, wbxml.E(wbxml.SettingsGet, wbxml.T(wbxml.SettingsBodyType, string(q.GetOof)))))
	}
	if q.User {
		doc.Append(wbxml.E(wbxml.SettingsUserInformation, wbxml.Empty(wbxml.SettingsGet)))
	}
	if q.Rights {
		doc.Append(wbxml.E(wbxml.SettingsRightsManagementInformation, wbxml.Empty(wbxml.SettingsGet)))
	}
	if len(doc.Children) == 0 {
		return nil, errors.New("nothing is set or asked for")
	}
	return &doc, nil
}

// element is what tells the server of the device, in Settings and, from 14.1 on, in Provision.
func (d DeviceInformation) element(v Version) (wbxml.Element, error) {
	if !v.AtLeast(Version121) {
		d.UserAgent = ""
	}
	if !v.AtLeast(Version140) {
		d.EnableOutboundSMS, d.MobileOperator = nil, ""
	}
	set, err := wbxml.Encode(wbxml.SettingsSet, d)
	if err != nil {
		return set, err
	}
	for _, e := range set.Children {
		if n := utf8.RuneCountInString(e.Text); n > maxDeviceValue {
			return set, fmt.Errorf("device information: %s of %d characters: at most %d may be", e.Tag.Name(), n, maxDeviceValue)
		}
	}
	return wbxml.E(wbxml.SettingsDeviceInformation, set), nil
}

func (q *SettingsRequest) read(answer *wbxml.Element) *SettingsResponse {
	r := &SettingsResponse{}
	if q.Device != nil {
		r.DeviceErr = settingsDone(answer, wbxml.SettingsDeviceInformation)
	}
	if q.DevicePassword != nil {
		r.DevicePasswordErr = settingsDone(answer, wbxml.SettingsDevicePassword)
	}
	if q.SetOof != nil {
		r.OofErr = settingsDone(answer, wbxml.SettingsOof)
	}
	if q.GetOof != "" {
		get, err := settingsGot(answer, wbxml.SettingsOof)
		if r.OofErr = err; err == nil {
			r.Oof, r.OofErr = readOof(get)
		}
	}
	if q.User {
		get, err := settingsGot(answer, wbxml.SettingsUserInformation)
		if r.UserErr = err; err == nil {
			r.User, r.UserErr = readUser(get)
		}
	}
	if q.Rights {
		get, err := settingsGot(answer, wbxml.SettingsRightsManagementInformation)
		if r.RightsErr = err; err == nil {
			r.Rights, r.RightsErr = readTemplates(get)
		}
	}
	return r
}

// settingsDone tells whether a property was set. QUIRK(SOGo 5.8): it says success of the whole, and nothing of the properties, of
// which it keeps none.
func settingsDone(answer *wbxml.Element, property wbxml.Tag) error {
	e := answer.Child(property)
	if e == nil {
		return settingsMissing(property)
	}
	return status("Settings", property.Name(), number(e, wbxml.SettingsStatus))
}

func settingsMissing(property wbxml.Tag) error {
	return &ResponseError{Command: "Settings", Err: fmt.Errorf("%s is not in it: %w", property.Name(), errors.ErrUnsupported)}
}

// settingsGot finds what was asked for. QUIRK(SOGo 5.8): a property has no status.
func settingsGot(answer *wbxml.Element, property wbxml.Tag) (*wbxml.Element, error) {
	e := answer.Child(property)
	if e == nil {
		return nil, settingsMissing(property)
	}
	get := e.Child(wbxml.SettingsGet)
	if code := number(e, wbxml.SettingsStatus); code != absent || get == nil {
		if err := status("Settings", property.Name(), code); err != nil {
			return nil, err
		}
	}
	if get == nil {
		return nil, &ResponseError{Command: "Settings", Err: fmt.Errorf("%s is empty", property.Name())}
	}
	return get, nil
}

// readUser takes both forms, whatever the version: that with accounts is for 14.1 and later.
func readUser(get *wbxml.Element) (*UserInformation, error) {
	var v struct {
		Accounts []Account `wbxml:"Settings:Accounts>Settings:Account"`
	}
	err := wbxml.Decode(get, &v)
	if len(v.Accounts) == 0 && get.Has(wbxml.SettingsEmailAddresses) {
		var only Account
		err = wbxml.Decode(get, &only)
		v.Accounts = []Account{only}
	}
	return &UserInformation{v.Accounts}, inAnswer("Settings", err)
}

func readTemplates(get *wbxml.Element) ([]RightsTemplate, error) {
	var v struct {
		Templates []RightsTemplate `wbxml:"RightsManagement:RightsManagementTemplates>RightsManagement:RightsManagementTemplate"`
	}
	err := wbxml.Decode(get, &v)
	return v.Templates, inAnswer("Settings", err)
}

// inAnswer says that values of an answer do not parse. The others are there.
func inAnswer(command string, err error) error {
	if err == nil {
		return nil
	}
	return &ResponseError{Command: command, Err: err}
}
