package item

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// ErrNoProperties means that an item has no properties at all, so that there is
// nothing to convert.
var ErrNoProperties = errors.New("no properties")

func checkProperties(props *wbxml.Element) error {
	if props == nil || len(props.Children) == 0 {
		return ErrNoProperties
	}
	return nil
}

// view reads the properties of an item. Those of an exception that it does not
// have itself are those of its series; one that it has and that is empty is none
// (MS-ASCAL 3.2.5.3.2). It is an index, since a series is asked by each of its
// exceptions.
type view struct {
	own    map[wbxml.Tag]*wbxml.Element
	series map[wbxml.Tag]*wbxml.Element // nil but for an exception
}

func viewOf(e *wbxml.Element) view {
	own := map[wbxml.Tag]*wbxml.Element{}
	if e != nil {
		for i := range e.Children {
			if c := &e.Children[i]; own[c.Tag] == nil {
				own[c.Tag] = c
			}
		}
	}
	return view{own: own}
}

// first returns the first element with one of the tags, nil if there is none.
func (v view) first(tags ...wbxml.Tag) *wbxml.Element {
	for _, from := range [...]map[wbxml.Tag]*wbxml.Element{v.own, v.series} {
		for _, tag := range tags {
			if e := from[tag]; e != nil {
				return e
			}
		}
	}
	return nil
}

// value returns the text of the element, trimmed: it is for short values.
func (v view) value(tag wbxml.Tag) string {
	if e := v.first(tag); e != nil {
		return strings.TrimSpace(e.Text)
	}
	return ""
}

// number reads a number that is not negative, -1 if there is none.
func (v view) number(tag wbxml.Tag) int {
	n, err := strconv.ParseUint(v.value(tag), 10, 31)
	if err != nil {
		return -1
	}
	return int(n)
}

// date reads a date; the zero time if there is none.
func (v view) date(tag wbxml.Tag) time.Time {
	t, _ := parseTime(v.value(tag))
	return t
}

// list returns the texts of the children of a container, such as Categories.
func (v view) list(container, member wbxml.Tag) (texts []string) {
	for e := range v.first(container).All(member) {
		if e.Text != "" {
			texts = append(texts, e.Text)
		}
	}
	return texts
}

// isTrue reads a boolean: MS-ASDTYPE 2.1.
func isTrue(s string) bool { return s == "1" || strings.EqualFold(s, "true") }

// holds reads a boolean element that is true when it is there and empty, and false
// when it is not there: MS-ASDTYPE 2.1.
func holds(e *wbxml.Element) bool { return e != nil && (e.Text == "" || isTrue(e.Text)) }

// maxExtra is how long a value may be, in bytes, that is kept as X-EAS property.
const maxExtra = 1 << 10

// adder adds a property to a component or a card.
type adder func(name, value string, params ...param)

// extra keeps properties that the format has no word for, each as X-EAS-<NAME>.
func (v view) extra(add adder, tags ...wbxml.Tag) {
	for _, tag := range tags {
		if s := v.value(tag); len(s) <= maxExtra {
			add("X-EAS-"+strings.ToUpper(tag.Name()), s)
		}
	}
}
