package eas

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Results says which part of all that was found an answer has.
type Results struct {
	First, Last int  // the places of the first and the last result that are here, from 0; Last < First when there is none
	Total       int  // how many were found, as the server estimates it
	End         bool // what was asked for goes past what the server gives: the search should be narrowed. MS-ASCMD 2.2.3.177.13
}

// SearchPart is what every search has. The zero value asks for the first results, as many as the server gives at once.
type SearchPart struct {
	Range *[2]int // the places of the first and the last result wanted, 0 to 999. MS-ASCMD 2.2.3.143.3
	// Language is what the words searched for are in, as in Accept-Language; "" = the server's.
	Language string
}

const (
	maxRange = 999 // MS-ASCMD 2.2.3.143.1

	endOfRange = 12 // of a Store: there are results, and no more to be had
)

func (p *SearchPart) check() error {
	if r := p.Range; r != nil && (r[0] < 0 || r[1] < r[0] || r[1] > maxRange) {
		return fmt.Errorf("results %d to %d: 0 to %d may be", r[0], r[1], maxRange)
	}
	return nil
}

func (p *SearchPart) rangeText() string {
	if p.Range == nil {
		return ""
	}
	return fmt.Sprintf("%d-%d", p.Range[0], p.Range[1])
}

// credentials appends those for the directory or library that is searched to the Options.
func (c *Client) credentials(options *wbxml.Element, user, password string) error {
	if user == "" && password == "" {
		return nil
	}
	if err := c.checkCredentials(user, password); err != nil {
		return err
	}
	options.Append(wbxml.T(wbxml.SearchUserName, user), wbxml.T(wbxml.SearchPassword, password))
	return nil
}

// search sends a Search of one store, and returns the Store of the answer. MS-ASCMD 2.2.1.16. divert makes what takes the large
// values of an answer out of it; nil = nothing does.
func (c *Client) search(ctx context.Context, store wbxml.Element, language string, divert func() wbxml.Divert) (*wbxml.Element, error) {
	doc := wbxml.E(wbxml.SearchSearch, store)
	var found *wbxml.Element
	err := c.post(ctx, command{name: "Search", doc: &doc, language: language}, func(r *response) (err error) {
		defer func() { r.close(err) }()
		var take wbxml.Divert
		if divert != nil {
			take = divert()
		}
		answer, err := r.tree(wbxml.SearchSearch, take)
		if answer, err = answered("Search", answer, err); err == nil {
			found, err = searchStore(answer)
		}
		return err
	})
	return found, err
}

func searchStore(answer *wbxml.Element) (*wbxml.Element, error) {
	store := answer.Child(wbxml.SearchResponse).Child(wbxml.SearchStore)
	if code := number(answer, wbxml.SearchStatus); code != absent || store == nil {
		if err := status("Search", "Search", code); err != nil {
			return nil, err
		}
	}
	if store == nil {
		return nil, &ResponseError{Command: "Search", Err: errors.New("it has no results, nor a reason")}
	}
	if code := number(store, wbxml.SearchStatus); code != endOfRange {
		if err := status("Search", "Store", code); err != nil {
			return nil, err
		}
	}
	return store, nil
}

// places reads which results are here: n of them. What a server does not say follows from what was asked for.
func (p *SearchPart) places(ranged, total string, n int) Results {
	r := Results{Last: n - 1, Total: max(atoi(total), 0)}
	if p.Range != nil {
		r.First, r.Last = p.Range[0], p.Range[0]+n-1
	}
	if said := parseRange(ranged); said != nil && n > 0 {
		r.First = int(min(said[0], maxRange))
		r.Last = r.First + n - 1
	}
	r.Total = max(r.Total, r.Last+1)
	if n == 0 {
		r.Total = max(atoi(total), 0)
	}
	return r
}

// found reads the places of a Store's results.
func (p *SearchPart) found(store *wbxml.Element, n int) Results {
	r := p.places(store.Value(wbxml.SearchRange), store.Value(wbxml.SearchTotal), n)
	r.End = number(store, wbxml.SearchStatus) == endOfRange
	return r
}

// results yields the Properties of each Result. "Nothing found" is no Result, or an empty one (MS-ASCMD 2.2.3.155.3).
func results(store *wbxml.Element, visit func(result, properties *wbxml.Element) error) error {
	for result := range store.All(wbxml.SearchResult) {
		if properties := result.Child(wbxml.SearchProperties); properties != nil {
			if err := visit(result, properties); err != nil {
				return err
			}
		}
	}
	return nil
}

// Picture is a contact's photo, or why there is none.
type Picture struct {
	Data []byte // as a rule JPEG
	Err  error  // a *StatusError: 173 there is none, 174 larger than MaxSize, 175 more than MaxPictures
}

// PictureOptions ask for photos, from 14.1 on. MS-ASCMD 2.2.3.135.
type PictureOptions struct {
	MaxSize     int // bytes of one, at most 102400; 0 = the server's limit. MS-ASCMD 2.2.3.105
	MaxPictures int // 0 = the server's limit. MS-ASCMD 2.2.3.104
}

const maxPictureSize = 102400

// element is Picture, in the namespace of the command.
func (o *PictureOptions) element(picture, size, most wbxml.Tag) (wbxml.Element, error) {
	e := wbxml.E(picture)
	if o.MaxSize < 0 || o.MaxSize > maxPictureSize || o.MaxPictures < 0 {
		return e, fmt.Errorf("pictures: %d of %d bytes: at most %d bytes may be", o.MaxPictures, o.MaxSize, maxPictureSize)
	}
	if o.MaxSize > 0 {
		e.Append(wbxml.T(size, strconv.Itoa(o.MaxSize)))
	}
	if o.MaxPictures > 0 {
		e.Append(wbxml.T(most, strconv.Itoa(o.MaxPictures)))
	}
	return e, nil
}
