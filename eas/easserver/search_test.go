package easserver

import (
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestForbiddenSearch sends what MS-ASCMD forbids of Search and wants the status of the store that it prescribes, and a
// report.
func TestForbiddenSearch(t *testing.T) {
	e, text, empty := wbxml.E, wbxml.T, wbxml.Empty
	store := func(name string, query wbxml.Element, options ...wbxml.Element) []wbxml.Element {
		return []wbxml.Element{text(wbxml.SearchName, name), query, e(wbxml.SearchOptions, options...)}
	}
	query := func(c ...wbxml.Element) wbxml.Element { return e(wbxml.SearchQuery, c...) }
	and := func(c ...wbxml.Element) wbxml.Element { return query(e(wbxml.SearchAnd, c...)) }
	word, class := text(wbxml.SearchFreeText, "x"), text(wbxml.AirSyncClass, "Email")
	people := text(wbxml.SearchQuery, "bob")
	than := func(c ...wbxml.Element) wbxml.Element { return e(wbxml.SearchGreaterThan, c...) }
	date, value := empty(wbxml.EmailDateReceived), text(wbxml.SearchValue, "2026-03-01T00:00:00.000Z")
	link := e(wbxml.SearchEqualTo, empty(wbxml.DocumentLibraryLinkId), text(wbxml.SearchValue, "x"))
	for _, c := range []struct {
		name, version, want string
		store               []wbxml.Element
	}{
		{"another store", "14.1", "2", store("Attic", people)},
		{"no name", "14.1", "2", []wbxml.Element{people}},
		{"no query", "14.1", "2", []wbxml.Element{text(wbxml.SearchName, "GAL")}},
		{"a mailbox in 2.5", "2.5", "2", store("Mailbox", and(word))},
		{"words outside And", "14.1", "8", store("Mailbox", query(word))},
		{"a class outside And", "14.1", "8", store("Mailbox", query(class))},
		{"two And", "14.1", "8", store("Mailbox", query(e(wbxml.SearchAnd, word), e(wbxml.SearchAnd, word)))},
		{"And in And", "14.1", "8", store("Mailbox", and(e(wbxml.SearchAnd, word)))},
		{"an empty And", "14.1", "8", store("Mailbox", and())},
		{"words twice", "14.1", "8", store("Mailbox", and(word, word))},
		{"a value before its property", "14.1", "8", store("Mailbox", and(than(value, date)))},
		{"a comparison without a value", "14.1", "8", store("Mailbox", and(than(date)))},
		{"a comparison with no date", "14.1", "8", store("Mailbox", and(than(date, text(wbxml.SearchValue, "soon"))))},
		{"a conversation in 12.1", "12.1", "8", store("Mailbox", and(wbxml.B(wbxml.SearchConversationId, []byte{1})))},
		{"notes in 12.1", "12.1", "8", store("Mailbox", and(text(wbxml.AirSyncClass, "Notes"), word))},
		{"an unknown class", "14.1", "8", store("Mailbox", and(text(wbxml.AirSyncClass, "Mail")))},
		{"a range backwards", "14.1", "2", store("Mailbox", and(word), text(wbxml.SearchRange, "2-1"))},
		{"a far range", "14.1", "2", store("Mailbox", and(word), text(wbxml.SearchRange, "0-1000"))},
		{"two ranges", "14.1", "2", store("Mailbox", and(word), text(wbxml.SearchRange, "0-1"), text(wbxml.SearchRange, "0-1"))},
		{"credentials for a mailbox", "14.1", "2", store("Mailbox", and(word), text(wbxml.SearchUserName, "alice"))},
		{"a picture of a mailbox", "14.1", "2", store("Mailbox", and(word), empty(wbxml.SearchPicture))},
		{"a body part of no conversation", "14.1", "2", store("Mailbox", and(word), e(wbxml.AirSyncBaseBodyPartPreference, text(wbxml.AirSyncBaseType, "2")))},
		{"a body preference without a type", "14.1", "2", store("Mailbox", and(word), e(wbxml.AirSyncBaseBodyPreference))},
		{"deep in the directory", "14.1", "2", store("GAL", people, empty(wbxml.SearchDeepTraversal))},
		{"a picture in 14.0", "14.0", "2", store("GAL", people, empty(wbxml.SearchPicture))},
		{"a large picture", "14.1", "2", store("GAL", people, e(wbxml.SearchPicture, text(wbxml.SearchMaxSize, "102401")))},
		{"And in the directory", "14.1", "2", store("GAL", and(word))},
		{"nobody in the directory", "14.1", "2", store("GAL", empty(wbxml.SearchQuery))},
		{"credentials for no reason", "14.1", "2", store("GAL", people, text(wbxml.SearchUserName, "alice"), text(wbxml.SearchPassword, "x"))},
		{"documents by words", "14.1", "2", store("DocumentLibrary", and(word))},
		{"documents without a link", "14.1", "2", store("DocumentLibrary", query(e(wbxml.SearchEqualTo, value)))},
		{"documents with credentials for no reason", "14.1", "2", store("DocumentLibrary", query(link), text(wbxml.SearchUserName, "alice"))},
	} {
		s, _ := inboxOf(1)
		s.AddDocument(Document{LinkID: "x"})
		cl := newClient(t, Config{}, s)
		cl.version = c.version
		answer := cl.do("Search", e(wbxml.SearchSearch, e(wbxml.SearchStore, c.store...)))
		if got := answer.Value(wbxml.SearchResponse, wbxml.SearchStore, wbxml.SearchStatus); got != c.want || len(cl.violations) != 1 {
			t.Errorf("%s: status %q and %d reports, want %s and 1", c.name, got, len(cl.violations), c.want)
		}
	}
}

// TestSearchAnswersFit sends what searches answer through the schemas, in the versions that these describe.
func TestSearchAnswersFit(t *testing.T) {
	for _, version := range []string{"14.0", "14.1", "16.0", "16.1"} {
		s, _ := inboxOf(2)
		s.User("alice").SetEntry(eas.GALEntry{Title: "Dr", Picture: &eas.Picture{Data: []byte("photo")}})
		s.AddUser("alina")
		s.AddDocument(Document{LinkID: "x", IsFolder: true})
		s.AddDocument(Document{LinkID: "x/y", Content: []byte("z"), ContentType: "text/plain"})
		c := newClient(t, Config{}, s)
		c.version = version
		search := func(name string, query wbxml.Element, options ...wbxml.Element) string {
			e := c.do("Search", wbxml.E(wbxml.SearchSearch, wbxml.E(wbxml.SearchStore, wbxml.T(wbxml.SearchName, name), query, wbxml.E(wbxml.SearchOptions, options...))))
			return e.Value(wbxml.SearchResponse, wbxml.SearchStore, wbxml.SearchTotal)
		}
		var picture []wbxml.Element
		if version != "14.0" {
			picture = append(picture, wbxml.Empty(wbxml.SearchPicture))
		}
		if got := search("GAL", wbxml.T(wbxml.SearchQuery, "al"), picture...); got != "2" {
			t.Errorf("%s: %s people", version, got)
		}
		equal := wbxml.E(wbxml.SearchEqualTo, wbxml.Empty(wbxml.DocumentLibraryLinkId), wbxml.T(wbxml.SearchValue, "x"))
		if got := search("DocumentLibrary", wbxml.E(wbxml.SearchQuery, equal)); got != "2" {
			t.Errorf("%s: %s documents", version, got)
		}
		words := wbxml.E(wbxml.SearchQuery, wbxml.E(wbxml.SearchOr, wbxml.T(wbxml.SearchFreeText, "plain"), wbxml.T(wbxml.AirSyncClass, "Tasks")))
		if got := search("Mailbox", words, wbxml.E(wbxml.AirSyncBaseBodyPreference, wbxml.T(wbxml.AirSyncBaseType, "1"))); got != "2" {
			t.Errorf("%s: %s items", version, got)
		}
		c.strict()
	}
}
