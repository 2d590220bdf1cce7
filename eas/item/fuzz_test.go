package item

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// FuzzConvert converts every element of a document as an item of every class.
func FuzzConvert(f *testing.F) {
	pages, err := filepath.Glob(filepath.Join("testdata", "sogo", "*.wbxml"))
	if err != nil || len(pages) == 0 {
		f.Fatal("no recorded pages: ", err)
	}
	for _, name := range pages {
		doc, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
	}
	doc, err := wbxml.Marshal(dailyMeeting(exceptions(
		wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, "20260331T080000Z"), wbxml.Empty(wbxml.CalendarLocation)),
		wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, "20260330T080000Z"), wbxml.T(wbxml.CalendarDeleted, "1")))))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(doc)
	f.Fuzz(func(t *testing.T, doc []byte) {
		root, err := wbxml.Unmarshal(doc, wbxml.Limits{Elements: 1 << 12, Memory: 1 << 20})
		if err != nil {
			return
		}
		left := 64
		convertAll(t, root, &left)
	})
}

func convertAll(t *testing.T, e *wbxml.Element, left *int) {
	if len(e.Children) == 0 || *left == 0 {
		return
	}
	*left--
	for name, convert := range map[string]func(*wbxml.Element) ([]byte, error){
		"Task": Task, "Note": Note,
		"VCard":   func(e *wbxml.Element) ([]byte, error) { return VCard(e, Options{}) },
		"VCard 3": func(e *wbxml.Element) ([]byte, error) { return VCard(e, Options{VCardVersion: VCard3}) },
		"Event":   func(e *wbxml.Element) ([]byte, error) { return Event(e, Options{}) },
	} {
		b, err := convert(e)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checkLines(t, b)
		if !utf8.Valid(b) {
			t.Errorf("%s: invalid UTF-8", name)
		}
		if begin, end := bytes.Count(b, []byte("\r\nBEGIN:")), bytes.Count(b, []byte("\r\nEND:")); begin+1 != end {
			t.Errorf("%s: %d components begin, %d end", name, begin+1, end)
		}
		again, err := convert(e)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s: the same item gives other bytes", name)
		}
	}
	if _, err := Message(e); err != nil {
		t.Fatalf("Message: %v", err)
	}
	for _, class := range []string{"Email", "Calendar", "Contacts", "Tasks", "Notes", ""} {
		s := Summarize(class, e, []byte(e.Children[0].Text))
		Fingerprint(class, s, int64(len(e.Children)))
	}
	for i := range e.Children {
		convertAll(t, &e.Children[i], left)
	}
}
