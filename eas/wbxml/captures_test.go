package wbxml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// capture is one recorded body and what its .txt, written by another decoder, says of it.
type capture struct {
	name    string // NAME.request.wbxml
	body    []byte
	verdict string // "decoded", "not WBXML" or "does not decode"
	dump    string
}

var sectionLine = regexp.MustCompile(`^--- (request|response)(?: \(\d+ bytes\))?[,:]? (decoded|not WBXML|does not decode)`)

func captures(t testing.TB) []capture {
	t.Helper()
	texts, err := filepath.Glob("testdata/sogo/*.txt")
	if err != nil || len(texts) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	var all []capture
	for _, path := range texts {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var c *capture
		for line := range strings.Lines(string(text)) {
			if m := sectionLine.FindStringSubmatch(line); m != nil {
				file := strings.TrimSuffix(path, ".txt") + "." + m[1] + ".wbxml"
				body, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, capture{name: filepath.Base(file), body: body, verdict: m[2]})
				c = &all[len(all)-1]
			} else if c != nil && strings.TrimSpace(line) != "" {
				c.dump += line
			}
		}
	}
	// The dump of this one answer was not recorded with it; it is written by hand
	// from the bytes.
	body, err := os.ReadFile("testdata/sogo/" + undumped)
	if err != nil {
		t.Fatal(err)
	}
	return append(all, capture{undumped, body, "decoded", undumpedDump})
}

const (
	undumped     = "sync-email-deletes-v14.1.response.wbxml"
	undumpedDump = `AirSync:Sync
  AirSync:Collections
    AirSync:Collection
      AirSync:Class='Email'
      AirSync:SyncKey='61-64'
      AirSync:CollectionId='mail%2Fef96e7299016036b8b02000083ecc375'
      AirSync:Status='1'
      AirSync:Commands
        AirSync:Delete
          AirSync:ServerId='7'
        AirSync:Delete
          AirSync:ServerId='8'
        AirSync:Delete
          AirSync:ServerId='9'
`
)

// dumpNames are the names by which the dumps call tags other than MS-ASWBXML does.
var dumpNames = map[Tag]string{
	GALEmailAddress:                   "Gal:EmailAddress",
	EmailReplyTo:                      "Email:Reply-To",
	EmailStatus:                       "Email:FlagStatus",
	ComposeMailMime:                   "ComposeMail:MIME",
	ContactsBusinessAddressStreet:     "Contacts:BusinessStreet",
	ContactsBusinessAddressCity:       "Contacts:BusinessCity",
	ContactsBusinessAddressState:      "Contacts:BusinessState",
	ContactsBusinessAddressPostalCode: "Contacts:BusinessPostalCode",
	ContactsBusinessAddressCountry:    "Contacts:BusinessCountry",
	TasksUtcDueDate:                   "Tasks:UTCDueDate",
	CalendarTimezone:                  "Calendar:TimeZone",
	CalendarDtStamp:                   "Calendar:DTStamp",
	CalendarType:                      "Calendar:Recurrence_Type",
	CalendarInterval:                  "Calendar:Recurrence_Interval",
	CalendarDayOfWeek:                 "Calendar:Recurrence_DayOfWeek",
	CalendarOccurrences:               "Calendar:Recurrence_Occurrences",
}

// dump writes the notation of the captures' .txt files.
func dump(b *strings.Builder, e *Element, indent string) {
	name := dumpNames[e.Tag]
	if name == "" {
		name = e.Tag.String()
	}
	b.WriteString(indent + name)
	const shown = 300
	switch text := e.Text; {
	case text == "" && !e.Opaque:
	case len(text) > shown:
		fmt.Fprintf(b, "=%s...(%d bytes)", pythonRepr(text[:shown]), len(text))
	default:
		b.WriteString("=" + pythonRepr(text))
	}
	if e.Opaque {
		b.WriteString(" [opaque]")
	}
	b.WriteByte('\n')
	for i := range e.Children {
		dump(b, &e.Children[i], indent+"  ")
	}
}

func pythonRepr(s string) string {
	quote := "'"
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = `"`
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case string(r) == quote || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20 || r == 0x7F:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return quote + b.String() + quote
}

func TestCapturesDecode(t *testing.T) {
	files, err := filepath.Glob("testdata/sogo/*.wbxml")
	if err != nil {
		t.Fatal(err)
	}
	all := captures(t)
	for _, file := range files {
		if name := filepath.Base(file); !slices.ContainsFunc(all, func(c capture) bool { return c.name == name }) {
			t.Errorf("%s: no .txt speaks of it", name)
		}
	}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			e, err := Unmarshal(c.body, Limits{})
			var syntax *SyntaxError
			switch c.verdict {
			case "not WBXML":
				if !errors.Is(err, ErrNotWBXML) {
					t.Errorf("error %v, want ErrNotWBXML", err)
				}
				return
			case "does not decode":
				if !errors.As(err, &syntax) || !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("error %v, want a SyntaxError for the early end", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			dump(&got, e, "")
			if diff := cmp.Diff(c.dump, got.String()); diff != "" {
				t.Errorf("(-recorded +decoded)\n%s", diff)
			}
		})
	}
}

func TestCapturesLookLike(t *testing.T) {
	want := map[string]string{
		"err-401.response.wbxml":                              `wbxml: not a WBXML document: "Unauthorized"`,
		"itemoperations-fetch-multipart-v14.1.response.wbxml": "looks like a multipart response",
		"sync-add-email-inbox-v14.1.response.wbxml":           `looks like HTML: "<html>\r\n<head><title>502 Bad Gateway`,
	}
	for name, text := range want {
		body, err := os.ReadFile("testdata/sogo/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Unmarshal(body, Limits{}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: error %v, want %q in it", name, err, text)
		}
	}
}

// TestCapturesEncode holds the encoder against what clients and a server sent.
func TestCapturesEncode(t *testing.T) {
	for _, c := range captures(t) {
		if c.verdict != "decoded" {
			continue
		}
		e, err := Unmarshal(c.body, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if b, err := Marshal(e); err != nil || !bytes.Equal(b, c.body) {
			t.Errorf("%s: %v\n got %x\nwant %x", c.name, err, b, c.body)
		}
	}
}

func TestCapturesXML(t *testing.T) {
	for _, c := range captures(t) {
		if c.verdict != "decoded" {
			continue
		}
		for _, o := range []XMLOptions{{}, {Indent: true}} {
			var text, back bytes.Buffer
			if err := WriteXML(&text, NewDecoder(bytes.NewReader(c.body), Limits{}), o); err != nil {
				t.Fatal(err)
			}
			enc := NewEncoder(&back)
			if err := errors.Join(ReadXML(&text, enc), enc.Close()); err != nil || !bytes.Equal(back.Bytes(), c.body) {
				t.Errorf("%s: %v\n got %x\nwant %x", c.name, err, back.Bytes(), c.body)
			}
		}
	}
}
