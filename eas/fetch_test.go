package eas_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

var wholeMail = eas.ArchiveOptions(eas.ClassEmail, eas.Version141)

func TestRecordedFetch(t *testing.T) {
	for _, tc := range []struct {
		name      string
		fetch     eas.Fetch
		multipart bool
	}{
		{"mime", eas.Fetch{CollectionID: inboxDave, ServerID: "1", Options: wholeMail}, false},
		{"multipart", eas.Fetch{CollectionID: inboxDave, ServerID: "1", Options: wholeMail}, true},
		{"range", eas.Fetch{CollectionID: inboxDave, ServerID: "1", Options: wholeMail, Range: &[2]int64{0, 99}}, false},
	} {
		rec, c := replay(t, "itemoperations-fetch-"+tc.name+"-v14.1", eas.Version141)
		r, err := c.Fetch(t.Context(), []eas.Fetch{tc.fetch}, tc.multipart)
		if err != nil {
			t.Fatal(err)
		}
		rec.same()
		if got := rec.head.Get("MS-ASAcceptMultiPart"); (got == "T") != tc.multipart {
			t.Errorf("%s: MS-ASAcceptMultiPart %q", tc.name, got)
		}
		n := 0
		for res, err := range r.Results() {
			if err != nil || res.Err != nil {
				t.Fatal(tc.name, err, res)
			}
			n++
			m, err := res.Item.Email()
			if err != nil || m.Subject != "plain 0" || res.CollectionID != inboxDave || res.ServerID != "1" || res.Item.Class != eas.ClassEmail {
				t.Errorf("%s: %+v %v", tc.name, res, err)
			}
			data := content(t, res.Item.Body.Data)
			if !bytes.HasPrefix(data, []byte("Return-Path: <x0@remote.example>\r\n")) {
				t.Errorf("%s: body %q", tc.name, data[:50])
			}
			if !bytes.Contains(rec.file(".response.wbxml"), data) {
				t.Errorf("%s: not the bytes of the recording", tc.name)
			}
			if tc.multipart && len(data) != 0x6DE { // as the table of parts in the recording says
				t.Errorf("%d bytes", len(data))
			}
		}
		if r.Close(); n != 1 {
			t.Errorf("%s: %d results", tc.name, n)
		}
	}
}

func TestRecordedAttachment(t *testing.T) {
	rec, c := replay(t, "itemoperations-fetch-attachment-v14.1", eas.Version141)
	r, err := c.Fetch(t.Context(), []eas.Fetch{{FileReference: "mail/INBOX/10/2", Options: wholeMail}}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rec.same()
	doc, err := wbxml.Unmarshal(rec.file(".response.wbxml"), wbxml.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	text := doc.Value(wbxml.ItemOperationsResponse, wbxml.ItemOperationsFetch, wbxml.ItemOperationsProperties, wbxml.ItemOperationsData)
	want, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil || len(want) != 2000 {
		t.Fatal(len(want), err)
	}
	for res, err := range r.Results() {
		if err != nil || res.Err != nil || res.Item != nil {
			t.Fatal(err, res)
		}
		if res.FileReference != "mail/INBOX/10/2" || res.ContentType != "application/octet-stream" || !bytes.Equal(content(t, res.Data), want) {
			t.Errorf("%+v", res)
		}
	}
}

func TestRecordedFetchFailures(t *testing.T) {
	_, c := replay(t, "err-itemoperations-bad-fileref", eas.Version141)
	r, err := c.Fetch(t.Context(), []eas.Fetch{{FileReference: "mail/bogus/1/2"}}, false)
	if err != nil {
		t.Fatal(err)
	}
	for res, err := range r.Results() {
		var re *eas.ResponseError
		if err != nil || !errors.As(res.Err, &re) { // status 1, and "(null)" for data
			t.Errorf("%v %+v", err, res)
		}
	}
	r.Close()
	_, c = replay(t, "err-itemoperations-missing-item", eas.Version141)
	var he *eas.HTTPError
	if _, err := c.Fetch(t.Context(), []eas.Fetch{{CollectionID: "c", ServerID: "99999"}}, false); !errors.As(err, &he) || he.Code != 501 {
		t.Error(err)
	}
}

// multipart builds an answer: a table, and the parts at the offsets that order says.
func multipart(doc []byte, order []int, parts ...string) []byte {
	all := append([][]byte{doc}, make([][]byte, len(parts))...)
	for i, p := range parts {
		all[i+1] = []byte(p)
	}
	table := make([]byte, 4+8*len(all))
	binary.LittleEndian.PutUint32(table, uint32(len(all)))
	var body []byte
	for _, n := range append([]int{0}, order...) {
		binary.LittleEndian.PutUint32(table[4+8*n:], uint32(len(table)+len(body)))
		binary.LittleEndian.PutUint32(table[8+8*n:], uint32(len(all[n])))
		body = append(body, all[n]...)
	}
	return append(table, body...)
}

func fetchDocument(t testing.TB, results string) []byte {
	return parse(t, `<ItemOperations xmlns="ItemOperations"><Status>1</Status><Response>`+results+`</Response></ItemOperations>`)
}

const fetchedMail = `<Fetch><Status>1</Status><CollectionId xmlns="AirSync">c</CollectionId><ServerId xmlns="AirSync">%d</ServerId><Properties>` +
	`<Subject xmlns="Email">s</Subject><Body xmlns="AirSyncBase"><Type>4</Type><Part xmlns="ItemOperations">%d</Part></Body></Properties></Fetch>`

const fetchedFile = `<Fetch><Status>1</Status><FileReference xmlns="AirSyncBase">f</FileReference><Properties>` +
	`<ContentType xmlns="AirSyncBase">image/png</ContentType><Range>0-2</Range><Total>9</Total><Part>%d</Part></Properties></Fetch>`

func TestMultipart(t *testing.T) {
	failed := `<Fetch><Status>6</Status><CollectionId xmlns="AirSync">c</CollectionId><ServerId xmlns="AirSync">9</ServerId></Fetch>`
	doc := fetchDocument(t, fmt.Sprintf(fetchedMail, 1, 1)+failed+fmt.Sprintf(fetchedFile, 2)+fmt.Sprintf(fetchedMail, 3, 3)+fmt.Sprintf(fetchedMail, 4, 4))
	for _, memory := range []int{1 << 20, 3} { // the second spools to files
		c := connect(t, answer(multipart(doc, []int{3, 1, 2}, "first", "png", "third mail")), func(c *eas.Config) { c.SpoolMemory = memory })
		r, err := c.Fetch(t.Context(), []eas.Fetch{{CollectionID: "c", ServerID: "1"}, {FileReference: "f"}}, true)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for res, err := range r.Results() {
			if err != nil {
				t.Fatal(err)
			}
			s := string(res.ServerID) + res.FileReference + ": "
			switch {
			case res.Err != nil:
				s += res.Err.Error()
			case res.Item != nil:
				s += string(content(t, res.Item.Body.Data))
			default:
				s += fmt.Sprintf("%s %d %d %s", res.ContentType, *res.Range, res.Total, content(t, res.Data))
			}
			got = append(got, s)
		}
		r.Close()
		want := []string{
			"9: ItemOperations: Fetch: status 6 (not found, or access denied)", "3: third mail", "1: first", "f: image/png [0 2] 9 png",
			"4: ItemOperations: malformed answer: part 4 is missing",
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

func TestMultipartBroken(t *testing.T) {
	doc := fetchDocument(t, fmt.Sprintf(fetchedMail, 1, 1))
	whole := multipart(doc, []int{1}, "a message that is longer than it is read")
	overlap := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(overlap[12:], 4)
	huge := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(huge[8:], 1<<30)
	binary.LittleEndian.PutUint32(huge[12:], 1<<31)
	for name, tc := range map[string]struct {
		body []byte
		want error
	}{
		"cut in a part":     {whole[:len(whole)-9], eas.ErrTruncatedPage},
		"cut in the table":  {whole[:10], eas.ErrTruncatedPage},
		"cut in part 0":     {whole[:40], eas.ErrTruncatedPage},
		"overlapping parts": {overlap, nil},
		"huge document":     {huge, nil},
	} {
		c := connect(t, answer(tc.body), nil)
		r, err := c.Fetch(t.Context(), []eas.Fetch{{CollectionID: "c", ServerID: "1"}}, true)
		if err == nil {
			for _, e := range r.Results() {
				err = e
			}
			r.Close()
		}
		if err == nil || tc.want != nil && !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMultipartInline: a server may answer inline what was asked for in parts.
func TestMultipartInline(t *testing.T) {
	doc := fetchDocument(t, `<Fetch><Status>1</Status><FileReference xmlns="AirSyncBase">f</FileReference><Properties><Data>YWJj</Data></Properties></Fetch>`)
	c := connect(t, answer(doc), nil)
	r, err := c.Fetch(t.Context(), []eas.Fetch{{FileReference: "f"}}, true)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for res, err := range r.Results() {
		if err != nil || string(content(t, res.Data)) != "abc" {
			t.Error(err, res)
		}
	}
}

func TestFetchRefusals(t *testing.T) {
	never := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	c := connect(t, never, nil)
	if _, err := c.Fetch(t.Context(), make([]eas.Fetch, 101), false); err == nil {
		t.Error("101 items in one request")
	}
	if _, err := c.Fetch(t.Context(), nil, false); err == nil {
		t.Error("a request for nothing")
	}
	old := connect(t, never, func(c *eas.Config) { c.Version = eas.Version25 })
	if _, err := old.Fetch(t.Context(), make([]eas.Fetch, 1), false); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("ItemOperations in 2.5: %v", err)
	}
	c = connect(t, answer(parse(t, `<ItemOperations xmlns="ItemOperations"><Status>3</Status></ItemOperations>`)), nil)
	var st *eas.StatusError
	if _, err := c.Fetch(t.Context(), make([]eas.Fetch, 1), false); !errors.As(err, &st) || st.Code != 3 {
		t.Error(err)
	}
}

// TestFetchWithoutItem: a result without an Err has what was asked for, whatever the server sends.
func TestFetchWithoutItem(t *testing.T) {
	const id = `<Status>1</Status><CollectionId xmlns="AirSync">1</CollectionId><ServerId xmlns="AirSync">1:1</ServerId>`
	for name, tc := range map[string]struct {
		fetch     eas.Fetch
		xml, want string
	}{
		"success and nothing":     {eas.Fetch{CollectionID: "1", ServerID: "1:1"}, id, "malformed answer: success, and no Properties"},
		"an attachment's data":    {eas.Fetch{CollectionID: "1", ServerID: "1:1"}, id + `<Properties><Data>eA==</Data></Properties>`, ""},
		"a reference":             {eas.Fetch{CollectionID: "1", ServerID: "1:1"}, id + `<FileReference xmlns="AirSyncBase">f</FileReference><Properties/>`, ""},
		"nothing of a failure":    {eas.Fetch{CollectionID: "1", ServerID: "1:1"}, `<Status>6</Status>`, "status 6"},
		"nothing of a file":       {eas.Fetch{FileReference: "f"}, `<Status>1</Status><FileReference xmlns="AirSyncBase">f</FileReference>`, "success, and no Properties"},
		"a file that has no name": {eas.Fetch{FileReference: "f"}, `<Status>1</Status><Properties><Data>eA==</Data></Properties>`, ""},
	} {
		doc := parse(t, `<ItemOperations xmlns="ItemOperations"><Status>1</Status><Response><Fetch>`+tc.xml+`</Fetch></Response></ItemOperations>`)
		r, err := connect(t, answer(doc), nil).Fetch(t.Context(), []eas.Fetch{tc.fetch}, false)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for res, err := range r.Results() {
			n++
			switch {
			case err != nil:
				t.Errorf("%s: %v", name, err)
			case tc.want != "":
				if res.Err == nil || !strings.Contains(res.Err.Error(), tc.want) {
					t.Errorf("%s: %v", name, res.Err)
				}
			case res.Err != nil || (res.Item != nil) != (tc.fetch.ServerID != "") || (res.Data != nil) != (tc.fetch.FileReference != ""):
				t.Errorf("%s: %+v", name, res)
			}
		}
		if r.Close(); n != 1 {
			t.Errorf("%s: %d results", name, n)
		}
	}
}
