package eas

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Original names the message, or the meeting, that is answered or forwarded: by folder and ServerID, or by LongID.
// MS-ASCMD 2.2.3.173.
type Original struct {
	CollectionID CollectionID
	ServerID     ServerID
	LongID       string // of a search result, instead of the other three
	// InstanceID is the occurrence of a recurring meeting, by the time it begins; zero = the whole series.
	// MS-ASCMD 2.2.3.92.2; in the query before 14.0.
	InstanceID time.Time
}

func (o *Original) check() error {
	byID := o.CollectionID != "" && o.ServerID != ""
	switch {
	case o.LongID != "" && (o.CollectionID != "" || o.ServerID != "" || !o.InstanceID.IsZero()):
		return errors.New("a LongId stands alone")
	case o.LongID == "" && !byID:
		return errors.New("the original is named by folder and id, or by its LongId")
	}
	return nil
}

func (o *Original) element() wbxml.Element {
	e := wbxml.E(wbxml.ComposeMailSource)
	optional(&e, wbxml.ComposeMailFolderId, string(o.CollectionID))
	optional(&e, wbxml.ComposeMailItemId, string(o.ServerID))
	optional(&e, wbxml.ComposeMailLongId, o.LongID)
	optional(&e, wbxml.ComposeMailInstanceId, o.instance())
	return e
}

// instance has the punctuation of MS-ASDTYPE 2.3.
func (o *Original) instance() string {
	if o.InstanceID.IsZero() {
		return ""
	}
	return o.InstanceID.UTC().Format(wbxml.DateTime)
}

func (o *Original) params() []param {
	var all []param
	for _, p := range []param{
		{paramCollectionID, string(o.CollectionID)}, {paramItemID, string(o.ServerID)}, {paramLongID, o.LongID}, {paramOccurrence, o.instance()},
	} {
		if p.value != "" {
			all = append(all, p)
		}
	}
	return all
}

// SmartRequest is a reply, or a message that forwards another.
type SmartRequest struct {
	Outgoing
	Original Original
	// ReplaceMIME says that the message holds the original already, edited; otherwise the server adds the original to it. From
	// 14.0 on. MS-ASCMD 2.2.3.148.
	ReplaceMIME bool
}

// SmartReply answers a message: the server puts the original under the reply. The recipients are those of the reply's header.
// MS-ASCMD 2.2.1.20.
//
// QUIRK(SOGo 5.8): before 14.0 it takes the folder's id from the query as it stands there, and finds none whose id had to be
// escaped, which is an HTTP error 500. In the base64 form, from 12.1 on, it finds it.
func (c *Client) SmartReply(ctx context.Context, q SmartRequest) error {
	return c.compose(ctx, "SmartReply", wbxml.ComposeMailSmartReply, q.Outgoing, &q.Original, q.ReplaceMIME)
}

// SmartForward forwards a message that the client need not have: the server adds the original, with its attachments.
// MS-ASCMD 2.2.1.19.
func (c *Client) SmartForward(ctx context.Context, q SmartRequest) error {
	return c.compose(ctx, "SmartForward", wbxml.ComposeMailSmartForward, q.Outgoing, &q.Original, q.ReplaceMIME)
}

// ForwardMeetingRequest forwards an event of the calendar.
type ForwardMeetingRequest struct {
	Original   Original
	Forwardees []Forwardee
	Body       *InlineBody // what the server writes above it; nil = nothing. MS-ASAIRS 2.2.2.9
	ClientID   string      // as in Outgoing
	AccountID  string      // as in Outgoing
}

// ForwardMeeting forwards an event, which is a SmartForward without a message: the server writes it. From 16.0 on.
// MS-ASCMD 2.2.1.19, 2.2.3.79.
func (c *Client) ForwardMeeting(ctx context.Context, q ForwardMeetingRequest) error {
	doc, err := c.forwardDocument(&q)
	if err != nil {
		return fmt.Errorf("SmartForward: %w", err)
	}
	return c.submit(ctx, command{name: "SmartForward", doc: &doc})
}

func (c *Client) forwardDocument(q *ForwardMeetingRequest) (wbxml.Element, error) {
	if err := c.needs("Forwardees", Version160); err != nil {
		return wbxml.Element{}, err
	}
	if err := q.Original.check(); err != nil {
		return wbxml.Element{}, err
	}
	if len(q.Forwardees) == 0 {
		return wbxml.Element{}, errors.New("nobody to forward to")
	}
	doc, err := c.outgoing(wbxml.ComposeMailSmartForward, &Outgoing{ClientID: q.ClientID, AccountID: q.AccountID}, &q.Original)
	if err != nil {
		return doc, err
	}
	all := wbxml.E(wbxml.ComposeMailForwardees)
	for _, f := range q.Forwardees {
		if f.Email == "" {
			return doc, fmt.Errorf("%q has no address", f.Name)
		}
		e, err := wbxml.Encode(wbxml.ComposeMailForwardee, f)
		if err != nil {
			return doc, err
		}
		all.Append(e)
	}
	doc.Append(all)
	if q.Body != nil {
		body, err := wbxml.Encode(wbxml.AirSyncBaseBody, q.Body)
		if err != nil {
			return doc, err
		}
		doc.Append(body)
	}
	return doc, nil
}
