package easserver

import (
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

const findID = "5b2f1b0e-7d0c-4c7e-9d5a-1f2e3d4c5b6a"

func findDoc(id string, criteria ...wbxml.Element) wbxml.Element {
	return wbxml.E(wbxml.FindFind, wbxml.T(wbxml.FindSearchId, id), wbxml.E(wbxml.FindExecuteSearch, criteria...))
}

// TestForbiddenFind sends what MS-ASCMD forbids of Find and wants the status of the whole, or of the Response, and a report.
func TestForbiddenFind(t *testing.T) {
	e, text, empty := wbxml.E, wbxml.T, wbxml.Empty
	words, class := text(wbxml.FindFreeText, "x"), text(wbxml.AirSyncClass, "Email")
	mail := func(query []wbxml.Element, options ...wbxml.Element) wbxml.Element {
		return e(wbxml.FindMailBoxSearchCriterion, e(wbxml.FindQuery, query...), e(wbxml.FindOptions, options...))
	}
	good := []wbxml.Element{words, class}
	people := func(query string, options ...wbxml.Element) wbxml.Element {
		return e(wbxml.FindGalSearchCriterion, text(wbxml.FindQuery, query), e(wbxml.FindOptions, options...))
	}
	rng := func(s string) wbxml.Element { return text(wbxml.FindRange, s) }
	for _, c := range []struct {
		name, want string
		doc        wbxml.Element
	}{
		{"no id", "2 ", e(wbxml.FindFind, e(wbxml.FindExecuteSearch, mail(good)))},
		{"an id that is no GUID", "2 ", findDoc("1", mail(good))},
		{"nothing to look for", "2 ", findDoc(findID)},
		{"mail and people", "2 ", findDoc(findID, mail(good), people("bob"))},
		{"no words", "2 ", findDoc(findID, mail([]wbxml.Element{class}))},
		{"no class", "2 ", findDoc(findID, mail([]wbxml.Element{words}))},
		{"another class", "2 ", findDoc(findID, mail([]wbxml.Element{words, text(wbxml.AirSyncClass, "Tasks")}))},
		{"words twice", "2 ", findDoc(findID, mail([]wbxml.Element{words, words, class}))},
		{"pictures of mail", "2 ", findDoc(findID, mail(good, empty(wbxml.FindPicture)))},
		{"a wrong range", "2 ", findDoc(findID, mail(good, rng("2-1")))},
		{"a far range", "2 ", findDoc(findID, mail(good, rng("0-1000")))},
		{"a range in the middle", "1 4", findDoc(findID, mail(good, rng("1-2")))},
		{"nobody", "2 ", findDoc(findID, people(""))},
		{"deep in the directory", "2 ", findDoc(findID, people("bob", empty(wbxml.FindDeepTraversal)))},
		{"a large picture", "2 ", findDoc(findID, people("bob", e(wbxml.FindPicture, text(wbxml.FindMaxSize, "102401"))))},
	} {
		s, _ := inboxOf(1)
		cl := newClient(t, Config{}, s)
		cl.version = "16.1"
		answer := cl.do("Find", c.doc)
		if got := answer.Value(wbxml.FindStatus) + " " + answer.Value(wbxml.FindResponse, wbxml.FindStatus); got != c.want || len(cl.violations) != 1 {
			t.Errorf("%s: status %q and %d reports, want %s and 1", c.name, got, len(cl.violations), c.want)
		}
	}
	s, _ := inboxOf(1)
	cl := newClient(t, Config{}, s)
	cl.version = "16.0"
	if w := cl.post("Find", mustMarshal(t, findDoc(findID, mail(good))), contentTypeWBXML); w.Code != 501 {
		t.Errorf("in 16.0: HTTP %d", w.Code)
	}
}

// TestFindAnswersFit sends answers of both kinds through the schemas.
func TestFindAnswersFit(t *testing.T) {
	s, inbox := inboxOf(3)
	s.User("alice").SetEntry(eas.GALEntry{Picture: &eas.Picture{Data: []byte("photo")}})
	c := newClient(t, Config{}, s)
	c.version = "16.1"
	mail := wbxml.E(wbxml.FindMailBoxSearchCriterion, wbxml.E(wbxml.FindQuery, wbxml.T(wbxml.FindFreeText, "plain from:bob"), wbxml.T(wbxml.AirSyncClass, "Email"), wbxml.T(wbxml.AirSyncCollectionId, string(inbox.ID()))),
		wbxml.E(wbxml.FindOptions, wbxml.T(wbxml.FindRange, "0-1"), wbxml.Empty(wbxml.FindDeepTraversal)))
	people := wbxml.E(wbxml.FindGalSearchCriterion, wbxml.T(wbxml.FindQuery, "al"), wbxml.E(wbxml.FindOptions, wbxml.Empty(wbxml.FindPicture)))
	for want, criterion := range map[string]wbxml.Element{"0-1 3": mail, "0-0 1": people} {
		r := c.do("Find", findDoc(findID, criterion)).Child(wbxml.FindResponse)
		if got := r.Value(wbxml.FindRange) + " " + r.Value(wbxml.FindTotal); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	c.strict()
}

// TestForbiddenValidateCert wants status 2, and a report.
func TestForbiddenValidateCert(t *testing.T) {
	cert := wbxml.T(wbxml.ValidateCertCertificate, "AAAA")
	all := wbxml.E(wbxml.ValidateCertCertificates, cert)
	var many []wbxml.Element
	for range 101 {
		many = append(many, cert)
	}
	for name, doc := range map[string][]wbxml.Element{
		"nothing":             {},
		"no certificates":     {wbxml.E(wbxml.ValidateCertCertificates)},
		"a chain of nothing":  {wbxml.E(wbxml.ValidateCertCertificateChain), all},
		"101":                 {wbxml.E(wbxml.ValidateCertCertificates, many...)},
		"another CheckCRL":    {all, wbxml.T(wbxml.ValidateCertCheckCRL, "2")},
		"certificates, twice": {all, all},
		"something else":      {all, cert},
	} {
		s, _ := inboxOf(0)
		c := newClient(t, Config{}, s)
		e := c.do("ValidateCert", wbxml.E(wbxml.ValidateCertValidateCert, doc...))
		if got := e.Value(wbxml.ValidateCertStatus); got != "2" || len(c.violations) != 1 {
			t.Errorf("%s: status %q and %d reports, want 2 and 1", name, got, len(c.violations))
		}
	}
}
