//go:build interop

package sogo

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// somePeople puts some contacts, events and tasks into the user's collections: n in all, two of five contacts, two of five events. Which
// of those there are, part says, so that the parts of several mailboxes together are of more kinds.
func somePeople(t *testing.T, user string, n, part int) {
	t.Helper()
	book, cal := addressBook(t, user), calendar(t, user)
	some := func(c collection, ext string, all map[string]string, n int) {
		names := keysOf(all)
		for i := range min(n, len(names)) {
			name := names[(i*7+part)%len(names)] // 7 divides no number of them, so each is another
			c.put(name+ext, strangers.Replace(all[name]))
		}
	}
	some(book, ".vcf", someContacts(60), n*2/5)
	some(cal, ".ics", someEvents(), n*2/5)
	some(cal, ".ics", someTasks(30), n/5)
}

// strangers take the place of users of the lab, into whose calendars SOGo puts what they are invited to.
var strangers = strings.NewReplacer("carol@lab.example", "chair@remote.example", "bob@lab.example", "member@remote.example")

// peopleOf reads what a user's address book and calendar hold, in SOGo's own words.
func peopleOf(t *testing.T, user string) map[string]facts {
	t.Helper()
	all := map[string]facts{}
	for _, c := range []collection{addressBook(t, user), calendar(t, user)} {
		for _, name := range c.names() {
			var id string
			var f facts
			if path.Ext(name) == ".vcf" {
				id, f = cardFacts(t, c.get(name))
			} else {
				id, f = calendarFacts(t, c.get(name))
			}
			if _, twice := all[id]; twice {
				t.Errorf("%s has %q twice", user, id)
			}
			all[id] = f
		}
	}
	return all
}

// samePeople holds the contacts, events and tasks of a target against those of its source, property by property. It returns the differences
// that may be.
func samePeople(t *testing.T, p pair) (allowed []difference) {
	t.Helper()
	return sameFacts(t, p, peopleOf(t, p.from), peopleOf(t, p.to))
}

// sameFacts is samePeople for what was read.
func sameFacts(t *testing.T, p pair, source, target map[string]facts) (allowed []difference) {
	t.Helper()
	same := map[string]int{}
	var differ []difference
	for name, f := range source {
		if target[name] == nil {
			t.Errorf("%s -> %s: %q is not at the target", p.from, p.to, name)
			continue
		}
		agree, other := compare(name, f, target[name])
		for _, property := range agree {
			same[property]++
		}
		differ = append(differ, other...)
	}
	for name := range target {
		if source[name] == nil {
			t.Errorf("%s -> %s: %q is at the target only", p.from, p.to, name)
		}
	}
	because := map[string]int{}
	for _, d := range differ {
		i := slices.IndexFunc(migrationDifferences, func(k known) bool { return d.property == k.property && k.is(d) })
		if i < 0 {
			t.Errorf("%s -> %s: %s: %s: source %q, target %q", p.from, p.to, d.item, d.property, d.sogo, d.ours)
			continue
		}
		allowed = append(allowed, d)
		because[migrationDifferences[i].property+": "+migrationDifferences[i].whose]++
	}
	n := 0
	for _, times := range same {
		n += times
	}
	t.Logf("%s -> %s: %d contacts, events and tasks: %d properties the same", p.from, p.to, len(source), n)
	for _, reason := range keysOf(because) {
		t.Logf("%s -> %s: %4d %s", p.from, p.to, because[reason], reason)
	}
	return allowed
}

// migrationDifferences are all that there may be between a source and a target.
var migrationDifferences = []known{
	{"URL", "SOGo's: it sends WebPage only for a URL with a type", oursIs("")},
	{"TEL fax, work", "SOGo's: it writes the fax at work as a fax", oursIs("")},
	{"TEL fax", "SOGo's: it writes the fax at work as a fax", sogoIs("")},
	{"PRIORITY", "the protocol's: an event has no priority", func(d difference) bool {
		return d.ours == "" && strings.HasPrefix(d.item, "people-event-")
	}},
	{"PRIORITY", "the protocol's: a task has three, and SOGo says the middle one for most", func(d difference) bool {
		return d.ours == "5" && d.sogo != "1" && d.sogo != "9"
	}},
	{"STATUS", "the protocol's: a task is complete or not, and SOGo writes IN-PROCESS for what is not", oursIs("IN-PROCESS")},
	{"PERCENT-COMPLETE", "the protocol's: a task is complete or not", oursIs("")},
	{"COMPLETED", "SOGo's: it keeps the day", func(d difference) bool { return d.ours != "" && strings.HasPrefix(d.sogo, d.ours) }},
	{"occurrences", "SOGo's: it writes an event in the time zone of its user, whatever zone it was given", func(d difference) bool {
		return d.sogo != "" && d.ours != ""
	}},
	{"moved RECURRENCE-ID", "SOGo's: it writes an event in the time zone of its user, whatever zone it was given", func(d difference) bool {
		return len(d.sogo) == len(d.ours)
	}},
	{"ORGANIZER", "ours: attendees are text without --invite", oursIs("")},
	{"ATTENDEE", "ours: attendees are text without --invite", oursIs("")},
	{"DESCRIPTION", "ours: attendees are text without --invite", func(d difference) bool {
		return strings.HasPrefix(d.ours, d.sogo) && strings.Contains(d.ours, "Attendees:\nBob <member@remote.example>")
	}},
	{"moved DESCRIPTION", "SOGo's: an exception that says nothing of it is as the series (MS-ASCAL 2.2.2.21)", sogoIs("")},
	{"moved CATEGORIES", "SOGo's: an exception that says nothing of them is as the series (MS-ASCAL 2.2.2.21)", sogoIs("")},
}
