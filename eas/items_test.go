package eas_test

import (
	"bufio"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

var itemTypes = map[string]reflect.Type{
	"Email": reflect.TypeFor[eas.Email](), "Contacts": reflect.TypeFor[eas.Contact](), "Calendar": reflect.TypeFor[eas.Appointment](),
	"Tasks": reflect.TypeFor[eas.Task](), "Notes": reflect.TypeFor[eas.Note](),
	"requests": reflect.TypeFor[eas.AttachmentAdd](),
}

// tagsOf collects every element name that a type's fields have, at any depth.
func tagsOf(t reflect.Type, names map[string]bool, seen map[reflect.Type]bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return
	}
	seen[t] = true
	for i := range t.NumField() {
		tag, _, _ := strings.Cut(t.Field(i).Tag.Get("wbxml"), ",")
		for _, name := range strings.FieldsFunc(tag, func(r rune) bool { return r == '|' || r == '>' }) {
			names[name] = true
		}
		tagsOf(t.Field(i).Type, names, seen)
	}
}

// notProperties are the tokens of the items' pages that no item holds.
var notProperties = map[string]string{
	"AirSyncBase:BodyPreference":     "request option, BodyPreference",
	"AirSyncBase:BodyPartPreference": "request option",
	"AirSyncBase:TruncationSize":     "request option, BodyPreference",
	"AirSyncBase:AllOrNone":          "request option, BodyPreference",
	"Email2:Send":                    "beside the properties, ClientCommand.Send",
}

// TestEveryProperty: every token of the items' code pages is a field of a typed item, or is listed above.
func TestEveryProperty(t *testing.T) {
	names, seen := map[string]bool{}, map[reflect.Type]bool{}
	for _, typ := range itemTypes {
		tagsOf(typ, names, seen)
	}
	f, err := os.Open("wbxml/tokens.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pages := map[string]bool{"1": true, "2": true, "4": true, "9": true, "12": true, "17": true, "22": true, "23": true}
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		cols := strings.SplitN(s.Text(), ",", 4)
		if !pages[cols[0]] {
			continue
		}
		n++
		name := tokenName(t, cols[0], cols[1])
		_, other := notProperties[name]
		if names[name] == other {
			t.Errorf("%s (%s): a field %v, listed as no property %v", name, cols[2], names[name], other)
		}
	}
	if n < 250 {
		t.Errorf("only %d tokens looked at", n)
	}
}

func tokenName(t *testing.T, page, token string) string {
	t.Helper()
	var p, k int
	for _, c := range page {
		p = p*10 + int(c-'0')
	}
	for _, c := range strings.TrimPrefix(token, "0x") {
		k = k*16 + strings.IndexRune("0123456789ABCDEF", c)
	}
	tag := wbxml.Tag(p<<8 | k)
	if !tag.Known() {
		t.Fatalf("page %s token %s", page, token)
	}
	return tag.String()
}

// fill sets every field of a struct to a value of its own, so that one that is lost or mixed up shows.
func fill(v reflect.Value, n *int) {
	*n++
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2000+*n%100, 2, 29-*n%2*10, 1, 2, *n%60, 0, time.UTC)))
	case v.Type() == reflect.TypeFor[[]byte]():
		v.SetBytes([]byte{byte(*n), 0, 255, byte(*n >> 8)})
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case v.Kind() == reflect.String:
		v.SetString("wert ☃ " + string(rune('a'+*n%26)) + strings.Repeat("x", *n%7))
	case v.Kind() == reflect.Bool:
		v.SetBool(*n%2 == 0 || v.CanAddr() && v.Type().Kind() == reflect.Bool && *n%3 == 0)
	case v.CanInt():
		v.SetInt(int64(*n))
	case v.CanFloat():
		v.SetFloat(float64(*n) + 0.25)
	}
}

// TestItemsRoundTrip writes every field of every item to the wire and reads it back.
func TestItemsRoundTrip(t *testing.T) {
	for _, item := range []any{&eas.Email{}, &eas.Contact{}, &eas.Appointment{}, &eas.Task{}, &eas.Note{}} {
		n := 0
		v := reflect.ValueOf(item).Elem()
		fill(v, &n)
		e, err := wbxml.Encode(wbxml.AirSyncApplicationData, item)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := wbxml.Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := wbxml.Unmarshal(doc, wbxml.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		got := reflect.New(v.Type()).Interface()
		if err := wbxml.Decode(back, got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(item, got); d != "" {
			t.Errorf("%T: %s", item, d)
		}
	}
}

// TestZeroIsNotAbsent: what is zero is written, what is absent is not, and both are read as such.
func TestZeroIsNotAbsent(t *testing.T) {
	a := &eas.Appointment{Reminder: new(0), AllDayEvent: new(false), Recurrence: &eas.Recurrence{Type: new(eas.RecursDaily), Interval: 2}}
	e, err := wbxml.Encode(wbxml.AirSyncApplicationData, a)
	if err != nil {
		t.Fatal(err)
	}
	want := `<ApplicationData xmlns="AirSync"><AllDayEvent xmlns="Calendar">0</AllDayEvent><Reminder xmlns="Calendar">0</Reminder>` +
		`<Recurrence xmlns="Calendar"><Type>0</Type><Interval>2</Interval></Recurrence></ApplicationData>`
	if got := string(e.AppendXML(nil)); got != want {
		t.Errorf("%s", got)
	}
	var back eas.Appointment
	if err := wbxml.Decode(&e, &back); err != nil {
		t.Fatal(err)
	}
	if eas.Or(back.Reminder, 99) != 0 || eas.Or(back.BusyStatus, eas.BusyTentative) != eas.BusyTentative || back.Sensitivity != nil {
		t.Errorf("%+v", back)
	}
}

// TestBadValues: a value that does not parse is named, and the rest is read.
func TestBadValues(t *testing.T) {
	i := eas.Item{Properties: element(t, `<ApplicationData xmlns="AirSync"><Subject xmlns="Calendar">s</Subject><StartTime xmlns="Calendar">tomorrow</StartTime><Reminder xmlns="Calendar">soon</Reminder><UID xmlns="Calendar">u</UID></ApplicationData>`)}
	a, err := i.Appointment()
	if err == nil || !strings.Contains(err.Error(), "tomorrow") || !strings.Contains(err.Error(), "soon") {
		t.Errorf("%v", err)
	}
	if a.Subject != "s" || a.UID != "u" || !a.StartTime.IsZero() || a.Reminder != nil {
		t.Errorf("%+v", a)
	}
}

// TestRecurrencesConvert: the patterns of the three classes are one.
func TestRecurrencesConvert(t *testing.T) {
	r := eas.Recurrence{Type: new(eas.RecursYearlyNth), Interval: 1, WeekOfMonth: 5, DayOfWeek: eas.Sunday, MonthOfYear: 10, FirstDayOfWeek: new(1)}
	if d := cmp.Diff(r, eas.Recurrence(eas.EmailRecurrence(r))); d != "" {
		t.Error(d)
	}
	task := eas.TaskRecurrence{Type: r.Type, Interval: 1, WeekOfMonth: 5, DayOfWeek: eas.Sunday, MonthOfYear: 10, FirstDayOfWeek: r.FirstDayOfWeek, Regenerate: new(true)}
	if d := cmp.Diff(r, task.Pattern()); d != "" {
		t.Error(d)
	}
}

func TestFolderClasses(t *testing.T) {
	got := map[eas.Class][]int{}
	for n := range 21 {
		class, ok := eas.FolderType(n).Class()
		if !ok {
			class = "none"
		}
		got[class] = append(got[class], n)
	}
	want := map[eas.Class][]int{ // MS-ASCMD 2.2.3.186.3
		eas.ClassEmail: {1, 2, 3, 4, 5, 6, 12}, eas.ClassTasks: {7, 15}, eas.ClassCalendar: {8, 13}, eas.ClassContacts: {9, 14},
		eas.ClassNotes: {10, 17}, "none": {0, 11, 16, 18, 19, 20},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if !slices.Contains([]string{"calendar"}, eas.FolderCalendar.String()) || eas.FolderType(99).String() != "folder type 99" {
		t.Error("names")
	}
}
