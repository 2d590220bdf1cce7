package item

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// fate is what became of the properties of one name: iCalendar -> EAS -> iCalendar.
type fate struct{ kept, changed, lost int }

// fates counts by property. Those that begin with X- and that no reader of EAS knows
// are one.
type fates map[string]*fate

func (f fates) of(name string) *fate {
	if strings.HasPrefix(name, "X-") && !slices.Contains([]string{"X-ALT-DESC", "X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-DISALLOW-COUNTER"}, name) {
		name = "X-..."
	}
	if f[name] == nil {
		f[name] = &fate{}
	}
	return f[name]
}

func (f fates) table() string {
	var rows []string
	for name, n := range f {
		rows = append(rows, fmt.Sprintf("%s\t%d\t%d\t%d\n", name, n.kept, n.changed, n.lost))
	}
	slices.Sort(rows)
	return "property\tkept\tchanged\tlost\n" + strings.Join(rows, "")
}

// readFates reads a table.
func readFates(t *testing.T, name string) fates {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f := fates{}
	for _, row := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		cells := strings.Split(row, "\t")
		var n [3]int
		for i := range n {
			if n[i], err = strconv.Atoi(cells[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		f[cells[0]] = &fate{n[0], n[1], n[2]}
	}
	return f
}

// told is a component as a set of facts, to compare what two of them say and not how.
type told map[string][]string

func (s told) add(name, value string) {
	if value != "" {
		s[name] = append(s[name], value)
	}
}

// facts tells what a component says. A time is its instant and what its clock shows.
func facts(c *icalComponent, z *zones) told {
	s := told{}
	wholeDays := c.first("X-MICROSOFT-CDO-ALLDAYEVENT").text() == "TRUE"
	at := func(l *icalLine, value string) (string, moment) {
		m, ok := z.moment(l, value)
		switch {
		case !ok:
			return "no time: " + value, m
		case m.date, wholeDays && isMidnight(m.wall) && strings.HasPrefix(l.name, "DT"):
			return m.wall.Format(dateForm), m
		case m.clock == nil && l.param("TZID") == "" && !strings.HasSuffix(strings.ToUpper(strings.TrimSpace(value)), "Z"):
			return "floating " + m.wall.Format(localForm), m
		}
		if c.kind == "VTODO" {
			return m.utc().Format(utcForm), m // tasks are in no zone
		}
		return m.utc().Format(utcForm) + " " + m.wall.Format(localForm), m
	}
	var start moment
	if l := c.first("DTSTART"); l != nil {
		_, start = at(l, l.value)
	}
	for i := range c.lines {
		switch l := &c.lines[i]; l.name {
		case "DTSTAMP", "PRODID", "VERSION": // of who wrote it, and when
		case "RECURRENCE-ID":
			_, m := at(l, l.value)
			s.add(l.name, m.wall.Format(dateForm))
		case "DTSTART", "DTEND", "DUE", "COMPLETED", "CREATED", "LAST-MODIFIED", "X-MICROSOFT-CDO-REPLYTIME":
			text, m := at(l, l.value)
			s.add(l.name, text)
			if l.name == "DTEND" && !m.isZero() && !start.isZero() {
				s.add("end", lengthOf(start, m))
			}
		case "DURATION":
			if d, ok := parseDuration(l.value); ok && !start.isZero() {
				s.add("DURATION", lengthOf(start, start.after(d)))
			} else {
				s.add("DURATION", l.value)
			}
		case "EXDATE", "RDATE":
			for v := range strings.SplitSeq(l.value, ",") {
				text, _ := at(l, v)
				s.add(l.name, text)
			}
		case "CATEGORIES":
			for _, one := range l.list() {
				if one != "" && !slices.Contains(s[l.name], one) {
					s.add(l.name, one)
				}
			}
		case "RRULE":
			s.add(l.name, ruleFact(l.value, start))
		case "ATTENDEE", "ORGANIZER":
			who, _ := url.PathUnescape(strings.ToLower(strings.TrimSpace(l.value)))
			s.add(l.name, who)
			for name, values := range l.params {
				value := strings.Join(values, ",")
				if !slices.Contains([]string{"REQ-PARTICIPANT", "INDIVIDUAL", "NEEDS-ACTION", "FALSE"}, value) { // as RFC 5545 3.2 has it without them
					s.add(l.name+";"+name, who+" "+value)
				}
			}
		case "ATTACH":
			if l.param("ENCODING") == "BASE64" {
				s.add("ATTACH;ENCODING", l.value)
			} else {
				s.add(l.name, l.value)
			}
		case "DESCRIPTION", "SUMMARY", "LOCATION", "X-ALT-DESC":
			s.add(l.name, plainOf(l.text()))
		default:
			if text := strings.ToUpper(strings.TrimSpace(l.text())); text != "FALSE" {
				s.add(l.name, text)
			}
		}
	}
	for _, sub := range c.subs {
		trigger := sub.first("TRIGGER")
		if sub.kind != "VALARM" || trigger == nil {
			s.add(sub.kind, "")
			continue
		}
		text, _ := at(trigger, trigger.value)
		if d, ok := parseDuration(trigger.value); ok && c.kind == "VTODO" {
			base := start
			if l := c.first("DUE"); l != nil && (start.isZero() || trigger.param("RELATED") == "END") {
				_, base = at(l, l.value)
			}
			text = base.utc().Add(d.span()).Format(utcForm)
		} else if ok {
			text = strings.ToUpper(trigger.param("RELATED")+" ") + d.span().String()
		}
		s.add("VALARM", strings.TrimPrefix(strings.TrimSpace(text), "START "))
	}
	return s
}

func lengthOf(start, end moment) string {
	if start.date {
		return end.wall.Sub(start.wall).String()
	}
	return end.utc().Sub(start.utc()).String()
}

// ruleFact is a rule without what it says by default, and with what it has of DTSTART.
func ruleFact(value string, start moment) string {
	r, ok := parseRule(value)
	if !ok {
		return value
	}
	walls, complete := r.walls(start.wall, recurrenceOf{start: start}.end(reading{losses: &losses{}, zones: &zones{}}, r, &icalLine{}), sameFor)
	var b strings.Builder
	for _, w := range walls {
		b.WriteString(w.Format(localForm) + " ")
	}
	return fmt.Sprint(b.String(), complete)
}

// silent are the changes that need no Loss, since they say the same.
func silent(name, value string, was, is told, sameTimes bool) bool {
	switch name {
	case "DTEND", "DURATION":
		return len(is["end"]) == 0 && len(is["DTEND"]) == 0 || slices.Contains(is["end"], value) || len(was["end"]) > 0 && slices.Equal(was["end"], is["end"])
	case "X-MICROSOFT-CDO-ALLDAYEVENT":
		return len(is["DTSTART"]) == 1 && len(is["DTSTART"][0]) == len(dateForm)
	case "ATTACH;ENCODING":
		return slices.Contains(is["file"], value)
	case "RRULE", "RDATE", "EXDATE", "EXRULE":
		return sameTimes
	}
	return false
}

// TestRoundTripCorpus: what an event, task or note of another program has, goes to a
// server and comes back. The tables say how much of it, and each of their numbers
// under "kept" may grow only. What is not kept has a Loss.
func TestRoundTripCorpus(t *testing.T) {
	dir := filepath.Join(corpus(t), "calendars")
	for _, version := range []string{"14.1", "16.1"} {
		f := fates{}
		items := 0
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for one, err := range SplitCalendar(data) {
				if err == nil && roundTrip(t, f, filepath.Base(path), one, version) {
					items++
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("protocol %s, %d items\n%s", version, items, f.table())
		name := filepath.Join("testdata", "roundtrip", version+".tsv")
		if os.Getenv("AIRLIFT_WRITE_TABLES") != "" {
			if err := os.WriteFile(name, []byte(f.table()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for property, want := range readFates(t, name) {
			if got := f.of(property); got.kept < want.kept {
				t.Errorf("protocol %s: %s is kept %d times, and was %d times", version, property, got.kept, want.kept)
			}
		}
	}
}

// TestRoundTrip counts the same of the samples, exactly.
func TestRoundTrip(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("testdata", "calendars", "*.ics"))
	if err != nil || len(names) == 0 {
		t.Fatal("no samples: ", err)
	}
	for _, version := range []string{"2.5", "14.1", "16.1"} {
		f := fates{}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for one, err := range SplitCalendar(data) {
				if err == nil && (one.Component != "VJOURNAL" || version != "2.5") {
					roundTrip(t, f, filepath.Base(name), one, version)
				}
			}
		}
		name := filepath.Join("testdata", "roundtrip", "samples-"+version+".tsv")
		if os.Getenv("AIRLIFT_WRITE_TABLES") != "" {
			if err := os.WriteFile(name, []byte(f.table()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(readFates(t, name).table(), f.table()); diff != "" {
			t.Errorf("protocol %s (-want +got)\n%s", version, diff)
		}
	}
}

// roundTrip takes an item to EAS and back, and counts.
func roundTrip(t *testing.T, f fates, file string, one CalendarItem, version string) bool {
	t.Helper()
	o := ParseOptions{Version: version}
	var lost []Loss
	var back []byte
	var files []string // in base64
	var err error
	switch one.Component {
	case "VEVENT":
		var p Parsed
		if p, err = ParseEvent(one.Data, o); err == nil {
			lost = p.Losses
			for add := range p.Properties.Child(wbxml.AirSyncBaseAttachments).All(wbxml.AirSyncBaseAdd) {
				files = append(files, base64.StdEncoding.EncodeToString([]byte(add.Value(wbxml.AirSyncBaseContent))))
			}
			back, err = Event(whole(p), Options{})
		}
	case "VTODO":
		var props *wbxml.Element
		if props, lost, err = ParseTask(one.Data, o); err == nil {
			back, err = Task(props)
		}
	case "VJOURNAL":
		var props *wbxml.Element
		if props, lost, err = ParseNote(one.Data, o); err == nil {
			back, err = Note(props)
		}
	default:
		return false
	}
	if err != nil {
		t.Errorf("%s: %s %q: %v", file, one.Component, one.UID, err)
		return false
	}
	checkLines(t, back)
	was, is := components(t, one.Data), components(t, back)
	sameTimes := slices.Equal(occurrenceFacts(was), occurrenceFacts(is))
	for _, w := range was {
		other := told{}
		for _, i := range is {
			if i.of == w.of || len(was) == 1 && i.of == "" {
				other = i.facts
			}
		}
		for _, file := range files {
			other.add("file", file)
		}
		for name, values := range w.facts {
			if name == "end" { // of what DTEND and DURATION say
				continue
			}
			for _, v := range values {
				n := f.of(name)
				switch {
				case slices.Contains(other[name], v) || silent(name, v, w.facts, other, sameTimes) && !strings.HasPrefix(name, "R") && !strings.HasPrefix(name, "EX"):
					n.kept++
					continue
				case len(other[name]) > 0 || silent(name, v, w.facts, other, sameTimes):
					n.changed++
				default:
					n.lost++
				}
				if !silent(name, v, w.facts, other, sameTimes) && !isTold(lost, name) {
					t.Errorf("%s, protocol %s: %s %q: %s %q became %q and nothing was said\n%v", file, version, one.Component, one.UID, name, v, other[name], lost)
				}
			}
		}
	}
	return true
}

// isTold tells whether a Loss may be of a property.
func isTold(lost []Loss, name string) bool {
	also := map[string][]string{
		"DTSTART": {"TZID"}, "DTEND": {"TZID", "DTSTART"}, "end": {"DTEND", "DTSTART", "DURATION", "TZID"}, "DUE": {"TZID"}, "EXDATE": {"TZID", "RRULE", "RDATE"},
		"RDATE": {"RRULE", "TZID"}, "EXRULE": {"RRULE"}, "RRULE": {"EXDATE", "RDATE", "DTSTART"}, "RECURRENCE-ID": {"TZID", "RRULE"},
		"SUMMARY": {"RECURRENCE-ID"}, "DURATION": {"DTSTART", "TZID"}, "PERCENT-COMPLETE": {"STATUS"},
	}[name]
	base, _, _ := strings.Cut(name, ";")
	for _, l := range lost {
		of, _, _ := strings.Cut(l.Property, ";")
		if of == base || slices.Contains(also, of) || of == "RECURRENCE-ID" { // an occurrence that is lost is lost whole
			return true
		}
	}
	return false
}

// whole is an event with its instances in it, as a server lists them.
func whole(p Parsed) *wbxml.Element {
	e := p.Properties.Clone()
	if len(p.Instances) == 0 {
		return e
	}
	all := wbxml.E(wbxml.CalendarExceptions)
	for _, i := range p.Instances {
		one := wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.AirSyncBaseInstanceId, i.ID.Format(utcForm)))
		if i.Properties == nil {
			one.Append(wbxml.T(wbxml.CalendarDeleted, "1"))
		} else {
			one.Append(i.Properties.Children...)
		}
		all.Append(one)
	}
	e.Append(all)
	return e
}

// factsOf is a component, what it says and where its time zones are.
type factsOf struct {
	*icalComponent
	of    string // the day of the occurrence that it replaces
	facts told
	zones *zones
}

func components(t *testing.T, data []byte) (all []factsOf) {
	t.Helper()
	cals, err := readCalendars(data)
	if err != nil {
		t.Fatal(err)
	}
	z := newZones(cals[0], ParseOptions{}, func(string, string, string) {})
	var overridden []string
	for _, c := range cals[0].subs {
		if c.kind != "VTIMEZONE" {
			of := ""
			if l := c.first("RECURRENCE-ID"); l != nil {
				m, _ := z.moment(l, l.value)
				of = m.wall.Format(dateForm)
				overridden = append(overridden, of)
			}
			all = append(all, factsOf{c, of, facts(c, z), z})
		}
	}
	for _, c := range all { // what is excluded and replaced is replaced
		c.facts["EXDATE"] = slices.DeleteFunc(c.facts["EXDATE"], func(v string) bool { return slices.Contains(overridden, v) })
	}
	slices.SortStableFunc(all, func(a, b factsOf) int { return len(a.facts["RECURRENCE-ID"]) - len(b.facts["RECURRENCE-ID"]) })
	return all
}

// occurrenceFacts are the first occurrences of a series: by its rules, the dates that
// are added and taken, and the components that replace some.
func occurrenceFacts(all []factsOf) (facts []string) {
	var walls []time.Time
	replaced := map[string]time.Time{}
	for _, c := range all {
		r := (&losses{}).read(c.icalComponent, c.zones, ParseOptions{})
		start := r.moment("DTSTART")
		if c.of != "" {
			replaced[c.of] = start.wall
		} else if !start.isZero() {
			walls, _, _ = r.recurrenceOf(start, -1).occurrences(r)
		}
	}
	for i, w := range walls {
		if other, ok := replaced[w.Format(dateForm)]; ok {
			walls[i] = other
		}
	}
	slices.SortFunc(walls, time.Time.Compare)
	for _, w := range walls[:min(len(walls), sameFor)] {
		facts = append(facts, w.Format(time.DateTime))
	}
	return facts
}
