package eas_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// page wraps what stands in a collection.
func page(t testing.TB, collection string) []byte {
	return parse(t, `<Sync xmlns="AirSync"><Collections><Collection>`+collection+`</Collection></Collections></Sync>`)
}

func read(t testing.TB, doc []byte, q eas.SyncRequest, v eas.Version, visit func(*eas.Command)) (*eas.SyncPage, error) {
	t.Helper()
	c := connect(t, answer(doc), func(c *eas.Config) { c.Version = v })
	if q.Key == "" {
		q.Key = "1"
	}
	q.CollectionID = "c"
	p, err := c.Sync(t.Context(), q)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	for cmd, err := range p.Commands() {
		if err != nil {
			return p, err
		}
		if visit != nil {
			visit(cmd)
		}
	}
	return p, nil
}

const oneItem = `<Commands><Add><ServerId>s1</ServerId><ApplicationData><Subject xmlns="Email">x</Subject></ApplicationData></Add></Commands>`

// TestPageOrders: what frames the items may come in any order, and what a page needs must be there.
func TestPageOrders(t *testing.T) {
	good := map[string]string{
		"as specified":       `<SyncKey>2</SyncKey><CollectionId>c</CollectionId><Status>1</Status><MoreAvailable/>` + oneItem,
		"all after items":    oneItem + `<MoreAvailable/><Status>1</Status><SyncKey>2</SyncKey>`,
		"unknown elements":   `<tag3E/><SyncKey>2</SyncKey><Status>1</Status><MoreAvailable/><tag3F><tag3D>x</tag3D></tag3F>` + oneItem + `<tag05 xmlns="page77"/>`,
		"two lists of items": `<SyncKey>2</SyncKey><Status>1</Status><MoreAvailable/><Commands/>` + oneItem,
	}
	for name, doc := range good {
		n := 0
		p, err := read(t, page(t, doc), eas.SyncRequest{}, "14.1", func(cmd *eas.Command) { n++ })
		if err != nil || p.Key != "2" || !p.MoreAvailable || n != 1 || p.Status != 1 {
			t.Errorf("%s: %+v %v", name, p, err)
		}
	}
	bad := map[string]string{
		"no key":                 `<Status>1</Status>` + oneItem,
		"no status":              `<SyncKey>2</SyncKey>` + oneItem,
		"failure after items":    `<SyncKey>2</SyncKey>` + oneItem + `<Status>5</Status>`,
		"another folder":         `<SyncKey>2</SyncKey><CollectionId>d</CollectionId><Status>1</Status>` + oneItem,
		"an item without its id": `<SyncKey>2</SyncKey><Status>1</Status><Commands><Add><ApplicationData/></Add></Commands>`,
	}
	for name, doc := range bad {
		if _, err := read(t, page(t, doc), eas.SyncRequest{}, "14.1", nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestNoChanges: an answer without a collection says no changes (Z-Push, the specification), but not to the first key.
func TestNoChanges(t *testing.T) {
	for _, doc := range [][]byte{nil, parse(t, `<Sync xmlns="AirSync"><Status>1</Status></Sync>`), parse(t, `<Sync xmlns="AirSync"><Collections/></Sync>`)} {
		p, err := read(t, doc, eas.SyncRequest{Key: "7"}, "14.1", nil)
		if err != nil || !p.Empty || p.Key != "7" {
			t.Errorf("%q: %+v %v", doc, p, err)
		}
		if _, err := read(t, doc, eas.SyncRequest{Key: "0"}, "14.1", nil); !errors.Is(err, eas.ErrNoCollection) {
			t.Errorf("%q to the first key: %v", doc, err)
		}
	}
}

// TestNoPage: a document that is cut at any byte is no page, however much of it could be read.
func TestNoPage(t *testing.T) {
	doc := mailPage(t, 3, 50)
	for n := range doc {
		if n == 0 {
			continue // nothing at all says that nothing changed
		}
		if _, err := read(t, doc[:n], eas.SyncRequest{}, "14.1", nil); !errors.Is(err, eas.ErrTruncatedPage) {
			t.Fatalf("cut at %d of %d: %v", n, len(doc), err)
		}
	}
	if _, err := read(t, append(bytes.Clone(doc), 1), eas.SyncRequest{}, "14.1", nil); err == nil {
		t.Error("bytes behind the document")
	}
}

// mailPage is a page of n mails with MIME bodies of a size.
func mailPage(t testing.TB, n, size int) []byte {
	t.Helper()
	commands := wbxml.E(wbxml.AirSyncCommands)
	for i := range n {
		commands.Append(wbxml.E(wbxml.AirSyncAdd, wbxml.T(wbxml.AirSyncServerId, fmt.Sprint(i)), wbxml.E(wbxml.AirSyncApplicationData,
			wbxml.T(wbxml.EmailTo, `"Alice" <alice@lab.example>`), wbxml.T(wbxml.EmailFrom, `"Bob" <bob@lab.example>`),
			wbxml.T(wbxml.EmailSubject, fmt.Sprintf("subject %d", i)), wbxml.T(wbxml.EmailDateReceived, "2026-09-28T16:42:00.000Z"),
			wbxml.T(wbxml.EmailImportance, "1"), wbxml.T(wbxml.EmailRead, "1"), wbxml.T(wbxml.EmailMessageClass, "IPM.Note"),
			wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "4"), wbxml.T(wbxml.AirSyncBaseData, string(mimeBody(i, size)))),
		)))
	}
	return marshal(t, wbxml.E(wbxml.AirSyncSync, wbxml.E(wbxml.AirSyncCollections, wbxml.E(wbxml.AirSyncCollection,
		wbxml.T(wbxml.AirSyncSyncKey, "2"), wbxml.T(wbxml.AirSyncCollectionId, "c"), wbxml.T(wbxml.AirSyncStatus, "1"), commands))))
}

func mimeBody(i, size int) []byte {
	b := fmt.Appendf(nil, "From: bob@lab.example\r\nMessage-ID: <%d@lab.example>\r\n\r\n", i)
	return append(b, bytes.Repeat([]byte("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ\r\n"), size/64+1)...)
}

// TestSpool: bodies beyond the memory that is set go through files, which are gone afterwards.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	c := connect(t, answer(mailPage(t, 6, 200<<10)), func(c *eas.Config) { c.SpoolDir, c.SpoolMemory = dir, 64<<10 })
	p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1", CollectionID: "c", Class: eas.ClassEmail})
	if err != nil {
		t.Fatal(err)
	}
	var kept *eas.Blob
	i := 0
	commands(t, p, func(cmd *eas.Command) {
		b, want := cmd.Item.Body.Data, mimeBody(i, 200<<10)
		if _, ok := b.Bytes(); ok || !bytes.Equal(content(t, b), want) || b.SHA256() != sha256.Sum256(want) {
			t.Errorf("%d: in memory %v, %d bytes", i, ok, b.Size())
		}
		if i == 2 {
			kept = b
			kept.Keep()
		}
		i++
	})
	p.Close()
	if !bytes.Equal(content(t, kept), mimeBody(2, 200<<10)) {
		t.Error("the body that was kept is another now")
	}
	if err := kept.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestMemory: a message of 64 MB costs its reader, and this server, little memory.
func TestMemory(t *testing.T) {
	const size = 64 << 20
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := wbxml.NewEncoder(w)
		for _, tag := range []wbxml.Tag{wbxml.AirSyncSync, wbxml.AirSyncCollections, wbxml.AirSyncCollection} {
			e.Start(tag)
		}
		e.Text(wbxml.AirSyncSyncKey, "2")
		e.Text(wbxml.AirSyncStatus, "1")
		e.Start(wbxml.AirSyncCommands)
		e.Start(wbxml.AirSyncAdd)
		e.Text(wbxml.AirSyncServerId, "s")
		e.Start(wbxml.AirSyncApplicationData)
		e.Start(wbxml.AirSyncBaseBody)
		e.Text(wbxml.AirSyncBaseType, "4")
		e.Start(wbxml.AirSyncBaseData)
		e.StringFrom(io.LimitReader(letters{}, size))
		for range 8 {
			e.End()
		}
		_ = e.Close()
	})
	c := connect(t, h, nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1", CollectionID: "c"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	n := int64(0)
	commands(t, p, func(cmd *eas.Command) { n = cmd.Item.Body.Data.Size() })
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; n != size || grown > 8<<20 {
		t.Errorf("%d bytes read, %d MB allocated", n, grown>>20)
	}
}

type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestSpoolFails(t *testing.T) {
	c := connect(t, answer(mailPage(t, 1, 200<<10)), func(c *eas.Config) { c.SpoolDir, c.SpoolMemory = "/nonexistent", 64<<10 })
	p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1", CollectionID: "c"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, err := range p.Commands() {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v", err)
		}
	}
}

// TestKeepInMemory: what is kept is not overwritten by the next item.
func TestKeepInMemory(t *testing.T) {
	c := connect(t, answer(mailPage(t, 4, 100)), nil)
	p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1", CollectionID: "c"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var kept []*eas.Blob
	commands(t, p, func(cmd *eas.Command) {
		cmd.Item.Body.Data.Keep()
		kept = append(kept, cmd.Item.Body.Data)
	})
	for i, b := range kept {
		if !bytes.Equal(content(t, b), mimeBody(i, 100)) {
			t.Errorf("%d is another now", i)
		}
	}
}

// TestCloseEarly: a page may be left at any point; the next request works.
func TestCloseEarly(t *testing.T) {
	c := connect(t, answer(mailPage(t, 50, 50<<10)), nil)
	for stop := range 4 {
		p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1", CollectionID: "c"})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for range p.Commands() {
			if n++; n > stop {
				break
			}
		}
		for range 2 {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
		var last error
		for _, err := range p.Commands() {
			last = err
		}
		if last == nil {
			t.Error("a page that was not read ends like one that was")
		}
	}
}

func TestBodies(t *testing.T) {
	const header = "From: a@b.c\nDate: Tue, 1 Sep 2026 10:00:00 +0000\n\ntext"
	for name, tc := range map[string]struct {
		v       eas.Version
		data    string
		support eas.MIMESupport
		want    *eas.Body
		text    string
		stays   bool // in the properties
	}{
		"MIME":                    {"14.1", `<Body xmlns="AirSyncBase"><Type>4</Type><EstimatedDataSize>77</EstimatedDataSize><Truncated>1</Truncated><Data>` + header + `</Data></Body>`, 2, &eas.Body{Type: 4, EstimatedDataSize: 77, Truncated: true}, header, false},
		"MIME, type last":         {"14.1", `<Body xmlns="AirSyncBase"><Data>` + header + `</Data><Type>4</Type></Body>`, 2, &eas.Body{Type: 4}, header, true},
		"text":                    {"14.1", `<Body xmlns="AirSyncBase"><Type>1</Type><Data>note</Data></Body>`, 2, &eas.Body{Type: 1}, "note", true},
		"MIMEData":                {"2.5", `<MIMETruncated xmlns="Email">0</MIMETruncated><MIMEData xmlns="Email">` + header + `</MIMEData><MIMESize xmlns="Email">55</MIMESize>`, 2, &eas.Body{Type: 4, EstimatedDataSize: 55}, header, false},
		"a message in email:Body": {"2.5", `<Body xmlns="Email">` + header + `</Body><BodyTruncated xmlns="Email">0</BodyTruncated>`, 2, &eas.Body{Type: 4}, header, false},
		"text in email:Body":      {"2.5", `<Body xmlns="Email">Dear all: this is text</Body><BodySize xmlns="Email">999</BodySize><BodyTruncated xmlns="Email">1</BodyTruncated>`, 2, &eas.Body{Type: 1, Truncated: true, EstimatedDataSize: 999}, "Dear all: this is text", true},
		"MIME was not asked for":  {"2.5", `<Body xmlns="Email">` + header + `</Body>`, 0, &eas.Body{Type: 1}, header, true},
	} {
		doc := page(t, `<SyncKey>2</SyncKey><Status>1</Status><Commands><Change><ServerId>s</ServerId><ApplicationData>`+tc.data+`<Subject xmlns="Email">z</Subject></ApplicationData></Change></Commands>`)
		_, err := read(t, doc, eas.SyncRequest{Class: eas.ClassEmail, Options: eas.SyncOptions{MIMESupport: tc.support}}, tc.v, func(cmd *eas.Command) {
			b := *cmd.Item.Body
			if text := string(content(t, b.Data)); text != tc.text {
				t.Errorf("%s: %q", name, text)
			}
			b.Data = nil
			if d := cmp.Diff(tc.want, &b); d != "" {
				t.Errorf("%s: %s", name, d)
			}
			xml := string(cmd.Item.XML())
			if strings.Contains(xml, tc.text) != tc.stays && !strings.Contains(tc.text, "\n") || strings.Contains(xml, "Dat>") || !strings.Contains(xml, ">z</Subject>") {
				t.Errorf("%s: %s", name, xml)
			}
			if diverted := strings.Contains(tc.text, "\n") && !strings.Contains(xml, "a@b.c"); diverted == tc.stays {
				if strings.Contains(tc.text, "\n") {
					t.Errorf("%s: diverted %v: %s", name, diverted, xml)
				}
			}
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestClientCommands(t *testing.T) {
	var sent *wbxml.Element
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		_, _ = b.ReadFrom(r.Body)
		sent, _ = wbxml.Unmarshal(b.Bytes(), wbxml.Limits{})
		_, _ = w.Write(page(t, `<SyncKey>2</SyncKey><Status>1</Status><Responses>
			<Add><ClientId>n1</ClientId><ServerId>s9</ServerId><Status>1</Status></Add>
			<Change><ServerId>s2</ServerId><Status>8</Status></Change>
			<Fetch><ServerId>s4</ServerId><Status>1</Status><ApplicationData><Body xmlns="AirSyncBase"><Type>4</Type><Data>mail 4</Data></Body></ApplicationData></Fetch>
			</Responses>`+oneItem))
	})
	c := connect(t, h, func(c *eas.Config) { c.Version = "16.1" })
	p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1", CollectionID: "c", Class: eas.ClassContacts, DeletesAsMoves: true, Commands: []eas.ClientCommand{
		{Op: eas.OpAdd, ClientID: "n1", Item: &eas.Contact{FileAs: "A", Categories: []string{"x", "y"}}},
		{Op: eas.OpChange, ServerID: "s2", Item: element(t, `<ApplicationData xmlns="AirSync"><Read xmlns="Email">1</Read></ApplicationData>`)},
		{Op: eas.OpDelete, ServerID: "s3"},
		{Op: eas.OpFetch, ServerID: "s4"},
		{Op: eas.OpChange, ServerID: "s5", Send: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := element(t, `<Sync xmlns="AirSync"><Collections><Collection><SyncKey>1</SyncKey><CollectionId>c</CollectionId><DeletesAsMoves>1</DeletesAsMoves><GetChanges/><Commands>`+
		`<Add><ClientId>n1</ClientId><ApplicationData><FileAs xmlns="Contacts">A</FileAs><Categories xmlns="Contacts"><Category>x</Category><Category>y</Category></Categories></ApplicationData></Add>`+
		`<Change><ServerId>s2</ServerId><ApplicationData><Read xmlns="Email">1</Read></ApplicationData></Change>`+
		`<Delete><ServerId>s3</ServerId></Delete><Fetch><ServerId>s4</ServerId></Fetch><Change><ServerId>s5</ServerId><ApplicationData/><Send xmlns="Email2"/></Change>`+
		`</Commands></Collection></Collections></Sync>`)
	if d := cmp.Diff(want, sent); d != "" {
		t.Error(d)
	}
	commands(t, p, nil)
	p.Close()
	res := p.Responses()
	if len(res) != 3 || res[0].ServerID != "s9" || res[0].ClientID != "n1" || res[0].Err != nil {
		t.Fatalf("%+v", res)
	}
	var st *eas.StatusError
	if !errors.As(res[1].Err, &st) || *st != (eas.StatusError{Command: "Sync", Element: "Change", Code: 8}) {
		t.Error(res[1].Err)
	}
	if got := string(content(t, res[2].Item.Body.Data)); got != "mail 4" {
		t.Errorf("%q", got)
	}
}

func TestSyncRefusals(t *testing.T) {
	c := connect(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") }), nil)
	for name, q := range map[string]eas.SyncRequest{
		"no key":            {CollectionID: "c"},
		"no folder":         {Key: "1"},
		"window of 513":     {Key: "1", CollectionID: "c", WindowSize: 513},
		"201 commands":      {Key: "1", CollectionID: "c", Commands: make([]eas.ClientCommand, 201)},
		"server's command":  {Key: "1", CollectionID: "c", Commands: []eas.ClientCommand{{Op: eas.OpSoftDelete}}},
		"an item of no use": {Key: "1", CollectionID: "c", Commands: []eas.ClientCommand{{Op: eas.OpAdd, Item: 5}}},
	} {
		if _, err := c.Sync(t.Context(), q); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestEstimateForms: the order and the names of the request's elements changed with 14.0.
func TestEstimateForms(t *testing.T) {
	for v, want := range map[eas.Version]string{
		"12.1": `<Class>Email</Class><CollectionId>c</CollectionId><FilterType xmlns="AirSync">0</FilterType><SyncKey xmlns="AirSync">1</SyncKey>`,
		"14.0": `<SyncKey xmlns="AirSync">1</SyncKey><CollectionId>c</CollectionId><Options xmlns="AirSync"><FilterType>0</FilterType></Options>`,
	} {
		var sent []byte
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var b bytes.Buffer
			_, _ = b.ReadFrom(r.Body)
			sent = b.Bytes()
			_, _ = w.Write(parse(t, `<GetItemEstimate xmlns="GetItemEstimate"><Response><Status>3</Status></Response></GetItemEstimate>`))
		})
		got, err := connect(t, h, func(c *eas.Config) { c.Version = v }).GetItemEstimate(t.Context(), []eas.EstimateRequest{{CollectionID: "c", Class: eas.ClassEmail, Key: "1"}})
		var st *eas.StatusError
		if err != nil || len(got) != 1 || got[0].CollectionID != "c" || !errors.As(got[0].Err, &st) || st.Code != 3 {
			t.Errorf("%s: %+v %v", v, got, err)
		}
		if doc := parse(t, `<GetItemEstimate xmlns="GetItemEstimate"><Collections><Collection>`+want+`</Collection></Collections></GetItemEstimate>`); !bytes.Equal(sent, doc) {
			t.Errorf("%s: %q", v, sent)
		}
	}
}

// TestTwoBodies: of an item that brings a body in two forms nothing is lost: one is the Body, the other in the Properties. A message
// is the Body rather than text.
func TestTwoBodies(t *testing.T) {
	const message = "From: a@example.com\r\nSubject: s\r\n\r\nthe message\r\n"
	mime := strings.ReplaceAll(`<MIMEData xmlns="Email">`+message+`</MIMEData>`, "\r", "&#13;")
	const legacy, modern = `<Body xmlns="Email">the text</Body>`, `<Body xmlns="AirSyncBase"><Type>1</Type><Data>the text</Data></Body>`
	for name, data := range map[string]string{
		"MIMEData, Body": mime + modern, "MIMEData, email:Body": mime + legacy, "email:Body, MIMEData": legacy + mime,
	} {
		doc := page(t, `<SyncKey>2</SyncKey><Status>1</Status><Commands><Add><ServerId>s</ServerId><ApplicationData>`+data+`</ApplicationData></Add></Commands>`)
		n := 0
		_, err := read(t, doc, eas.SyncRequest{Options: eas.ArchiveOptions(eas.ClassEmail, eas.Version25)}, eas.Version25, func(cmd *eas.Command) {
			n++
			b := cmd.Item.Body
			if b == nil || b.Type != eas.BodyMIME || string(content(t, b.Data)) != message {
				t.Errorf("%s: the Body is %+v", name, b)
			}
			text := cmd.Item.Properties.Value(wbxml.EmailBody) + cmd.Item.Properties.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData)
			if text != "the text" {
				t.Errorf("%s: the text is %q", name, text)
			}
		})
		if err != nil || n != 1 {
			t.Errorf("%s: %d items, %v", name, n, err)
		}
	}
}
