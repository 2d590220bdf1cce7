package eas

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// DocumentSearch asks what there is in a document library: Windows SharePoint Services, or a file share. From 12.0 on.
type DocumentSearch struct {
	Link string // a URL, or a path \\server\share\…
	SearchPart
	// UserName and Password are for its server, from 12.1 on, where a first search failed with status 14.
	UserName, Password string
}

// DocumentResults are what there is at a link: first the document or folder itself, then what the folder has.
type DocumentResults struct {
	Results
	Documents []Document
}

// Document is a document or a folder of a library. MS-ASDOC 2.2.2.
type Document struct {
	LinkID           string    `wbxml:"DocumentLibrary:LinkId"`           // 2.2.2.8: names it for a Fetch
	DisplayName      string    `wbxml:"DocumentLibrary:DisplayName"`      // 2.2.2.4
	IsFolder         bool      `wbxml:"DocumentLibrary:IsFolder"`         // 2.2.2.5
	CreationDate     time.Time `wbxml:"DocumentLibrary:CreationDate"`     // 2.2.2.3
	LastModifiedDate time.Time `wbxml:"DocumentLibrary:LastModifiedDate"` // 2.2.2.7
	IsHidden         bool      `wbxml:"DocumentLibrary:IsHidden"`         // 2.2.2.6
	ContentLength    *int64    `wbxml:"DocumentLibrary:ContentLength"`    // 2.2.2.1, bytes; an estimate
	ContentType      string    `wbxml:"DocumentLibrary:ContentType"`      // 2.2.2.2
}

// SearchDocuments asks what there is at a link. MS-ASCMD 2.2.1.16, MS-ASDOC 3.1.5.2.
func (c *Client) SearchDocuments(ctx context.Context, q DocumentSearch) (*DocumentResults, error) {
	store, err := c.documentStore(&q)
	if err != nil {
		return nil, fmt.Errorf("Search: %w", err)
	}
	found, err := c.search(ctx, store, q.Language, nil)
	if err != nil {
		return nil, err
	}
	r := &DocumentResults{}
	err = results(found, func(_, properties *wbxml.Element) error {
		var d Document
		err := wbxml.Decode(properties, &d)
		r.Documents = append(r.Documents, d)
		return inAnswer("Search", err)
	})
	r.Results = q.found(found, len(r.Documents))
	return r, err
}

func (c *Client) documentStore(q *DocumentSearch) (wbxml.Element, error) {
	store := wbxml.E(wbxml.SearchStore, wbxml.T(wbxml.SearchName, "DocumentLibrary"), wbxml.E(wbxml.SearchQuery, wbxml.E(wbxml.SearchEqualTo,
		wbxml.Empty(wbxml.DocumentLibraryLinkId), wbxml.T(wbxml.SearchValue, q.Link)))) // MS-ASDOC 3.1.5.2
	if err := c.needs("DocumentLibrary", Version120); err != nil {
		return store, err
	}
	if q.Link == "" {
		return store, errors.New("no link to look at")
	}
	if err := q.check(); err != nil {
		return store, err
	}
	options := wbxml.E(wbxml.SearchOptions)
	optional(&options, wbxml.SearchRange, q.rangeText())
	if err := c.credentials(&options, q.UserName, q.Password); err != nil {
		return store, err
	}
	if len(options.Children) > 0 {
		store.Append(options)
	}
	return store, nil
}
