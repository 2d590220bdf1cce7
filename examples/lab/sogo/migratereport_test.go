//go:build interop

package sogo

import (
	"encoding/csv"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// reports holds the reports of a first run against its summary.
func (m migration) reports(s summary) {
	m.t.Helper()
	d := s.Delivery
	figures := figuresOf(read(m.t, m.file("report.html")))
	for name, want := range map[string]int{
		"Mailboxes": s.Mailboxes, "Items of the source": d.Counted, "Put": d.Put, "Put by earlier runs": d.Kept, "Updated": d.Updated, "Moved": d.Moved,
		"Removed": d.Removed, "There before": d.Found, "Conflicts": d.Conflicts, "Refused": d.Refused, "May be lost": d.Lost, "Altered": d.Altered,
	} {
		if got := figures[name]; got != strconv.Itoa(want) {
			m.t.Errorf("report.html: %s: %q, the summary says %d", name, got, want)
		}
	}
	lines := linesOf(m.t, m.file("report.csv"))
	var got delivery
	for _, line := range lines {
		n, err := strconv.Atoi(line["items"])
		if err != nil {
			m.t.Fatalf("report.csv: %v", line)
		}
		got.Counted += n
		switch line["state"] {
		case "placed":
			size, err := strconv.ParseInt(line["bytes"], 10, 64)
			if err != nil || line["target_id"] == "" || line["target_folder"] == "" || line["written"] == "" {
				m.t.Errorf("report.csv: %v", line)
			}
			got.Put, got.Bytes = got.Put+n, got.Bytes+size
		case "found":
			got.Found += n
		case "refused":
			got.Refused += n
		default:
			m.t.Errorf("report.csv: %v", line)
		}
		if line["altered"] != "" {
			got.Altered += n
		}
	}
	if got != d {
		m.t.Errorf("report.csv: %+v, the summary says %+v", got, d)
	}
}

// named holds the report against differences of events that a time zone makes: it has to say of each such event that it was altered.
func (m migration) named(differ map[string][]difference) {
	m.t.Helper()
	altered := map[string]string{} // by mailbox and item
	for _, line := range linesOf(m.t, m.file("report.csv")) {
		altered[line["mailbox"]+" "+line["item"]] = line["altered"]
	}
	for user, all := range differ {
		said := map[string]string{} // by UID, which SOGo makes the name of an event
		for _, item := range m.stage().ls(user) {
			said[item.ServerID] = altered[address(user)+" "+item.ID]
		}
		for _, d := range all {
			if d.property == "occurrences" && !strings.Contains(said[d.item], "Calendar:Timezone") {
				m.t.Errorf("%s: %s takes place at other times at the target, and the report says %q of it", user, d.item, said[d.item])
			}
		}
	}
}

var figure = regexp.MustCompile(`<dt>([^<]*)</dt><dd>([^<]*)</dd>`)

func figuresOf(page string) map[string]string {
	figures := map[string]string{}
	for _, f := range figure.FindAllStringSubmatch(page, -1) {
		figures[f[1]] = f[2]
	}
	return figures
}

// linesOf are the lines of a CSV file, by the names of its columns.
func linesOf(t *testing.T, file string) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(read(t, file))).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%s: %d lines, %v", file, len(rows), err)
	}
	var lines []map[string]string
	for _, row := range rows[1:] {
		line := map[string]string{}
		for i, name := range rows[0] {
			line[name] = row[i]
		}
		lines = append(lines, line)
	}
	return lines
}
