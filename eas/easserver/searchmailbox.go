package easserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// tooComplex is the status of a Query that the server does not understand.
const tooComplex = 8

// criteria are what a mailbox search looks for: each of them tells whether an item
// is one.
type criteria struct {
	any  bool // one of them is enough
	all  []func(hit) bool
	deep bool
}

// hit is an item, with the folder it is in.
type hit struct {
	folder *Folder
	v      *version
}

func (x *exchange) searchMailbox(store *wbxml.Element, from, to int) {
	o := store.Child(wbxml.SearchOptions)
	opts, err := parseOptions(o)
	if err != nil {
		x.violation("MS-ASCMD 2.2.3.125.5", err.Error())
		x.searchStatus(2)
		return
	}
	c := criteria{deep: o != nil && o.Has(wbxml.SearchDeepTraversal)}
	if err := c.parse(store.Child(wbxml.SearchQuery), x.protocol); err != nil {
		x.violation("MS-ASCMD 2.2.3.142.2", err.Error())
		x.searchStatus(tooComplex)
		return
	}
	hits := x.hits(&c)
	x.searchAnswer(from, to, len(hits), maxResults, func(enc *wbxml.Encoder, i int) {
		h := hits[i]
		enc.Text(wbxml.AirSyncClass, string(h.folder.class()))
		enc.Text(wbxml.SearchLongId, x.device.shownItem(h.folder.serverID(h.v.num)))
		enc.Text(wbxml.AirSyncCollectionId, x.device.shown(h.folder.id))
		enc.Start(wbxml.SearchProperties)
		(&renderer{enc: enc, protocol: x.protocol, device: x.device, opts: opts, folder: h.folder}).item(h.v)
		enc.End()
	})
}

// hits returns the items that are looked for, the latest first.
func (x *exchange) hits(c *criteria) []hit {
	var hits []hit
	x.user.mu.Lock()
	for _, f := range x.user.folders {
		for _, v := range f.items {
			if !v.deleted {
				hits = append(hits, hit{f, v})
			}
		}
	}
	x.user.mu.Unlock()
	hits = slices.DeleteFunc(hits, func(h hit) bool { return !c.matches(h) })
	slices.SortStableFunc(hits, func(a, b hit) int { return b.v.Received.Compare(a.v.Received) })
	return hits
}

// parse reads a Query, which has one And or Or. MS-ASCMD 2.2.3.10, 2.2.3.126.
func (c *criteria) parse(query *wbxml.Element, p protocol) error {
	if len(query.Children) != 1 {
		return fmt.Errorf("a Query of %d elements", len(query.Children))
	}
	group := query.Children[0]
	switch group.Tag {
	case wbxml.SearchAnd:
	case wbxml.SearchOr:
		c.any = true
		group.Tag = wbxml.SearchAnd // it has the same children
	default:
		return fmt.Errorf("%s in a Query", group.Tag)
	}
	if err := p.obeys(queryRules, &group); err != nil {
		return err
	}
	if len(group.Children) == 0 {
		return errors.New("a Query for nothing")
	}
	var classes, folders []string
	for i := range group.Children {
		e := &group.Children[i]
		switch e.Tag {
		case wbxml.AirSyncClass:
			if !slices.Contains([]string{"Tasks", "Email", "Calendar", "Contacts", "Notes", "SMS"}, e.Text) || p < 140 && (e.Text == "Notes" || e.Text == "SMS") {
				return fmt.Errorf("class %q in version %s", e.Text, p)
			}
			classes = append(classes, e.Text)
		case wbxml.AirSyncCollectionId:
			folders = append(folders, e.Text)
		default:
			if err := c.add(e); err != nil {
				return err
			}
		}
	}
	if len(classes) > 0 {
		c.all = append(c.all, func(h hit) bool { return slices.Contains(classes, string(h.folder.class())) })
	}
	if len(folders) > 0 {
		c.all = append(c.all, func(h hit) bool { return c.inFolder(h.folder, folders) })
	}
	return nil
}

func (c *criteria) add(e *wbxml.Element) error {
	switch text := e.Text; e.Tag {
	case wbxml.SearchFreeText:
		text = strings.ToLower(text)
		c.all = append(c.all, func(h hit) bool { return strings.Contains(strings.ToLower(h.v.searchText()), text) })
	case wbxml.SearchConversationId:
		c.all = append(c.all, func(h hit) bool { return h.v.Message != nil && string(h.v.header().conversationID()) == text })
	case wbxml.SearchGreaterThan, wbxml.SearchLessThan:
		at, err := wbxml.ParseTime(e.Value(wbxml.SearchValue))
		if err != nil {
			return err
		}
		compare := time.Time.After
		if e.Tag == wbxml.SearchLessThan {
			compare = time.Time.Before
		}
		c.all = append(c.all, func(h hit) bool { return h.v.Message != nil && compare(h.v.Received, at) })
	}
	return nil
}

func (c *criteria) inFolder(f *Folder, folders []string) bool {
	if slices.Contains(folders, "0") {
		return true
	}
	for g := f; g != nil; g = g.parent {
		if slices.Contains(folders, g.id) {
			return true
		}
		if !c.deep {
			return false
		}
	}
	return false
}

func (c *criteria) matches(h hit) bool {
	for _, is := range c.all {
		if is(h) == c.any {
			return c.any
		}
	}
	return !c.any
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
