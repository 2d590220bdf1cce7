package eas

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// FindMailbox looks for mail, from 16.1 on: faster than SearchMailbox, with what a list shows.
type FindMailbox struct {
	// SearchID names the search: a GUID of the client's. The pages of one search have one, of which the first begins with
	// result 0; "" makes a new one, which the results tell.
	SearchID   string
	FreeText   string       // words, and restrictions such as from:bob: keyword query language. MS-ASCMD 2.2.3.80.1
	Collection CollectionID // where to look; "" = everywhere. 2.2.3.30.1
	Deep       bool         // and in the folders below Collection. 2.2.3.41.1
	SearchPart
}

// FoundMails are messages that were found.
type FoundMails struct {
	SearchID string // for the next page
	Results
	Mails []FoundMail
}

// FoundMail is what a list shows of a message; Fetch gets the rest of it. MS-ASCMD 2.2.3.139.1.
type FoundMail struct {
	Class          Class        `wbxml:"AirSync:Class"`
	ServerID       ServerID     `wbxml:"AirSync:ServerId"`
	CollectionID   CollectionID `wbxml:"AirSync:CollectionId"`
	Subject        string       `wbxml:"Find:Properties>Email:Subject"`
	DateReceived   time.Time    `wbxml:"Find:Properties>Email:DateReceived"`
	From           string       `wbxml:"Find:Properties>Email:From"`
	DisplayTo      string       `wbxml:"Find:Properties>Email:DisplayTo"`
	DisplayCc      string       `wbxml:"Find:Properties>Find:DisplayCc"`  // 2.2.3.48: names, separated by semicolons
	DisplayBcc     string       `wbxml:"Find:Properties>Find:DisplayBcc"` // 2.2.3.47: as DisplayCc
	Importance     *Importance  `wbxml:"Find:Properties>Email:Importance"`
	Read           *bool        `wbxml:"Find:Properties>Email:Read"`
	IsDraft        *bool        `wbxml:"Find:Properties>Email2:IsDraft"`
	Preview        string       `wbxml:"Find:Properties>Find:Preview"`        // 2.2.3.137: at most 255 characters of the text
	HasAttachments *bool        `wbxml:"Find:Properties>Find:HasAttachments"` // 2.2.3.87
}

// FindGAL looks for people in the directory, from 16.1 on.
type FindGAL struct {
	SearchID string // as in FindMailbox
	Query    string // the beginning of a name, alias or address
	SearchPart
	Pictures *PictureOptions // nil = none
}

// FoundPeople are people that were found.
type FoundPeople struct {
	SearchID string // for the next page
	Results
	Entries []GALEntry
}

// FindMailbox looks for mail. MS-ASCMD 2.2.1.2. A range that does not begin the search that SearchID names is status 4 of the
// Response.
func (c *Client) FindMailbox(ctx context.Context, q FindMailbox) (*FoundMails, error) {
	if q.FreeText == "" {
		return nil, errors.New("Find: nothing is looked for")
	}
	query := wbxml.E(wbxml.FindQuery, wbxml.T(wbxml.FindFreeText, q.FreeText), wbxml.T(wbxml.AirSyncClass, string(ClassEmail))) // 2.2.3.142.1; 2.2.3.27.1: no other
	optional(&query, wbxml.AirSyncCollectionId, string(q.Collection))
	options := wbxml.E(wbxml.FindOptions)
	optional(&options, wbxml.FindRange, q.rangeText())
	if q.Deep {
		options.Append(wbxml.Empty(wbxml.FindDeepTraversal))
	}
	r := &FoundMails{SearchID: q.SearchID}
	response, err := c.find(ctx, &r.SearchID, &q.SearchPart, wbxml.E(wbxml.FindMailBoxSearchCriterion, query), options)
	if err != nil {
		return nil, err
	}
	for e := range response.All(wbxml.FindResult) {
		var m FoundMail
		err = errors.Join(err, wbxml.Decode(e, &m))
		r.Mails = append(r.Mails, m)
	}
	r.Results = q.places(response.Value(wbxml.FindRange), response.Value(wbxml.FindTotal), len(r.Mails))
	return r, inAnswer("Find", err)
}

// FindGAL looks for people in the directory. MS-ASCMD 2.2.1.2.
func (c *Client) FindGAL(ctx context.Context, q FindGAL) (*FoundPeople, error) {
	if q.Query == "" {
		return nil, errors.New("Find: nothing is looked for")
	}
	options := wbxml.E(wbxml.FindOptions)
	optional(&options, wbxml.FindRange, q.rangeText())
	if q.Pictures != nil {
		picture, err := q.Pictures.element(wbxml.FindPicture, wbxml.FindMaxSize, wbxml.FindMaxPictures)
		if err != nil {
			return nil, fmt.Errorf("Find: %w", err)
		}
		options.Append(picture)
	}
	r := &FoundPeople{SearchID: q.SearchID}
	response, err := c.find(ctx, &r.SearchID, &q.SearchPart, wbxml.E(wbxml.FindGalSearchCriterion, wbxml.T(wbxml.FindQuery, q.Query)), options)
	if err != nil {
		return nil, err
	}
	for e := range response.All(wbxml.FindResult) {
		entry, bad := readGALEntry("Find", e.Child(wbxml.FindProperties))
		if err = bad; err != nil {
			return nil, err
		}
		r.Entries = append(r.Entries, entry)
	}
	r.Results = q.places(response.Value(wbxml.FindRange), response.Value(wbxml.FindTotal), len(r.Entries))
	return r, nil
}

// find sends a Find and returns the Response of the answer. MS-ASCMD 2.2.3.69.
func (c *Client) find(ctx context.Context, id *string, part *SearchPart, criterion, options wbxml.Element) (*wbxml.Element, error) {
	if err := c.needs("the command", Version161); err != nil {
		return nil, fmt.Errorf("Find: %w", err)
	}
	if err := part.check(); err != nil {
		return nil, fmt.Errorf("Find: %w", err)
	}
	if *id == "" {
		*id = newGUID()
	}
	if len(options.Children) > 0 {
		criterion.Append(options)
	}
	doc := wbxml.E(wbxml.FindFind, wbxml.T(wbxml.FindSearchId, *id), wbxml.E(wbxml.FindExecuteSearch, criterion))
	answer, err := c.call(ctx, command{name: "Find", doc: &doc, language: part.Language}, func(e *wbxml.Element) error {
		err := status("Find", "Find", number(e, wbxml.FindStatus))
		if response := e.Child(wbxml.FindResponse); response != nil && err == nil {
			err = status("Find", "Response", number(response, wbxml.FindStatus))
		}
		return err
	})
	if answer, err = answered("Find", answer, err); err != nil {
		return nil, err
	}
	response := answer.Child(wbxml.FindResponse)
	if response == nil {
		return nil, &ResponseError{Command: "Find", Err: errors.New("it has no results, nor a reason")}
	}
	return response, nil
}

// newGUID makes a random GUID. RFC 9562 5.4, MS-ASDTYPE 2.7.4.
func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
