//go:build interop

package sogo

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

// changes are what happens to a mailbox between two passes: at random, and the same for the same seed.
type changes struct {
	t       *testing.T
	rnd     *rand.Rand
	box     *mailbox
	settled time.Time // when the last run ended
	n       int       // so far
	contacts, events,
	tasks map[string]string // that can be put
}

func changesOf(t *testing.T, box *mailbox, seed uint64) *changes {
	return &changes{t: t, rnd: rand.New(rand.NewPCG(seed, 7)), box: box, contacts: someContacts(60), events: someEvents(), tasks: someTasks(30)}
}

// mail adds, marks, moves and deletes messages, and gives a folder another name.
func (c *changes) mail(added, marked, moved, deleted int) {
	c.t.Helper()
	c.n++
	before := c.rnd.IntN(2) == 0
	if before {
		c.rename()
	}
	folders := slices.DeleteFunc(c.box.folders(), func(f string) bool { return f == "Drafts" || f == "Trash" || f == "Junk" || f == "Templates" })
	all := c.box.messages()
	c.rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	next := func() (m message) {
		if len(all) == 0 {
			c.t.Fatal("no messages are left to change")
		}
		m, all = all[0], all[1:]
		return m
	}
	var todo []func()
	for _, raw := range letters(c.rnd.Uint64(), added) {
		todo = append(todo, func() {
			c.box.add(folders[c.rnd.IntN(len(folders))], raw, dateOr(raw, time.Date(2025, 1, 1, 0, 0, c.n, 0, time.UTC)), flagSets[c.rnd.IntN(4)]...)
		})
	}
	for range marked {
		m := next()
		todo = append(todo, func() { c.mark(m) })
	}
	for range moved {
		m := next()
		to := folders[c.rnd.IntN(len(folders))]
		if to == m.folder {
			continue
		}
		todo = append(todo, func() { c.box.move(m.folder, m.uid, to) })
	}
	for range deleted {
		m := next()
		todo = append(todo, func() { c.box.delete(m.folder, imap.UIDSetNum(m.uid)) })
	}
	c.rnd.Shuffle(len(todo), func(i, j int) { todo[i], todo[j] = todo[j], todo[i] })
	for _, do := range todo {
		do()
	}
	if !before {
		c.rename()
	}
}

// mark turns a flag of a message round.
func (c *changes) mark(m message) {
	c.t.Helper()
	flag := []imap.Flag{imap.FlagSeen, imap.FlagFlagged}[c.rnd.IntN(2)]
	op := imap.StoreFlagsAdd
	if slices.Contains(m.flags, flag) {
		op = imap.StoreFlagsDel
	}
	c.box.sel(m.folder)
	c.box.must(c.box.imap.Store(imap.UIDSetNum(m.uid), &imap.StoreFlags{Op: op, Flags: []imap.Flag{flag}}, nil).Close())
}

// rename gives one of the user's own folders another name, or another parent, with all below it.
func (c *changes) rename() {
	c.t.Helper()
	own := slices.DeleteFunc(c.box.folders(), func(f string) bool { return slices.Contains(standardFolders, f) })
	slices.Sort(own)
	from := own[c.rnd.IntN(len(own))]
	to := path.Join(path.Dir(from), fmt.Sprintf("renamed %d", c.n))
	if c.rnd.IntN(3) == 0 {
		to = fmt.Sprintf("away %d", c.n)
	}
	c.box.sel("INBOX")
	c.box.must(c.box.imap.Rename(from, to, nil).Wait())
	c.t.Logf("change %d: %s -> %s", c.n, from, to)
}

// people adds, edits and deletes as many contacts and events, and half as many tasks; one event is made anew.
func (c *changes) people(n int) {
	c.t.Helper()
	// QUIRK(SOGo 5.8): what is changed in the second of a key does not come with it.
	time.Sleep(time.Until(c.settled.Add(1100 * time.Millisecond)))
	book, cal := addressBook(c.t, c.box.user), calendar(c.t, c.box.user)
	for _, part := range []struct {
		c    collection
		kind string
		ext  string
		all  map[string]string
		n    int
	}{{book, "contact", ".vcf", c.contacts, n}, {cal, "event", ".ics", c.events, n}, {cal, "task", ".ics", c.tasks, (n + 1) / 2}} {
		there := part.c.names()
		slices.Sort(there)
		there = slices.DeleteFunc(there, func(name string) bool { return !strings.HasPrefix(name, "people-"+part.kind) })
		c.rnd.Shuffle(len(there), func(i, j int) { there[i], there[j] = there[j], there[i] })
		var fresh []string
		for _, name := range slices.Sorted(maps.Keys(part.all)) {
			if !slices.ContainsFunc(there, func(t string) bool { return strings.HasPrefix(t, name+".") || strings.HasPrefix(t, name+"-") }) {
				fresh = append(fresh, name)
			}
		}
		for range min(part.n, len(fresh)) {
			i := c.rnd.IntN(len(fresh))
			// What comes anew has a UID of its own, as from people.
			own := fmt.Sprintf("%s-%d", fresh[i], c.n)
			part.c.put(own+part.ext, strangers.Replace(strings.ReplaceAll(part.all[fresh[i]], "UID:"+fresh[i]+"\n", "UID:"+own+"\n")))
			fresh = slices.Delete(fresh, i, i+1)
		}
		for i, name := range there[:min(2*part.n, len(there))] {
			if i%2 == 0 {
				part.c.edit(name, func(body string) string { return c.edited(part.kind, body) })
			} else {
				part.c.do(http.MethodDelete, part.c.url+name, "", http.StatusNoContent, nil)
			}
		}
		if part.kind == "event" && len(there) > 2*part.n { // imported once more: another item with the UID of one that is gone
			name := there[2*part.n]
			body := part.c.get(name)
			part.c.do(http.MethodDelete, part.c.url+name, "", http.StatusNoContent, nil)
			part.c.put(strings.TrimSuffix(name, part.ext)+"-again"+part.ext, c.edited(part.kind, strings.ReplaceAll(string(body), "\r\n", "\n")))
		}
	}
}

var (
	summaryLine = regexp.MustCompile(`(?m)^SUMMARY:Termin (\d+).*$`)
	dueLine     = regexp.MustCompile(`(?m)^DUE[;:].*\n`)
	noteLine    = regexp.MustCompile(`(?m)^NOTE:.*\n`)
)

// edited is an object with another subject, date or note.
func (c *changes) edited(kind, body string) string {
	switch n := c.rnd.IntN(1000); kind {
	case "event":
		return summaryLine.ReplaceAllString(body, fmt.Sprintf("SUMMARY:Termin $1: Fassung %d", n))
	case "task":
		return strings.Replace(dueLine.ReplaceAllString(body, ""), "END:VTODO", fmt.Sprintf("DUE:202605%02dT%02d0000Z\nEND:VTODO", 1+n%28, n%24), 1)
	default:
		return strings.Replace(noteLine.ReplaceAllString(body, ""), "END:VCARD", fmt.Sprintf("NOTE:Fassung %d\nEND:VCARD", n), 1)
	}
}

// edit replaces an object by what is made of it.
func (c collection) edit(name string, change func(string) string) {
	c.t.Helper()
	before := strings.ReplaceAll(string(c.get(name)), "\r\n", "\n")
	after := change(before)
	for n := 0; after == before && n < 10; n++ { // what is made at random may be what is there
		after = change(before)
	}
	if after == before {
		c.t.Fatalf("%s was not changed:\n%s", name, before)
	}
	c.do(http.MethodPut, c.url+name, strings.ReplaceAll(after, "\n", "\r\n"), http.StatusNoContent, nil)
}
