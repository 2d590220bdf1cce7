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
