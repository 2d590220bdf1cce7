package easdst

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// outgoingMail is what is known of a message that is put.
type outgoingMail struct {
	mailBytes
	want     wanted
	received time.Time // zero = it is not said
}

// fillMail makes the request. A draft is what MS-ASEMAIL 3.1.5.4 allows of one that comes as MIME; of others nothing is allowed, and servers
// that take them read what they send themselves.
func (c *collection) fillMail(o *outgoing, it *sinks.TargetItem) error {
	if err := c.refuses(); err != nil {
		return err
	}
	at := slices.IndexFunc(it.Contents, func(content sinks.Content) bool { return content.Ext == ".eml" })
	if at < 0 {
		return errors.New("it has no message")
	}
	data, err := c.read(&it.Contents[at])
	if err != nil {
		return err
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return errNUL
	}
	m := &outgoingMail{want: c.marksOf(o, &it.Event)}
	if m.mailBytes, err = readBytes(bytes.NewReader(data)); err != nil {
		return err
	}
	add := wbxml.E(wbxml.AirSyncApplicationData)
	if c.version().AtLeast(eas.Version120) {
		add.Append(wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "4"), wbxml.T(wbxml.AirSyncBaseData, string(data))))
	} else {
		add.Append(wbxml.T(wbxml.EmailMIMEData, string(data)))
	}
	switch {
	case !c.forDrafts():
		if it.Received != nil {
			m.received = *it.Received
			add.Append(wbxml.T(wbxml.EmailDateReceived, m.received.UTC().Format(wbxml.DateTime)))
		}
	case importances[it.Importance] != "":
		add.Append(wbxml.T(wbxml.EmailImportance, importances[it.Importance]))
	}
	add.Append(m.want.elements()...)
	o.mail, o.add, o.size = m, &add, len(data)+1024
	return nil
}

var importances = map[string]string{"low": "0", "normal": "1", "high": "2"} // MS-ASEMAIL 2.2.2.38

// placedMail is placed for messages: bytes are compared as they come, and marks that an Add did not give are given by a Change.
func (c *collection) placedMail(ctx context.Context, all []*outgoing) ([]sinks.Placed, error) {
	var ids []eas.ServerID
	for _, o := range all {
		if o.id != "" {
			ids = append(ids, o.id)
		}
	}
	props, sums := map[eas.ServerID]*wbxml.Element{}, map[eas.ServerID]mailBytes{}
	err := c.fetchBytes(ctx, ids, func(id eas.ServerID, e *wbxml.Element, blob *eas.Blob) (err error) {
		props[id] = e
		sums[id], err = bytesOf(blob)
		return err
	})
	if err != nil {
		return nil, err
	}
	ids = slices.DeleteFunc(ids, func(id eas.ServerID) bool { return props[id] == nil })
	if c.forDrafts() {
		if err := c.fetchInto(ctx, ids, props); err != nil {
			return nil, err
		}
	}
	for _, id := range ids {
		c.keepMail(id, props[id], sums[id])
	}
	if err := c.completeMarks(ctx, all, props); err != nil {
		return nil, err
	}
	placed := make([]sinks.Placed, len(all))
	for i, o := range all {
		switch got := props[o.id]; {
		case o.err != nil:
			placed[i].Err = o.err
		case o.was != nil:
			placed[i].Err = o.was
		case o.id == "" || got == nil:
			placed[i].Err = ErrNotStored
		default:
			c.held[o.id].mail.put = &o.mail.mailBytes
			placed[i] = sinks.Placed{Held: sinks.Held{ID: string(o.id), State: c.held[o.id].state}, Altered: c.mailAlterations(o, got, sums[o.id])}
		}
	}
	return placed, nil
}

// keepMail notes a message with its bytes.
func (c *collection) keepMail(id eas.ServerID, props *wbxml.Element, m mailBytes) {
	delete(c.held, id) // of what was known nothing counts
	c.noteMail(id, props)
	c.held[id].mail.bytes = &m
}

// completeMarks changes the marks of messages that are not as they shall be, and reads them again.
func (c *collection) completeMarks(ctx context.Context, all []*outgoing, props map[eas.ServerID]*wbxml.Element) error {
	var commands []eas.ClientCommand
	var ids []eas.ServerID
	for _, o := range all {
		if o.err != nil || props[o.id] == nil {
			continue
		}
		if data := wbxml.E(wbxml.AirSyncApplicationData, o.mail.want.missing(c.held[o.id].mail).elements()...); len(data.Children) > 0 {
			commands, ids = append(commands, eas.ClientCommand{Op: eas.OpChange, ServerID: o.id, Item: &data}), append(ids, o.id)
		}
	}
	if len(commands) == 0 {
		return nil
	}
	if _, err := c.command(ctx, commands); err != nil && !broken(err) { // what it did not take is seen by reading
		return err
	}
	if err := c.fetchInto(ctx, ids, props); err != nil {
		return err
	}
	for _, id := range ids {
		c.noteMail(id, props[id])
	}
	return nil
}

// mailAlterations are those that were known before, and those that reading back shows.
func (c *collection) mailAlterations(o *outgoing, got *wbxml.Element, m mailBytes) []sinks.Alteration {
	all := append(slices.Clip(o.altered), o.mail.alterations(m)...)
	if t, err := wbxml.ParseTime(got.Value(wbxml.EmailDateReceived)); !o.mail.received.IsZero() && (err != nil || t.Unix() != o.mail.received.Unix()) {
		all = append(all, sinks.Alteration{
			Property: wbxml.EmailDateReceived.String(), Sent: o.mail.received.UTC().Format(time.RFC3339), Got: got.Value(wbxml.EmailDateReceived),
		})
	}
	all = append(all, o.mail.want.differences(got)...)
	if got.Value(wbxml.Email2IsDraft) == "1" && !c.forDrafts() {
		all = append(all, sinks.Alteration{Property: wbxml.Email2IsDraft.String(), Got: "1"})
	}
	return all
}

// alterations tell whether the bytes are others.
func (m *mailBytes) alterations(got mailBytes) []sinks.Alteration {
	if m.sum == got.sum {
		return nil
	}
	a := sinks.Alteration{
		Property: "bytes", Sent: fmt.Sprintf("%d bytes, sha256 %x", m.size, m.sum), Got: fmt.Sprintf("%d bytes, sha256 %x", got.size, got.sum),
	}
	if m.text == got.text {
		a.Why = "the server writes line ends otherwise"
	}
	return []sinks.Alteration{a}
}

// diesOfMail tells an error with which a server is known to end when it stored a message.
func (c *collection) diesOfMail(err error) bool {
	return c.class == eas.ClassEmail && c.tried().Outcome == MailStoredAndBroke && carriedOut(err)
}

// survived looks what a server stored that ended while it did. QUIRK(SOGo 5.8): HTTP 502.
func (c *collection) survived(ctx context.Context, all []*outgoing, before map[eas.ServerID]content, cause error) error {
	if err := c.look(ctx, all, before); err != nil {
		return uncertain(errors.Join(cause, err))
	}
	for _, o := range all {
		if o.id == "" {
			return sent(cause)
		}
	}
	return nil
}

func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
