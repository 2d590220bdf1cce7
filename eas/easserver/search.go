package easserver

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// The most results that a Search of a store returns, MS-ASCMD 2.2.3.143.3.
const (
	maxResults   = 100
	maxDocuments = 1000
)

// search answers Search. MS-ASCMD 2.2.1.16.
func (x *exchange) search() {
	store := x.doc.Child(wbxml.SearchStore)
	if store == nil {
		x.refuse(103, "MS-ASCMD 2.2.3.178.3", "a Search without a Store")
		return
	}
	err := x.protocol.wellFormed(x.doc)
	if err == nil {
		err = x.checkStore(store)
	}
	from, to, rangeErr := searchRange(store.Value(wbxml.SearchOptions, wbxml.SearchRange))
	if err = errors.Join(err, rangeErr); err != nil {
		x.violation("MS-ASCMD 2.2.3.178.3", err.Error())
		x.searchStatus(2)
		return
	}
	switch store.Value(wbxml.SearchName) {
	case "GAL":
		x.searchDirectory(store, from, to)
	case "Mailbox":
		x.searchMailbox(store, from, to)
	case "DocumentLibrary":
		x.searchDocuments(store, from, to)
	}
}

// checkStore tells whether there is such a store, and whether it has such options.
func (x *exchange) checkStore(store *wbxml.Element) error {
	name := store.Value(wbxml.SearchName)
	options, ok := storeOptions[name]
	if !ok || name != "GAL" && x.protocol < 120 {
		return fmt.Errorf("store %q in version %s", name, x.protocol)
	}
	o := store.Child(wbxml.SearchOptions)
	if o == nil {
		return nil
	}
	for i := range o.Children {
		if tag := o.Children[i].Tag; !slices.Contains(options, tag) {
			return fmt.Errorf("%s in the search of %s", tag, name)
		}
	}
	if o.Has(wbxml.AirSyncBaseBodyPartPreference) && !store.Child(wbxml.SearchQuery).Child(wbxml.SearchAnd).Has(wbxml.SearchConversationId) {
		return errors.New("BodyPartPreference in a search of no conversation")
	}
	return nil
}

// searchStatus answers with the status of the store.
func (x *exchange) searchStatus(status int) {
	x.reply(wbxml.E(wbxml.SearchSearch, wbxml.T(wbxml.SearchStatus, "1"), wbxml.E(wbxml.SearchResponse,
		wbxml.E(wbxml.SearchStore, wbxml.T(wbxml.SearchStatus, strconv.Itoa(status))))))
}

// searchRange reads a Range; to is negative when there is none.
func searchRange(s string) (from, to int, err error) {
	if s == "" {
		return 0, -1, nil
	}
	first, last, err := parseRange(s)
	if err == nil && last > 999 {
		err = fmt.Errorf("a Range of %q", s)
	}
	return int(min(first, math.MaxInt32)), int(min(last, math.MaxInt32)), err
}

// searchAnswer writes the results from one to another of n, at most most; one writes
// the children of a Result.
func (x *exchange) searchAnswer(from, to, n, most int, one func(enc *wbxml.Encoder, i int)) {
	status := "1"
	if to < 0 {
		to = most - 1
	}
	if to >= from+most {
		to, status = from+most-1, "12"
	}
	to = min(to, n-1)
	x.stream(func(enc *wbxml.Encoder) {
		enc.Start(wbxml.SearchSearch)
		enc.Text(wbxml.SearchStatus, "1")
		enc.Start(wbxml.SearchResponse)
		enc.Start(wbxml.SearchStore)
		enc.Text(wbxml.SearchStatus, status)
		for i := from; i <= to; i++ {
			enc.Start(wbxml.SearchResult)
			one(enc, i)
			enc.End()
		}
		if to < from {
			enc.Empty(wbxml.SearchResult) // "nothing found" is one empty Result
		} else {
			enc.Text(wbxml.SearchRange, fmt.Sprintf("%d-%d", from, to))
			enc.Text(wbxml.SearchTotal, strconv.Itoa(n))
		}
		enc.End()
		enc.End()
		enc.End()
	})
}
