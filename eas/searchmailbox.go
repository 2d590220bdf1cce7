package eas

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// MailboxSearch looks for items of the mailbox, from 12.0 on. What it looks for must all be so, or with Any, one of it. Without
// any folders, all are searched.
type MailboxSearch struct {
	Any            bool           // MS-ASCMD 2.2.3.126; Exchange knows only that all must be so
	Classes        []Class        // 2.2.3.27.5; none = all
	Collections    []CollectionID // 2.2.3.30.5
	FreeText       string         // words of the item. 2.2.3.80.2
	ConversationID []byte         // 2.2.3.35.2, from 14.0 on
	After, Before  time.Time      // of when it was received. 2.2.3.86, 2.2.3.96
	SearchPart

	Deep    bool // search the folders below Collections, too. 2.2.3.41.2
	Rebuild bool // the server shall not answer with what it found for the same search before. 2.2.3.144

	// Options say how an item comes: MIMESupport, forms of the body and of its part (that with ConversationID only), rights
	// management. The others are not for a search. 2.2.3.125.5
	Options SyncOptions
}

// MailboxResults are items that were found. They must be closed.
type MailboxResults struct {
	Results
	Items []FoundItem
	blobs []*Blob
}

// FoundItem is an item that was found.
type FoundItem struct {
	LongID       string       // names it for Fetch, SmartReply and SmartForward: at most 256 characters
	CollectionID CollectionID // where it is, if the server says so
	Item         *Item        // valid until the results are closed; Keep takes its Blob over
}

// Close gives the bodies back.
func (r *MailboxResults) Close() error {
	for _, b := range r.blobs {
		b.recycle()
	}
	r.blobs = nil
	return nil
}

// maxSpooled is how many MIME bodies of one answer are taken out of it: as many as results come at once (MS-ASCMD 2.2.3.143.3).
// More than that count against Config.Limits.
const maxSpooled = 100

// SearchMailbox looks for items of the mailbox. MS-ASCMD 2.2.1.16. The server may answer from what it found before for the same
// search, until Rebuild. QUIRK(SOGo 5.8): only mail is found, in the folders that are named, by its header; Any is HTTP 500.
func (c *Client) SearchMailbox(ctx context.Context, q MailboxSearch) (*MailboxResults, error) {
	store, err := c.mailboxStore(&q)
	if err != nil {
		return nil, fmt.Errorf("Search: %w", err)
	}
	r := &MailboxResults{}
	found, err := c.search(ctx, store, q.Language, func() wbxml.Divert {
		_ = r.Close() // what a first attempt, before Provision, brought
		return c.spooler(&r.blobs)
	})
	if err == nil {
		err = r.read(c, found, q.Options.MIMESupport)
	}
	if err != nil {
		_ = r.Close() // it never fails
		return nil, err
	}
	r.Results = q.found(found, len(r.Items))
	return r, nil
}

func (c *Client) mailboxStore(q *MailboxSearch) (wbxml.Element, error) {
	store := wbxml.E(wbxml.SearchStore, wbxml.T(wbxml.SearchName, "Mailbox"))
	query, err := q.query()
	if err == nil {
		err = q.check()
	}
	if err != nil {
		return store, err
	}
	if err := c.needs("Mailbox", Version120); err != nil {
		return store, err
	}
	if err := c.needs("ConversationId", Version140); err != nil && len(q.ConversationID) > 0 {
		return store, err
	}
	if err := q.Options.check(c); err != nil {
		return store, err
	}
	store.Append(wbxml.E(wbxml.SearchQuery, query))
	if options := q.options(); len(options) > 0 {
		store.Append(wbxml.E(wbxml.SearchOptions, options...))
	}
	return store, nil
}

// query is And, or Or. MS-ASCMD 2.2.3.10.
func (q *MailboxSearch) query() (wbxml.Element, error) {
	e := wbxml.E(wbxml.SearchAnd)
	if q.Any {
		e.Tag = wbxml.SearchOr
	}
	for _, class := range q.Classes {
		e.Append(wbxml.T(wbxml.AirSyncClass, string(class)))
	}
	for _, id := range q.Collections {
		e.Append(wbxml.T(wbxml.AirSyncCollectionId, string(id)))
	}
	optional(&e, wbxml.SearchFreeText, q.FreeText)
	if len(q.ConversationID) > 0 {
		e.Append(wbxml.B(wbxml.SearchConversationId, q.ConversationID))
	}
	received := func(tag wbxml.Tag, t time.Time) {
		if !t.IsZero() {
			e.Append(wbxml.E(tag, wbxml.Empty(wbxml.EmailDateReceived), wbxml.T(wbxml.SearchValue, t.UTC().Format(wbxml.DateTime))))
		}
	}
	received(wbxml.SearchGreaterThan, q.After)
	received(wbxml.SearchLessThan, q.Before)
	switch {
	case len(e.Children) == 0:
		return e, errors.New("nothing is looked for")
	case len(q.Options.BodyParts) > 0 && len(q.ConversationID) == 0: // MS-ASCMD 2.2.3.125.5
		return e, errors.New("a BodyPart is for the search of a conversation")
	}
	return e, nil
}

func (q *MailboxSearch) options() []wbxml.Element {
	e := wbxml.E(wbxml.SearchOptions)
	if q.Rebuild {
		e.Append(wbxml.Empty(wbxml.SearchRebuildResults))
	}
	if q.Deep {
		e.Append(wbxml.Empty(wbxml.SearchDeepTraversal))
	}
	optional(&e, wbxml.SearchRange, q.rangeText())
	if q.Options.MIMESupport != MIMENever {
		e.Append(wbxml.T(wbxml.AirSyncMIMESupport, strconv.Itoa(int(q.Options.MIMESupport))))
	}
	e.Append(q.Options.bodyElements()...)
	return e.Children
}

// spooler takes MIME bodies out of an answer, in their order.
func (c *Client) spooler(blobs *[]*Blob) wbxml.Divert {
	return func(parent *wbxml.Element, tag wbxml.Tag, r io.Reader) (bool, error) {
		mime := tag == wbxml.AirSyncBaseData && parent.Tag == wbxml.AirSyncBaseBody && parent.Value(wbxml.AirSyncBaseType) == "4"
		if !mime || len(*blobs) == maxSpooled {
			return false, nil
		}
		b := c.newBlob()
		*blobs = append(*blobs, b)
		return true, b.fill(r)
	}
}

// read makes items of the results. The bodies that were taken out come in the order of the elements that had them.
func (r *MailboxResults) read(c *Client, store *wbxml.Element, support MIMESupport) error {
	spooled := r.blobs
	err := results(store, func(result, properties *wbxml.Element) error {
		var ir itemReader // one for each: they all last until Close
		ir.init(c, support)
		n := diverted(properties)
		if n > 0 {
			ir.spool, ir.used = spooled[0], true
		}
		spooled = spooled[n:]
		class := Class(result.Value(wbxml.AirSyncClass))
		if class == "" {
			class = classOf(properties)
		}
		item, err := ir.made(properties, class)
		if ir.used && n == 0 {
			r.blobs = append(r.blobs, ir.spool)
		}
		r.Items = append(r.Items, FoundItem{
			LongID: result.Value(wbxml.SearchLongId), CollectionID: CollectionID(result.Value(wbxml.AirSyncCollectionId)), Item: item,
		})
		return err
	})
	if err == nil && len(spooled) > 0 {
		err = &ResponseError{Command: "Search", Err: errors.New("there are bodies of no item")}
	}
	return err
}

// diverted counts the values that were taken out of e.
func diverted(e *wbxml.Element) int {
	n := 0
	if e.Diverted {
		n++
	}
	for i := range e.Children {
		n += diverted(&e.Children[i])
	}
	return n
}
