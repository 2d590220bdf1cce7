package wbxml

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type serverID string

type body struct {
	Type              int    `wbxml:"AirSyncBase:Type"`
	EstimatedDataSize uint32 `wbxml:"AirSyncBase:EstimatedDataSize"`
	Truncated         bool   `wbxml:"AirSyncBase:Truncated"`
	Data              string `wbxml:"AirSyncBase:Data"`
}

type common struct {
	ServerID serverID `wbxml:"AirSync:ServerId"`
}

type everything struct {
	common
	Subject      string    `wbxml:"Email:Subject"`
	DateReceived time.Time `wbxml:"Email:DateReceived"`
	DtStamp      time.Time `wbxml:"Calendar:DtStamp,compact"`
	Importance   *int8     `wbxml:"Email:Importance"`
	Read         *bool     `wbxml:"Email:Read"`
	MoreAvail    bool      `wbxml:"AirSync:MoreAvailable,presence"`
	Body         *body     `wbxml:"AirSyncBase:Body"`
	Location     string    `wbxml:"Calendar:Location|AirSyncBase:Location>AirSyncBase:DisplayName"`
	Categories   []string  `wbxml:"Contacts:Categories>Contacts:Category"`
	Children     []string  `wbxml:"Contacts:Children>Contacts:Child"`
	Latitude     float64   `wbxml:"AirSyncBase:Latitude"`
	Conversation []byte    `wbxml:"Email2:ConversationId,opaque"`
	Picture      []byte    `wbxml:"Contacts:Picture"`
	Attachments  []body    `wbxml:"AirSyncBase:Attachments>AirSyncBase:Attachment"`
	Recurrence   Element   `wbxml:"Calendar:Recurrence"`
	Untagged     string
}

func ptr[T any](v T) *T { return &v }

const everythingXML = `<ApplicationData xmlns="AirSync">` +
	`<ServerId>5:1</ServerId>` +
	`<Subject xmlns="Email">Grüße</Subject>` +
	`<DateReceived xmlns="Email">2000-12-25T08:35:00.000Z</DateReceived>` +
	`<DtStamp xmlns="Calendar">20001225T083500Z</DtStamp>` +
	`<Importance xmlns="Email">0</Importance>` +
	`<Read xmlns="Email">0</Read>` +
	`<MoreAvailable/>` +
	`<Body xmlns="AirSyncBase"><Type>4</Type><EstimatedDataSize>1896</EstimatedDataSize><Truncated>1</Truncated><Data>text</Data></Body>` +
	`<Location xmlns="Calendar">Room 1</Location>` +
	`<Categories xmlns="Contacts"><Category>a</Category><Category>b</Category></Categories>` +
	`<Children xmlns="Contacts"/>` +
	`<Latitude xmlns="AirSyncBase">47.5</Latitude>` +
	`<ConversationId xmlns="Email2"><?opaque base64?>AP8=</ConversationId>` +
	`<Picture xmlns="Contacts">AP8=</Picture>` +
	`<Attachments xmlns="AirSyncBase"><Attachment><Type>1</Type></Attachment><Attachment/></Attachments>` +
	`<Recurrence xmlns="Calendar"><Type>1</Type></Recurrence>` +
	`</ApplicationData>`

func everythingValue() everything {
	christmas := time.Date(2000, 12, 25, 8, 35, 0, 0, time.UTC)
	return everything{
		common: common{"5:1"}, Subject: "Grüße", DateReceived: christmas, DtStamp: christmas,
		Importance: ptr(int8(0)), Read: ptr(false), MoreAvail: true,
		Body:     &body{Type: 4, EstimatedDataSize: 1896, Truncated: true, Data: "text"},
		Location: "Room 1", Categories: []string{"a", "b"}, Children: []string{}, Latitude: 47.5,
		Conversation: []byte{0, 255}, Picture: []byte{0, 255}, Attachments: []body{{Type: 1}, {}},
		Recurrence: E(CalendarRecurrence, T(CalendarType, "1")),
	}
}

func parse(t *testing.T, xml string) *Element {
	t.Helper()
	e, err := ParseXML(strings.NewReader(xml), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestDecode(t *testing.T) {
	var got everything
	if err := Decode(parse(t, everythingXML), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(everythingValue(), got, cmp.AllowUnexported(everything{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestEncode(t *testing.T) {
	v := everythingValue()
	for _, in := range []any{v, &v} {
		e, err := Encode(AirSyncApplicationData, in)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(everythingXML, string(e.AppendXML(nil))); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	if e, err := Encode(AirSyncApplicationData, everything{}); err != nil || len(e.Children) != 0 {
		t.Errorf("zero: %s, %v", e.AppendXML(nil), err)
	}
}

func TestEncodeSharesWrappers(t *testing.T) {
	type location struct {
		Street string   `wbxml:"AirSyncBase:Location>AirSyncBase:Street"`
		Names  []string `wbxml:"AirSyncBase:Location>AirSyncBase:DisplayName"`
		Class  string   `wbxml:"AirSync:Class"`
		City   string   `wbxml:"AirSyncBase:Location>AirSyncBase:City"`
	}
	for in, want := range map[*location]string{
		{Street: "s", Names: []string{"n", "m"}, City: "c"}: `<Add xmlns="AirSync"><Location xmlns="AirSyncBase"><Street>s</Street>` +
			`<DisplayName>n</DisplayName><DisplayName>m</DisplayName><City>c</City></Location></Add>`,
		{Street: "s", Class: "x", City: "c"}: `<Add xmlns="AirSync"><Location xmlns="AirSyncBase"><Street>s</Street></Location><Class>x</Class>` +
			`<Location xmlns="AirSyncBase"><City>c</City></Location></Add>`,
	} {
		if e, err := Encode(AirSyncAdd, in); err != nil || string(e.AppendXML(nil)) != want {
			t.Errorf("%v\n got %s\nwant %s", err, e.AppendXML(nil), want)
		}
	}
}

func TestDecodeForms(t *testing.T) {
	var got everything
	err := Decode(parse(t, `<ApplicationData xmlns="AirSync"><Location xmlns="AirSyncBase"><DisplayName>Room 2</DisplayName></Location>`+
		`<Subject xmlns="Email"/><Read xmlns="Email"/><Importance xmlns="Email"/><DateReceived xmlns="Email"/>`+
		`<MoreAvailable>0</MoreAvailable><tag1F xmlns="page30">new</tag1F><Body xmlns="AirSyncBase"><Truncated>true</Truncated></Body>`+
		`<ConversationId xmlns="Email2">AP 8=</ConversationId><Picture xmlns="Contacts"><?opaque?>raw</Picture></ApplicationData>`), &got)
	if err != nil {
		t.Fatal(err)
	}
	// An empty boolean is true: MS-ASDTYPE 2.1.
	want := everything{Location: "Room 2", Read: ptr(true), Body: &body{Truncated: true}, Conversation: []byte{0, 255}, Picture: []byte("raw")}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(everything{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestDecodeKeepsWhatIsReadable has a bad value in every kind of field.
func TestDecodeKeepsWhatIsReadable(t *testing.T) {
	var got everything
	err := Decode(parse(t, `<ApplicationData xmlns="AirSync"><ServerId>5:1</ServerId><DateReceived xmlns="Email">yesterday</DateReceived>`+
		`<Importance xmlns="Email">300</Importance><Read xmlns="Email">maybe</Read><Latitude xmlns="AirSyncBase">north</Latitude>`+
		`<Body xmlns="AirSyncBase"><Type>x</Type><EstimatedDataSize>-1</EstimatedDataSize><Data>text</Data></Body><Picture xmlns="Contacts">%</Picture>`+
		`<Attachments xmlns="AirSyncBase"><Attachment><Type>y</Type><Data>z</Data></Attachment></Attachments></ApplicationData>`), &got)
	want := everything{common: common{"5:1"}, Body: &body{Data: "text"}, Attachments: []body{{Data: "z"}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(everything{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("error %v", err)
	}
	var bad []string
	for _, err := range joined.Unwrap() {
		var value *ValueError
		if !errors.As(err, &value) {
			t.Fatalf("error %v", err)
		}
		bad = append(bad, value.Error())
	}
	wantBad := []string{
		`wbxml: Email:DateReceived: value "yesterday": no date and time`,
		`wbxml: Email:Importance: value "300": value out of range`,
		`wbxml: Email:Read: value "maybe": no boolean`,
		`wbxml: AirSyncBase:Type: value "x": invalid syntax`,
		`wbxml: AirSyncBase:EstimatedDataSize: value "-1": invalid syntax`,
		`wbxml: AirSyncBase:Latitude: value "north": invalid syntax`,
		`wbxml: Contacts:Picture: value "%": illegal base64 data at input byte 0`,
		`wbxml: AirSyncBase:Type: value "y": invalid syntax`,
	}
	if diff := cmp.Diff(wantBad, bad); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestStructMistakes(t *testing.T) {
	e := Empty(AirSyncSync)
	tests := map[string]any{
		"a pointer to a struct is wanted": 1,
		`no such tag: "Email:Nothing"`: &struct {
			F string `wbxml:"Email:Nothing"`
		}{},
		"no form for the type chan int": &struct {
			F chan int `wbxml:"Email:Read"`
		}{},
		"no form for the type []string": &struct {
			F [][]string `wbxml:"Email:Read"`
		}{},
		`no such option for string: "presence"`: &struct {
			F string `wbxml:"Email:Read,presence"`
		}{},
		"is not exported": &struct {
			f string `wbxml:"Email:Read"`
		}{},
	}
	for want, v := range tests {
		if err := Decode(&e, v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Decode: error %v, want %q", err, want)
		}
		if _, err := Encode(AirSyncSync, v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Encode: error %v, want %q", err, want)
		}
	}
	if err := Decode(&e, body{}); err == nil {
		t.Error("Decode into a struct, not a pointer")
	}
	if err := Decode(&e, (*body)(nil)); err == nil {
		t.Error("Decode into a nil pointer")
	}
}

func TestParseTime(t *testing.T) {
	christmas := time.Date(2000, 12, 25, 8, 35, 0, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"2000-12-25T08:35:00.000Z":       christmas, // the example of MS-ASDTYPE 2.3
		"2000-12-25T08:35:00Z":           christmas,
		"2000-12-25T08:35:00":            christmas,
		" 2000-12-25T08:35:00.000Z\n":    christmas,
		"2000-12-25T09:35:00+01:00":      christmas,
		"20001225T083500Z":               christmas,
		"20001225T083500":                christmas,
		"20001225T083500.000Z":           christmas,
		"20001225T093500+01:00":          christmas,
		"2000-12-25T08:35:00.123Z":       christmas.Add(123 * time.Millisecond),
		"2000-12-25":                     time.Date(2000, 12, 25, 0, 0, 0, 0, time.UTC),
		"20001225":                       time.Date(2000, 12, 25, 0, 0, 0, 0, time.UTC),
		"2000-12-31T24:00:00.000Z":       time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC),
		"20001231T240000Z":               time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC),
		"":                               {},
		"2000-12-25T24:01:00.000Z":       {},
		"2000-13-25T08:35:00.000Z":       {},
		"20001225T083500Z and something": {},
	} {
		got, err := ParseTime(in)
		if !got.Equal(want) || got.Location() != time.UTC || (err != nil) != want.IsZero() {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
}
