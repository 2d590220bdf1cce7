//go:build interop

package sogo

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/emersion/go-vcard"
	"github.com/teambition/rrule-go"
)

// facts are what an iCalendar object or a vCard says, by property, in a form that is the same for all ways to say it.
type facts map[string]string

func (f facts) add(name, value string) {
	if value != "" {
		f[name] = value
	}
}

// calendarFacts reads an object with one event or task, and the occurrences that differ from it. The names of properties are those of
// RFC 5545, after "moved " for an occurrence that differs. id is by what the item is found again.
func calendarFacts(t *testing.T, data []byte) (id string, f facts) {
	t.Helper()
	cal, err := ics.ParseCalendar(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	f = facts{}
	for _, c := range cal.Components {
		switch c := c.(type) {
		case *ics.VEvent:
			id = c.Id()
			componentFacts(t, f, &c.ComponentBase)
		case *ics.VTodo:
			id = c.GetProperty(ics.ComponentPropertySummary).Value // tasks have no UID in the protocol
			componentFacts(t, f, &c.ComponentBase)
		}
	}
	return id, f
}

func componentFacts(t *testing.T, f facts, c *ics.ComponentBase) {
	t.Helper()
	prefix := ""
	if id := c.GetProperty(ics.ComponentPropertyRecurrenceId); id != nil {
		prefix = "moved "
		f.add(prefix+"RECURRENCE-ID", instantOf(t, id))
	}
	text := func(name string) string {
		p := c.GetProperty(ics.ComponentProperty(name))
		if p == nil {
			return ""
		}
		return strings.TrimRight(p.Value, "\r\n ")
	}
	for _, name := range []string{"SUMMARY", "DESCRIPTION", "LOCATION", "STATUS", "PRIORITY", "PERCENT-COMPLETE"} {
		f.add(prefix+name, text(name))
	}
	for _, name := range []string{"DTSTART", "DTEND", "DUE", "COMPLETED"} {
		if p := c.GetProperty(ics.ComponentProperty(name)); p != nil {
			f.add(prefix+name, instantOf(t, p))
		}
	}
	f.add(prefix+"CLASS", otherThan(text("CLASS"), "PUBLIC"))
	f.add(prefix+"TRANSP", otherThan(text("TRANSP"), "OPAQUE"))
	var categories, attendees []string
	for _, p := range c.Properties {
		switch p.IANAToken {
		case "CATEGORIES":
			categories = append(categories, strings.Split(p.Value, ",")...)
		case "ATTENDEE":
			attendees = append(attendees, strings.ToLower(p.Value)+" "+parameter(p, "ROLE", "REQ-PARTICIPANT")+" "+parameter(p, "PARTSTAT", "NEEDS-ACTION"))
		case "ORGANIZER":
			f.add(prefix+"ORGANIZER", strings.ToLower(p.Value))
		}
	}
	f.add(prefix+"CATEGORIES", sortedList(categories))
	f.add(prefix+"ATTENDEE", sortedList(attendees))
	for _, sub := range c.Components {
		if alarm, ok := sub.(*ics.VAlarm); ok {
			if p := alarm.GetProperty(ics.ComponentPropertyTrigger); p != nil {
				f.add(prefix+"TRIGGER", p.Value)
			}
		}
	}
	if prefix == "" {
		f.add("occurrences", occurrences(t, c))
	}
}

func otherThan(value, usual string) string {
	if strings.EqualFold(value, usual) {
		return ""
	}
	return strings.ToUpper(value)
}

func parameter(p ics.IANAProperty, name, usual string) string {
	if v := p.ICalParameters[name]; len(v) > 0 {
		return strings.ToUpper(v[0])
	}
	return usual
}

func sortedList(values []string) string {
	for i := range values {
		values[i] = strings.TrimSpace(values[i])
	}
	slices.Sort(values)
	return strings.Join(values, ", ")
}

// instantOf is a moment in UTC, or a date.
func instantOf(t *testing.T, p *ics.IANAProperty) string {
	t.Helper()
	switch {
	case len(p.Value) == len("20060102"):
		return p.Value
	case strings.HasSuffix(p.Value, "Z"):
		return p.Value
	}
	id := parameter(*p, "TZID", "")
	if ids := p.ICalParameters["TZID"]; len(ids) > 0 {
		id = ids[0]
	}
	place, err := time.LoadLocation(id)
	if err != nil {
		return p.Value + " in " + id
	}
	at, err := time.ParseInLocation("20060102T150405", p.Value, place)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC().Format("20060102T150405Z")
}

// mostOccurrences of a series are looked at.
const mostOccurrences = 60

// occurrences are when a series takes place, by the clock on the wall, without those that differ from it.
func occurrences(t *testing.T, c *ics.ComponentBase) string {
	t.Helper()
	rule, start := c.GetProperty(ics.ComponentPropertyRrule), c.GetProperty(ics.ComponentPropertyDtStart)
	if rule == nil || start == nil {
		return ""
	}
	o, err := rrule.StrToROption(rule.Value)
	if err != nil {
		t.Fatalf("%s: %v", rule.Value, err)
	}
	wall := func(value string) time.Time {
		at, err := time.Parse("20060102T150405", strings.TrimSuffix(value, "Z"))
		if err != nil {
			at, err = time.Parse("20060102", value)
		}
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	o.Dtstart = wall(start.Value)
	if !o.Until.IsZero() {
		o.Until = o.Until.Add(14 * time.Hour) // the rules here end by a count; one that ends by a time may say it in any zone
	}
	set := &rrule.Set{}
	r, err := rrule.NewRRule(*o)
	if err != nil {
		t.Fatal(err)
	}
	set.DTStart(o.Dtstart)
	set.RRule(r)
	for _, p := range c.Properties {
		if p.IANAToken == "EXDATE" {
			for v := range strings.SplitSeq(p.Value, ",") {
				set.ExDate(excluded(p, start, v, wall))
			}
		}
	}
	var all []string
	for next := set.Iterator(); len(all) < mostOccurrences; {
		at, more := next()
		if !more {
			break
		}
		all = append(all, at.Format("20060102T1504"))
	}
	return strconv.Itoa(len(all)) + ": " + strings.Join(all, " ")
}

// excluded is the wall clock time of an EXDATE, which may be in UTC where the series is not.
func excluded(p ics.IANAProperty, start *ics.IANAProperty, value string, wall func(string) time.Time) time.Time {
	if ids := start.ICalParameters["TZID"]; strings.HasSuffix(value, "Z") && len(ids) > 0 {
		if place, err := time.LoadLocation(ids[0]); err == nil {
			at := wall(value).In(place)
			return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
		}
	}
	return wall(value)
}

// cardFacts reads a vCard; who it is about is told by the first address.
func cardFacts(t *testing.T, data []byte) (address string, f facts) {
	t.Helper()
	card, err := vcard.NewDecoder(bytes.NewReader(data)).Decode()
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	f = facts{}
	var emails []string
	for _, p := range card[vcard.FieldEmail] {
		emails = append(emails, p.Value)
		if strings.HasPrefix(p.Value, "person") {
			address = p.Value
		}
	}
	f.add("EMAIL", sortedList(emails))
	for _, name := range []string{"FN", "TITLE", "URL", "NOTE", "NICKNAME", "ORG"} {
		f.add(name, strings.ReplaceAll(strings.TrimRight(card.Value(name), ";\n "), `\;`, ";")) // as 3.0 has it in any text
	}
	f.add("BDAY", strings.ReplaceAll(card.Value("BDAY"), "-", ""))
	if n := card.Name(); n != nil {
		f.add("N", strings.Join([]string{n.FamilyName, n.GivenName, n.AdditionalName, n.HonorificPrefix, n.HonorificSuffix}, "|"))
	}
	f.add("CATEGORIES", sortedList(card.Categories()))
	for _, p := range card["TEL"] {
		kinds := typesOf(p)
		f.add("TEL "+kinds, strings.TrimPrefix(p.Value, "tel:"))
	}
	for _, p := range card["ADR"] {
		f.add("ADR "+typesOf(p), strings.TrimRight(p.Value, ";"))
	}
	return address, f
}

// typesOf are the types of a property, but for those that say nothing more.
func typesOf(p *vcard.Field) string {
	var kinds []string
	for _, v := range p.Params[vcard.ParamType] {
		for kind := range strings.SplitSeq(strings.ToLower(v), ",") {
			if kind != "voice" && kind != "pref" && !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	return sortedList(kinds)
}

// difference is what the server's own object and ours say otherwise.
type difference struct{ item, property, sogo, ours string }

func (d difference) String() string {
	return fmt.Sprintf("%s: %s: SOGo %q, ours %q", d.item, d.property, d.sogo, d.ours)
}

func compare(item string, sogo, ours facts) (same []string, differ []difference) {
	for name, v := range sogo {
		if ours[name] == v {
			same = append(same, name)
		} else {
			differ = append(differ, difference{item, name, v, ours[name]})
		}
	}
	for name, v := range ours {
		if _, known := sogo[name]; !known {
			differ = append(differ, difference{item, name, "", v})
		}
	}
	return same, differ
}
