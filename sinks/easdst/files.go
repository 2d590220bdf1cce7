package easdst

import (
	"errors"
	"regexp"
	"slices"
	"strconv"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// fileExt is that of a file of an item, which is counted from 1: ".2.pdf".
var fileExt = regexp.MustCompile(`^\.([1-9][0-9]{0,3})\.`)

// files takes the attachments from an event, and returns what adds those again whose bytes are there, from 16.0 on. The others are
// named.
func (c *collection) files(o *outgoing, props *wbxml.Element, contents []sinks.Content) ([]wbxml.Element, error) {
	listed := props.Child(wbxml.AirSyncBaseAttachments)
	if listed == nil {
		return nil, nil
	}
	all := wbxml.E(wbxml.AirSyncBaseAttachments)
	n := 0
	for a := range listed.All(wbxml.AirSyncBaseAttachment) {
		n++
		name := a.Value(wbxml.AirSyncBaseDisplayName)
		at := slices.IndexFunc(contents, func(content sinks.Content) bool {
			m := fileExt.FindStringSubmatch(content.Ext)
			return m != nil && m[1] == strconv.Itoa(n)
		})
		switch {
		case c.class != eas.ClassCalendar || !c.version().AtLeast(eas.Version160):
			o.alter(a.Tag.String(), name, "files of events only, and not before protocol 16.0")
			continue
		case at < 0:
			o.alter(a.Tag.String(), name, "its bytes are not there")
			continue
		}
		data, err := c.read(&contents[at])
		switch {
		case errors.Is(err, errSource):
			return nil, err
		case err != nil:
			o.alter(a.Tag.String(), name, err.Error())
			continue
		}
		add := wbxml.E(wbxml.AirSyncBaseAdd, // MS-ASAIRS 2.2.2.2
			wbxml.T(wbxml.AirSyncBaseClientId, o.clientID+"-"+strconv.Itoa(n)), wbxml.T(wbxml.AirSyncBaseMethod, "1"),
			wbxml.B(wbxml.AirSyncBaseContent, data), wbxml.T(wbxml.AirSyncBaseDisplayName, name))
		all.Append(add)
		o.files = append(o.files, name)
	}
	props.Children = slices.DeleteFunc(props.Children, func(e wbxml.Element) bool { return e.Tag == wbxml.AirSyncBaseAttachments })
	if len(all.Children) == 0 {
		return nil, nil
	}
	return []wbxml.Element{all}, nil
}

// fileAlterations tells of files that are not with an item that was read back.
func (o *outgoing) fileAlterations(got *wbxml.Element) (all []sinks.Alteration) {
	var there []string
	for a := range got.Child(wbxml.AirSyncBaseAttachments).All(wbxml.AirSyncBaseAttachment) {
		there = append(there, a.Value(wbxml.AirSyncBaseDisplayName))
	}
	for _, name := range o.files {
		if i := slices.Index(there, name); i >= 0 {
			there = slices.Delete(there, i, i+1)
			continue
		}
		all = append(all, sinks.Alteration{Property: wbxml.AirSyncBaseAttachment.String(), Sent: cut(name)})
	}
	return all
}
