package schemacheck

import (
	"strings"
	"testing"
)

// TestCheck: what the schemas refuse is named, and nothing else.
func TestCheck(t *testing.T) {
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if a == nil {
		t.Skip("no AIRLIFT_SPEC")
	}
	for name, doc := range map[string]string{
		"good":     `<Ping xmlns="Ping"><Status>1</Status></Ping>`,
		"as good":  `<Ping xmlns="Ping"><Status>1</Status></Ping>`,
		"bad/sort": `<Ping xmlns="Ping"><Status>gr&#252;n</Status></Ping>`,
		"worse":    "<Ping xmlns=\"Ping\"><Status>grün</Status>\n</Ping>",
	} {
		if err := a.Keep(name, []byte(doc)); err != nil {
			t.Fatal(err)
		}
	}
	complaints, kept, err := a.Check(t.Context())
	if err != nil || kept != 3 {
		t.Fatalf("%d answers, %v", kept, err)
	}
	refused := map[string]bool{}
	for _, c := range complaints {
		refused[c.Answer] = true
		if !strings.Contains(c.Text, "Status") {
			t.Errorf("%s", c)
		}
	}
	if len(refused) != 2 || !refused["bad-sort"] || !refused["worse"] {
		t.Errorf("complaints: %v", complaints)
	}
}

// TestNone: without schemas nothing is kept.
func TestNone(t *testing.T) {
	var a *Answers
	if err := a.Keep("x", []byte("no XML")); err != nil {
		t.Error(err)
	}
	if complaints, kept, err := a.Check(t.Context()); len(complaints) > 0 || kept != 0 || err != nil {
		t.Errorf("%v %d %v", complaints, kept, err)
	}
}
