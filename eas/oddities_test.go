package eas_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver/schemacheck"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// oddities are what SOGo 5.8 does in the recordings that the protocol does not: the complaint of the schemas, how many different answers
// it is in, and what it is.
var oddities = []struct {
	complaint string
	answers   int
	reason    string
}{
	{"Element '{AirSync}Class': This element is not expected.", 31, "Class in a Collection stands first, and in versions after 12.1 too"},
	{"Element '{AirSyncBase}Data': This element is not expected. Expected is ( {ItemOperations}Part ).", 2, "an empty Preview stands before Data, for which it leaves no place"},
	{"Element '{GetItemEstimate}Class': This element is not expected. Expected is ( {GetItemEstimate}CollectionId ).", 2, "Class in a Collection, as before 12.1"},
	{"Element '{Move}DstMsgId': This element is not expected. Expected is ( {Move}Status ).", 1, "DstMsgId stands before Status"},
}

// noAnswers are the recordings whose answer is no document.
var noAnswers = []string{
	"err-401", "err-foldercreate-exists", // HTTP errors, with a text
	"itemoperations-fetch-multipart-v14.1", // several parts, of which the first is a document
	// The process that was to answer died, and nginx says 502.
	"sync-add-email-drafts-type4-v14.1", "sync-add-email-drafts-v12.0", "sync-add-email-drafts-v12.1", "sync-add-email-drafts-v14.0",
	"sync-add-email-drafts-v14.1", "sync-add-email-drafts-v16.1", "sync-add-email-drafts-v2.5", "sync-add-email-inbox-v12.0",
	"sync-add-email-inbox-v12.1", "sync-add-email-inbox-v14.0", "sync-add-email-inbox-v14.1", "sync-add-email-inbox-v16.1",
	"sync-add-email-inbox-v2.5",
}

// answers are the documents that a real server gave, by the names of their recordings.
func answers(t *testing.T) map[string]*wbxml.Element {
	t.Helper()
	files, err := filepath.Glob(recordings + "/*.response.wbxml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	all := map[string]*wbxml.Element{}
	var none []string
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".response.wbxml")
		body, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := wbxml.Unmarshal(body, wbxml.Limits{})
		if err != nil {
			none = append(none, name)
			continue
		}
		all[name] = doc
	}
	if d := cmp.Diff(noAnswers, none); d != "" {
		t.Errorf("answers that are no document: %s", d)
	}
	return all
}

// TestRecordedIsKnown: every element of every answer is one of the protocol, and every property of every item has a place in its
// typed view, which reads its value.
func TestRecordedIsKnown(t *testing.T) {
	items := map[eas.Class]int{}
	for name, doc := range answers(t) {
		walk(doc, func(e *wbxml.Element) {
			if !e.Tag.Known() {
				t.Errorf("%s: unknown element %s", name, e.Tag)
			}
			if e.Tag != wbxml.AirSyncApplicationData && e.Tag != wbxml.ItemOperationsProperties && e.Tag != wbxml.SearchProperties {
				return
			}
			class, lost, err := unread(e)
			if err != nil || len(lost) > 0 {
				t.Errorf("%s: a %s without a place for %v, %v", name, class, lost, err)
			}
			items[class]++
		})
	}
	want := map[eas.Class]int{eas.ClassEmail: 55, eas.ClassContacts: 6, eas.ClassCalendar: 6, eas.ClassTasks: 6, "GAL": 1, "attachment": 2, "nothing": 1}
	if d := cmp.Diff(want, items); d != "" {
		t.Errorf("items: %s", d)
	}
}

func walk(e *wbxml.Element, visit func(*wbxml.Element)) {
	visit(e)
	for i := range e.Children {
		walk(&e.Children[i], visit)
	}
}

// unread are the properties that the typed view of an item does not have.
func unread(props *wbxml.Element) (class eas.Class, lost []string, err error) {
	var view any
	for i := range props.Children {
		switch props.Children[i].Tag.Namespace() {
		case "Email", "Email2":
			class, view = eas.ClassEmail, &eas.Email{}
		case "Contacts":
			class, view = eas.ClassContacts, &eas.Contact{}
		case "Calendar":
			class, view = eas.ClassCalendar, &eas.Appointment{}
		case "Tasks":
			class, view = eas.ClassTasks, &eas.Task{}
		case "GAL":
			return "GAL", nil, nil
		case "ItemOperations":
			return "attachment", nil, nil
		}
	}
	if len(props.Children) == 0 {
		return "nothing", nil, nil
	}
	if view == nil {
		return "", []string{string(props.AppendXML(nil))}, nil
	}
	if err := wbxml.Decode(props, view); err != nil {
		return class, nil, err
	}
	read, err := wbxml.Encode(props.Tag, view)
	if err != nil {
		return class, nil, err
	}
	has := map[string]bool{}
	paths(&read, "", func(p string) { has[p] = true })
	missing := map[string]bool{}
	paths(props, "", func(p string) {
		if !has[p] {
			missing[p] = true
		}
	})
	return class, slices.Sorted(maps.Keys(missing)), nil
}

// paths visits the way to every value.
func paths(e *wbxml.Element, above string, visit func(string)) {
	for i := range e.Children {
		c := &e.Children[i]
		p := above + "/" + c.Tag.String()
		if c.Text != "" {
			visit(p)
		}
		paths(c, p, visit)
	}
}

// TestRecordedOddities holds the recordings against Microsoft's schemas, where they are. What they refuse is in the list, with what it is.
func TestRecordedOddities(t *testing.T) {
	schemas, err := schemacheck.New()
	if err != nil {
		t.Fatal(err)
	}
	if schemas == nil {
		t.Skip("no AIRLIFT_SPEC")
	}
	for name, doc := range answers(t) {
		if err := schemas.Keep(name, doc.AppendXML(nil)); err != nil {
			t.Fatal(err)
		}
	}
	complaints, _, err := schemas.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in := map[string]map[string]bool{}
	for _, c := range complaints {
		if in[c.Text] == nil {
			in[c.Text] = map[string]bool{}
		}
		in[c.Text][c.Answer] = true
	}
	got, want := map[string]int{}, map[string]int{}
	for complaint, answers := range in {
		got[complaint] = len(answers)
	}
	for _, o := range oddities {
		want[o.complaint] = o.answers
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
