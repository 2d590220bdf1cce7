package eas

import (
	"bytes"
	"io"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Item is what a server sent of one item, complete and lossless.
type Item struct {
	Class Class
	// Properties holds all that came, in order, unknown elements too; its tag is AirSync:ApplicationData whichever command
	// brought it. Only a MIME body is not in it (its element has Diverted set): that is Body.Data. It lasts as long as the
	// item; its Clone lasts longer.
	Properties *wbxml.Element
	Body       *Body // nil if none came
}

// Body is an item's body, whichever version and class it came with.
type Body struct {
	Type              BodyType
	EstimatedDataSize int64 // bytes, as the server guesses; 0 if it does not
	Truncated         bool
	Data              *Blob // nil if the server sent no bytes. A body that is not MIME is in Properties too.
	Part              int   // of a multipart answer; 0 = none. Data is there all the same
}

// Email is the typed view of a mail. The error lists the values that do not parse; all others are filled in. So it is with the
// other views.
func (i *Item) Email() (*Email, error) { return view[Email](i) }

// Contact is the typed view of a contact.
func (i *Item) Contact() (*Contact, error) { return view[Contact](i) }

// Appointment is the typed view of an event.
func (i *Item) Appointment() (*Appointment, error) { return view[Appointment](i) }

// Task is the typed view of a task.
func (i *Item) Task() (*Task, error) { return view[Task](i) }

// Note is the typed view of a note.
func (i *Item) Note() (*Note, error) { return view[Note](i) }

func view[T any](i *Item) (*T, error) {
	v := new(T)
	return v, wbxml.Decode(i.Properties, v)
}

// XML is the plain XML form of Properties.
func (i *Item) XML() []byte { return i.Properties.AppendXML(nil) }

// itemReader reads items out of a document, one at a time, and spools their bodies. The item it returns is valid until the next.
type itemReader struct {
	c      *Client
	mime   bool // MIME was asked for
	divert wbxml.Divert
	item   Item
	body   Body
	spool  *Blob // given out with the last item
	used   bool  // by this item
	data   error // why the attachment's data cannot be read
}

func (ir *itemReader) init(c *Client, support MIMESupport) {
	ir.c, ir.mime = c, support == MIMEAlways
	ir.divert = ir.take
}

// release gives the last item's memory back.
func (ir *itemReader) release() {
	if ir.spool != nil {
		ir.spool.recycle()
		ir.spool = nil
	}
}

// read reads the element that d stands in.
func (ir *itemReader) read(d *wbxml.Decoder, class Class) (*Item, error) {
	ir.used, ir.data = false, nil
	e, err := d.Borrow(ir.divert)
	if err != nil {
		return nil, err
	}
	return ir.made(e, class)
}

// none is an item of which nothing came.
func (ir *itemReader) none(class Class) *Item {
	ir.item = Item{Class: class, Properties: &wbxml.Element{Tag: wbxml.AirSyncApplicationData}}
	return &ir.item
}

func (ir *itemReader) made(e *wbxml.Element, class Class) (*Item, error) {
	e.Tag = wbxml.AirSyncApplicationData
	ir.item = Item{Class: class, Properties: e}
	if b := e.Child(wbxml.AirSyncBaseBody); b != nil && ir.mayBeBody(b.Child(wbxml.AirSyncBaseData)) {
		ir.item.Body = ir.modernBody(b)
	} else {
		ir.item.Body = ir.legacyBody(e)
	}
	if ir.item.Body == nil || ir.item.Body.Data == nil {
		return &ir.item, nil
	}
	return &ir.item, ir.item.Body.Data.err
}

// mayBeBody tells whether the body whose value e has may be the item's: none of its values was spooled, or this one. What was spooled is
// nowhere else.
func (ir *itemReader) mayBeBody(e *wbxml.Element) bool { return !ir.used || e != nil && e.Diverted }

// clone copies what the reader would use again. The Blob is still the same.
func (i *Item) clone() *Item {
	own := *i
	own.Properties = i.Properties.Clone()
	if own.Body != nil {
		body := *own.Body
		own.Body = &body
	}
	return &own
}

// detach leaves the last item's Blob to whoever has it.
func (ir *itemReader) detach() {
	if ir.used {
		ir.spool = nil
	}
}

// blob is an empty one for the current item.
func (ir *itemReader) blob() *Blob {
	ir.used = true
	if ir.spool == nil || ir.spool.kept {
		ir.spool = ir.c.newBlob()
	} else {
		ir.spool.reset()
	}
	return ir.spool
}

// take is the Divert: it spools the MIME body of a mail, or the data of an attachment.
func (ir *itemReader) take(parent *wbxml.Element, tag wbxml.Tag, r io.Reader) (bool, error) {
	if ir.used {
		return false, nil // one body an item: whatever else there is stays in the tree
	}
	switch tag {
	case wbxml.AirSyncBaseData:
		if parent.Tag != wbxml.AirSyncBaseBody || parent.Value(wbxml.AirSyncBaseType) != "4" {
			return false, nil
		}
	case wbxml.EmailMIMEData, wbxml.EmailBody:
	case wbxml.ItemOperationsData:
		if parent.Tag != wbxml.ItemOperationsProperties {
			return false, nil
		}
		ir.data = ir.blob().fillBase64(r)
		return true, ir.spool.err
	default:
		return false, nil
	}
	return true, ir.blob().fill(r)
}

// modernBody reads airsyncbase:Body.
func (ir *itemReader) modernBody(e *wbxml.Element) *Body {
	ir.body = Body{
		Type: BodyType(max(number(e, wbxml.AirSyncBaseType), 0)), EstimatedDataSize: size(e, wbxml.AirSyncBaseEstimatedDataSize),
		Truncated: isTrue(e.Child(wbxml.AirSyncBaseTruncated)), Part: max(number(e, wbxml.ItemOperationsPart), 0),
	}
	if data := e.Child(wbxml.AirSyncBaseData); data != nil {
		ir.body.Data = ir.dataOf(data, ir.body.Type == BodyMIME)
	}
	return &ir.body
}

// legacyBody reads a body of protocol 2.5: in the class's namespace, or MIMEData.
func (ir *itemReader) legacyBody(e *wbxml.Element) *Body {
	if data := e.Child(wbxml.EmailMIMEData); data != nil && (ir.mayBeBody(data) || ir.putBack(e.Child(wbxml.EmailBody))) {
		ir.body = Body{
			Type: BodyMIME, EstimatedDataSize: size(e, wbxml.EmailMIMESize),
			Truncated: isTrue(e.Child(wbxml.EmailMIMETruncated)), Data: ir.dataOf(data, true),
		}
		return &ir.body
	}
	for _, t := range legacyBodies {
		data := e.Child(t.body)
		if data == nil || !ir.mayBeBody(data) {
			continue
		}
		ir.body = Body{Type: BodyPlain, EstimatedDataSize: size(e, t.size), Truncated: isTrue(e.Child(t.truncated))}
		ir.body.Data = ir.dataOf(data, false)
		if data.Diverted {
			ir.mailText(data)
		}
		return &ir.body
	}
	return nil
}

var legacyBodies = []struct{ body, size, truncated wbxml.Tag }{
	{wbxml.EmailBody, wbxml.EmailBodySize, wbxml.EmailBodyTruncated},
	{wbxml.ContactsBody, wbxml.ContactsBodySize, wbxml.ContactsBodyTruncated},
	{wbxml.CalendarBody, 0, wbxml.CalendarBodyTruncated},
	{wbxml.TasksBody, wbxml.TasksBodySize, wbxml.TasksBodyTruncated},
}

// mailText decides what email:Body holds. QUIRK(SOGo 5.8): in 2.5 it is the whole message, which belongs into MIMEData. Text goes
// back into the tree, where text belongs.
func (ir *itemReader) mailText(data *wbxml.Element) {
	if ir.mime && looksLikeMessage(ir.spool.head()) {
		ir.body.Type = BodyMIME
		return
	}
	ir.putBack(data)
}

// putBack puts a value that was spooled back into the tree; false if it is none, or too large for that.
func (ir *itemReader) putBack(data *wbxml.Element) bool {
	if data == nil || !data.Diverted {
		return false
	}
	text, inMemory := ir.spool.Bytes()
	if inMemory {
		data.Text, data.Diverted = string(text), false
	}
	return inMemory
}

// dataOf is the value of a body's element: spooled already, or copied out of the tree. A message is never empty.
func (ir *itemReader) dataOf(e *wbxml.Element, message bool) *Blob {
	if e.Diverted {
		return ir.spool
	}
	if e.Text == "" && message {
		return nil
	}
	b := ir.blob()
	_ = b.fill(strings.NewReader(e.Text)) // kept in b.err
	return b
}

func isTrue(e *wbxml.Element) bool {
	return e != nil && (e.Text == "1" || strings.EqualFold(e.Text, "true"))
}

func size(e *wbxml.Element, tag wbxml.Tag) int64 { return int64(max(number(e, tag), 0)) }

// looksLikeMessage tells whether text begins with the header of a message (RFC 5322 2.2) and not by chance: every line up to
// the first empty one is a field or continues one, and two fields are among those that messages have.
func looksLikeMessage(head []byte) bool {
	known := 0
	for n := 0; len(head) > 0; n++ {
		line, rest, whole := bytes.Cut(head, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 || !whole {
			break
		}
		head = rest
		if n > 0 && (line[0] == ' ' || line[0] == '\t') {
			continue
		}
		name, _, ok := bytes.Cut(line, []byte(":"))
		if !ok || len(name) == 0 || bytes.ContainsAny(name, " \t") {
			return false
		}
		switch strings.ToLower(string(name)) {
		case "from", "to", "date", "subject", "received", "return-path", "message-id", "mime-version", "content-type":
			known++
		}
	}
	return known >= 2
}
