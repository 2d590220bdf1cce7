package easdst

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// outgoing is an item as the server gets it.
type outgoing struct {
	clientID  string
	props     *wbxml.Element     // what it is made of
	sentFiles []wbxml.Element    // that go with it
	first     []sinks.Alteration // that are known of the properties
	add       *wbxml.Element     // ApplicationData of an Add
	instances []item.Instance    // the exceptions that follow, from 16.0 on
	expect    *wbxml.Element     // all of it in one piece, as it should be read back
	uid       string             // of an event, that goes with it
	renamed   bool               // the UID is not its own
	files     []string           // names of the files that go with it
	altered   []sinks.Alteration
	size      int   // bytes of the Add, about
	err       error // why it cannot be sent
	mail      *outgoingMail

	id  eas.ServerID // once the server said it
	was error        // what the server said of it
}

const losslessExt = ".eas.xml"

// prepare makes of an item what the server's version can take. What it cannot is named.
func (c *collection) prepare(it *sinks.TargetItem) *outgoing {
	sum := sha256.Sum256([]byte(it.Key))
	o := &outgoing{clientID: hex.EncodeToString(sum[:16])} // MS-ASCMD 2.2.3.28.2: at most 64 characters
	if o.err = c.fill(o, it); o.err != nil && !errors.Is(o.err, errSource) {
		o.err = fmt.Errorf("%w: %w", sinks.ErrRefused, o.err)
	}
	return o
}

func (c *collection) fill(o *outgoing, it *sinks.TargetItem) error {
	if c.class == eas.ClassEmail {
		return c.fillMail(o, it)
	}
	props, err := c.properties(o, it.Contents)
	if err != nil {
		return err
	}
	foreign := pagesOf(c.class)
	props = o.without(props, func(tag wbxml.Tag) bool { return !slices.Contains(foreign, tag.Page()) })
	files, err := c.files(o, props, it.Contents)
	if err != nil {
		return err
	}
	if c.class == eas.ClassCalendar && !c.t.o.Invite {
		o.attendees(props)
	}
	o.props, o.sentFiles, o.first = props, files, o.altered
	return c.build(o)
}

// build makes the request of the properties.
func (c *collection) build(o *outgoing) error {
	o.altered = slices.Clip(o.first)
	props := o.props
	if c.t.ways.utcDays.Load() {
		props = item.Dates(props)
	}
	q, err := item.Request(props, c.parseOptions())
	if err != nil {
		o.alter(wbxml.CalendarException.String(), "", err.Error())
	}
	for _, l := range q.Losses {
		o.alter(l.Property, l.Value, l.Why)
	}
	if len(q.Instances) > itemsOfOne {
		for _, i := range q.Instances[itemsOfOne:] {
			o.alter(wbxml.CalendarException.String(), i.ID.Format(wbxml.CompactDateTime), "more than one request takes")
		}
		q.Instances = q.Instances[:itemsOfOne]
	}
	o.instances, o.expect, o.add = q.Instances, q.Whole(), q.Properties
	if len(o.expect.Children) == 0 {
		return item.ErrNoProperties
	}
	c.identify(o)
	o.add.Append(o.sentFiles...)
	doc, err := wbxml.Marshal(o.add)
	o.size = len(doc)
	return err
}

// identify adds what names an item that is new: by it a server knows one that it has already.
func (c *collection) identify(o *outgoing) {
	switch c.class {
	case eas.ClassCalendar:
		if c.version().AtLeast(eas.Version160) {
			o.add.Append(wbxml.T(wbxml.CalendarClientUid, o.clientID)) // MS-ASCAL 2.2.2.13
			return
		}
		if o.uid = o.add.Value(wbxml.CalendarUID); o.uid == "" || o.renamed { // it is the client's to make, MS-ASCAL 2.2.2.46
			c.rename(o)
		}
	case eas.ClassNotes:
		if !o.add.Has(wbxml.NotesMessageClass) { // MS-ASNOTE 2.2.2.5
			o.add.Append(wbxml.T(wbxml.NotesMessageClass, "IPM.StickyNote"))
		}
	}
}

// rename gives an event a UID of its own.
func (c *collection) rename(o *outgoing) {
	if was := o.add.Value(wbxml.CalendarUID); was != "" {
		o.altered = append(o.altered, sinks.Alteration{Property: wbxml.CalendarUID.String(), Sent: cut(was), Got: o.clientID, Why: "another event there has it"})
	}
	o.uid, o.renamed = o.clientID, true
	o.add.Children = slices.DeleteFunc(o.add.Children, func(e wbxml.Element) bool { return e.Tag == wbxml.CalendarUID })
	o.add.Append(wbxml.T(wbxml.CalendarUID, o.uid))
}

// alter names what is known before it is sent.
func (o *outgoing) alter(property, sent, why string) {
	o.altered = append(o.altered, sinks.Alteration{Property: property, Sent: cut(sent), Why: why})
}

// cut cuts a text to what an Alteration holds.
func cut(s string) string {
	if len(s) <= item.MaxLossValue {
		return s
	}
	return strings.ToValidUTF8(s[:item.MaxLossValue], "")
}

// properties are those of the lossless form, where it is there, and else those that can be made of the other.
func (c *collection) properties(o *outgoing, contents []sinks.Content) (*wbxml.Element, error) {
	for i := range contents {
		if contents[i].Ext == losslessExt {
			data, err := c.read(&contents[i])
			if err != nil {
				return nil, err
			}
			return wbxml.ParseXML(bytes.NewReader(data), wbxml.Limits{Memory: 4 * c.t.o.MaxItemBytes})
		}
	}
	if len(contents) == 0 {
		return nil, errors.New("it has no content")
	}
	data, err := c.read(&contents[0])
	if err != nil {
		return nil, err
	}
	props, losses, err := c.parse(contents[0].Ext, data)
	for _, l := range losses {
		o.alter(l.Property, l.Value, l.Why)
	}
	return props, err
}

// parse makes properties as version 14.1 has them, which knows all that an iCalendar object says: Request makes the server's of them.
func (c *collection) parse(ext string, data []byte) (*wbxml.Element, []item.Loss, error) {
	options := item.ParseOptions{Version: string(eas.Version141), Location: c.t.o.Location}
	switch {
	case c.class == eas.ClassContacts && ext == ".vcf":
		return item.ParseVCard(data, options)
	case c.class == eas.ClassCalendar && ext == ".ics":
		p, err := item.ParseEvent(data, options)
		return p.Properties, p.Losses, err
	case c.class == eas.ClassTasks && ext == ".ics":
		return item.ParseTask(data, options)
	case c.class == eas.ClassNotes && ext == ".ics":
		return item.ParseNote(data, options)
	}
	return nil, nil, fmt.Errorf("a file %s in a folder of class %s", ext, c.class)
}

func (c *collection) read(content *sinks.Content) ([]byte, error) {
	if content.Size > c.t.o.MaxItemBytes {
		return nil, fmt.Errorf("%d bytes: %w", content.Size, sinks.ErrTooLarge)
	}
	data, err := readAll(content, c.t.o.MaxItemBytes)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errSource, err)
	case int64(len(data)) > c.t.o.MaxItemBytes:
		return nil, sinks.ErrTooLarge
	}
	return data, nil
}

// readAll reads one byte more than most, if there are more.
func readAll(content *sinks.Content, most int64) (_ []byte, err error) {
	r, err := content.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return io.ReadAll(io.LimitReader(r, most+1))
}

// pagesOf are the code pages of the properties of a class.
func pagesOf(class eas.Class) []uint8 {
	pages := []uint8{wbxml.AirSyncBaseBody.Page()}
	switch class {
	case eas.ClassContacts:
		return append(pages, wbxml.ContactsFileAs.Page(), wbxml.Contacts2NickName.Page())
	case eas.ClassCalendar:
		return append(pages, wbxml.CalendarSubject.Page())
	case eas.ClassTasks:
		return append(pages, wbxml.TasksSubject.Page())
	case eas.ClassNotes:
		return append(pages, wbxml.NotesSubject.Page())
	}
	return pages
}

// without is a copy of properties without some, which are named.
func (o *outgoing) without(e *wbxml.Element, leave func(wbxml.Tag) bool) *wbxml.Element {
	own := wbxml.Element{Tag: e.Tag, Text: e.Text, Opaque: e.Opaque}
	for i := range e.Children {
		c := &e.Children[i]
		if leave(c.Tag) || !c.Tag.Known() {
			o.alter(c.Tag.String(), c.Text, "no property of the class")
			continue
		}
		own.Append(*o.without(c, leave))
	}
	return &own
}
