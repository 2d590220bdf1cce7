package easserver

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// alternative is a message with a text of 35 bytes, and the same in HTML of 49.
const (
	alternativeText = "Grüße aus Köln, bis bald dann.\r\n"
	alternativeHTML = "<p>Grüße aus <b>Köln</b>, bis bald dann.</p>"
)

func alternative() []byte {
	m := messageWriter{unique: "alternative"}
	m.header("From", "bob@example.com")
	m.header("Subject", "x")
	m.body(strings.TrimSuffix(alternativeText, "\r\n"), alternativeHTML, nil)
	return m.bytes()
}

func preference(typ int, more ...wbxml.Element) wbxml.Element {
	e := wbxml.E(wbxml.AirSyncBaseBodyPreference, wbxml.T(wbxml.AirSyncBaseType, fmt.Sprint(typ)))
	e.Append(more...)
	return e
}

func truncate(n int) wbxml.Element { return wbxml.T(wbxml.AirSyncBaseTruncationSize, fmt.Sprint(n)) }

// bodyOf fetches the only message of an Inbox and returns Type, EstimatedDataSize,
// Truncated, Data and Preview of its body, "-" for those that are not there.
func bodyOf(t *testing.T, version string, msg []byte, opts ...wbxml.Element) []string {
	t.Helper()
	store, inbox := inboxOf(0)
	inbox.AddMessage(msg)
	c := newClient(t, Config{}, store)
	c.version = version
	c.folderSync("0")
	id := string(inbox.ID())
	a := c.sync(c.prime(id), id, wbxml.E(wbxml.AirSyncOptions, opts...))
	b := a.Child(wbxml.AirSyncCommands).Children[0].Child(wbxml.AirSyncApplicationData).Child(wbxml.AirSyncBaseBody)
	var values []string
	for _, tag := range []wbxml.Tag{
		wbxml.AirSyncBaseType, wbxml.AirSyncBaseEstimatedDataSize, wbxml.AirSyncBaseTruncated, wbxml.AirSyncBaseData, wbxml.AirSyncBasePreview,
	} {
		v := "-"
		if e := b.Child(tag); e != nil {
			v = e.Text
		}
		values = append(values, v)
	}
	c.strict()
	return values
}

// TestBodyPreferences holds bodies against MS-ASAIRS 2.2.2.12 and its children.
func TestBodyPreferences(t *testing.T) {
	mime := string(alternative())
	size := fmt.Sprint(len(mime))
	support := func(n string) wbxml.Element { return wbxml.T(wbxml.AirSyncMIMESupport, n) }
	all := wbxml.T(wbxml.AirSyncBaseAllOrNone, "1")
	preview := wbxml.T(wbxml.AirSyncBasePreview, "5")
	for _, c := range []struct {
		name string
		opts []wbxml.Element
		want []string
	}{
		{"nothing is preferred", nil, []string{"2", "49", "1", "-", "-"}},
		{"text", []wbxml.Element{preference(1)}, []string{"1", "35", "0", alternativeText, "-"}},
		{"HTML", []wbxml.Element{preference(2)}, []string{"2", "49", "0", alternativeHTML + "\r\n", "-"}},
		{"both: the native one", []wbxml.Element{preference(1), preference(2)}, []string{"2", "49", "0", alternativeHTML + "\r\n", "-"}},
		{"a text in the middle of ü", []wbxml.Element{preference(1, truncate(3))}, []string{"1", "35", "1", "Gr", "-"}},
		{"not at all", []wbxml.Element{preference(1, truncate(0))}, []string{"1", "35", "1", "-", "-"}},
		{"all or none, and it is too long", []wbxml.Element{preference(2, truncate(5), all)}, []string{"2", "49", "1", "-", "-"}},
		{"all or none, or else text", []wbxml.Element{preference(2, truncate(5), all), preference(1)}, []string{"1", "35", "0", alternativeText, "-"}},
		{"all or none, and it fits", []wbxml.Element{preference(2, truncate(49), all)}, []string{"2", "49", "0", alternativeHTML + "\r\n", "-"}},
		{"a preview", []wbxml.Element{preference(2, truncate(0), preview)}, []string{"2", "49", "1", "-", "Grüße"}},
		{"RTF is not to be had", []wbxml.Element{preference(3)}, []string{"2", "49", "0", alternativeHTML + "\r\n", "-"}},
		{"MIME", []wbxml.Element{support("2"), preference(4)}, []string{"4", size, "0", mime, "-"}},
		{"MIME of S/MIME only", []wbxml.Element{support("1"), preference(4), preference(1)}, []string{"1", "35", "0", alternativeText, "-"}},
		{"MIME is not supported", []wbxml.Element{preference(4)}, []string{"2", "49", "0", alternativeHTML + "\r\n", "-"}},
		{"a part of the MIME", []wbxml.Element{support("2"), preference(4, truncate(10))}, []string{"4", size, "1", mime[:10], "-"}},
	} {
		if diff := cmp.Diff(c.want, bodyOf(t, "14.1", alternative(), c.opts...)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	signed := []byte("From: a@b.c\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b--\r\n")
	if got := bodyOf(t, "14.1", signed, support("1"), preference(4)); got[0] != "4" || got[3] != string(signed) {
		t.Errorf("a signed message: %q", got)
	}
}

// TestNULInMessage sends what no string of WBXML can hold.
func TestNULInMessage(t *testing.T) {
	msg := []byte("From: a@b.c\r\nSubject: nul\r\n\r\nbefore\x00after\r\n")
	got := bodyOf(t, "14.1", msg, wbxml.T(wbxml.AirSyncMIMESupport, "2"), preference(4))
	if got[3] != string(msg) {
		t.Errorf("the message is %q", got[3])
	}
}

// hugeSize is the size of a message that no mailbox likes.
const hugeSize = 150 << 20

// huge returns a source of hugeSize bytes, and counts how many times it was opened.
func huge() *Content {
	head := "From: a@b.c\r\nSubject: huge\r\n\r\n"
	return &Content{Size: hugeSize, Open: func() (io.ReadCloser, error) {
		body := io.LimitReader(lines{}, hugeSize-int64(len(head)))
		return io.NopCloser(io.MultiReader(strings.NewReader(head), body)), nil
	}}
}

// lines is text without an end.
type lines struct{}

func (lines) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
