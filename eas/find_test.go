package eas_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
)

func TestFindMailbox(t *testing.T) {
	p := newPeer(t, easserver.Config{})
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	inbox := p.alice.Folder("Inbox")
	sub := p.alice.AddFolder("Inbox/Sub", inbox.Type())
	for n := range 5 {
		f, more := inbox, ""
		if n == 4 {
			f, more = sub, "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nall of fish\r\n--B\r\nContent-Disposition: attachment; filename=a.bin\r\n\r\nbytes\r\n--B--\r\n"
		} else {
			more = fmt.Sprintf("\r\nwords about fish %d\r\n", n)
		}
		f.Add(easserver.Item{Received: at.AddDate(0, 0, n), Read: n == 4, Message: &easserver.Content{Bytes: fmt.Appendf(nil,
			"From: Bob <bob@example.com>\r\nTo: Alice <alice@example.com>\r\nCc: Carol <carol@example.com>, dave@example.com\r\nSubject: subject %d\r\nImportance: high\r\nMessage-ID: <%d@x>\r\n%s", n, n, more)}})
	}
	c, _ := p.client(t, eas.Version161, nil)
	first, err := c.FindMailbox(t.Context(), eas.FindMailbox{FreeText: "fish from:bob", SearchPart: eas.SearchPart{Range: &[2]int{0, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	want := eas.FoundMail{
		Class: eas.ClassEmail, ServerID: "10:0", CollectionID: "10", Subject: "subject 4", DateReceived: at.AddDate(0, 0, 4), From: `"Bob" <bob@example.com>`, DisplayTo: "Alice",
		DisplayCc: "Carol; dave@example.com", Importance: new(eas.ImportanceHigh), Read: new(true), IsDraft: new(false), Preview: "all of fish", HasAttachments: new(true),
	}
	if d := cmp.Diff(want, first.Mails[0]); d != "" || first.Results != (eas.Results{Last: 1, Total: 5}) || len(first.Mails) != 2 {
		t.Errorf("%+v %s", first.Results, d)
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(first.SearchID) {
		t.Errorf("the search is called %q", first.SearchID)
	}
	next, err := c.FindMailbox(t.Context(), eas.FindMailbox{SearchID: first.SearchID, FreeText: "fish from:bob", SearchPart: eas.SearchPart{Range: &[2]int{2, 9}, Language: "en"}})
	if err != nil || next.Results != (eas.Results{First: 2, Last: 4, Total: 5}) || next.Mails[2].Subject != "subject 0" || next.SearchID != first.SearchID {
		t.Errorf("%+v, %v", next, err)
	}
	for _, tc := range []struct {
		q    eas.FindMailbox
		want int
	}{
		{eas.FindMailbox{FreeText: "subject:3"}, 1},
		{eas.FindMailbox{FreeText: "fish", Collection: inbox.ID()}, 4},
		{eas.FindMailbox{FreeText: "fish", Collection: inbox.ID(), Deep: true}, 5},
		{eas.FindMailbox{FreeText: "fowl"}, 0},
	} {
		got, err := c.FindMailbox(t.Context(), tc.q)
		if err != nil || len(got.Mails) != tc.want || got.Total != tc.want || got.Last != tc.want-1 {
			t.Errorf("%+v: %+v, %v", tc.q, got, err)
		}
	}
	if _, err := c.FindMailbox(t.Context(), eas.FindMailbox{FreeText: "x", Collection: "99"}); code(err) != "Find 3" {
		t.Errorf("an unknown folder: %v", err)
	}
}

// TestFindMiddle: the server wants a search from its beginning.
func TestFindMiddle(t *testing.T) {
	reports := 0
	p := newPeer(t, easserver.Config{OnViolation: func(easserver.Violation) { reports++ }})
	c, _ := p.client(t, eas.Version161, nil)
	_, err := c.FindMailbox(t.Context(), eas.FindMailbox{FreeText: "x", SearchPart: eas.SearchPart{Range: &[2]int{5, 9}}})
	var st *eas.StatusError
	if code(err) != "Response 4" || !errors.As(err, &st) || st.Action() != eas.ActionFix || reports != 1 {
		t.Errorf("%v, %d reports", err, reports)
	}
}

func TestFindGAL(t *testing.T) {
	p := newPeer(t, easserver.Config{})
	p.bob.SetEntry(eas.GALEntry{Title: "Dr", Picture: &eas.Picture{Data: []byte("photo")}})
	c, _ := p.client(t, eas.Version161, nil)
	got, err := c.FindGAL(t.Context(), eas.FindGAL{Query: "example", Pictures: &eas.PictureOptions{MaxSize: 100, MaxPictures: 5}, SearchPart: eas.SearchPart{Range: &[2]int{0, 9}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []eas.GALEntry{
		{DisplayName: "Alice Example", Alias: "alice", FirstName: "Alice", LastName: "Example", EmailAddress: "alice@example.com", Picture: &eas.Picture{Err: &eas.StatusError{Command: "Find", Element: "Picture", Code: 173}}},
		{DisplayName: "Bob Example", Title: "Dr", Alias: "bob", FirstName: "Bob", LastName: "Example", EmailAddress: "bob@example.com", Picture: &eas.Picture{Data: []byte("photo")}},
	}
	if d := cmp.Diff(want, got.Entries); d != "" || got.Results != (eas.Results{Last: 1, Total: 2}) || got.SearchID == "" {
		t.Errorf("%+v %s", got.Results, d)
	}
	if got, err := c.FindGAL(t.Context(), eas.FindGAL{Query: "nobody"}); err != nil || len(got.Entries) != 0 || got.Total != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFindRefused(t *testing.T) {
	for _, v := range versionsFrom(eas.Version25, eas.Version160) {
		c := connect(t, http.NotFoundHandler(), func(c *eas.Config) { c.Version = v })
		if _, err := c.FindMailbox(t.Context(), eas.FindMailbox{FreeText: "x"}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", v, err)
		}
		if _, err := c.FindGAL(t.Context(), eas.FindGAL{Query: "x"}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", v, err)
		}
	}
	c := connect(t, http.NotFoundHandler(), func(c *eas.Config) { c.Version = eas.Version161 })
	_, noWords := c.FindMailbox(t.Context(), eas.FindMailbox{})
	_, nobody := c.FindGAL(t.Context(), eas.FindGAL{})
	_, far := c.FindMailbox(t.Context(), eas.FindMailbox{FreeText: "x", SearchPart: eas.SearchPart{Range: &[2]int{0, 1000}}})
	_, large := c.FindGAL(t.Context(), eas.FindGAL{Query: "x", Pictures: &eas.PictureOptions{MaxSize: -1}})
	for _, err := range []error{noWords, nobody, far, large} {
		var he *eas.HTTPError
		if err == nil || errors.As(err, &he) || !strings.HasPrefix(err.Error(), "Find: ") {
			t.Error(err)
		}
	}
}

func TestFindAnswers(t *testing.T) {
	for xml, want := range map[string]string{
		`<Find xmlns="Find"><Status>2</Status></Find>`:                                        "Find 2",
		`<Find xmlns="Find"><Status>1</Status><Response><Status>3</Status></Response></Find>`: "Response 3",
		`<Find xmlns="Find"><Status>1</Status></Find>`:                                        "Find: malformed answer: it has no results, nor a reason",
		`<Find xmlns="Find"><Status>1</Status><Response><Status>1</Status></Response></Find>`: "<nil>",
		`<Find xmlns="Find"><Status>1</Status><Response><Status>1</Status><Result><Properties><HasAttachments>maybe</HasAttachments></Properties></Result></Response></Find>`: `Find: malformed answer: wbxml: Find:HasAttachments: value "maybe": no boolean`,
	} {
		c := connect(t, answer(parse(t, xml)), func(c *eas.Config) { c.Version = eas.Version161 })
		if _, err := c.FindMailbox(t.Context(), eas.FindMailbox{FreeText: "x"}); code(err) != want {
			t.Errorf("%s: %v", xml, err)
		}
	}
}
