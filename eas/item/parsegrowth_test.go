package item

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// BenchmarkParseGrowth tells how much longer a calendar takes that has eight times as
// much of something: 8 is linear, 64 is its square.
func BenchmarkParseGrowth(b *testing.B) {
	event := func(lines string) string {
		return "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260101T000000Z\r\n" + lines + "END:VEVENT\r\n"
	}
	for what, body := range map[string]func(n int) string{
		"attendees": func(n int) string { return event(strings.Repeat("ATTENDEE:mailto:a@example.com\r\n", n)) },
		"rules":     func(n int) string { return event(strings.Repeat("RRULE:FREQ=DAILY;COUNT=2\r\n", n)) },
		"dates": func(n int) string {
			return event("RRULE:FREQ=DAILY\r\n" + strings.Repeat("EXDATE:20260102T000000Z\r\n", n))
		},
		"categories": func(n int) string { return event("CATEGORIES:" + strings.Repeat("a,", n) + "\r\n") },
		"alarms":     func(n int) string { return event(strings.Repeat("BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n", n)) },
		"overrides": func(n int) string {
			return event("RRULE:FREQ=DAILY\r\n") + strings.Repeat("BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:20260102T000000Z\r\nEND:VEVENT\r\n", n)
		},
		"zones": func(n int) string {
			return strings.Repeat("BEGIN:VTIMEZONE\r\nTZID:z\r\nEND:VTIMEZONE\r\n", n) + event("")
		},
		"unknown": func(n int) string { return event(strings.Repeat("X-A:b\r\n", n)) },
		"series": func(n int) string {
			var all strings.Builder
			for i := range n / 20 {
				all.WriteString(strings.ReplaceAll(event("RRULE:FREQ=DAILY;COUNT=3\r\n")+"BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:20260102T000000Z\r\nEND:VEVENT\r\n", "UID:1", fmt.Sprint("UID:", i)))
			}
			return all.String()
		},
	} {
		b.Run(what, func(b *testing.B) {
			took := func(n int) time.Duration {
				data := []byte("BEGIN:VCALENDAR\r\n" + body(n) + "END:VCALENDAR\r\n")
				begin := time.Now()
				if _, err := ParseEvent(data, ParseOptions{}); err != nil {
					b.Fatal(err)
				}
				for _, err := range SplitCalendar(data) {
					if err != nil {
						b.Fatal(err)
					}
				}
				return time.Since(begin)
			}
			var small, large time.Duration
			for b.Loop() {
				small, large = small+took(2000), large+took(16000)
			}
			b.ReportMetric(float64(large)/float64(small), "times")
		})
	}
}

// TestParseDatesBound: dates that are more than are read are told of.
func TestParseDatesBound(t *testing.T) {
	var dates strings.Builder
	day := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	const more = 3
	for range maxOccurrences + more {
		day = day.AddDate(0, 0, 1)
		dates.WriteString("\nRDATE:" + day.Format(utcForm))
	}
	for _, name := range []string{"RDATE", "EXDATE"} {
		in := "UID:1\nDTSTART:20260101T090000Z\nRRULE:FREQ=DAILY;COUNT=3" + strings.ReplaceAll(dates.String(), "RDATE", name)
		p, err := ParseEvent(lines("VEVENT", in), ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, l := range p.Losses {
			if l.Property == name && l.Value > day.AddDate(0, 0, -more).Format(localForm) {
				told++
			}
		}
		if told < more {
			t.Errorf("%s: %d are told of, want %d", name, told, more)
		}
	}
}
