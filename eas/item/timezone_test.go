package item

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
	"unicode/utf16"
)

// tzInfo is the structure of MS-ASDTYPE 2.7.4 as numbers, for tests that make one.
type tzInfo struct {
	bias             int32 // minutes
	stdName, dstName string
	std, dst         [8]uint16 // SYSTEMTIME
	stdBias, dstBias int32
}

func (i tzInfo) blob() string {
	name := func(s string) []byte {
		var units [32]uint16
		copy(units[:], utf16.Encode([]rune(s)))
		b, _ := binary.Append(nil, binary.LittleEndian, units[:])
		return b
	}
	b, _ := binary.Append(nil, binary.LittleEndian, i.bias)
	b = append(b, name(i.stdName)...)
	b, _ = binary.Append(b, binary.LittleEndian, i.std)
	b, _ = binary.Append(b, binary.LittleEndian, i.stdBias)
	b = append(b, name(i.dstName)...)
	b, _ = binary.Append(b, binary.LittleEndian, i.dst)
	b, _ = binary.Append(b, binary.LittleEndian, i.dstBias)
	return base64.StdEncoding.EncodeToString(b)
}

// Zones as Windows describes them today.
var (
	pacific = tzInfo{ // the bias is the example of MS-ASDTYPE 2.7.4
		bias: 480, stdName: "Pacific Standard Time", std: [8]uint16{0, 11, 0, 1, 2},
		dstName: "Pacific Daylight Time", dst: [8]uint16{0, 3, 0, 2, 2}, dstBias: -60,
	}
	romance = tzInfo{
		bias: -60, stdName: "Romance Standard Time", std: [8]uint16{0, 10, 0, 5, 3},
		dstName: "Romance Daylight Time", dst: [8]uint16{0, 3, 0, 5, 2}, dstBias: -60,
	}
	sydney = tzInfo{bias: -600, std: [8]uint16{0, 4, 0, 1, 3}, dst: [8]uint16{0, 10, 0, 1, 2}, dstBias: -60}
	india  = tzInfo{bias: -330, stdName: "India Standard Time", dstName: "India Daylight Time"}
)

// The offsets must be those of the tz database, at each hour of 25 years. The
// zones have kept their rules since 2008.
func TestZoneOffsets(t *testing.T) {
	for name, info := range map[string]tzInfo{
		"America/Los_Angeles": pacific, "Europe/Paris": romance, "Australia/Sydney": sydney, "Asia/Kolkata": india,
	} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		z, ok := parseZone(info.blob())
		if !ok || z == nil {
			t.Fatalf("%s: no zone", name)
		}
		at := time.Date(2008, time.July, 1, 0, 0, 0, 0, time.UTC)
		for end := at.AddDate(25, 0, 0); at.Before(end); at = at.Add(time.Hour) {
			if _, want := at.In(loc).Zone(); z.offset(at) != want {
				t.Fatalf("%s: offset at %v is %d s, want %d s", name, at, z.offset(at), want)
			}
		}
	}
}

// The tables of MS-ASDTYPE 2.3.1: a meeting at 10:00 in Seattle before and after
// daylight time began on 4/6/03.
func TestZoneSpecificationExample(t *testing.T) {
	info := tzInfo{bias: 480, std: [8]uint16{0, 10, 0, 5, 2}, dst: [8]uint16{0, 4, 0, 1, 2}, dstBias: -60}
	z, _ := parseZone(info.blob())
	for utc, want := range map[string]string{"2003-04-04T18:00:00Z": "10:00", "2003-04-11T17:00:00Z": "10:00"} {
		at, _ := time.Parse(time.RFC3339, utc)
		if got := z.local(at).Format("15:04"); got != want {
			t.Errorf("%s in Seattle is %s, want %s", utc, got, want)
		}
	}
}

// A change with a year happens on that date alone: MS-DTYP SYSTEMTIME, as
// Android's clients send it for zones that they have no rule for.
func TestZoneOnce(t *testing.T) {
	info := tzInfo{bias: 180, std: [8]uint16{2014, 2, 0, 16}, dst: [8]uint16{2013, 10, 0, 20}, dstBias: -60}
	z, ok := parseZone(info.blob())
	if !ok {
		t.Fatal("no zone")
	}
	loc, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2013, time.March, 1, 0, 0, 0, 0, time.UTC)
	for end := at.AddDate(1, 6, 0); at.Before(end); at = at.Add(time.Hour) {
		if _, want := at.In(loc).Zone(); z.offset(at) != want {
			t.Fatalf("offset at %v is %d s, want %d s", at, z.offset(at), want)
		}
	}
	b := zoneLines(t, z, 1970)
	for _, want := range []string{"DTSTART:20131020T000000\r\n", "DTSTART:20140216T000000\r\n"} {
		if !strings.Contains(b, want) || strings.Contains(b, "RRULE") {
			t.Errorf("want %q and no RRULE in\n%s", want, b)
		}
	}
}

// zoneLines are the lines of a VTIMEZONE.
func zoneLines(t *testing.T, z *zone, from int) string {
	t.Helper()
	cal := newCalendar()
	addZone(cal, z, from)
	b, err := serialize(cal)
	parseCalendar(t, b, err)
	_, inner, _ := strings.Cut(string(b), "PRODID:"+productID+"\r\n")
	return strings.TrimSuffix(inner, "END:VCALENDAR\r\n")
}

// RFC 5545 3.6.5 has New York's rules since 2007 as an example, with these lines.
func TestVTimezone(t *testing.T) {
	info := tzInfo{
		bias: 300, stdName: "EST", std: [8]uint16{0, 11, 0, 1, 2},
		dstName: "EDT", dst: [8]uint16{0, 3, 0, 2, 2}, dstBias: -60,
	}
	z, _ := parseZone(info.blob())
	want := crlf(`
BEGIN:VTIMEZONE
TZID:EST
BEGIN:STANDARD
DTSTART:20071104T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZNAME:EST
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20070311T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZNAME:EDT
END:DAYLIGHT
END:VTIMEZONE
`)
	if got := zoneLines(t, z, 2007); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestZoneRefused(t *testing.T) {
	bad := func(change func(*tzInfo)) string {
		info := romance
		change(&info)
		return info.blob()
	}
	for name, blob := range map[string]string{
		"empty":        "",
		"no base64":    "!!!!",
		"short":        base64.StdEncoding.EncodeToString(make([]byte, 171)),
		"long":         base64.StdEncoding.EncodeToString(make([]byte, 173)),
		"huge":         strings.Repeat("AAAA", 1<<20),
		"bias":         bad(func(i *tzInfo) { i.bias = 24 * 60 }),
		"overflow":     bad(func(i *tzInfo) { i.bias, i.stdBias, i.dstBias = -1<<31, -1<<31, -1<<31 }),
		"month":        bad(func(i *tzInfo) { i.std[1] = 13 }),
		"weekday":      bad(func(i *tzInfo) { i.std[2] = 7 }),
		"week 0":       bad(func(i *tzInfo) { i.dst[3] = 0 }),
		"week 6":       bad(func(i *tzInfo) { i.dst[3] = 6 }),
		"hour":         bad(func(i *tzInfo) { i.dst[4] = 24 }),
		"year":         bad(func(i *tzInfo) { i.dst[0] = 0xFFFF }),
		"nothing said": bad(func(i *tzInfo) { *i = tzInfo{bias: -1 << 31} }),
	} {
		if z, ok := parseZone(blob); ok || z != nil {
			t.Errorf("%s: taken as %+v", name, z)
		}
	}
}

func TestZoneUTC(t *testing.T) {
	// SOGo 5.8 leaves memory of its process in the unused end of StandardName.
	dirty := tzInfo{stdName: "\x00" + strings.Repeat("\x00", 24) + "\u2a70\u0000\u7f1d"}
	for name, blob := range map[string]string{"zero": tzInfo{}.blob(), "dirty": dirty.blob()} {
		if z, ok := parseZone(blob); !ok || z != nil {
			t.Errorf("%s: %+v, %v, want UTC", name, z, ok)
		}
	}
}

func TestZoneNames(t *testing.T) {
	for name, want := range map[string]string{
		"Pacific Standard Time": "Pacific Standard Time",
		"":                      "UTC+0100+0200",
		"(GMT+01:00) Time Zone": "(GMT+01.00) Time Zone", // no quotes around a TZID: RFC 5545 3.2.19
		"a\x01b":                "UTC+0100+0200",
		"中国标准时间":                "中国标准时间",
	} {
		info := romance
		info.stdName = name
		if z, ok := parseZone(info.blob()); !ok || z.id != want {
			t.Errorf("TZID for %q is %q, want %q", name, z.id, want)
		}
	}
	b, _ := base64.StdEncoding.DecodeString(romance.blob())
	copy(b[4:68], append([]byte("Europe/Paris"), make([]byte, 64)...))
	if z, ok := parseZone(base64.StdEncoding.EncodeToString(b)); !ok || z.id != "Europe/Paris" {
		t.Errorf("TZID for a name in bytes is %q", z.id)
	}
}

// TestZoneCorpus reads time zones that other projects recorded, with the numbers
// that another decoder found in them.
func TestZoneCorpus(t *testing.T) {
	dir := corpus(t)
	b, err := os.ReadFile(filepath.Join(dir, "timezones", "eas_timezones.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(b)), "\n")[1:]
	for _, row := range rows {
		f := strings.Split(row, "\t")
		minutes := func(i int) int {
			n, err := strconv.Atoi(f[i])
			if err != nil {
				t.Fatal(err)
			}
			return -60 * n
		}
		z, ok := parseZone(f[0])
		if !ok || z == nil {
			t.Errorf("%s: no zone", f[2])
			continue
		}
		if want := minutes(1) + minutes(4); z.std != want {
			t.Errorf("%s: standard offset %d s, want %d s", f[2], z.std, want)
		}
		if strings.HasPrefix(f[3], "0000-00") {
			if z.toStd.month != 0 || z.dst != z.std {
				t.Errorf("%s: has daylight time", f[2])
			}
			continue
		}
		if want := minutes(1) + minutes(7); z.dst != want {
			t.Errorf("%s: daylight offset %d s, want %d s", f[2], z.dst, want)
		}
		for i, c := range map[int]change{3: z.toStd, 6: z.toDST} {
			got := fmt.Sprintf("%04d-%02d dow=%d nth=%d %02d:%02d:%02d.000", c.year, c.month, c.weekday, c.day, c.hour, c.minute, c.sec)
			if got != f[i] {
				t.Errorf("%s: change %s, want %s", f[2], got, f[i])
			}
		}
	}
}

func FuzzZone(f *testing.F) {
	for _, info := range []tzInfo{pacific, sydney, india, {}} {
		b, _ := base64.StdEncoding.DecodeString(info.blob())
		f.Add(b, int64(1<<30))
	}
	f.Fuzz(func(t *testing.T, b []byte, unix int64) {
		z, ok := parseZone(base64.StdEncoding.EncodeToString(b))
		if !ok {
			return
		}
		at := time.Unix(unix%(1<<37), 0).UTC()
		if off := z.offset(at); off <= -86400 || off >= 86400 {
			t.Errorf("offset %d s", off)
		}
		zoneLines(t, z, 1970)
	})
}
