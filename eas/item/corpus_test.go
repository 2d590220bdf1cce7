package item

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// corpus returns the folder of documents that other projects recorded. They are
// more cases for what the other tests hold.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("AIRLIFT_CORPUS")
	if dir == "" {
		t.Skip("AIRLIFT_CORPUS is not set")
	}
	return dir
}

// TestEventCorpus converts appointments that another project recorded.
func TestEventCorpus(t *testing.T) {
	dir := corpus(t)
	for name, want := range map[string]map[string]string{
		"appointment":        {"DTSTART": "20111201T150000", "DTEND": "20111201T160000", "LOCATION": "Philadelphia, PA", "RRULE": ""},
		"recurrence":         {"DTSTART": "20111201T150000", "RRULE": "FREQ=WEEKLY;BYDAY=TH;INTERVAL=2"},
		"simpleexception":    {"DTSTART": "20111201T150000", "EXDATE": "20111229T150000"},
		"dst":                {"DTSTART": "20111001T150000", "RRULE": "FREQ=WEEKLY;BYDAY=SA;INTERVAL=2"},
		"allday_appointment": {"DTSTART": "19700320", "DTEND": "19700321", "SUMMARY": "Test Event"},
	} {
		doc, err := os.ReadFile(filepath.Join(dir, "eas", "horde-activesync", name+".wbxml"))
		if err != nil {
			t.Fatal(err)
		}
		if doc[0] != 0x5D { // these are ApplicationData, or its children, without a header
			doc = append(append([]byte{0x5D}, doc...), 0x01)
		}
		props, err := wbxml.Unmarshal(append([]byte{0x03, 0x01, 0x6A, 0x00}, doc...), wbxml.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b, err := Event(props, Options{})
		got := values(t, parseCalendar(t, b, err), 0)
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%s: %s is %q, want %q", name, k, got[k], v)
			}
		}
	}
}

// node is any XML element.
type node struct {
	XMLName  xml.Name
	Text     string `xml:",chardata"`
	Children []node `xml:",any"`
}

// find returns the first element of a name.
func (n node) find(name string) (node, bool) {
	if n.XMLName.Local == name {
		return n, true
	}
	for _, c := range n.Children {
		if found, ok := c.find(name); ok {
			return found, true
		}
	}
	return node{}, false
}

// element turns XML with some project's own names into properties of one class.
func (n node) element(class string) wbxml.Element {
	name := n.XMLName.Local
	if known, ok := map[string]string{"TimeZone": "Timezone", "DTStamp": "DtStamp", "ReminderMinsBefore": "Reminder"}[name]; ok {
		name = known
	}
	tag, _ := wbxml.Lookup(class, name)
	e := wbxml.T(tag, n.Text)
	for _, c := range n.Children {
		e.Append(c.element(class))
	}
	return e
}

// TestXMLCorpus reads documents that BlueMind's client sends and that Exchange 2003
// answered it.
func TestXMLCorpus(t *testing.T) {
	dir := corpus(t)
	read := func(name, class string) *wbxml.Element {
		b, err := os.ReadFile(filepath.Join(dir, "eas", "bluemind-client", name))
		if err != nil {
			t.Fatal(err)
		}
		var root node
		if err := xml.Unmarshal(b, &root); err != nil {
			t.Fatal(err)
		}
		data, ok := root.find("ApplicationData")
		if !ok {
			t.Fatalf("%s has no ApplicationData", name)
		}
		e := data.element(class)
		return &e
	}
	for name, want := range map[string]map[string]string{
		"CalSyncAdd.xml":     {"DTSTART": "20090608T120000", "DTEND": "20090608T130000", "DTSTAMP": "20090608T162705Z", "SUMMARY": "Daily pda"},
		"FullSyncCalAdd.xml": {"DTSTART": "20100303T120000", "DTEND": "20100303T130000", "SUMMARY": "NEW RDV"},
	} {
		b, err := Event(read(name, "Calendar"), Options{})
		got := values(t, parseCalendar(t, b, err), 0)
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%s: %s is %q, want %q", name, k, got[k], v)
			}
		}
		if !strings.Contains(string(b), "TRIGGER:-PT15M\r\n") {
			t.Errorf("%s has no reminder", name)
		}
	}
	mail := read("ExchangeMailSyncResponse.xml", "Email")
	yes := true
	want := Summary{
		Date: time.Date(2009, 3, 9, 10, 22, 36, 125e6, time.UTC), From: `"Outlook 2003 Team" <olteam@microsoft.com>`,
		To: []string{`"New Outlook User" <New Outlook User>`}, Subject: "Welcome to Microsoft Office Outlook 2003", Read: &yes, Importance: "normal", Attachments: 11,
	}
	if diff := cmp.Diff(want, Summarize("Email", mail, nil)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	b, err := Message(mail)
	if r, text := parseMessage(t, b, err); !strings.HasPrefix(text, "[1.jpg]") || len(r.Header.Values("X-Eas-Attachment")) != 11 {
		t.Errorf("got\n%.2000s", b)
	}
}
