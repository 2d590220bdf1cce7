package eas

import (
	"context"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// GALSearch looks for people in the server's directory, the global address list.
type GALSearch struct {
	Query string // the beginning of a name, alias or address
	SearchPart
	Pictures *PictureOptions // nil = none
	// UserName and Password are for the directory, where a first search failed with status 14.
	UserName, Password string
}

// GALResults are people that were found.
type GALResults struct {
	Results
	Entries []GALEntry
}

// GALEntry is a person in the directory. MS-ASCMD 2.2.3.139.3.
type GALEntry struct {
	DisplayName  string `wbxml:"GAL:DisplayName"`  // 2.2.3.49
	Phone        string `wbxml:"GAL:Phone"`        // 2.2.3.133
	Office       string `wbxml:"GAL:Office"`       // 2.2.3.121
	Title        string `wbxml:"GAL:Title"`        // 2.2.3.182
	Company      string `wbxml:"GAL:Company"`      // 2.2.3.33
	Alias        string `wbxml:"GAL:Alias"`        // 2.2.3.9
	FirstName    string `wbxml:"GAL:FirstName"`    // 2.2.3.70
	LastName     string `wbxml:"GAL:LastName"`     // 2.2.3.95
	HomePhone    string `wbxml:"GAL:HomePhone"`    // 2.2.3.89
	MobilePhone  string `wbxml:"GAL:MobilePhone"`  // 2.2.3.114
	EmailAddress string `wbxml:"GAL:EmailAddress"` // 2.2.3.55
	Picture      *Picture
}

// SearchGAL looks for people in the directory. MS-ASCMD 2.2.1.16.
func (c *Client) SearchGAL(ctx context.Context, q GALSearch) (*GALResults, error) {
	store, err := c.galStore(&q)
	if err != nil {
		return nil, fmt.Errorf("Search: %w", err)
	}
	found, err := c.search(ctx, store, q.Language, nil)
	if err != nil {
		return nil, err
	}
	r := &GALResults{}
	err = results(found, func(_, properties *wbxml.Element) error {
		entry, err := readGALEntry("Search", properties)
		r.Entries = append(r.Entries, entry)
		return err
	})
	r.Results = q.found(found, len(r.Entries))
	return r, err
}

func (c *Client) galStore(q *GALSearch) (wbxml.Element, error) {
	store := wbxml.E(wbxml.SearchStore, wbxml.T(wbxml.SearchName, "GAL"), wbxml.T(wbxml.SearchQuery, q.Query))
	if q.Query == "" {
		return store, errors.New("nothing is looked for")
	}
	if err := q.check(); err != nil {
		return store, err
	}
	options := wbxml.E(wbxml.SearchOptions)
	optional(&options, wbxml.SearchRange, q.rangeText())
	if err := c.credentials(&options, q.UserName, q.Password); err != nil {
		return store, err
	}
	if q.Pictures != nil {
		if err := c.needs("Picture", Version141); err != nil {
			return store, err
		}
		picture, err := q.Pictures.element(wbxml.SearchPicture, wbxml.SearchMaxSize, wbxml.SearchMaxPictures)
		if err != nil {
			return store, err
		}
		options.Append(picture)
	}
	if len(options.Children) > 0 {
		store.Append(options)
	}
	return store, nil
}

func readGALEntry(command string, properties *wbxml.Element) (GALEntry, error) {
	var v struct {
		GALEntry
		Picture *struct {
			Status *int   `wbxml:"GAL:Status"`
			Data   []byte `wbxml:"GAL:Data"`
		} `wbxml:"GAL:Picture"`
	}
	err := wbxml.Decode(properties, &v)
	if p := v.Picture; p != nil {
		v.GALEntry.Picture = &Picture{p.Data, status(command, "Picture", Or(p.Status, absent))}
	}
	return v.GALEntry, inAnswer(command, err)
}
