package importer

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// FuzzFiles: whatever is in a file that says it holds cards or a calendar, the items that are found in it are whole: each is
// found again alone, with the same bytes.
func FuzzFiles(f *testing.F) {
	f.Add([]byte("BEGIN:VCARD\nFN:Ada\nEND:VCARD\n\nBEGIN:VCARD\r\nAGENT:\r\nBEGIN:VCARD\r\nEND:VCARD\r\nEND:VCARD"), true)
	f.Add([]byte("\ufeffbegin:vcard\nend:vcard\nx"), true)
	f.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:A\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID=A:x\nEND:VEVENT\nBEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR"), false)
	f.Add([]byte("BEGIN:VJOURNAL\nUID:1\nEND:VJOURNAL\nBEGIN:VEVENT\nEND:VEVENT\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, cards bool) {
		for _, item := range itemsOf(t, data, cards) {
			if again := itemsOf(t, item, cards); len(again) != 1 || !bytes.Equal(again[0], item) {
				t.Errorf("%q: alone it is %q", item, again)
			}
		}
	})
}

// itemsOf finds the items in a file.
func itemsOf(t *testing.T, data []byte, cards bool) (all [][]byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r := &reader{sum: &Summary{}, take: func(f *found) error {
		o, err := f.open()
		if err != nil {
			return err
		}
		b, err := io.ReadAll(o)
		if _, _, err := describe(f); err != nil {
			t.Errorf("%q: %v", b, err)
		}
		all = append(all, b)
		return err
	}}
	read := r.ics
	if cards {
		read = func(f found) error { return r.vcf(t.Context(), f) }
	}
	_ = read(found{path: file, size: int64(len(data))}) // that it is none is one of the answers
	return all
}
