package wbxml

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Layouts of the two forms of a date and time on the wire; both are UTC.
const (
	DateTime        = "2006-01-02T15:04:05.000Z" // MS-ASDTYPE 2.3
	CompactDateTime = "20060102T150405Z"         // MS-ASDTYPE 2.7.5
)

// ParseTime reads a date and time in any form that servers send: those of
// MS-ASDTYPE 2.3 and 2.7.5, with or without fractions, dates without a time, and
// times with an offset or, taken as UTC, without a zone. The result is in UTC.
func ParseTime(s string) (time.Time, error) {
	t, err := parseTime(strings.TrimSpace(s))
	if err != nil {
		return t, fmt.Errorf("wbxml: %.64q: %w", s, err)
	}
	return t, nil
}

func parseTime(s string) (time.Time, error) {
	layouts := []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02"}
	if !strings.Contains(s, "-") || strings.IndexByte(s, 'T') == len("20060102") {
		layouts = []string{"20060102T150405Z07:00", "20060102T150405", "20060102"}
	}
	// MS-ASDTYPE 2.3 counts hours from 00 to 24: 24:00:00 is the next day's midnight.
	midnight := strings.Contains(s, "T24:00:00") || strings.Contains(s, "T240000")
	text := s
	if midnight {
		text = strings.Replace(s, "T24", "T00", 1)
	}
	for _, layout := range layouts {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		if midnight {
			t = t.Add(24 * time.Hour)
		}
		return t.UTC(), nil
	}
	return time.Time{}, errors.New("no date and time")
}
