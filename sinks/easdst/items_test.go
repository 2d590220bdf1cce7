package easdst

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/sinks"
)

// corpusItems are at most most of what other projects collected, one of each file first.
func corpusItems(t *testing.T, class string, most int) []sinks.TargetItem {
	dir := os.Getenv("AIRLIFT_CORPUS")
	if dir == "" {
		return nil
	}
	kind, ext := "VEVENT", ".ics"
	where := "calendars"
	switch class {
	case "Contacts":
		ext, where = ".vcf", "contacts"
	case "Tasks":
		kind = "VTODO"
	}
	var files [][]sinks.TargetItem
	err := filepath.WalkDir(filepath.Join(dir, where), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ext {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var list []sinks.TargetItem
		add := func(data []byte) {
			list = append(list, sinks.TargetItem{Key: fmt.Sprint(filepath.Base(path), " ", len(list)), Contents: []sinks.Content{bytesContent(ext, slices.Clone(data))}})
		}
		if ext == ".vcf" {
			for card, err := range item.SplitVCards(strings.NewReader(string(data))) {
				if err == nil {
					add(card)
				}
			}
		} else {
			for one, err := range item.SplitCalendar(data) {
				if err == nil && one.Component == kind {
					add(one.Data)
				}
			}
		}
		files = append(files, list)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var items []sinks.TargetItem
	for n := 0; len(items) < most && n < 100; n++ {
		for _, list := range files {
			if n < len(list) && len(items) < most {
				items = append(items, list[n])
			}
		}
	}
	return items
}

// generated are items of our own.
func generated(class string, n int) sinks.TargetItem {
	var b strings.Builder
	ext := ".ics"
	day := 1 + n%28
	switch class {
	case "Contacts":
		ext = ".vcf"
		fmt.Fprintf(&b, "BEGIN:VCARD\nVERSION:4.0\nN:Number %d;Ada;Maria;Dr.;jr.\nFN:Ada Number %d\nEMAIL:ada%d@example.com\nEMAIL:ada%d@example.org\nTEL;TYPE=cell:+49 170 %07d\nTEL;TYPE=work:+49 30 %07d\nTEL;TYPE=home:+49 40 %07d\nADR;TYPE=work:;;Main St %d;Springfield;IL;12345;USA\nADR;TYPE=home:;;Side St %d;Köln;;50667;Germany\nORG:ACME;Research %d\nTITLE:Engineer\nURL:https://example.com/%d\nBDAY:198%d-03-%02d\nNOTE:Line one\\nline two — ünïcödé %d\nCATEGORIES:Friends,Work\nNICKNAME:Ad%d\nEND:VCARD\n",
			n, n, n, n, n, n, n, n, n, n%5, n, n%10, day, n, n)
	case "Calendar":
		fmt.Fprintf(&b, "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:generated-%d@example.com\nDTSTAMP:20261101T000000Z\nSUMMARY:Event %d\nLOCATION:Room %d\nDESCRIPTION:Bring\\ncoffee %d\nCATEGORIES:Work\n", n, n, n, n)
		switch n % 5 {
		case 0:
			fmt.Fprintf(&b, "DTSTART;TZID=Europe/Berlin:202612%02dT100000\nDTEND;TZID=Europe/Berlin:202612%02dT113000\n", day, day)
		case 1:
			fmt.Fprintf(&b, "DTSTART;VALUE=DATE:202612%02d\nDTEND;VALUE=DATE:202612%02d\n", day, day+1)
		case 2:
			fmt.Fprintf(&b, "DTSTART;TZID=America/New_York:202612%02dT100000\nDTEND;TZID=America/New_York:202612%02dT103000\nRRULE:FREQ=WEEKLY;COUNT=10\nEXDATE;TZID=America/New_York:%s\n", day, day,
				time.Date(2026, 12, day+7, 10, 0, 0, 0, time.UTC).Format("20060102T150405"))
		case 3:
			fmt.Fprintf(&b, "DTSTART:202612%02dT100000Z\nDTEND:202612%02dT103000Z\nRRULE:FREQ=DAILY;INTERVAL=2;UNTIL=20270301T100000Z\n", day, day)
		case 4:
			fmt.Fprintf(&b, "DTSTART:202612%02dT100000Z\nDTEND:202612%02dT103000Z\nRRULE:FREQ=MONTHLY;BYDAY=2TU\nORGANIZER;CN=Boss:mailto:boss@example.com\nATTENDEE;CN=Bob;PARTSTAT=ACCEPTED:mailto:bob@example.com\nATTENDEE;CN=Eve;ROLE=OPT-PARTICIPANT:mailto:eve@example.com\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nEND:VALARM\n", day, day)
		}
		b.WriteString("END:VEVENT\n")
		if n%5 == 2 {
			at := time.Date(2026, 12, day+14, 10, 0, 0, 0, time.UTC)
			fmt.Fprintf(&b, "BEGIN:VEVENT\nUID:generated-%d@example.com\nDTSTAMP:20261101T000000Z\nRECURRENCE-ID;TZID=America/New_York:%s\nDTSTART;TZID=America/New_York:%s\nDTEND;TZID=America/New_York:%s\nSUMMARY:Event %d moved\nLOCATION:Elsewhere\nEND:VEVENT\n",
				n, at.Format("20060102T150405"), at.Add(2*time.Hour).Format("20060102T150405"), at.Add(3*time.Hour).Format("20060102T150405"), n)
		}
		b.WriteString("END:VCALENDAR\n")
	case "Tasks":
		fmt.Fprintf(&b, "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VTODO\nUID:task-%d\nSUMMARY:Task %d\nDUE;VALUE=DATE:202612%02d\nDESCRIPTION:Do\\nit %d\nPRIORITY:%d\nCATEGORIES:Home\n", n, n, day, n, 1+4*(n%3))
		if n%4 == 0 {
			b.WriteString("STATUS:COMPLETED\nCOMPLETED:20261120T100000Z\n")
		}
		b.WriteString("END:VTODO\nEND:VCALENDAR\n")
	}
	return sinks.TargetItem{Key: fmt.Sprint(class, " ", n), Contents: []sinks.Content{bytesContent(ext, []byte(strings.ReplaceAll(b.String(), "\n", "\r\n")))}}
}
