package migrate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExpect(t *testing.T) {
	p := &Probe{Folders: []ProbeFolder{
		{Path: "Inbox", Class: "Email", Items: 401, Selected: true},
		{Path: "Sent", Class: "Email", Items: 100, Selected: true},
		{Path: "Calendar", Class: "Calendar", Items: 7, Selected: true},
		{Path: "Twice", Class: "Notes", Items: 3, Selected: true},
		{Path: "Twice", Class: "Notes", Items: 4, Selected: true},
		{Path: "Empty", Class: "Tasks", Selected: true},
		{Path: "Silent", Class: "Email", Items: -1, Selected: true},
		{Path: "Left out", Class: "Email", Items: 1000},
		{Path: "Journal", Items: -1},
	}}
	for name, c := range map[string]struct {
		held   []Held
		window int
		want   Expected
	}{
		"first run":    {nil, 0, Expected{Folders: 7, Items: 515, Pages: 3 + 1 + 1 + 1 + 1, Uncounted: 1}},
		"large pages":  {nil, 100_000, Expected{Folders: 7, Items: 515, Pages: 5, Uncounted: 1}},
		"small pages":  {nil, 100, Expected{Folders: 7, Items: 515, Pages: 5 + 1 + 1 + 1 + 1, Uncounted: 1}},
		"nothing new":  {[]Held{{"Inbox", "Email", 401}, {"Sent", "Email", 100}, {"Calendar", "Calendar", 7}, {"Twice", "Notes", 3}, {"Twice", "Notes", 4}}, 0, Expected{Folders: 7, Uncounted: 1}},
		"some":         {[]Held{{"Inbox", "Email", 399}, {"Sent", "Email", 100}, {"Calendar", "Calendar", 7}, {"Twice", "Notes", 5}}, 0, Expected{Folders: 7, Items: 4, Pages: 2, Uncounted: 1}},
		"fewer now":    {[]Held{{"Inbox", "Email", 9999}, {"Sent", "Email", 100}, {"Calendar", "Calendar", 7}, {"Twice", "Notes", 7}}, 0, Expected{Folders: 7, Uncounted: 1}},
		"other class":  {[]Held{{"Calendar", "Tasks", 7}}, 512, Expected{Folders: 7, Items: 515, Pages: 5, Uncounted: 1}},
		"no paths":     {[]Held{{"", "Email", 501}, {"", "Calendar", 7}, {"Twice", "Notes", 3}}, 0, Expected{Folders: 7, Items: 4, Pages: 1, Uncounted: 1}},
		"not asked of": {[]Held{{"Silent", "Email", 7}, {"Left out", "Email", 7}}, 512, Expected{Folders: 7, Items: 515, Pages: 5, Uncounted: 1}},
	} {
		if diff := cmp.Diff(c.want, p.Expect(c.held, c.window)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
