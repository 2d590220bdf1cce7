package item

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// FuzzParseCalendar: any stream is read without harm, and what was read of it says
// the same when it was written and read again.
func FuzzParseCalendar(f *testing.F) {
	names, err := filepath.Glob(filepath.Join("testdata", "calendars", "*.ics"))
	if err != nil || len(names) == 0 {
		f.Fatal("no samples: ", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, "14.1")
		f.Add(b, "16.1")
	}
	f.Add([]byte(mixed), "2.5")
	f.Add(lines("VEVENT", "DTSTART:20260101T000000\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "")
	f.Add(lines("VEVENT", "DTSTART;VALUE=DATE:20260131\nRRULE:FREQ=MONTHLY\nEXDATE:20260331\nRDATE:20260407"), "12.0")
	f.Fuzz(func(t *testing.T, b []byte, version string) {
		if len(b) > 1<<14 {
			return
		}
		o := ParseOptions{Version: version}
		n := 0
		for one, err := range SplitCalendar(b) {
			if err != nil {
				if !errors.Is(err, ErrNotItem) && !errors.Is(err, ErrTooLarge) {
					t.Fatal(err)
				}
				return
			}
			if n++; n > 8 {
				return
			}
			parseAgain(t, one, o)
		}
	})
}

func parseAgain(t *testing.T, one CalendarItem, o ParseOptions) {
	parse := func(data []byte) *wbxml.Element {
		var props *wbxml.Element
		var lost []Loss
		var err error
		switch one.Component {
		case "VEVENT":
			var p Parsed
			if p, err = ParseEvent(data, o); err == nil {
				props, lost = whole(p), p.Losses
			}
		case "VTODO":
			props, lost, err = ParseTask(data, o)
		case "VJOURNAL":
			props, lost, err = ParseNote(data, o)
		}
		if errors.Is(err, errors.ErrUnsupported) {
			return nil
		}
		if err != nil {
			t.Fatalf("%s: %v\n%s", one.Component, err, data)
		}
		for _, l := range lost {
			if len(l.Value) > MaxLossValue || !utf8.ValidString(l.Value) || l.Why == "" || l.Property == "" {
				t.Errorf("a loss is %+q", l)
			}
		}
		return props
	}
	props := parse(one.Data)
	if props == nil || len(props.Children) == 0 {
		return
	}
	var b []byte
	var err error
	switch one.Component {
	case "VEVENT":
		b, err = Event(props, Options{UID: "u"})
	case "VTODO":
		b, err = Task(props)
	case "VJOURNAL":
		b, err = Note(props)
	default:
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	checkLines(t, b)
	again := parse(b)
	for _, e := range []*wbxml.Element{props, again} {
		for _, tag := range []wbxml.Tag{wbxml.CalendarUID, wbxml.CalendarClientUid} {
			if c := e.Child(tag); c != nil {
				c.Text = "u"
			} else {
				e.Append(wbxml.T(tag, "u"))
			}
		}
	}
	if !props.Has(wbxml.TasksStartDate) && props.Has(wbxml.TasksRecurrence) { // a recurrence lends its start
		again.Children = slices.DeleteFunc(again.Children, func(e wbxml.Element) bool { return e.Tag == wbxml.TasksStartDate || e.Tag == wbxml.TasksUtcStartDate })
	}
	if !props.Has(wbxml.TasksDateCompleted) && again.Has(wbxml.TasksDateCompleted) {
		return // a task that is complete and does not say since when was stamped anew
	}
	if diff := cmp.Diff(sayingOf(props), sayingOf(again)); diff != "" {
		t.Errorf("protocol %q (-first +second)\n%s\n%s\n%s", o.Version, diff, one.Data, b)
	}
}
