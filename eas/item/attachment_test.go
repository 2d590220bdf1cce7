package item

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// attached is airsyncbase:Attachments with a file for each reference.
func attached(references ...string) wbxml.Element {
	all := wbxml.E(wbxml.AirSyncBaseAttachments)
	for _, r := range references {
		all.Append(wbxml.E(wbxml.AirSyncBaseAttachment, wbxml.T(wbxml.AirSyncBaseDisplayName, r+".pdf"),
			wbxml.T(wbxml.AirSyncBaseFileReference, r), wbxml.T(wbxml.AirSyncBaseMethod, "1")))
	}
	return all
}

func TestAttachments(t *testing.T) {
	props := properties(
		wbxml.T(wbxml.CalendarSubject, "Meeting"),
		wbxml.E(wbxml.AirSyncBaseAttachments,
			wbxml.E(wbxml.AirSyncBaseAttachment, wbxml.T(wbxml.AirSyncBaseDisplayName, "Übersicht.pdf"),
				wbxml.T(wbxml.AirSyncBaseFileReference, "5:1:0"), wbxml.T(wbxml.AirSyncBaseMethod, "1"),
				wbxml.T(wbxml.AirSyncBaseEstimatedDataSize, "5000000000"), wbxml.T(wbxml.AirSyncBaseContentType, "application/pdf")),
			wbxml.E(wbxml.AirSyncBaseAttachment, wbxml.T(wbxml.AirSyncBaseFileReference, "5:1:1"),
				wbxml.T(wbxml.AirSyncBaseContentId, "<logo@example.com>"), wbxml.Empty(wbxml.AirSyncBaseIsInline),
				wbxml.T(wbxml.AirSyncBaseEstimatedDataSize, "-1"), wbxml.T(wbxml.AirSyncBaseMethod, "x")),
			wbxml.E(wbxml.AirSyncBaseAttachment, wbxml.T(wbxml.AirSyncBaseDisplayName, "cannot be fetched"))),
		exceptions(
			wbxml.E(wbxml.CalendarException, attached("5:1:1", "5:1:2")),
			wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarDeleted, "1")),
			wbxml.E(wbxml.CalendarException, attached("5:1:3"))))
	want := []Attachment{
		{Name: "Übersicht.pdf", FileReference: "5:1:0", ContentType: "application/pdf", Size: 5_000_000_000, Method: 1},
		{FileReference: "5:1:1", ContentID: "logo@example.com", Inline: true},
		{Name: "5:1:2.pdf", FileReference: "5:1:2", Method: 1},
		{Name: "5:1:3.pdf", FileReference: "5:1:3", Method: 1},
	}
	if diff := cmp.Diff(want, Attachments(props.Children)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := Attachments(nil); got != nil {
		t.Errorf("no properties: %v", got)
	}
}

// What was stored is linked, in the occurrences too; what was not is named.
func TestEventAttachments(t *testing.T) {
	b, err := Event(dailyMeeting(attached("a", "b", "c"), exceptions(
		wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, "20260330T080000Z")),
		wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, "20260331T080000Z"), attached("d")),
		wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, "20260401T080000Z"), wbxml.Empty(wbxml.AirSyncBaseAttachments)),
	)), Options{Files: map[string]File{
		"a": {Name: "01 ä/100%?#,;.pdf", ContentType: `Application/PDF; name="x"`},
		"b": {Name: "x:y", ContentType: "no type\r\nX:y"},
		"d": {Name: "d.bin"},
	}})
	parseCalendar(t, b, err)
	events := strings.Split(strings.ReplaceAll(string(b), "\r\n ", ""), "BEGIN:VEVENT")[1:]
	series := []string{
		"ATTACH;FILENAME=a.pdf;FMTTYPE=application/pdf:01%20%C3%A4/100%25%3F%23,;.pdf",
		"ATTACH;FILENAME=b.pdf:./x:y",
		"X-EAS-ATTACHMENT:c.pdf",
	}
	for i, want := range [][]string{series, series, {"ATTACH;FILENAME=d.pdf:d.bin"}, nil} {
		var got []string
		for line := range strings.SplitSeq(events[i], "\r\n") {
			if strings.Contains(line, "ATTACH") {
				got = append(got, line)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event %d (-want +got)\n%s", i, diff)
		}
	}
}
