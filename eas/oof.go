package eas

import (
	"errors"
	"strconv"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// OofState says whether replies are sent that the user is out of office. MS-ASCMD 2.2.3.124.
type OofState int

const (
	OofDisabled OofState = 0
	OofGlobal   OofState = 1 // from now on
	OofTimed    OofState = 2 // from Oof.Start to Oof.End
)

func (s OofState) String() string {
	switch s {
	case OofDisabled:
		return "disabled"
	case OofGlobal:
		return "global"
	case OofTimed:
		return "timed"
	}
	return "out of office state " + strconv.Itoa(int(s))
}

// OofFormat is the form of a message. MS-ASCMD 2.2.3.17.
type OofFormat string

const (
	OofText OofFormat = "Text"
	OofHTML OofFormat = "HTML"
)

// Oof is what happens while the user is out of office. MS-ASCMD 2.2.3.122.
type Oof struct {
	State      OofState
	Start, End time.Time // with OofTimed, and only then
	// The messages to the three audiences. nil in a request leaves a message as it is; nil in an answer says that the user
	// may not have one for this audience.
	Internal        *OofMessage // to the own organization
	ExternalKnown   *OofMessage // to others who are in the user's contacts
	ExternalUnknown *OofMessage // to everybody else
}

// OofMessage is the reply to one audience. MS-ASCMD 2.2.3.123.
type OofMessage struct {
	Enabled bool
	Reply   string // "" in a request leaves the text as it is
	Format  OofFormat
}

// audiences are the messages, each with the element that says whom it is for.
func (o *Oof) audiences() []struct {
	tag     wbxml.Tag
	message **OofMessage
} {
	return []struct {
		tag     wbxml.Tag
		message **OofMessage
	}{
		{wbxml.SettingsAppliesToInternal, &o.Internal},
		{wbxml.SettingsAppliesToExternalKnown, &o.ExternalKnown},
		{wbxml.SettingsAppliesToExternalUnknown, &o.ExternalUnknown},
	}
}

// set is the Set of a request. MS-ASCMD 2.2.3.167.
func (o *Oof) set() (wbxml.Element, error) {
	timed := o.State == OofTimed
	switch {
	case o.State < OofDisabled || o.State > OofTimed:
		return wbxml.Element{}, errors.New("Oof: " + o.State.String())
	case timed && (o.Start.IsZero() || !o.End.After(o.Start)): // MS-ASCMD 2.2.3.176.2
		return wbxml.Element{}, errors.New("Oof: a time to start and a later one to end are needed")
	case !timed && !(o.Start.IsZero() && o.End.IsZero()): // MS-ASCMD 2.2.3.124: the server would drop them and say nothing
		return wbxml.Element{}, errors.New("Oof: only a timed one has times")
	}
	set := wbxml.E(wbxml.SettingsSet, wbxml.T(wbxml.SettingsOofState, strconv.Itoa(int(o.State))))
	if timed {
		set.Append(wbxml.T(wbxml.SettingsStartTime, o.Start.UTC().Format(wbxml.DateTime)), wbxml.T(wbxml.SettingsEndTime, o.End.UTC().Format(wbxml.DateTime)))
	}
	for _, a := range o.audiences() {
		if m := *a.message; m != nil {
			set.Append(m.element(a.tag))
		}
	}
	return set, nil
}

func (m *OofMessage) element(audience wbxml.Tag) wbxml.Element {
	enabled := "0"
	if m.Enabled {
		enabled = "1"
	}
	e := wbxml.E(wbxml.SettingsOofMessage, wbxml.Empty(audience), wbxml.T(wbxml.SettingsEnabled, enabled))
	if m.Reply == "" {
		return e
	}
	format := m.Format
	if format == "" {
		format = OofText
	}
	e.Append(wbxml.T(wbxml.SettingsReplyMessage, m.Reply), wbxml.T(wbxml.SettingsBodyType, string(format)))
	return e
}

func readOof(get *wbxml.Element) (*Oof, error) {
	var v struct {
		State    OofState        `wbxml:"Settings:OofState"`
		Start    time.Time       `wbxml:"Settings:StartTime"`
		End      time.Time       `wbxml:"Settings:EndTime"`
		Messages []wbxml.Element `wbxml:"Settings:OofMessage"`
	}
	err := wbxml.Decode(get, &v)
	o := &Oof{State: v.State, Start: v.Start, End: v.End}
	for i := range v.Messages {
		for _, a := range o.audiences() {
			if v.Messages[i].Has(a.tag) {
				*a.message = readOofMessage(&v.Messages[i])
			}
		}
	}
	return o, inAnswer("Settings", err)
}

func readOofMessage(e *wbxml.Element) *OofMessage {
	return &OofMessage{
		Enabled: isTrue(e.Child(wbxml.SettingsEnabled)),
		Reply:   e.Value(wbxml.SettingsReplyMessage), Format: OofFormat(e.Value(wbxml.SettingsBodyType)),
	}
}
