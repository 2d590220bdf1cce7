//go:build interop

package sogo

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// delivery is what a summary says of the targets.
type delivery struct {
	Counted   int   `json:"counted"`
	Put       int   `json:"put"`
	Kept      int   `json:"kept"`
	Updated   int   `json:"updated"`
	Moved     int   `json:"moved"`
	Found     int   `json:"found"`
	Taken     int   `json:"taken"`
	Changed   int   `json:"changed"`
	Conflicts int   `json:"conflicts"`
	Refused   int   `json:"refused"`
	Lost      int   `json:"lost"`
	Removed   int   `json:"removed"`
	Altered   int   `json:"altered"`
	Unfitting int   `json:"unfitting"`
	Bytes     int64 `json:"bytes"`
}

// run migrates, which must end well.
func (m migration) run(more ...string) summary {
	m.t.Helper()
	r := m.verb("migrate").with(more...).run()
	if r.code != 0 {
		m.t.Fatalf("migrate %q: exit %d\n%s\n%s", more, r.code, notable(r.stdout), tail(r.stderr))
	}
	s := r.summary(m.t)
	m.t.Logf("%+v in %.1f s; altered: %v", s.Delivery, s.Seconds, altered(m.t, r.stdout))
	return s
}

// notable are the lines of a run with --json that say what went wrong, and its summary.
func notable(stdout string) string {
	lines := slices.Collect(strings.Lines(stdout))
	lines = slices.DeleteFunc(lines, func(line string) bool {
		return !strings.Contains(line, `"reason"`) && !strings.Contains(line, `"event":"summary"`)
	})
	return tail(strings.Join(lines, ""))
}

// planned is what a dry run says.
type planned struct {
	items, fresh, changed int
	folders               map[string]bool // that the targets are to have
}

func (m migration) plan() planned {
	m.t.Helper()
	p := planned{folders: map[string]bool{}}
	r := m.verb("migrate", "--dry-run").want(0)
	for line := range strings.Lines(r.stdout) {
		var e struct {
			Event, Target       string
			Items, New, Changed int
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			m.t.Fatalf("%q: %v", line, err)
		}
		if e.Event == "plan" {
			p.items, p.fresh, p.changed = p.items+e.Items, p.fresh+e.New, p.changed+e.Changed
			p.folders[e.Target] = true
		}
	}
	return p
}

// nothingNew migrates when nothing has changed: nothing may be written on either side.
func (m migration) nothingNew(more ...string) {
	m.t.Helper()
	segments := len(m.stage().segments())
	s := m.run(more...)
	d := s.Delivery
	if want := (delivery{Counted: d.Counted, Kept: d.Counted}); d != want {
		m.t.Errorf("a pass with nothing new: %+v, want all %d items kept", d, d.Counted)
	}
	if n := len(m.stage().segments()); s.Stored+s.Changed+s.Deleted != 0 || n != segments {
		m.t.Errorf("a pass with nothing new: %+v, and %d new segments of the stage", s, n-segments)
	}
}

// expectedAlterations are the properties that SOGo may hold otherwise than it was told. Of what has a property only in the file that airlift
// made of an item, none is lost: items go by what their server said of them.
var expectedAlterations = []string{
	"Calendar:Attendees", "Calendar:Timezone", "Calendar:Exception ", "Calendar:Recurrence/", "Tasks:DateCompleted", "bytes", "internaldate",
}

// altered counts the properties that targets held otherwise than they were told.
func altered(t *testing.T, stdout string) map[string]int {
	t.Helper()
	properties := map[string]int{}
	for line := range strings.Lines(stdout) {
		var e struct {
			Altered []struct{ Property string } `json:"altered"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for _, a := range e.Altered {
			properties[a.Property]++
			if !slices.ContainsFunc(expectedAlterations, func(known string) bool { return strings.HasPrefix(a.Property, known) }) {
				t.Errorf("altered: %s: %s", a.Property, line)
			}
		}
	}
	return properties
}
