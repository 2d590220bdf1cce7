package eas_test

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
)

// specified is a line of testdata/statuses.tsv: a status that the specifications know, and what its resolution there means for
// a client, as it was read by a person. The list but for that column is what TestStatusesSpecified finds in their requirements.
type specified struct {
	command, element string
	code             int
	section, name    string // the name only where the specification gives one
	action           string
}

func specifiedStatuses(t *testing.T) []specified {
	t.Helper()
	f, err := os.Open("testdata/statuses.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []specified
	for s := bufio.NewScanner(f); s.Scan(); {
		c := strings.Split(s.Text(), "\t")
		code, err := strconv.Atoi(c[2])
		if err != nil || len(c) != 6 {
			t.Fatalf("%q: %v", s.Text(), err)
		}
		all = append(all, specified{c[0], c[1], code, c[3], c[4], c[5]})
	}
	return all
}

// TestStatuses holds every status of the list against the tables.
func TestStatuses(t *testing.T) {
	list := specifiedStatuses(t)
	if len(list) < 300 {
		t.Fatalf("%d statuses in the list", len(list))
	}
	for _, s := range list {
		e := &eas.StatusError{Command: cmp.Or(s.command, "SmartReply"), Element: cmp.Or(s.element, "SmartReply"), Code: s.code}
		info := e.Info()
		if got := e.Action().String(); got != s.action {
			t.Errorf("%v: action %s, want %s", e, got, s.action)
		}
		if info.Section != s.section || info.Name == "" || s.name != "" && info.Name != s.name || info.Meaning == "unknown status" {
			t.Errorf("%v: %+v, want %s of %s", e, info, s.name, s.section)
		}
		if retry := strings.Contains(e.Hint(), "try again later"); retry != (info.Action == eas.ActionRetry) && !(retry && info.Action == eas.ActionProvision) {
			t.Errorf("%v: action %s and hint %q", e, info.Action, e.Hint())
		}
	}
	known := map[string]bool{}
	for _, s := range list {
		known[fmt.Sprint(s.command, s.element, s.code)] = true
	}
	n := 0
	for info := range eas.Statuses() {
		n++
		if key := fmt.Sprint(info.Command, info.Element, info.Code); !known[key] {
			t.Errorf("%+v is in the tables and not in the list", info)
		}
		e := eas.StatusError{Command: info.Command, Element: info.Element, Code: info.Code}
		if d := gocmp.Diff(info, e.Info()); d != "" {
			t.Errorf("%v: %s", &e, d)
		}
	}
	if n != len(list) {
		t.Errorf("%d statuses in the tables, %d in the list", n, len(list))
	}
}

func TestStatusFallback(t *testing.T) {
	for _, tc := range []struct {
		e    eas.StatusError
		want string
	}{
		{eas.StatusError{Command: "Sync", Element: "SoftDelete", Code: 3}, "InvalidSyncKey resync"},
		{eas.StatusError{Command: "Provision", Code: 2}, "ProtocolError fix"},
		{eas.StatusError{Command: "Provision", Element: "Policy", Code: 2}, "NoPolicy none"},
		{eas.StatusError{Command: "ResolveRecipients", Element: "Response", Code: 162}, "AvailabilityTransientFailure retry"},
		{eas.StatusError{Command: "Nonsense", Element: "Nonsense", Code: 142}, "DeviceNotProvisioned provision"},
		{eas.StatusError{Command: "Sync", Code: 2}, " tell"},
		{eas.StatusError{Command: "Sync", Code: 157}, " tell"},
	} {
		if got := tc.e.Info().Name + " " + tc.e.Action().String(); got != tc.want {
			t.Errorf("%v: %q, want %q", &tc.e, got, tc.want)
		}
	}
}

// TestStatusesSpecified reads the requirements of the specifications, where AIRLIFT_SPEC names a directory with them, and holds
// the list against them.
func TestStatusesSpecified(t *testing.T) {
	dir := os.Getenv("AIRLIFT_SPEC")
	if dir == "" {
		t.Skip("AIRLIFT_SPEC names no directory with the requirements")
	}
	var got []specified
	for _, doc := range []string{"MS-ASCMD", "MS-ASPROV"} {
		text, err := os.ReadFile(filepath.Join(dir, "requirements", doc+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		r := statusReader{doc: doc, parents: map[string][]string{}}
		for line := range strings.Lines(string(text)) {
			if c := strings.Split(line, " | "); len(c) > 3 {
				r.sentence(c[1], c[2])
			}
		}
		got = append(got, r.found...)
	}
	want := specifiedStatuses(t)
	for i := range want {
		want[i].action = ""
	}
	order := func(a, b specified) int {
		return cmp.Or(strings.Compare(a.section, b.section), strings.Compare(a.command, b.command), strings.Compare(a.element, b.element), cmp.Compare(a.code, b.code))
	}
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if d := gocmp.Diff(got, want, gocmp.AllowUnexported(specified{})); d != "" {
		t.Errorf("(-requirements +list)\n%s", d)
	}
}

// statusReader finds the statuses in the sentences of a specification, in their order.
type statusReader struct {
	doc     string
	parents map[string][]string // the elements that the Status of a section stands in
	found   []specified
}

var (
	ofCommand  = regexp.MustCompile(`^\[In Status ?\((\w+)\)`)
	ofParents  = regexp.MustCompile(`, ?the parent el\w+ (?:is|are) (.*)`)
	aParent    = regexp.MustCompile(`(?:gal:)?([A-Z][A-Za-z]+) \(section`)
	codeList   = regexp.MustCompile(`(?:status codes|values) \[((?:\d+,? ?)+)\]`)
	ofElement  = regexp.MustCompile(`child(?: element)? of the (?:gal:)?(\w+) element`)
	operation  = regexp.MustCompile(`(\w+) (?:Get|Set) (?:operation|response)`)
	commonName = regexp.MustCompile(`value of the element ([A-Za-z_ ]+?) is (\d+)\.`)
)

func (r *statusReader) sentence(section, text string) {
	switch {
	case r.doc == "MS-ASCMD" && section == "2.2.2":
		if m := commonName.FindStringSubmatch(text); m != nil {
			name := strings.ReplaceAll(m[1], " ", "") // "Message PreviouslySent"
			if name == "oveCommandDisallowedForNonPersistentMoveAction" {
				name = "M" + name
			}
			r.add("", "", m[2], section, name)
		} else if strings.Contains(text, "common to all commands") {
			r.add("", "", "1", section, "") // success, which the text has in every other table
		}
	case r.doc == "MS-ASCMD" && strings.HasPrefix(section, "2.2.3.177."):
		r.command(section, text)
	case r.doc == "MS-ASPROV" && (section == "2.2.2.54.1" || section == "2.2.2.54.2"):
		if m := codeList.FindStringSubmatch(text); m != nil && !strings.Contains(text, "from the client to the server") {
			r.add("Provision", ofElement.FindStringSubmatch(text)[1], m[1], section, "")
		}
	}
}

func (r *statusReader) command(section, text string) {
	m := ofCommand.FindStringSubmatch(text)
	if m == nil {
		return
	}
	command := m[1]
	if m := ofParents.FindStringSubmatch(text); m != nil {
		for _, p := range aParent.FindAllStringSubmatch(m[1], -1) {
			r.parents[command] = append(r.parents[command], p[1])
		}
	}
	codes := ""
	if m := codeList.FindStringSubmatch(text); m != nil {
		codes = m[1]
	}
	elements := r.parents[command]
	switch {
	case codes == "" && command == "ValidateCert" && strings.Contains(text, "A value of 17 indicates failure"):
		elements, codes = []string{"ValidateCert"}, "1,2,17" // 2 by its scope, Global
	case codes == "":
		return
	case command == "Find": // the sentence is that of Search; which of the two has which is said with each of the codes
		r.add(command, "Find", "1,2,3", section, "")
		elements = []string{"Response"}
	case command == "ValidateCert":
		elements = []string{"Certificate"}
	case command == "Settings" && !strings.Contains(text, "child element of the Settings"):
		elements = nil
		for _, m := range operation.FindAllStringSubmatch(text, -1) {
			elements = append(elements, m[1])
		}
	case ofElement.MatchString(text):
		elements = ofElement.FindStringSubmatch(text)[1:]
	}
	slices.Sort(elements)
	for _, e := range slices.Compact(elements) {
		r.add(command, e, codes, section, "")
	}
}

func (r *statusReader) add(command, element, codes, section, name string) {
	for c := range strings.SplitSeq(codes, ",") {
		code, err := strconv.Atoi(strings.TrimSpace(c))
		if err != nil {
			panic(err) // the expression lets only numbers through
		}
		r.found = append(r.found, specified{command: command, element: element, code: code, section: r.doc + " " + section, name: name})
	}
}
