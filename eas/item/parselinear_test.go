package item

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestParseIsLinear: the time that a calendar takes grows with its size, whatever it
// has much of.
func TestParseIsLinear(t *testing.T) {
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
			var b strings.Builder
			for i := range n / 20 {
				b.WriteString(strings.ReplaceAll(event("RRULE:FREQ=DAILY;COUNT=3\r\n")+"BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:20260102T000000Z\r\nEND:VEVENT\r\n", "UID:1", fmt.Sprint("UID:", i)))
			}
			return b.String()
		},
	} {
		took := func(n int) time.Duration {
			data := []byte("BEGIN:VCALENDAR\r\n" + body(n) + "END:VCALENDAR\r\n")
			begin := time.Now()
			if _, err := ParseEvent(data, ParseOptions{}); err != nil {
				t.Fatal(err)
			}
			for _, err := range SplitCalendar(data) {
				if err != nil {
					t.Fatal(err)
				}
			}
			return time.Since(begin)
		}
		small := min(took(2000), took(2000), took(2000))
		if large := took(16000); large > 24*small+100*time.Millisecond { // 8 times is linear, 64 times is its square
			t.Errorf("%s: 2000 took %v, 16000 took %v", what, small, large)
		}
	}
}
