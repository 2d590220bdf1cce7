package eas

import (
	"fmt"
	"strconv"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// FilterType leaves out what is older than a time. MS-ASCMD 2.2.3.68.2.
type FilterType int

const (
	FilterAll             FilterType = 0
	FilterOneDay          FilterType = 1
	FilterThreeDays       FilterType = 2
	FilterOneWeek         FilterType = 3
	FilterTwoWeeks        FilterType = 4
	FilterOneMonth        FilterType = 5
	FilterThreeMonths     FilterType = 6 // calendars only
	FilterSixMonths       FilterType = 7 // calendars only
	FilterIncompleteTasks FilterType = 8 // tasks only
)

// MIMESupport says for which messages the server sends MIME. MS-ASCMD 2.2.3.110.3.
type MIMESupport int

const (
	MIMENever  MIMESupport = 0
	MIMESecure MIMESupport = 1 // for S/MIME messages only
	MIMEAlways MIMESupport = 2
)

// Conflict says who wins when client and server changed the same item. MS-ASCMD 2.2.3.34.
type Conflict int

const (
	ClientWins Conflict = 0
	ServerWins Conflict = 1
)

// Values of MIMETruncation and Truncation. MS-ASCMD 2.2.3.111, 2.2.3.185.
const (
	MIMEWhole = 8
	TextWhole = 9
	CutAll    = 0
)

// SyncOptions say which items a server sends and how. They are sent whole with every request, because they are replaced as a
// block. The zero value asks for all items, with bodies as the server likes.
type SyncOptions struct {
	FilterType     FilterType
	Truncation     *int // of text bodies, before 12.1; nil = the server's default, TextWhole = none
	MIMESupport    MIMESupport
	MIMETruncation *int // MIMEWhole = none
	Conflict       *Conflict
	Bodies         []BodyPreference // the forms that will do, from 12.0 on: the server takes the one that it keeps the body in
	BodyParts      []BodyPreference // forms of what is new in its conversation, for Email.BodyPart, from 14.1 on. MS-ASAIRS 2.2.2.11
	// RightsManagement asks for protected messages in clear, and for what may be done with them (RightsManagementLicense), from
	// 14.1 on. Who asks answers for it that the restrictions are kept. MS-ASRM 2.2.2.15, 3.1.4.1.
	RightsManagement bool
	MaxItems         int // of the recipient cache, from 14.0 on; 0 = all
}

// BodyPreference is a form in which a body is wanted, at most one of a Type. MS-ASAIRS 2.2.2.12.
type BodyPreference struct {
	Type           BodyType
	TruncationSize *int64 // bytes; nil = whole
	AllOrNone      bool   // no body rather than a part of it
	Preview        int    // characters of preview, 0 to 255, from 14.0 on
}

// ArchiveOptions ask for everything: every item, and its whole body. Mail comes as MIME; the bodies of the other classes as
// plain text or HTML, whichever they are (MS-ASAIRS 2.2.2.3.2).
func ArchiveOptions(class Class, v Version) SyncOptions {
	o := SyncOptions{Bodies: []BodyPreference{{Type: BodyPlain}, {Type: BodyHTML}}}
	if class == ClassEmail || class == ClassSMS {
		o.MIMESupport = MIMEAlways // without it, SOGo 5.8 sends plain text instead, and says nothing
		o.Bodies = []BodyPreference{{Type: BodyMIME}}
	}
	if !v.AtLeast(Version120) {
		o.Truncation = new(TextWhole)
		if o.MIMESupport == MIMEAlways {
			// QUIRK(SOGo 5.8): in 2.5, too, only a BodyPreference makes it send MIME, which it then puts into email:Body.
			// Servers that know none in 2.5 skip it.
			o.MIMETruncation = new(MIMEWhole)
		} else {
			o.Bodies = nil
		}
	}
	return o
}

// HeadersOnly ask for every item without its body: a listing. QUIRK(SOGo 5.8): the text of a mail comes all the same.
func HeadersOnly(class Class, v Version) SyncOptions {
	if !v.AtLeast(Version120) {
		return SyncOptions{Truncation: new(CutAll)}
	}
	return SyncOptions{Bodies: []BodyPreference{{Type: BodyPlain, TruncationSize: new(int64(0))}}}
}

// elements are the children of an Options element of Sync. The order is that in which servers read them.
func (o SyncOptions) elements(class Class) []wbxml.Element {
	var out []wbxml.Element
	add := func(tag wbxml.Tag, n int) { out = append(out, wbxml.T(tag, strconv.Itoa(n))) }
	if o.FilterType != FilterAll || class.filterable() {
		add(wbxml.AirSyncFilterType, int(o.FilterType))
	}
	if o.Truncation != nil {
		add(wbxml.AirSyncTruncation, *o.Truncation)
	}
	if o.MIMESupport != MIMENever || class == ClassEmail {
		add(wbxml.AirSyncMIMESupport, int(o.MIMESupport))
	}
	if o.MIMETruncation != nil {
		add(wbxml.AirSyncMIMETruncation, *o.MIMETruncation)
	}
	if o.Conflict != nil {
		add(wbxml.AirSyncConflict, int(*o.Conflict))
	}
	out = append(out, o.bodyElements()...)
	if o.MaxItems > 0 {
		add(wbxml.AirSyncMaxItems, o.MaxItems)
	}
	return out
}

// bodyElements are those that the Options of all commands have.
func (o *SyncOptions) bodyElements() []wbxml.Element {
	var out []wbxml.Element
	for i := range o.Bodies {
		out = append(out, o.Bodies[i].element(wbxml.AirSyncBaseBodyPreference))
	}
	for i := range o.BodyParts {
		out = append(out, o.BodyParts[i].element(wbxml.AirSyncBaseBodyPartPreference))
	}
	if o.RightsManagement {
		out = append(out, wbxml.T(wbxml.RightsManagementRightsManagementSupport, "1"))
	}
	return out
}

// check refuses what the version does not have, and what no version has.
func (o *SyncOptions) check(c *Client) error {
	for _, forms := range [][]BodyPreference{o.Bodies, o.BodyParts} {
		seen := map[BodyType]bool{}
		for _, b := range forms {
			switch {
			case seen[b.Type]: // MS-ASAIRS 2.2.2.12
				return fmt.Errorf("two preferences for a body of %s", b.Type)
			case b.Preview < 0 || b.Preview > maxPreview: // MS-ASAIRS 2.2.2.35.3
				return fmt.Errorf("a preview of %d characters: at most %d", b.Preview, maxPreview)
			case b.Preview > 0:
				if err := c.needs("Preview", Version140); err != nil {
					return err
				}
			}
			seen[b.Type] = true
		}
	}
	if o.MaxItems > 0 {
		if err := c.needs("MaxItems", Version140); err != nil {
			return err
		}
	}
	if len(o.BodyParts) > 0 {
		return c.needs("BodyPartPreference", Version141)
	}
	if o.RightsManagement {
		return c.needs("RightsManagementSupport", Version141)
	}
	return nil
}

const maxPreview = 255

func (b *BodyPreference) element(tag wbxml.Tag) wbxml.Element {
	e := wbxml.E(tag, wbxml.T(wbxml.AirSyncBaseType, strconv.Itoa(int(b.Type))))
	if b.TruncationSize != nil {
		e.Append(wbxml.T(wbxml.AirSyncBaseTruncationSize, strconv.FormatInt(*b.TruncationSize, 10)))
	}
	if b.AllOrNone {
		e.Append(wbxml.T(wbxml.AirSyncBaseAllOrNone, "1"))
	}
	if b.Preview > 0 {
		e.Append(wbxml.T(wbxml.AirSyncBasePreview, strconv.Itoa(b.Preview)))
	}
	return e
}
