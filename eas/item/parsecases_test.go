package item

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// parseCase is an event, task or note that was made by hand from what a specification
// says, and the properties that it must become.
type parseCase struct {
	source  string // where it is said
	version string // of the protocol, "" is 14.1
	in      string // the lines of a component
	want    string // words of its properties, as show writes them, in their order
	never   string // words that must not be there
	losses  string // the properties of the losses
}

// show writes properties as one line: Name=text and Name{children}. A time zone is
// left out: other tests hold it.
func show(e *wbxml.Element) string {
	var b strings.Builder
	for i := range e.Children {
		c := &e.Children[i]
		if c.Tag == wbxml.CalendarTimezone {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(c.Tag.Name())
		if len(c.Children) > 0 {
			b.WriteString("{" + show(c) + "}")
		} else {
			b.WriteString("=" + c.Text)
		}
	}
	return b.String()
}

// lines makes an object of lines that stand in a raw string literal.
func lines(component, in string) []byte {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
	begin, end := "BEGIN:"+component+"\r\n", "END:"+component+"\r\n"
	b.WriteString(begin)
	for line := range strings.SplitSeq(strings.TrimSpace(in), "\n") {
		switch line = strings.TrimSpace(line); line {
		case "---": // the next component of the same kind
			b.WriteString(end + begin)
		default:
			b.WriteString(line + "\r\n")
		}
	}
	b.WriteString(end + "END:VCALENDAR\r\n")
	return []byte(b.String())
}

func (c parseCase) check(t *testing.T, component string) {
	t.Helper()
	o := ParseOptions{Version: firstOf(c.version, "14.1")}
	var props *wbxml.Element
	var lost []Loss
	var err error
	var instances []Instance
	switch component {
	case "VEVENT":
		var p Parsed
		p, err = ParseEvent(lines(component, c.in), o)
		props, instances, lost = p.Properties, p.Instances, p.Losses
	case "VTODO":
		props, lost, err = ParseTask(lines(component, c.in), o)
	case "VJOURNAL":
		props, lost, err = ParseNote(lines(component, c.in), o)
	}
	if err != nil {
		t.Fatalf("%s: %v", c.source, err)
	}
	got := show(props)
	for _, one := range instances {
		got += " Instance " + one.ID.Format(utcForm)
		if one.Properties == nil {
			got += " deleted"
		} else {
			got += "{" + show(one.Properties) + "}"
		}
	}
	rest := got
	for want := range strings.SplitSeq(strings.TrimSpace(c.want), "\n") {
		_, after, found := strings.Cut(rest, strings.TrimSpace(want))
		if !found {
			t.Errorf("%s\n%s\nwant %s in\n%s", c.source, c.in, want, got)
			return
		}
		rest = after
	}
	for never := range strings.FieldsSeq(c.never) {
		if strings.Contains(got, never) {
			t.Errorf("%s\n%s\nwant no %s in\n%s", c.source, c.in, never, got)
		}
	}
	var names []string
	for _, l := range lost {
		names = append(names, l.Property)
	}
	if diff := cmp.Diff(strings.Fields(c.losses), names); diff != "" && (len(names) > 0 || c.losses != "") {
		t.Errorf("%s\n%s\nlosses (-want +got)\n%s\n%v", c.source, c.in, diff, lost)
	}
}

// rfc is an example of RFC 5545 3.8.5.3, in its own time zone.
func rfc(what, start, rule string) (source, in string) {
	return "RFC 5545 3.8.5.3: " + what, fmt.Sprintf("DTSTART;TZID=America/New_York:%s\nRRULE:%s", start, rule)
}

// TestParseRecurrence: the recurrences of RFC 5545 3.8.5.3, all but those that say
// the same in other words, and the templates of MS-OXCICAL.
func TestParseRecurrence(t *testing.T) {
	// TZID is lost where the series has no end soon: New York had other rules before 2007.
	const weeklyOf = "Recurrence{Type=1 Interval=1 "
	for _, c := range []struct{ what, start, rule, want, losses string }{
		{"daily for 10 occurrences", "19970902T090000", "FREQ=DAILY;COUNT=10", "Recurrence{Type=0 Interval=1 Occurrences=10}", ""},
		{"daily until December 24", "19970902T090000", "FREQ=DAILY;UNTIL=19971224T000000Z", "Recurrence{Type=0 Interval=1 Until=19971224T000000Z}", ""},
		{"every other day", "19970902T090000", "FREQ=DAILY;INTERVAL=2", "Recurrence{Type=0 Interval=2}", "TZID"},
		{"every 10 days, 5 occurrences", "19970902T090000", "FREQ=DAILY;INTERVAL=10;COUNT=5", "Recurrence{Type=0 Interval=10 Occurrences=5}", ""},
		// 334 days a year are too many exceptions.
		{"every day in January, for 3 years", "19980101T090000", "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", "Recurrence{Type=0 Interval=1 Until=19980131T140000Z}", "RRULE"},
		{"weekly for 10 occurrences", "19970902T090000", "FREQ=WEEKLY;COUNT=10", weeklyOf + "Occurrences=10 DayOfWeek=4 FirstDayOfWeek=1}", ""},
		{"weekly until December 24", "19970902T090000", "FREQ=WEEKLY;UNTIL=19971224T000000Z", weeklyOf + "Until=19971224T000000Z DayOfWeek=4 FirstDayOfWeek=1}", ""},
		{"every other week", "19970902T090000", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "Recurrence{Type=1 Interval=2 DayOfWeek=4 FirstDayOfWeek=0}", "TZID"},
		{"Tuesday and Thursday for five weeks", "19970902T090000", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", weeklyOf + "Occurrences=10 DayOfWeek=20 FirstDayOfWeek=0}", ""},
		{
			"every other week on Monday, Wednesday, and Friday", "19970901T090000", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
			"Recurrence{Type=1 Interval=2 Until=19971224T000000Z DayOfWeek=42 FirstDayOfWeek=0}", "",
		},
		{"first Friday for 10 occurrences", "19970905T090000", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "Recurrence{Type=3 Interval=1 Occurrences=10 DayOfWeek=32 WeekOfMonth=1}", ""},
		// 39 Sundays from 7 September to 31 May, 10 of them meant.
		{
			"every other month on the first and last Sunday", "19970907T090000", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
			weeklyOf + "Until=19980531T130000Z DayOfWeek=1 FirstDayOfWeek=1}\n29 deleted", "",
		},
		// 22 Mondays from 22 September to 16 February, 6 of them meant.
		{"second-to-last Monday", "19970922T090000", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", weeklyOf + "Until=19980216T140000Z DayOfWeek=2 FirstDayOfWeek=1}\n16 deleted", ""},
		{"third-to-the-last day of the month", "19970928T090000", "FREQ=MONTHLY;BYMONTHDAY=-3", "Recurrence{Type=0 Interval=1 Until=", "RRULE"},
		// 136 days from 2 September to 15 January, 10 of them meant.
		{"2nd and 15th", "19970902T090000", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", "Recurrence{Type=0 Interval=1 Until=19980115T140000Z}\n126 deleted", ""},
		{"every 18 months on the 10th thru 15th", "19970910T090000", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", "Recurrence{Type=0 Interval=1 Until=19970915T130000Z}", "RRULE"},
		// The 10th of each of 50 months, 10 of them meant.
		{"June and July for 10 occurrences", "19970610T090000", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "Recurrence{Type=2 Interval=1 Until=20010710T130000Z DayOfMonth=10}\n40 deleted", ""},
		// The 10th of each of 73 months, 10 of them meant.
		{"every other year on January, February, and March", "19970310T090000", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", "Recurrence{Type=2 Interval=1 Until=20030310T140000Z DayOfMonth=10}\n63 deleted", ""},
		{"1st, 100th, and 200th day of every third year", "19970101T090000", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", "Recurrence{", "RRULE"},
		{"20th Monday of the year", "19970519T090000", "FREQ=YEARLY;BYDAY=20MO", "Recurrence{", "RRULE TZID"},
		{"Monday of week number 20", "19970512T090000", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "Recurrence{", "RRULE TZID"},
		{"every Thursday in March", "19970313T090000", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", weeklyOf + "Until=", "RRULE"},
		{"every Friday the 13th", "19980213T090000", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "Recurrence{", "RRULE TZID"},
		{"U.S. Presidential Election day", "19961105T090000", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "Recurrence{", "RRULE"},
		{"third instance of Tuesday, Wednesday, or Thursday", "19970904T090000", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "Recurrence{Type=3 Interval=1 Occurrences=3 DayOfWeek=28 WeekOfMonth=3}", ""},
		{"second-to-last weekday", "19970929T090000", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "Recurrence{", "RRULE"},
		{"every 3 hours", "19970902T090000", "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z", "", "RRULE"},
		{"every 20 minutes from 9:00 AM to 4:40 PM", "19970902T090000", "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40", "", "RRULE"},
		{"the effect of WKST=MO", "19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "Recurrence{Type=1 Interval=2 Occurrences=4 DayOfWeek=5 FirstDayOfWeek=1}", ""},
		{"the effect of WKST=SU", "19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "Recurrence{Type=1 Interval=2 Occurrences=4 DayOfWeek=5 FirstDayOfWeek=0}", ""},
		// 75 days from 15 January to 30 March, 5 of them meant; February has no 30th.
		{"an invalid date is ignored", "20070115T090000", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "Until=20070330T130000Z", ""},
		// MS-OXCICAL 2.1.3.2.2.3, as MS-ASCAL 2.2.2.15 has the last day.
		{"the last day of every month", "20260131T090000", "FREQ=MONTHLY;BYMONTHDAY=-1", "Recurrence{Type=3 Interval=1 DayOfWeek=127 WeekOfMonth=5}", ""},
		{"the 15th of every 3 months", "20260115T090000", "FREQ=MONTHLY;BYMONTHDAY=15;INTERVAL=3;COUNT=7", "Recurrence{Type=2 Interval=3 Occurrences=7 DayOfMonth=15}", ""},
		// MS-OXCICAL 2.1.3.2.2.4
		{"3rd Sunday", "20260118T090000", "FREQ=MONTHLY;BYDAY=SU;BYSETPOS=3", "Recurrence{Type=3 Interval=1 DayOfWeek=1 WeekOfMonth=3}", ""},
		{"last weekday", "20260130T090000", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "Recurrence{Type=3 Interval=1 DayOfWeek=62 WeekOfMonth=5}", ""},
		// MS-OXCICAL 2.1.3.2.2.6
		{"3rd Sunday of every June", "20260621T090000", "FREQ=YEARLY;BYDAY=SU;BYSETPOS=3;BYMONTH=6", "Recurrence{Type=6 Interval=1 DayOfWeek=1 WeekOfMonth=3 MonthOfYear=6}", ""},
		{"a birthday", "19810523T090000", "FREQ=YEARLY", "Recurrence{Type=5 Interval=1 DayOfMonth=23 MonthOfYear=5}", "TZID"},
		// RFC 5545 3.3.10 ignores a 30 February, where EAS has the last day: one of 4 months is none.
		{"the 30th over February", "20261230T090000", "FREQ=MONTHLY;COUNT=3", "Recurrence{Type=2 Interval=1 Until=20270330T130000Z DayOfMonth=30}\n1 deleted", ""},
		{"the 30th, not over February", "20260330T090000", "FREQ=MONTHLY;COUNT=3", "Recurrence{Type=2 Interval=1 Occurrences=3 DayOfMonth=30}", ""},
		// RFC 7529 4.1: the last day in a month that has no 31st, which is what EAS means.
		{"SKIP=BACKWARD", "20260131T090000", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD;COUNT=4", "Recurrence{Type=2 Interval=1 Occurrences=4 DayOfMonth=31}", ""},
		{"SKIP=FORWARD", "20240229T090000", "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=FORWARD", "", "RRULE"},
		// RFC 7529 4.3: what is as in DTSTART would have to be counted in that calendar.
		{"another calendar", "20260131T090000", "RSCALE=CHINESE;FREQ=YEARLY", "", "RRULE"},
		{"13th month", "20260131T090000", "RSCALE=ETHIOPIC;FREQ=MONTHLY;BYMONTH=13", "", "RRULE"},
		{"leap month of the Hebrew calendar", "20260131T090000", "RSCALE=HEBREW;FREQ=YEARLY;BYMONTH=5L;BYMONTHDAY=8;SKIP=FORWARD", "", "RRULE"},
		{"the Mid-Autumn Festival", "20260925T090000", "RSCALE=CHINESE;FREQ=YEARLY;BYMONTH=8;BYMONTHDAY=15;COUNT=9", "Recurrence{Type=5 Interval=1 Occurrences=9 DayOfMonth=15 MonthOfYear=8 CalendarType=15}", ""},
		// MS-ASCAL 2.2.2.32: at most 999. The 1000th day is 999 days later.
		{"1000 occurrences", "20260101T090000", "FREQ=DAILY;COUNT=1000", "Recurrence{Type=0 Interval=1 Until=20280926T130000Z}", ""},
		{"every Friday, said by month", "20260102T090000", "FREQ=MONTHLY;BYDAY=FR;COUNT=9", weeklyOf + "Occurrences=9 DayOfWeek=32 FirstDayOfWeek=1}", ""},
		{"the second Sunday, said by days", "20260308T090000", "FREQ=MONTHLY;BYDAY=SU;BYMONTHDAY=8,9,10,11,12,13,14", "Recurrence{Type=3 Interval=1 DayOfWeek=1 WeekOfMonth=2}", ""},
		{"fifth Friday", "20260130T090000", "FREQ=MONTHLY;BYDAY=5FR;COUNT=3", "Recurrence{", ""},
		{"not synchronized", "19970902T090000", "FREQ=WEEKLY;BYDAY=WE;COUNT=2", weeklyOf + "Occurrences=2 DayOfWeek=8 FirstDayOfWeek=1}", "DTSTART"},
		{"no rule", "19970902T090000", "FREQ=SOMETIMES", "", "RRULE"},
		{"no occurrence", "19970902T090000", "FREQ=DAILY;UNTIL=19970901T090000Z", "", "RRULE"},
	} {
		source, in := rfc(c.what, c.start, c.rule)
		want, deleted, _ := strings.Cut(c.want, "\n")
		one := parseCase{source: source, in: in, want: want, losses: c.losses}
		if want == "" {
			one.never = "Recurrence"
		}
		one.check(t, "VEVENT")
		if deleted != "" {
			p, err := ParseEvent(lines("VEVENT", in), ParseOptions{Version: "14.1"})
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(show(p.Properties), "Exception{Deleted=1 "); fmt.Sprintf("%d deleted", n) != deleted {
				t.Errorf("%s: %d deleted, want %s", source, n, deleted)
			}
		}
	}
}
