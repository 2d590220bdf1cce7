package easserver

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxResults is how many results a Search returns, MS-ASCMD 2.2.3.143.3.
const maxResults = 100

// search answers Search in the mailbox and in the directory. MS-ASCMD 2.2.1.16.
func (x *exchange) search() {
	store := x.doc.Child(wbxml.SearchStore)
	if store == nil {
		x.refuse(103, "MS-ASCMD 2.2.3.178", "a Search without a Store")
		return
	}
	opts := store.Child(wbxml.SearchOptions)
	from, to, err := searchRange(opts.Value(wbxml.SearchRange))
	if err != nil {
		x.violation("MS-ASCMD 2.2.3.143.3", err.Error())
		x.searchStatus(2)
		return
	}
	switch store.Value(wbxml.SearchName) {
	case "GAL":
		x.searchDirectory(store.Value(wbxml.SearchQuery), from, to)
	case "Mailbox":
		x.searchMailbox(store, from, to)
	default:
		x.searchStatus(2)
	}
}

// searchStatus answers with the status of the store.
func (x *exchange) searchStatus(status int) {
	x.reply(wbxml.E(wbxml.SearchSearch, wbxml.T(wbxml.SearchStatus, "1"), wbxml.E(wbxml.SearchResponse,
		wbxml.E(wbxml.SearchStore, wbxml.T(wbxml.SearchStatus, strconv.Itoa(status))))))
}

func searchRange(s string) (from, to int, err error) {
	if s == "" {
		return 0, maxResults - 1, nil
	}
	first, last, err := parseRange(s)
	return int(min(first, math.MaxInt32)), int(min(last, math.MaxInt32)), err
}

// searchAnswer writes the results from one to another of n; one writes the children
// of a Result.
func (x *exchange) searchAnswer(from, to, n int, one func(enc *wbxml.Encoder, i int)) {
	status := "1"
	if to >= from+maxResults {
		to, status = from+maxResults-1, "12"
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

// searchDirectory finds users of the store by their names and addresses.
func (x *exchange) searchDirectory(query string, from, to int) {
	var found []*User
	for _, u := range x.server.store.Users() {
		if u.matches(query) {
			found = append(found, u)
		}
	}
	x.searchAnswer(from, to, len(found), func(enc *wbxml.Encoder, i int) {
		u := found[i]
		first, last, _ := strings.Cut(u.displayName, " ")
		enc.Start(wbxml.SearchProperties)
		enc.Text(wbxml.GALDisplayName, u.displayName)
		enc.Text(wbxml.GALAlias, u.name)
		enc.Text(wbxml.GALFirstName, first)
		enc.Text(wbxml.GALLastName, last)
		enc.Text(wbxml.GALEmailAddress, u.address)
		enc.End()
	})
}

// matches tells whether a word of the name, or the address, begins with the query.
func (u *User) matches(query string) bool {
	query = strings.ToLower(strings.TrimSpace(query))
	if query == "" {
		return false
	}
	for _, word := range append(strings.Fields(u.displayName), u.displayName, u.address, u.name) {
		if strings.HasPrefix(strings.ToLower(word), query) {
			return true
		}
	}
	return false
}

// criteria are what a mailbox search looks for: all of it.
type criteria struct {
	texts        []string // in lower case
	classes      []string
	folders      []string
	deep         bool
	after        time.Time
	before       time.Time
	conversation string
}

// hit is an item that was found, with the folder it is in.
type hit struct {
	folder *Folder
	v      *version
}

func (x *exchange) searchMailbox(store *wbxml.Element, from, to int) {
	opts, err := parseOptions(store.Child(wbxml.SearchOptions))
	var c criteria
	query := store.Child(wbxml.SearchQuery)
	if query != nil && len(query.Children) == 1 && query.Children[0].Tag == wbxml.SearchAnd {
		query = &query.Children[0]
	}
	if err == nil {
		err = c.parse(query)
	}
	if err != nil {
		x.violation("MS-ASCMD 2.2.3.140", err.Error())
		x.searchStatus(8)
		return
	}
	o := store.Child(wbxml.SearchOptions)
	c.deep = o != nil && o.Has(wbxml.SearchDeepTraversal)
	var hits []hit
	x.user.mu.Lock()
	for _, f := range x.user.folders {
		if !c.inFolder(f) {
			continue
		}
		for _, v := range f.items {
			if !v.deleted {
				hits = append(hits, hit{f, v})
			}
		}
	}
	x.user.mu.Unlock()
	hits = slices.DeleteFunc(hits, func(h hit) bool { return !c.matches(h.v) })
	slices.SortStableFunc(hits, func(a, b hit) int { return b.v.Received.Compare(a.v.Received) })
	x.searchAnswer(from, to, len(hits), func(enc *wbxml.Encoder, i int) {
		h := hits[i]
		enc.Text(wbxml.AirSyncClass, string(h.folder.class()))
		enc.Text(wbxml.SearchLongId, x.device.shownItem(h.folder.serverID(h.v.num)))
		enc.Text(wbxml.AirSyncCollectionId, x.device.shown(h.folder.id))
		enc.Start(wbxml.SearchProperties)
		(&renderer{enc: enc, protocol: x.protocol, device: x.device, opts: opts, folder: h.folder}).item(h.v)
		enc.End()
	})
}

func (c *criteria) parse(query *wbxml.Element) error {
	if query == nil {
		return fmt.Errorf("a Search without a Query")
	}
	for i := range query.Children {
		e := &query.Children[i]
		var err error
		switch e.Tag {
		case wbxml.SearchFreeText:
			c.texts = append(c.texts, strings.ToLower(e.Text))
		case wbxml.AirSyncClass:
			c.classes = append(c.classes, e.Text)
		case wbxml.AirSyncCollectionId:
			c.folders = append(c.folders, e.Text)
		case wbxml.SearchConversationId:
			c.conversation = e.Text
		case wbxml.SearchGreaterThan:
			c.after, err = wbxml.ParseTime(e.Value(wbxml.SearchValue))
		case wbxml.SearchLessThan:
			c.before, err = wbxml.ParseTime(e.Value(wbxml.SearchValue))
		default:
			err = fmt.Errorf("%s in a Query", e.Tag)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *criteria) inFolder(f *Folder) bool {
	if len(c.classes) > 0 && !slices.Contains(c.classes, string(f.class())) {
		return false
	}
	if len(c.folders) == 0 || slices.Contains(c.folders, "0") {
		return true
	}
	for g := f; g != nil; g = g.parent {
		if slices.Contains(c.folders, g.id) {
			return true
		}
		if !c.deep {
			return false
		}
	}
	return false
}

func (c *criteria) matches(v *version) bool {
	if v.Message != nil {
		if !c.after.IsZero() && !v.Received.After(c.after) || !c.before.IsZero() && !v.Received.Before(c.before) {
			return false
		}
		if c.conversation != "" && string(v.header().conversationID()) != c.conversation {
			return false
		}
	} else if !c.after.IsZero() || !c.before.IsZero() || c.conversation != "" {
		return false
	}
	if len(c.texts) == 0 {
		return true
	}
	text := strings.ToLower(v.searchText())
	return !slices.ContainsFunc(c.texts, func(t string) bool { return !strings.Contains(text, t) })
}

// searchText returns the words of an item.
func (v *version) searchText() string {
	if v.Message == nil {
		var b strings.Builder
		for i := range v.Properties {
			appendText(&b, &v.Properties[i])
		}
		return b.String()
	}
	h := v.header()
	return strings.Join([]string{h.subject, h.from, h.to, h.cc, v.Message.body().plain()}, "\n")
}

func appendText(b *strings.Builder, e *wbxml.Element) {
	b.WriteString(e.Text)
	b.WriteByte('\n')
	for i := range e.Children {
		appendText(b, &e.Children[i])
	}
}
