package easserver

import (
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestForbiddenResolveRecipients sends what MS-ASCMD forbids and wants status 5, and a report.
func TestForbiddenResolveRecipients(t *testing.T) {
	e, text := wbxml.E, wbxml.T
	to := func(s string) wbxml.Element { return text(wbxml.ResolveRecipientsTo, s) }
	options := func(o ...wbxml.Element) wbxml.Element { return e(wbxml.ResolveRecipientsOptions, o...) }
	start, end := text(wbxml.ResolveRecipientsStartTime, "2026-03-02T09:00:00.000Z"), text(wbxml.ResolveRecipientsEndTime, "2026-03-02T09:29:59.000Z")
	availability := func(o ...wbxml.Element) wbxml.Element {
		return options(e(wbxml.ResolveRecipientsAvailability, o...))
	}
	var many []wbxml.Element
	for range 101 {
		many = append(many, to("bob"))
	}
	for _, c := range []struct {
		name, version string
		doc           []wbxml.Element
	}{
		{"nobody", "14.1", []wbxml.Element{options()}},
		{"an empty name", "14.1", []wbxml.Element{to("")}},
		{"a long name", "14.1", []wbxml.Element{to(strings.Repeat("ü", 257))}},
		{"101 names", "14.1", many},
		{"options twice", "14.1", []wbxml.Element{to("bob"), options(), options()}},
		{"an unknown retrieval", "14.1", []wbxml.Element{to("bob"), options(text(wbxml.ResolveRecipientsCertificateRetrieval, "4"))}},
		{"too many certificates", "14.1", []wbxml.Element{to("bob"), options(text(wbxml.ResolveRecipientsMaxCertificates, "10000"))}},
		{"too many suggestions", "14.1", []wbxml.Element{to("bob"), options(text(wbxml.ResolveRecipientsMaxAmbiguousRecipients, "-1"))}},
		{"availability in 12.1", "12.1", []wbxml.Element{to("bob"), availability(start)}},
		{"availability since when?", "14.1", []wbxml.Element{to("bob"), availability(end)}},
		{"availability of less than half an hour", "14.1", []wbxml.Element{to("bob"), availability(start, end)}},
		{"availability of years", "14.1", []wbxml.Element{to("bob"), availability(start, text(wbxml.ResolveRecipientsEndTime, "2028-03-02T09:00:00.000Z"))}},
		{"availability of no time", "14.1", []wbxml.Element{to("bob"), availability(text(wbxml.ResolveRecipientsStartTime, "soon"))}},
		{"a picture in 14.0", "14.0", []wbxml.Element{to("bob"), options(e(wbxml.ResolveRecipientsPicture))}},
		{"a large picture", "14.1", []wbxml.Element{to("bob"), options(e(wbxml.ResolveRecipientsPicture, text(wbxml.ResolveRecipientsMaxSize, "102401")))}},
	} {
		s, _ := inboxOf(0)
		cl := newClient(t, Config{}, s)
		cl.version = c.version
		answer := cl.do("ResolveRecipients", e(wbxml.ResolveRecipientsResolveRecipients, c.doc...))
		if got := answer.Value(wbxml.ResolveRecipientsStatus); got != "5" || len(cl.violations) != 1 {
			t.Errorf("%s: status %q and %d reports, want 5 and 1", c.name, got, len(cl.violations))
		}
	}
}

// TestFreeBusy has the examples of MS-ASCMD 2.2.3.107: an appointment of five minutes at twelve.
func TestFreeBusy(t *testing.T) {
	s, _ := inboxOf(0)
	bob := s.AddUser("bob")
	bob.Folder("Calendar").Add(Item{Properties: []wbxml.Element{
		wbxml.T(wbxml.CalendarStartTime, "20260302T120000Z"), wbxml.T(wbxml.CalendarEndTime, "20260302T120500Z"), wbxml.T(wbxml.CalendarBusyStatus, "3"),
	}})
	c := newClient(t, Config{}, s)
	for times, want := range map[string]string{
		"12:00:00 13:00:00": "30", "12:04:59 13:00:00": "30", "12:05:00 13:00:00": "00",
		"13:00:00 13:30:00": "0", "12:59:59 13:30:00": "00", "13:00:00 13:30:01": "00",
	} {
		at := func(tag wbxml.Tag, clock string) wbxml.Element { return wbxml.T(tag, "2026-03-02T"+clock+".000Z") }
		start, end, _ := strings.Cut(times, " ")
		e := c.do("ResolveRecipients", wbxml.E(wbxml.ResolveRecipientsResolveRecipients, wbxml.T(wbxml.ResolveRecipientsTo, "bob"),
			wbxml.E(wbxml.ResolveRecipientsOptions, wbxml.E(wbxml.ResolveRecipientsAvailability, at(wbxml.ResolveRecipientsStartTime, start), at(wbxml.ResolveRecipientsEndTime, end)))))
		r := e.Child(wbxml.ResolveRecipientsResponse).Child(wbxml.ResolveRecipientsRecipient)
		if got := r.Value(wbxml.ResolveRecipientsAvailability, wbxml.ResolveRecipientsMergedFreeBusy); got != want {
			t.Errorf("%s: %s, want %s", times, got, want)
		}
	}
	c.strict()
}

// TestResolvedAnswersFit sends answers with all that there is through the schemas, in the versions that these describe.
func TestResolvedAnswersFit(t *testing.T) {
	for _, version := range []string{"14.0", "14.1", "16.0", "16.1"} {
		s, _ := inboxOf(0)
		bob := s.AddUser("bob")
		bob.AddCertificate([]byte("der"))
		bob.SetEntry(eas.GALEntry{Picture: &eas.Picture{Data: []byte("photo")}})
		s.AddGroup("All", "all@example.com", bob, s.User("alice"))
		c := newClient(t, Config{}, s)
		c.version = version
		to := func(s string) wbxml.Element { return wbxml.T(wbxml.ResolveRecipientsTo, s) }
		options := wbxml.E(wbxml.ResolveRecipientsOptions, wbxml.T(wbxml.ResolveRecipientsCertificateRetrieval, "2"),
			wbxml.E(wbxml.ResolveRecipientsAvailability, wbxml.T(wbxml.ResolveRecipientsStartTime, "2026-03-02T09:00:00.000Z")))
		if version != "14.0" {
			options.Append(wbxml.Empty(wbxml.ResolveRecipientsPicture))
		}
		e := c.do("ResolveRecipients", wbxml.E(wbxml.ResolveRecipientsResolveRecipients, to("bob"), to("all"), to("example"), to("nobody"), options))
		var got []string
		for r := range e.All(wbxml.ResolveRecipientsResponse) {
			got = append(got, r.Value(wbxml.ResolveRecipientsStatus)+" "+r.Value(wbxml.ResolveRecipientsRecipientCount))
		}
		if want := "1 1,1 1,2 2,4 0"; strings.Join(got, ",") != want {
			t.Errorf("%s: %s, want %s", version, got, want)
		}
		c.strict()
	}
}
