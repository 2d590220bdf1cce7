package eas_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

func TestRecordedSendMail(t *testing.T) {
	for _, v := range []eas.Version{eas.Version121, eas.Version141} {
		rec, c := replay(t, "sendmail-v"+string(v), v)
		want := rec.file(".request.wbxml")
		m := eas.Outgoing{Message: eas.Bytes(want), ClientID: "c1795365020", SaveInSentItems: true}
		if v == eas.Version141 {
			doc, err := wbxml.Unmarshal(want, wbxml.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			m.Message = eas.Bytes(doc.Value(wbxml.ComposeMailMime))
		}
		if err := c.SendMail(t.Context(), m); err != nil {
			t.Fatal(v, err)
		}
		rec.same()
		if got := rec.head.Get("Content-Type"); (got == "message/rfc822") != (v == eas.Version121) || strings.HasSuffix(rec.url, "&SaveInSent=T") != (v == eas.Version121) {
			t.Errorf("%s: %s, %s", v, got, rec.url)
		}
	}
}

// TestSendMail sends a message in every version: it arrives byte for byte, once.
func TestSendMail(t *testing.T) {
	for _, v := range eas.Versions() {
		p := newPeer(t, easserver.Config{Policy: &easserver.Policy{Settings: []wbxml.Element{wbxml.T(wbxml.ProvisionDevicePasswordEnabled, "0")}}})
		c, _ := p.client(t, v, nil)
		m := eas.Outgoing{Message: eas.Bytes(note("one")), ClientID: "id1", SaveInSentItems: true}
		if err := c.SendMail(t.Context(), m); err != nil {
			t.Fatal(v, err)
		}
		m.SaveInSentItems = false
		err := c.SendMail(t.Context(), m)
		var st *eas.StatusError
		if again := errors.As(err, &st) && st.Code == 118; again != v.AtLeast(eas.Version140) || !again && err != nil {
			t.Errorf("%s: the same again: %v", v, err)
		}
		want := []string{string(note("one"))}
		if got := messages(p.alice.Folder("Sent Items")); !slices.Equal(got, want) {
			t.Errorf("%s: %d kept: %q", v, len(got), got)
		}
		if got := messages(p.bob.Folder("Inbox")); got[0] != want[0] || len(got) == 2 == v.AtLeast(eas.Version140) {
			t.Errorf("%s: arrived: %q", v, got)
		}
	}
}

// TestSendMailRefused: what the server says is an error, and what a version cannot say is none of its business.
func TestSendMailRefused(t *testing.T) {
	p := newPeer(t, easserver.Config{OnViolation: func(easserver.Violation) {}})
	c, _ := p.client(t, eas.Version161, nil)
	for name, tc := range map[string]struct {
		m    eas.Outgoing
		code int
	}{
		"no header":      {eas.Outgoing{Message: eas.Bytes("text")}, 107},
		"no recipient":   {eas.Outgoing{Message: eas.Bytes("Subject: x\r\n\r\n")}, 119},
		"wrong account":  {eas.Outgoing{Message: eas.Bytes(note("x")), AccountID: "7"}, 166},
		"wrong template": {eas.Outgoing{Message: eas.Bytes(note("x")), TemplateID: "t"}, 171},
	} {
		err := c.SendMail(t.Context(), tc.m)
		var st *eas.StatusError
		if !errors.As(err, &st) || *st != (eas.StatusError{Command: "SendMail", Element: "SendMail", Code: tc.code}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.SendMail(t.Context(), eas.Outgoing{}); err == nil {
		t.Error("no message is sent")
	}
	early, err := eas.New(eas.Config{URL: p.url, User: "alice", DeviceID: "d"})
	if err != nil {
		t.Fatal(err)
	}
	err = early.SendMail(t.Context(), eas.Outgoing{Message: eas.Bytes("x"), AccountID: "7"})
	if err == nil || !strings.HasSuffix(err.Error(), "Connect comes first") {
		t.Errorf("before Connect: %v", err)
	}
	if err := c.SendMail(t.Context(), eas.Outgoing{Message: eas.Bytes("x"), ClientID: strings.Repeat("x", 41)}); err == nil {
		t.Error("a long ClientId is sent")
	}
	for v, m := range map[eas.Version]eas.Outgoing{
		eas.Version140: {Message: eas.Bytes("x"), AccountID: "7"}, eas.Version121: {Message: eas.Bytes("x"), TemplateID: "7"},
	} {
		c, _ := p.client(t, v, nil)
		if err := c.SendMail(t.Context(), m); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", v, err)
		}
	}
	c, _ = p.client(t, eas.Version140, nil)
	q := eas.ForwardMeetingRequest{Original: eas.Original{CollectionID: "7", ServerID: "7:0"}, Forwardees: []eas.Forwardee{{Email: "b@x"}}}
	if err := c.ForwardMeeting(t.Context(), q); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	if got := messages(p.bob.Folder("Inbox")); len(got) > 0 {
		t.Errorf("%d messages were sent", len(got))
	}
}

// zeros is a message that is in no memory.
type zeros struct {
	header string
	size   int64
	opened *int
}

func (z zeros) Size() int64 { return z.size }
func (z zeros) Open() (io.ReadCloser, error) {
	*z.opened++
	return io.NopCloser(io.LimitReader(io.MultiReader(strings.NewReader(z.header), endless{}), z.size)), nil
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// TestSendLargeMail sends 64 MB out of nothing, twice because of Provision. The client holds none of it.
func TestSendLargeMail(t *testing.T) {
	const size = 64 << 20
	noPolicy := parse(t, `<Provision xmlns="Provision"><Status>1</Status><Policies><Policy><Status>2</Status></Policy></Policies></Provision>`)
	for _, v := range []eas.Version{eas.Version121, eas.Version141} {
		posts, opened := 0, 0
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("Cmd") == "Provision" {
				_, _ = w.Write(noPolicy)
				return
			}
			posts++
			head := make([]byte, 100)
			_, _ = io.ReadFull(r.Body, head)
			n, _ := io.Copy(io.Discard, r.Body)
			if n += int64(len(head)); n != r.ContentLength || n < size || !bytes.Contains(head, []byte("Subject")) {
				t.Errorf("%d of %d bytes, %q", n, r.ContentLength, head)
			}
			if posts == 1 {
				w.WriteHeader(449)
			}
		})
		c := connect(t, h, func(c *eas.Config) { c.Version = v })
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := c.SendMail(t.Context(), eas.Outgoing{Message: zeros{"Subject: big\r\n\r\n", size, &opened}}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; posts != 2 || opened != 2 || grown > 1<<20 {
			t.Errorf("%s: %d posts, opened %d times, %d bytes allocated", v, posts, opened, grown)
		}
	}
}

// TestSendMailTrace: the trace shows what is around a message, and does not open it.
func TestSendMailTrace(t *testing.T) {
	opened := 0
	var seen string
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	c := connect(t, h, func(c *eas.Config) {
		c.Version, c.TraceXML = eas.Version141, true
		c.Trace = func(x eas.Exchange) { seen += string(x.RequestXML) }
	})
	m := eas.Outgoing{Message: zeros{"Subject: between us\r\n\r\n", 100, &opened}, ClientID: "mail1", SaveInSentItems: true}
	if err := c.SendMail(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if opened != 1 || strings.Contains(seen, "between us") || !strings.Contains(seen, "<ClientId>mail1</ClientId>") || !strings.Contains(seen, "<SaveInSentItems/>") {
		t.Errorf("opened %d times: %s", opened, seen)
	}
}

func TestSmartReplyAndForward(t *testing.T) {
	for _, v := range eas.Versions() {
		p := newPeer(t, easserver.Config{})
		inbox := p.alice.Folder("Inbox")
		id := inbox.AddMessage([]byte("From: carol@example.com\r\nSubject: plan\r\n\r\nthe plan\r\n"))
		c, _ := p.client(t, v, nil)
		q := eas.SmartRequest{Outgoing: eas.Outgoing{Message: eas.Bytes(note("Re: plan"))}, Original: eas.Original{CollectionID: inbox.ID(), ServerID: id}}
		if err := c.SmartReply(t.Context(), q); err != nil {
			t.Fatal(v, err)
		}
		if err := c.SmartForward(t.Context(), q); err != nil {
			t.Fatal(v, err)
		}
		q.Original = eas.Original{LongID: string(id)}
		if err := c.SmartReply(t.Context(), q); err != nil {
			t.Fatal(v, err)
		}
		q.ReplaceMIME = true
		if err := c.SmartReply(t.Context(), q); (err == nil) != v.AtLeast(eas.Version140) {
			t.Fatal(v, err)
		}
		got := messages(p.bob.Folder("Inbox"))
		for i, m := range got {
			quoted, attached := strings.Contains(m, "> the plan"), strings.Contains(m, "message/rfc822") && strings.Contains(m, "\r\nthe plan")
			if !strings.Contains(m, "hello") || quoted != (i%2 == 0) || attached != (i == 1) {
				t.Errorf("%s: message %d quotes %v, attaches %v:\n%s", v, i, quoted, attached, m)
			}
		}
		if want := 3; !v.AtLeast(eas.Version140) && len(got) != want || v.AtLeast(eas.Version140) && len(got) != want+1 {
			t.Errorf("%s: %d messages", v, len(got))
		}
		q.ReplaceMIME = false
		for name, o := range map[string]eas.Original{
			"nothing": {}, "no item": {CollectionID: "1"}, "no folder": {ServerID: "1:0"}, "both": {LongID: "1:0", CollectionID: "1", ServerID: "1:0"},
			"an occurrence": {LongID: "1:0", InstanceID: time.Unix(0, 0)},
		} {
			q.Original = o
			if err := c.SmartReply(t.Context(), q); err == nil {
				t.Errorf("%s: %s names an original", v, name)
			}
		}
		q.Original = eas.Original{CollectionID: inbox.ID(), ServerID: "1:99"}
		err := c.SmartForward(t.Context(), q)
		var st *eas.StatusError
		var he *eas.HTTPError
		if v.AtLeast(eas.Version140) && (!errors.As(err, &st) || st.Code != 150) || !v.AtLeast(eas.Version140) && (!errors.As(err, &he) || he.Code != 404) {
			t.Errorf("%s: a missing original: %v", v, err)
		}
	}
}

func TestForwardMeeting(t *testing.T) {
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	props, err := wbxml.Encode(wbxml.AirSyncApplicationData, &eas.Appointment{Subject: "Visit", StartTime: at, EndTime: at.Add(time.Hour), DtStamp: at, UID: "visit@x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range versionsFrom(eas.Version160, eas.Version161) {
		p := newPeer(t, easserver.Config{})
		calendar := p.alice.Folder("Calendar")
		id := calendar.Add(easserver.Item{Properties: props.Children})
		c, _ := p.client(t, v, nil)
		q := eas.ForwardMeetingRequest{
			Original:   eas.Original{CollectionID: calendar.ID(), ServerID: id, InstanceID: at},
			Forwardees: []eas.Forwardee{{Email: "bob@example.com", Name: "Bob"}, {Email: "carol@elsewhere.example"}},
			Body:       &eas.InlineBody{Type: eas.BodyPlain, Data: "come along"},
		}
		if err := c.ForwardMeeting(t.Context(), q); err != nil {
			t.Fatal(v, err)
		}
		got := messages(p.bob.Folder("Inbox"))
		if len(got) != 1 || !strings.Contains(got[0], "come along") || !strings.Contains(got[0], "method=REQUEST") {
			t.Errorf("%s: %q", v, got)
		}
		q.Forwardees = nil
		if err := c.ForwardMeeting(t.Context(), q); err == nil {
			t.Error("a meeting is forwarded to nobody")
		}
	}
}

// TestOccurrenceInQuery: before 14.0 the query names the occurrence.
func TestOccurrenceInQuery(t *testing.T) {
	rec := &recorded{t: t, name: "sendmail-v12.1"}
	c := connect(t, rec, func(c *eas.Config) { c.Version = eas.Version120 })
	q := eas.SmartRequest{
		Outgoing: eas.Outgoing{Message: eas.Bytes("x")},
		Original: eas.Original{CollectionID: "a b", ServerID: "7:1", InstanceID: time.Date(2010, 3, 20, 22, 40, 0, 0, time.UTC)}, // of MS-ASCMD 2.2.3.92.2
	}
	if err := c.SmartForward(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	want := "/Microsoft-Server-ActiveSync?Cmd=SmartForward&User=alice&DeviceId=dev1&DeviceType=airlift&CollectionId=a%20b&ItemId=7%3A1&Occurrence=2010-03-20T22%3A40%3A00.000Z&SaveInSent=F"
	if rec.url != want {
		t.Errorf("%s", rec.url)
	}
}
