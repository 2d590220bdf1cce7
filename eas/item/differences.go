package item

import (
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Difference is a property that two forms of an item have otherwise.
type Difference struct {
	Property  string // its name, after that of the recurrence or the exception that it is of: "Calendar:Exception 20261201T100000Z/Calendar:Subject"
	Sent, Got string // as text, cut to [MaxLossValue] bytes, from where they differ; "" = there is none
}

// Differences compares what was sent with what came back, property by property, by what they mean (as ContentHash does), in the order of
// what was sent. Whole days are compared by their dates, wherever their midnights are. What is ByServer is no difference, nor are attachments, which come back in another form.
func Differences(sent, got *wbxml.Element) []Difference {
	c := comparison{}
	c.properties("", fieldsOf(Dates(sent)), fieldsOf(Dates(got)))
	return c.all
}

type comparison struct{ all []Difference }

func (c *comparison) differ(name, sent, got string) {
	if len(c.all) < maxLosses {
		c.all = append(c.all, difference(name, sent, got))
	}
}

// difference cuts long texts to where they begin to differ.
func difference(name, sent, got string) Difference {
	const before = 40
	same := 0
	for same < len(sent) && same < len(got) && sent[same] == got[same] {
		same++
	}
	cut := func(s string) string {
		s = cleanText(s)
		if from := same - before; len(s) > MaxLossValue && from > 0 && from < len(s) {
			s = "…" + strings.ToValidUTF8(s[from:], "")
		}
		return cutText(s, MaxLossValue)
	}
	return Difference{name, cut(sent), cut(got)}
}

// fields are the properties of an item by their old names, in their order.
type fields struct {
	order []wbxml.Tag
	by    map[wbxml.Tag]*wbxml.Element
}

func fieldsOf(e *wbxml.Element) fields {
	f := fields{by: map[wbxml.Tag]*wbxml.Element{}}
	for i := range e.Children {
		child := &e.Children[i]
		tag := OldName(child.Tag)
		if ByServer(tag) || tag == wbxml.AirSyncBaseAttachments || tag == wbxml.CalendarAttachments || f.by[tag] != nil {
			continue
		}
		f.by[tag] = child
		f.order = append(f.order, tag)
	}
	return f
}

// properties compares each property of either.
func (c *comparison) properties(within string, sent, got fields) {
	order := sent.order
	for _, tag := range got.order {
		if sent.by[tag] == nil {
			order = append(order, tag)
		}
	}
	for _, tag := range order {
		c.property(within, tag, sent, got)
	}
}

func (c *comparison) property(within string, tag wbxml.Tag, sent, got fields) {
	s, g := sent.by[tag], got.by[tag]
	if meaningOf(s) == meaningOf(g) {
		return
	}
	name := within + tag.String()
	switch tag {
	case wbxml.AirSyncBaseBody:
		c.bodies(name, s, g)
	case wbxml.CalendarRecurrence, wbxml.TasksRecurrence:
		if s == nil || g == nil {
			c.differ(name, shown(s), shown(g))
			return
		}
		c.properties(name+"/", fieldsOf(s), fieldsOf(g))
	case wbxml.CalendarExceptions:
		c.exceptions(sent, got)
	default:
		c.differ(name, shown(s), shown(g))
	}
}

func meaningOf(e *wbxml.Element) string {
	if e == nil {
		return ""
	}
	return meaning(e)
}

// bodies tells a body that is kept in another form from one that is another.
func (c *comparison) bodies(name string, sent, got *wbxml.Element) {
	kind := func(e *wbxml.Element) string { return e.Value(wbxml.AirSyncBaseType) }
	text := func(e *wbxml.Element) string {
		data := e.Value(wbxml.AirSyncBaseData)
		if kind(e) == "2" {
			return htmlText(data)
		}
		return data
	}
	if sent == nil || got == nil {
		c.differ(name, shown(sent), shown(got))
		return
	}
	if plainOf(text(sent)) == plainOf(text(got)) {
		if kind(sent) != kind(got) {
			c.differ(name+"/"+wbxml.AirSyncBaseType.String(), kind(sent), kind(got))
			return
		}
	}
	c.differ(name, shown(sent), shown(got))
}

// exceptions compares the occurrences that differ from a series. What an exception does not say is as in the series.
func (c *comparison) exceptions(sent, got fields) {
	of := func(f fields) (order []string, by map[string]*wbxml.Element) {
		by = map[string]*wbxml.Element{}
		for x := range f.by[wbxml.CalendarExceptions].All(wbxml.CalendarException) {
			id := meantText(wbxml.CalendarExceptionStartTime, firstOf(x.Value(wbxml.CalendarExceptionStartTime), x.Value(wbxml.AirSyncBaseInstanceId)))
			if by[id] == nil {
				by[id] = x
				order = append(order, id)
			}
		}
		slices.Sort(order)
		return order, by
	}
	ids, ours := of(sent)
	more, theirs := of(got)
	for _, id := range more {
		if ours[id] == nil {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		name := wbxml.CalendarException.String() + " " + id
		s, g := ours[id], theirs[id]
		switch {
		case s == nil || g == nil || isDeleted(s) != isDeleted(g):
			c.differ(name, occurrenceShown(s), occurrenceShown(g))
		case !isDeleted(s):
			c.properties(name+"/", inherited(s, g, sent), inherited(g, s, got))
		}
	}
}

func isDeleted(x *wbxml.Element) bool { return holds(x.Child(wbxml.CalendarDeleted)) }

func occurrenceShown(x *wbxml.Element) string {
	switch {
	case x == nil:
		return ""
	case isDeleted(x):
		return "deleted"
	}
	return "changed"
}

// inherited are the properties of an exception, with those of its series that the other one's exception has and it has not.
func inherited(x, other *wbxml.Element, series fields) fields {
	f := fieldsOf(x)
	for _, tag := range fieldsOf(other).order {
		if f.by[tag] == nil && series.by[tag] != nil {
			f.by[tag] = series.by[tag]
			f.order = append(f.order, tag)
		}
	}
	return f
}

// shown is a property as people read it.
func shown(e *wbxml.Element) string {
	switch {
	case e == nil:
		return ""
	case e.Tag == wbxml.AirSyncBaseBody:
		return e.Value(wbxml.AirSyncBaseData)
	case len(e.Children) == 0:
		return e.Text
	}
	var parts []string
	for i := range e.Children {
		if s := shown(&e.Children[i]); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}
