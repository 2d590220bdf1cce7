package eas_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// code shows a status error as "element code".
func code(err error) string {
	var st *eas.StatusError
	if errors.As(err, &st) {
		return fmt.Sprintf("%s %d", st.Element, st.Code)
	}
	return fmt.Sprint(err)
}

func TestResolveRecipients(t *testing.T) {
	monday := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, v := range eas.Versions() {
		p := newPeer(t, easserver.Config{})
		p.bob.AddCertificate([]byte("bob 1"))
		p.bob.AddCertificate([]byte("bob 2"))
		p.bob.SetEntry(eas.GALEntry{Picture: &eas.Picture{Data: []byte("photo of bob")}})
		p.bob.Folder("Calendar").Add(easserver.Item{Properties: []wbxml.Element{
			wbxml.T(wbxml.CalendarStartTime, "20260302T093000Z"), wbxml.T(wbxml.CalendarEndTime, "20260302T101000Z"), wbxml.T(wbxml.CalendarBusyStatus, "2"),
		}})
		p.alice.Folder("Contacts").Add(easserver.Item{Properties: []wbxml.Element{
			wbxml.T(wbxml.ContactsFileAs, "Bobby Tables"), wbxml.T(wbxml.ContactsEmail1Address, "bobby@example.org"),
		}})
		c, _ := p.client(t, v, nil)
		bob := eas.Recipient{Type: eas.RecipientGAL, DisplayName: "Bob Example", EmailAddress: "bob@example.com"}
		bobby := eas.Recipient{Type: eas.RecipientContact, DisplayName: "Bobby Tables", EmailAddress: "bobby@example.org"}
		ambiguous := &eas.StatusError{Command: "ResolveRecipients", Element: "Response", Code: 2}
		want := []eas.Resolved{
			{To: "bob", Err: ambiguous, Count: 2, Recipients: []eas.Recipient{bob, bobby}},
			{To: "bob@example.com", Count: 1, Recipients: []eas.Recipient{bob}},
			{To: "nobody", Err: &eas.StatusError{Command: "ResolveRecipients", Element: "Response", Code: 4}},
		}
		ask := func(q eas.ResolveRequest) []eas.Resolved {
			t.Helper()
			got, err := c.ResolveRecipients(t.Context(), q)
			if err != nil {
				t.Fatalf("%s: %v", v, err)
			}
			return got
		}
		if d := cmp.Diff(want, ask(eas.ResolveRequest{To: []string{"bob", "bob@example.com", "nobody"}})); d != "" {
			t.Errorf("%s: %s", v, d)
		}
		got := ask(eas.ResolveRequest{To: []string{"bob"}, MaxAmbiguous: new(1)})
		if len(got) != 1 || code(got[0].Err) != "Response 3" || got[0].Count != 2 || len(got[0].Recipients) != 1 {
			t.Errorf("%s: a part of them: %+v", v, got)
		}

		certificates := func(q eas.ResolveRequest) string {
			q.To = []string{"bob@example.com", "bobby@example.org"}
			var s string
			for _, r := range ask(q) {
				k := r.Recipients[0].Certificates
				s += fmt.Sprintf("%s %d/%d %s %s,", code(k.Err), k.Count, k.Members, k.Certificates, k.Mini)
			}
			return s
		}
		for want, q := range map[string]eas.ResolveRequest{
			"<nil> 2/1 [bob 1 bob 2] ,Certificates 7 0/1 [] ,": {Certificates: eas.CertificatesFull},
			"<nil> 2/1 [] bob 1,Certificates 7 0/1 [] ,":       {Certificates: eas.CertificatesMini},
			"Certificates 8 2/1 [] ,Certificates 7 0/1 [] ,":   {Certificates: eas.CertificatesFull, MaxCertificates: new(1)},
		} {
			if got := certificates(q); got != want {
				t.Errorf("%s: certificates %s, want %s", v, got, want)
			}
		}

		times := eas.ResolveRequest{To: []string{"bob@example.com", "bob", "bobby@example.org"}, Start: monday, End: monday.Add(100 * time.Minute)}
		if !v.AtLeast(eas.Version140) {
			if _, err := c.ResolveRecipients(t.Context(), times); !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s: availability: %v", v, err)
			}
			continue
		}
		got = ask(times)
		slot := func(from, to int, s eas.FreeBusy) eas.FreeBusySlot {
			return eas.FreeBusySlot{Start: monday.Add(time.Duration(from) * time.Minute), End: monday.Add(time.Duration(to) * time.Minute), Status: s}
		}
		slots := []eas.FreeBusySlot{slot(0, 30, eas.Free), slot(30, 60, eas.Busy), slot(60, 90, eas.Busy), slot(90, 100, eas.Free)}
		if d := cmp.Diff(&eas.Availability{Slots: slots}, got[0].Recipients[0].Availability); d != "" {
			t.Errorf("%s: %s", v, d)
		}
		if got[1].Recipients[0].Availability != nil || code(got[2].Recipients[0].Availability.Err) != "Availability 163" {
			t.Errorf("%s: %+v", v, got)
		}
		if !v.AtLeast(eas.Version141) {
			continue
		}
		got = ask(eas.ResolveRequest{To: []string{"bob@example.com", "alice"}, Pictures: &eas.PictureOptions{MaxSize: 100, MaxPictures: 1}})
		if photo := got[0].Recipients[0].Picture; photo.Err != nil || string(photo.Data) != "photo of bob" || code(got[1].Recipients[0].Picture.Err) != "Picture 173" {
			t.Errorf("%s: %+v", v, got)
		}
	}
}

// TestResolveList: a distribution list answers for its members.
func TestResolveList(t *testing.T) {
	store := easserver.NewStore()
	var many []*easserver.User
	for i := range 21 {
		many = append(many, store.AddUser(fmt.Sprintf("user%d", i)))
	}
	alice := store.AddUser("alice")
	alice.AddCertificate([]byte("alice"))
	store.AddGroup("Team", "team@example.com", alice, many[0])
	store.AddGroup("Everybody", "all@example.com", many...)
	c := served(t, eas.Version161, easserver.Config{}, store, nil)
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	got, err := c.ResolveRecipients(t.Context(), eas.ResolveRequest{To: []string{"team", "all@example.com"}, Certificates: eas.CertificatesFull, Start: at, End: at.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	team, all := got[0].Recipients[0], got[1].Recipients[0]
	if team.Certificates.Members != 2 || team.Certificates.Count != 1 || len(team.Availability.Slots) != 2 || code(all.Availability.Err) != "Availability 161" {
		t.Errorf("%+v\n%+v", team, all)
	}
}

func TestResolveRefused(t *testing.T) {
	c := connect(t, http.NotFoundHandler(), nil)
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	one := []string{"x"}
	for name, q := range map[string]eas.ResolveRequest{
		"nobody":          {},
		"an empty name":   {To: []string{""}},
		"a long name":     {To: []string{strings.Repeat("ü", 257)}},
		"101 names":       {To: strings.Split(strings.Repeat("x,", 101), ",")},
		"a large limit":   {To: one, MaxAmbiguous: new(10000)},
		"a small limit":   {To: one, MaxCertificates: new(-1)},
		"no end":          {To: one, Start: at},
		"no start":        {To: one, End: at},
		"a short time":    {To: one, Start: at, End: at.Add(29 * time.Minute)},
		"a large picture": {To: one, Pictures: &eas.PictureOptions{MaxSize: 102401}},
	} {
		var he *eas.HTTPError
		if _, err := c.ResolveRecipients(t.Context(), q); err == nil || errors.As(err, &he) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestResolveAnswers reads what servers may send; a value that makes no sense spoils nothing else.
func TestResolveAnswers(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	const form = `<ResolveRecipients xmlns="ResolveRecipients"><Status>1</Status><Response><To>x</To><Status>1</Status><RecipientCount>1</RecipientCount>` +
		`<Recipient><Type>1</Type><DisplayName>X</DisplayName><EmailAddress>x@x</EmailAddress>%s</Recipient></Response></ResolveRecipients>`
	busy := func(s string) string {
		return "<Availability><Status>1</Status><MergedFreeBusy>" + s + "</MergedFreeBusy></Availability>"
	}
	for _, tc := range []struct {
		name, xml string
		check     func(eas.Resolved) bool
	}{
		{"no data", busy("34"), func(r eas.Resolved) bool {
			a := r.Recipients[0].Availability
			return a.Err == nil && a.Slots[0].Status == eas.OutOfOffice && a.Slots[1].Status == eas.FreeBusyNone && a.Slots[1].End.Equal(at.Add(time.Hour))
		}},
		{"more than was asked for", busy("000"), func(r eas.Resolved) bool { return len(r.Recipients[0].Availability.Slots) == 3 }},
		{"an unknown digit", busy("05"), func(r eas.Resolved) bool { return r.Recipients[0].Availability.Err != nil && r.Err == nil }},
		{"too long", busy(strings.Repeat("0", 32<<10+1)), func(r eas.Resolved) bool {
			a := r.Recipients[0].Availability
			var limit *wbxml.LimitError
			return errors.As(a.Err, &limit) && a.Slots == nil
		}},
		{"too many asked", "<Availability><Status>160</Status></Availability>", func(r eas.Resolved) bool { return code(r.Recipients[0].Availability.Err) == "Availability 160" }},
		{"a broken certificate", "<Certificates><Status>1</Status><CertificateCount>1</CertificateCount><Certificate>!</Certificate></Certificates>", func(r eas.Resolved) bool {
			return r.Err != nil && r.Recipients[0].EmailAddress == "x@x" && r.Recipients[0].Certificates.Count == 1
		}},
		{"no status", "<Picture><Data>AAAA</Data></Picture>", func(r eas.Resolved) bool { return r.Recipients[0].Picture.Err != nil }},
	} {
		got, err := connect(t, answer(parse(t, fmt.Sprintf(form, tc.xml))), nil).ResolveRecipients(t.Context(), eas.ResolveRequest{To: []string{"x"}, Start: at, End: at.Add(time.Hour)})
		if err != nil || len(got) != 1 || !tc.check(got[0]) {
			t.Errorf("%s: %+v, %v", tc.name, got, err)
		}
	}
	for _, want := range []string{"5", "6"} {
		_, err := connect(t, answer(parse(t, `<ResolveRecipients xmlns="ResolveRecipients"><Status>`+want+`</Status></ResolveRecipients>`)), nil).ResolveRecipients(t.Context(), eas.ResolveRequest{To: []string{"x"}})
		if code(err) != "ResolveRecipients "+want {
			t.Error(err)
		}
	}
}
