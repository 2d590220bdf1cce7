package item

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxLosses bounds what a parser tells of an object that it cannot say.
const maxLosses = 1000

// losses collects what does not reach the properties, each once.
type losses struct{ all []Loss }

func (l *losses) lose(property, value, why string) {
	one := newLoss(cutText(cleanText(property), MaxLossValue), cleanText(value), why)
	if len(l.all) < maxLosses && !slices.Contains(l.all, one) {
		l.all = append(l.all, one)
	}
}

// reading is a component while properties are made of it. What was not asked for is lost.
type reading struct {
	*icalComponent
	*losses
	zones   *zones
	version float64
	used    []bool
}

func (l *losses) read(c *icalComponent, z *zones, o ParseOptions) reading {
	for _, bad := range c.bad {
		l.lose(c.kind, bad, "not a property")
	}
	return reading{c, l, z, protocolVersion(o), make([]bool, len(c.lines))}
}

// protocolVersion is the number of a version; what is none is the newest.
func protocolVersion(o ParseOptions) float64 {
	v, err := strconv.ParseFloat(o.Version, 64)
	if err != nil || v <= 0 {
		return 16.1
	}
	return v
}

// take returns the first property of a name, nil if there is none. It is one that
// the caller tells all of.
func (r reading) take(name string) *icalLine {
	for i := range r.lines {
		if r.lines[i].name == name && !r.used[i] {
			r.used[i] = true
			return &r.lines[i]
		}
	}
	return nil
}

// takeAll returns all the properties of a name.
func (r reading) takeAll(name string) (all []*icalLine) {
	for i := range r.lines {
		if r.lines[i].name == name && !r.used[i] {
			r.used[i] = true
			all = append(all, &r.lines[i])
		}
	}
	return all
}

// extra returns what was kept as X-EAS-<NAME> when the component was made of properties.
func (r reading) extra(tag wbxml.Tag) string {
	return strings.TrimSpace(r.take("X-EAS-" + strings.ToUpper(tag.Name())).text())
}

// otherCalendar takes which calendar a pattern is of that is not the Gregorian, as
// Event and Task keep it.
func (r reading) otherCalendar(p *pattern, kind, leap wbxml.Tag) {
	if n, ok := ruleNumber(r.extra(kind), 0, 23); ok { // MS-ASCAL 2.2.2.10
		p.calendarType = n
		if leap, ok := ruleNumber(r.extra(leap), 0, 1); ok {
			p.isLeapMonth = leap
		}
	}
}

// rest loses what nobody took.
func (r reading) rest(class string) {
	for i := range r.lines {
		if !r.used[i] {
			r.lose(r.lines[i].name, r.lines[i].value, "no such property of "+class)
		}
	}
	for _, sub := range r.subs {
		if sub.kind != "VALARM" {
			r.lose(sub.kind, "", "no such component of "+class)
		}
	}
}

// moment takes a date or time. What cannot be read is lost.
func (r reading) moment(name string) (m moment) {
	l := r.take(name)
	if l == nil {
		return moment{}
	}
	m, ok := r.zones.moment(l, l.value)
	if !ok {
		r.lose(name, l.value, "neither a date nor a time")
	}
	return m
}

// stamp takes a date-time that is UTC.
func (r reading) stamp(name string) time.Time { return r.moment(name).utc() }

// built are properties while they are collected.
type built []wbxml.Element

func (b *built) add(e ...wbxml.Element) { *b = append(*b, e...) }

// text adds an element with a value; without one there is none.
func (b *built) text(tag wbxml.Tag, s string) {
	if s != "" {
		b.add(wbxml.T(tag, s))
	}
}

func (b *built) number(tag wbxml.Tag, n int) { b.add(wbxml.T(tag, strconv.Itoa(n))) }

// flag adds a boolean.
func (b *built) flag(tag wbxml.Tag, is bool) { b.add(wbxml.T(tag, flagValue(is))) }

func flagValue(is bool) string {
	if is {
		return "1"
	}
	return "0"
}

// time adds a time in a form; the zero time not.
func (b *built) time(tag wbxml.Tag, layout string, t time.Time) {
	if !t.IsZero() {
		b.add(wbxml.T(tag, t.Format(layout)))
	}
}

func (b built) element() *wbxml.Element {
	e := wbxml.E(wbxml.AirSyncApplicationData, b...)
	return &e
}

// cutValue cuts a text to as many characters as a property may have, and says so.
func (r reading) cutValue(name, s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	r.lose(name, s, "cut to "+strconv.Itoa(most)+" characters")
	return string(runes[:most])
}

// categoryList takes CATEGORIES: at most 300 (MS-ASCAL 2.2.2.12, MS-ASTASK 2.2.2.6).
func (r reading) categoryList() (list []string) {
	for _, l := range r.takeAll("CATEGORIES") {
		for _, s := range l.list() {
			if s == "" || slices.Contains(list, s) {
				continue
			}
			if len(list) == maxCategories {
				r.lose("CATEGORIES", s, "more than "+strconv.Itoa(maxCategories))
				continue
			}
			list = append(list, s)
		}
	}
	return list
}

// list adds a container of texts.
func (b *built) list(container, member wbxml.Tag, texts []string) {
	if len(texts) == 0 {
		return
	}
	e := wbxml.E(container)
	for _, s := range texts {
		e.Append(wbxml.T(member, s))
	}
	b.add(e)
}

// sensitivity takes CLASS: MS-OXCICAL, property CLASS. A name that is not known
// means private (RFC 5545 3.8.1.3), no CLASS means public.
func (r reading) sensitivity() int {
	l := r.take("CLASS")
	if l == nil {
		return 0
	}
	switch class := strings.ToUpper(strings.TrimSpace(l.text())); class {
	case "PUBLIC", "":
		return 0
	case "X-PERSONAL", "PERSONAL":
		return 1
	case "CONFIDENTIAL":
		return 3
	case "PRIVATE":
		return 2
	default:
		r.lose("CLASS", class, "not known, taken for PRIVATE")
		return 2
	}
}

// body takes the text of a component: as HTML where there is one, since servers make
// the plain text of it. legacy is the element of protocol 2.5, 0 if it has none.
func (r reading) body(legacy wbxml.Tag) (e wbxml.Element, ok bool) {
	var texts []string // a VJOURNAL may have several: RFC 5545 3.6.3
	for _, l := range r.takeAll("DESCRIPTION") {
		r.parameters(l)
		texts = append(texts, l.text())
	}
	plain := strings.Join(texts, "\n\n")
	var html string
	for i := range r.lines {
		l := &r.lines[i]
		if l.name == "X-ALT-DESC" && !r.used[i] && html == "" && strings.EqualFold(l.param("FMTTYPE"), "text/html") {
			r.used[i], html = true, l.text()
		}
	}
	switch {
	case r.version < 12:
		if html != "" {
			r.lose("X-ALT-DESC", html, "no HTML in protocol 2.5")
			plain = firstOf(plain, htmlText(html))
		}
		return wbxml.T(legacy, lineEnds(plain)), plain != ""
	case html != "":
		if plain != "" && plainOf(plain) != plainOf(htmlText(html)) {
			r.lose("DESCRIPTION", plain, "not the text of X-ALT-DESC, which is kept")
		}
		return bodyElement("2", html), true
	}
	return bodyElement("1", plain), plain != ""
}

func bodyElement(kind, data string) wbxml.Element {
	return wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, kind), wbxml.T(wbxml.AirSyncBaseData, lineEnds(data)))
}

// lineEnds are those of Windows, as servers send them too.
func lineEnds(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// plainOf is a text by its words, to tell whether another one says the same.
func plainOf(s string) string { return strings.Join(strings.Fields(s), " ") }
