package item_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/eas/easserver/schemacheck"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// calendarFiles are the samples, and the corpus where there is one.
func calendarFiles(t *testing.T) (files [][]byte) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "calendars", "*.ics"))
	if err != nil || len(names) == 0 {
		t.Fatal("no samples: ", err)
	}
	if dir := os.Getenv("AIRLIFT_CORPUS"); dir != "" {
		more, err := filepath.Glob(filepath.Join(dir, "calendars", "*", "*", "*.ics"))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, more...)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, b)
	}
	return files
}

// calendarItem is an item that is added to a server.
type calendarItem struct {
	name      string
	props     *wbxml.Element
	instances []item.Instance
}

// calendarItems are the items of a component in all files.
func calendarItems(t *testing.T, component string, version eas.Version) (all []calendarItem) {
	t.Helper()
	o := item.ParseOptions{Version: string(version)}
	for _, file := range calendarFiles(t) {
		for one, err := range item.SplitCalendar(file) {
			if err != nil || one.Component != component {
				continue
			}
			c := calendarItem{name: one.UID}
			switch component {
			case "VEVENT":
				var p item.Parsed
				p, err = item.ParseEvent(one.Data, o)
				c.props, c.instances = p.Properties, p.Instances
			case "VTODO":
				c.props, _, err = item.ParseTask(one.Data, o)
			case "VJOURNAL":
				c.props, _, err = item.ParseNote(one.Data, o)
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
	}
	return all
}

var classOf = map[string]eas.Class{"VEVENT": eas.ClassCalendar, "VTODO": eas.ClassTasks, "VJOURNAL": eas.ClassNotes}

// TestCalendarRequests: the properties have nothing that their protocol version does
// not have (MS-ASWBXML 2.1.2.1), nor what a request must not have, nor more of it.
func TestCalendarRequests(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "wbxml", "tokens.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, row := range rows[1:] {
		versions[row[0]+" "+row[2]] = row[3]
	}
	has := func(tag wbxml.Tag, version eas.Version) bool {
		if tag == wbxml.CalendarBody || tag == wbxml.TasksBody { // which later specifications leave out
			return version == "2.5"
		}
		v, known := versions[fmt.Sprintf("%d %s", tag.Page(), tag.Name())]
		return known && (v == "All" || slices.Contains(strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' }), string(version)))
	}
	// MS-ASCAL 2.2.2.2, 33, 34, 40; from 16.0 on 5, 18, 22, 35, 36, 46.
	never := []wbxml.Tag{
		wbxml.CalendarAppointmentReplyTime, wbxml.CalendarResponseType, wbxml.CalendarOnlineMeetingConfLink, wbxml.CalendarOnlineMeetingExternalLink,
	}
	never16 := []wbxml.Tag{
		wbxml.CalendarAttendeeStatus, wbxml.CalendarDtStamp, wbxml.CalendarExceptions, wbxml.CalendarOrganizerEmail, wbxml.CalendarOrganizerName, wbxml.CalendarUID,
		wbxml.CalendarLocation, wbxml.CalendarExceptionStartTime,
	}
	most := map[wbxml.Tag]int{ // MS-ASCAL 2.2.2.12, 21, MS-ASTASK 2.2.2.6
		wbxml.CalendarCategories: 300, wbxml.CalendarExceptions: 256, wbxml.TasksCategories: 300, wbxml.NotesCategories: 300,
	}
	for component, class := range classOf {
		for _, version := range []eas.Version{"2.5", "12.0", "12.1", "14.0", "14.1", "16.0", "16.1"} {
			if class == eas.ClassNotes && version < "14.0" || class == eas.ClassNotes && version == "2.5" {
				continue
			}
			var check func(name string, e *wbxml.Element)
			check = func(name string, e *wbxml.Element) {
				seen := map[wbxml.Tag]bool{}
				for i := range e.Children {
					c := &e.Children[i]
					list := c.Tag == wbxml.CalendarAttendee || c.Tag == wbxml.CalendarCategory || c.Tag == wbxml.CalendarException || c.Tag == wbxml.TasksCategory ||
						c.Tag == wbxml.NotesCategory || c.Tag == wbxml.AirSyncBaseAdd
					switch {
					case !has(c.Tag, version):
						t.Errorf("%s, protocol %s, %s: there is no %s", class, version, name, c.Tag)
					case slices.Contains(never, c.Tag), version >= "16.0" && version != "2.5" && slices.Contains(never16, c.Tag):
						t.Errorf("%s, protocol %s, %s: %s in a request", class, version, name, c.Tag)
					case seen[c.Tag] && !list:
						t.Errorf("%s, protocol %s, %s: %s twice", class, version, name, c.Tag)
					case most[c.Tag] > 0 && len(c.Children) > most[c.Tag]:
						t.Errorf("%s, protocol %s, %s: %d in %s", class, version, name, len(c.Children), c.Tag)
					}
					seen[c.Tag] = true
					check(name, c)
				}
				if version >= "16.0" && version != "2.5" && e.Value(wbxml.CalendarAllDayEvent) == "1" && e.Has(wbxml.CalendarTimezone) {
					t.Errorf("protocol %s, %s: AllDayEvent with Timezone", version, name)
				}
				if e.Has(wbxml.CalendarEndTime) && !e.Has(wbxml.CalendarStartTime) { // MS-ASCAL 3.2.5.3: status 6
					t.Errorf("protocol %s, %s: EndTime without StartTime", version, name)
				}
				if e.Tag == wbxml.TasksRecurrence && !e.Has(wbxml.TasksStart) { // MS-ASTASK 3.2.5.3.3
					t.Errorf("protocol %s, %s: Recurrence without Start", version, name)
				}
			}
			for _, c := range calendarItems(t, component, version) {
				check(c.name, c.props)
				for _, one := range c.instances {
					if one.Properties != nil {
						check(c.name, one.Properties)
					}
				}
			}
		}
	}
}

// TestAddCalendar adds what calendars become to a server that takes nothing that the
// protocol forbids, and the exceptions of 16.x one by one, and reads there what is as
// iCalendar the same.
func TestAddCalendar(t *testing.T) {
	answers, err := schemacheck.New()
	if err != nil {
		t.Fatal(err)
	}
	for component, class := range classOf {
		for _, version := range []eas.Version{"2.5", "12.1", "14.1", "16.1"} {
			if class == eas.ClassNotes && version < "14.0" || class == eas.ClassNotes && version == "2.5" {
				continue
			}
			t.Run(component+" "+string(version), func(t *testing.T) { addCalendar(t, component, class, version, answers) })
		}
	}
	complaints, kept, err := answers.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range complaints {
		t.Errorf("the schemas refuse %s", c)
	}
	t.Logf("%d answers held against the schemas", kept)
}

func addCalendar(t *testing.T, component string, class eas.Class, version eas.Version, answers *schemacheck.Answers) {
	items := calendarItems(t, component, version)
	if most := 300; len(items) > most { // of thousands of holidays
		var some []calendarItem
		for i := range most {
			some = append(some, items[i*len(items)/most])
		}
		items = some
	}
	store := easserver.NewStore()
	store.AddUser("alice")
	url := easservertest.StartChecked(t, easserver.Config{}, store, answers)
	writer := openFolder(t, url, class, version, "WRITER")
	uids := map[string]bool{}
	var want []string
	for n := 0; n < len(items); {
		var adds, later []eas.ClientCommand
		added := map[string]calendarItem{}
		for ; n < len(items) && len(adds) < 100; n++ {
			c := items[n]
			// A ClientUid makes an Add of what is there already nothing new: MS-ASCAL 2.2.2.13.
			if uid := c.props.Value(wbxml.CalendarClientUid); uid != "" {
				if uids[uid] {
					continue
				}
				uids[uid] = true
			}
			id := fmt.Sprint("c", n)
			added[id] = c
			adds = append(adds, eas.ClientCommand{Op: eas.OpAdd, ClientID: id, Item: c.props})
			want = append(want, said(t, component, whole(c)))
		}
		for _, r := range writer.sync(t, adds).Responses() {
			if r.Err != nil {
				t.Errorf("%s: %v", r.ClientID, r.Err)
			}
			for _, one := range added[r.ClientID].instances {
				cmd := eas.ClientCommand{Op: eas.OpDelete, ServerID: r.ServerID, InstanceID: one.ID}
				if one.Properties != nil {
					cmd.Op, cmd.Item = eas.OpChange, one.Properties
				}
				later = append(later, cmd)
			}
		}
		for chunk := range slices.Chunk(later, 200) { // MS-ASCMD: so many commands in a request
			for _, r := range writer.sync(t, chunk).Responses() {
				if r.Err != nil {
					t.Errorf("%s: %v", r.ServerID, r.Err)
				}
			}
		}
	}

	var got []string
	reader := openFolder(t, url, class, version, "READER")
	for more := true; more; {
		page := reader.sync(t, nil)
		for c, err := range page.Commands() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, said(t, component, c.Item.Properties))
		}
		more = page.MoreAvailable
	}
	slices.Sort(want)
	slices.Sort(got)
	if len(want) < 3 && component == "VEVENT" {
		t.Fatalf("only %d events", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%.6000s", diff)
	}
}

// whole is an item with its instances in it, as a server lists them.
func whole(c calendarItem) *wbxml.Element {
	e := c.props.Clone()
	exceptions := wbxml.E(wbxml.CalendarExceptions)
	for _, one := range c.instances {
		x := wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.AirSyncBaseInstanceId, one.ID.Format(wbxml.CompactDateTime)))
		if one.Properties == nil {
			x.Append(wbxml.T(wbxml.CalendarDeleted, "1"))
		} else {
			x.Append(one.Properties.Children...)
		}
		exceptions.Append(x)
	}
	if len(c.instances) > 0 {
		e.Append(exceptions)
	}
	return e
}

// said is an item as iCalendar, in sorted lines, without what the server makes of its own.
func said(t *testing.T, component string, props *wbxml.Element) string {
	t.Helper()
	var b []byte
	var err error
	switch component {
	case "VEVENT":
		b, err = item.Event(props, item.Options{})
	case "VTODO":
		b, err = item.Task(props)
	case "VJOURNAL":
		b, err = item.Note(props)
	}
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range bytes.SplitSeq(bytes.ReplaceAll(b, []byte("\r\n "), nil), []byte("\r\n")) {
		name := string(line[:max(0, bytes.IndexAny(line, ";:"))])
		if !slices.Contains([]string{"UID", "DTSTAMP", "ORGANIZER", "X-EAS-MEETINGSTATUS", "X-EAS-ATTACHMENT", "LAST-MODIFIED"}, name) {
			kept = append(kept, string(line))
		}
	}
	slices.Sort(kept)
	return strings.Join(kept, "\n")
}
