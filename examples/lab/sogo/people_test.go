//go:build interop

package sogo

import (
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
)

// A known difference, and whose it is.
type known struct {
	property string
	whose    string
	is       func(difference) bool
}

func oursIs(value string) func(difference) bool {
	return func(d difference) bool { return d.ours == value }
}

func sogoIs(value string) func(difference) bool {
	return func(d difference) bool { return d.sogo == value }
}

// knownDifferences are all that there may be.
var knownDifferences = []known{
	{"URL", "SOGo's: it sends WebPage only for a URL with a type", oursIs("")},
	{"PRIORITY", "the protocol's: an event has no priority", func(d difference) bool {
		return d.ours == "" && strings.HasPrefix(d.item, "people-event-")
	}},
	{"PRIORITY", "the protocol's: a task has three, and SOGo says the middle one for most", func(d difference) bool {
		return d.ours == "5" && d.sogo != "1" && d.sogo != "9"
	}},
	{"STATUS", "the protocol's: a task is complete or not", oursIs("NEEDS-ACTION")},
	{"PERCENT-COMPLETE", "the protocol's: a task is complete or not", oursIs("")},
	{"STATUS", "ours: an event that takes time is CONFIRMED (MS-OXCICAL 2.1.3.1.1.20.24)", oursIs("CONFIRMED")},
	{"moved STATUS", "ours: an event that takes time is CONFIRMED (MS-OXCICAL 2.1.3.1.1.20.24)", oursIs("CONFIRMED")},
	{"moved DESCRIPTION", "SOGo's: an exception that says nothing of it is as the series (MS-ASCAL 2.2.2.21)", sogoIs("")},
	{"moved CATEGORIES", "SOGo's: an exception that says nothing of them is as the series (MS-ASCAL 2.2.2.21)", sogoIs("")},
}

// TestPeople puts contacts, events and tasks into SOGo by DAV, archives them by EAS, and compares what SOGo's own vCards and iCalendar
// objects say with what ours say, property by property.
func TestPeople(t *testing.T) {
	t.Parallel()
	const user = "dave"
	emptied(t, user)
	book, cal := addressBook(t, user), calendar(t, user)
	book.clear()
	cal.clear()
	own := map[string]facts{}
	for _, part := range []struct {
		c     collection
		ext   string
		items map[string]string
	}{{cal, ".ics", someEvents()}, {cal, ".ics", someTasks(16)}, {book, ".vcf", someContacts(24)}} {
		for name, body := range part.items {
			part.c.put(name+part.ext, body)
			served := part.c.get(name + part.ext)
			if part.ext == ".vcf" {
				address, f := cardFacts(t, served)
				own[address] = f
			} else {
				id, f := calendarFacts(t, served)
				own[id] = f
			}
		}
	}
	if len(own) < 100 {
		t.Fatalf("%d items", len(own))
	}
	a := archive{t, t.TempDir()}
	if s := a.archive(user).want(0).summary(t); s.Stored != len(own) {
		t.Fatalf("stored %d of %d", s.Stored, len(own))
	}
	ours := map[string]facts{}
	for _, f := range a.extract() {
		if path.Ext(f.name) == ".vcf" {
			address, said := cardFacts(t, f.data)
			ours[address] = said
		} else {
			id, said := calendarFacts(t, f.data)
			ours[id] = said
		}
	}
	same := map[string]int{}
	var differ []difference
	for name, f := range own {
		if ours[name] == nil {
			t.Errorf("%s is not in the archive", name)
			continue
		}
		agree, other := compare(name, f, ours[name])
		for _, property := range agree {
			same[property]++
		}
		differ = append(differ, other...)
	}
	report(t, same, differ)
}

// report prints what is the same and what is not, and fails for what nobody knows the reason of.
func report(t *testing.T, same map[string]int, differ []difference) {
	t.Helper()
	because := map[string]int{}
	for _, d := range differ {
		i := slices.IndexFunc(knownDifferences, func(k known) bool { return d.property == k.property && k.is(d) })
		if i < 0 {
			t.Errorf("%s", d)
			continue
		}
		because[knownDifferences[i].property+": "+knownDifferences[i].whose]++
	}
	for _, name := range keysOf(same) {
		t.Logf("%-30s %d the same", name, same[name])
	}
	for _, reason := range keysOf(because) {
		t.Logf("%s: %d", reason, because[reason])
	}
}

func keysOf[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// get reads an object.
func (c collection) get(name string) []byte {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.url+name, http.NoBody)
	if err != nil {
		c.t.Fatal(err)
	}
	req.SetBasicAuth(c.user, password(c.user))
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil || resp.StatusCode != http.StatusOK {
		c.t.Fatalf("GET %s: %s %v", name, resp.Status, err)
	}
	return b
}
