//go:build interop

package sogo

import (
	"bytes"
	"maps"
	"slices"
	"testing"
)

// TestMigrate brings mailboxes into others, from a list, and looks at what arrived by IMAP and DAV, property by property. What differs
// is named, and the reports have the numbers of the run.
func TestMigrate(t *testing.T) {
	n, people := number(t, "AIRLIFT_MESSAGES", 60), number(t, "AIRLIFT_PEOPLE", 30)
	pairs := []pair{{"alice", "bob"}, {"carol", "dave"}, {"erin", "frank"}, {"grace", "heidi"}}[:number(t, "AIRLIFT_PAIRS", 2)]
	m := migrating(t, pairs...)
	boxes := m.emptiedAll()
	messages := sample(corpus(t), n)
	folders := []string{"INBOX", "Sent", "Archive/2024/Übersicht", "Projects/Q1: plan?"}
	for i, p := range pairs {
		boxes[p.from].fill(messages[i*len(messages)/len(pairs):(i+1)*len(messages)/len(pairs)], folders...)
		boxes[p.from].create("Leer/ohne Inhalt")
		somePeople(t, p.from, people/len(pairs), i)
	}
	before := holding(t, boxes["bob"])
	plan := m.plan()
	if after := holding(t, boxes["bob"]); !maps.Equal(before, after) || len(m.stage().segments()) > 0 {
		t.Errorf("--dry-run wrote to the target or to the stage")
	}
	for _, folder := range folders {
		if !plan.folders[folder] {
			t.Errorf("the plan has the folders %v, not %s", keysOf(plan.folders), folder)
		}
	}

	s := m.run("--report", m.file("report.html"), "--report", m.file("report.csv"))
	if d := s.Delivery; d.Put != d.Counted || d.Put < len(messages)+people*4/5 {
		t.Errorf("%+v: %d messages and %d contacts, events and tasks were there to be put", d, len(messages), people)
	}
	differ := m.same(boxes)
	m.reports(s)
	m.named(differ)
	if plan := m.plan(); plan.items != s.Delivery.Put || plan.fresh+plan.changed > 0 {
		t.Errorf("afterwards --dry-run says that of %d items %d are new and %d changed, after %d were put", plan.items, plan.fresh, plan.changed, s.Delivery.Put)
	}
	m.nothingNew()
}

// sample picks n messages, from the whole. QUIRK(Dovecot 2.3): of a message that ends with a CR alone it drops that whenever it is given one,
// which migrate tells of.
func sample(messages [][]byte, n int) [][]byte {
	messages = slices.DeleteFunc(messages, func(raw []byte) bool { return bytes.HasSuffix(raw, []byte("\r")) })
	n = min(n, len(messages))
	out := make([][]byte, n)
	for i := range out {
		out[i] = messages[i*len(messages)/n]
	}
	return out
}
