package item

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// occurrencesScript reads pairs of objects and prints for each pair whether the
// instants of its series are the same: by dateutil's rules and by the VTIMEZONEs
// that are in the objects, which dateutil.tz.tzical reads.
const occurrencesScript = `
import datetime, io, itertools, json, sys
from dateutil import rrule, tz

def unfold(text):
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if line[:1] in (" ", "\t") and lines:
            lines[-1] += line[1:]
        else:
            lines.append(line)
    return lines

def components(lines):
    zone, event, kind = [], None, None
    for line in lines:
        if line == "BEGIN:VTIMEZONE": kind = "zone"
        if line == "BEGIN:VEVENT": kind, event = "event", []
        if kind == "zone" and not line.startswith("X-"): zone.append(line)
        elif kind == "event" and event is not None: event.append(line)
        if line == "END:VTIMEZONE": kind = None
        if line == "END:VEVENT":
            yield event
            kind, event = None, None
    yield zone

def value(line):
    head, _, v = line.partition(":")
    tzid = [p[5:].strip('"') for p in head.split(";") if p.startswith("TZID=")]
    return v, tzid[0] if tzid else None

def instants(text):
    parts = list(components(unfold(text)))
    zones, events = {}, parts[:-1]
    home = [value(l)[0] for l in unfold(text) if l.startswith("X-WR-TIMEZONE")]
    home = tz.gettz(home[0]) if home else None
    if parts[-1]:
        ical = tz.tzical(io.StringIO("\n".join(parts[-1]) + "\n"))
        zones = {k.replace("\\,", ","): ical.get(k) for k in ical.keys()}
    def moment(v, tzid):
        v = v.split("/")[0].strip()
        if len(v) == 8:
            return datetime.datetime.strptime(v, "%Y%m%d")
        if v.endswith("Z"):
            return datetime.datetime.strptime(v, "%Y%m%dT%H%M%SZ").replace(tzinfo=tz.UTC)
        t = datetime.datetime.strptime(v, "%Y%m%dT%H%M%S")
        zone = zones.get(tzid) or tz.gettz(tzid.lstrip("/")) if tzid else home
        return t.replace(tzinfo=zone) if zone else t
    def named(event, name):
        return [l for l in event if l.partition(":")[0].split(";")[0] == name]
    series = [e for e in events if not named(e, "RECURRENCE-ID")][0]
    start = moment(*value(named(series, "DTSTART")[0]))
    whole = len(value(named(series, "DTSTART")[0])[0]) == 8
    def like(t):
        return datetime.datetime(t.year, t.month, t.day) if whole else t if t.tzinfo or not start.tzinfo else t.replace(hour=start.hour, minute=start.minute, second=start.second, tzinfo=start.tzinfo)
    every = rrule.rruleset()
    for line in named(series, "RRULE") + named(series, "EXRULE"):
        rule = ";".join(p.replace(" ", "") for p in value(line)[0].strip(";, ").split(";") if not p.startswith("UNTIL="))
        until = [p[6:] for p in value(line)[0].split(";") if p.startswith("UNTIL=")]
        if until:
            end = moment(until[0].strip(), None)
            if len(until[0].strip()) == 8 and not whole: end = end.replace(hour=23, minute=59, second=59)
            if whole: end = datetime.datetime(end.year, end.month, end.day)
            elif start.tzinfo and not end.tzinfo: end = end.replace(tzinfo=start.tzinfo)
            elif not start.tzinfo: end = end.replace(tzinfo=None)
            one = rrule.rrulestr(rule, dtstart=start).replace(until=end)
        else:
            one = rrule.rrulestr(rule, dtstart=start)
        (every.rrule if line.startswith("RRULE") else every.exrule)(one)
    for name, add in (("RDATE", every.rdate), ("EXDATE", every.exdate)):
        for line in named(series, name):
            v, tzid = value(line)
            for one in v.split(","):
                if one.strip(): add(like(moment(one, tzid)))
    if not named(series, "RRULE"):
        every.rdate(start)
    seconds = lambda t: (t.astimezone(tz.UTC) if t.tzinfo else t.replace(tzinfo=tz.UTC)).timestamp()
    found = [seconds(t) for t in itertools.islice(every, 200)]
    last = found[-1] if len(found) == 200 else float("inf")
    for e in events:
        for line in named(e, "RECURRENCE-ID"):
            original, moved = seconds(like(moment(*value(line)))), seconds(moment(*value(named(e, "DTSTART")[0])))
            if original in found: found[found.index(original)] = moved
            elif original < last: found.append(moved)
    return sorted(found)[:200]

for line in open(sys.argv[1]):
    pair = json.loads(line)
    try:
        was = instants(pair["was"])
    except Exception as e:
        print("unread\t" + repr(e).replace("\n", " ")[:100] + "\t" + pair["name"])
        continue
    now = instants(pair["is"])
    short = pair["sooner"] and len(now) < len(was) and now == was[:len(now)]
    fewer = len(was) - len(now) == pair["seconds"] and set(now) <= set(was)
    if was == now or short or fewer:
        print("same\t%d\t%s" % (len(was), pair["name"]))
    else:
        print("differs\t%s %s\t%s" % (was[:9], now[:9], pair["name"]))
`

// ruleOf is the rule of an event, and all of one that has more than a rule.
func ruleOf(event []byte) string {
	_, event, _ = bytes.Cut(event, []byte("BEGIN:VEVENT"))
	for _, more := range []string{"EXDATE", "RDATE", "RECURRENCE-ID"} {
		if bytes.Contains(event, []byte("\n"+more)) {
			return string(event)
		}
	}
	_, rule, _ := bytes.Cut(event, []byte("\nRRULE"))
	rule, _, _ = bytes.Cut(rule, []byte("\n"))
	return string(rule)
}

// TestOccurrencesDateutil compares the instants of the series of the corpus once more,
// by a library in another language that also reads the time zones.
func TestOccurrencesDateutil(t *testing.T) {
	dir := filepath.Join(corpus(t), "calendars")
	py := python("dateutil")
	if py == "" {
		t.Skip("no Python with dateutil here; TestOccurrencesCorpus holds without it")
	}
	var pairs bytes.Buffer
	kinds := map[string]int{}
	to := json.NewEncoder(&pairs)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for one, err := range SplitCalendar(data) {
			if err != nil || one.Component != "VEVENT" || !bytes.Contains(one.Data, []byte("\nRRULE")) && !bytes.Contains(one.Data, []byte("\nRDATE")) {
				continue
			}
			// Calendars of holidays have hundreds of one kind: three of a file will do.
			kind := filepath.Base(path) + ruleOf(one.Data)
			if kinds[kind]++; kinds[kind] > 3 {
				continue
			}
			p, err := ParseEvent(one.Data, ParseOptions{Version: "16.1"})
			if err != nil {
				t.Fatal(err)
			}
			lost := func(names ...string) bool {
				return slices.ContainsFunc(p.Losses, func(l Loss) bool { return slices.Contains(names, l.Property) })
			}
			if p.Properties.Child(wbxml.CalendarRecurrence) == nil || lost("TZID", "DTSTART") {
				continue // it does not recur any more, or not at these instants, and that was said
			}
			b, err := Event(whole(p), Options{})
			if err != nil {
				t.Fatal(err)
			}
			pair := map[string]any{"name": filepath.Base(path) + " " + one.UID, "was": string(one.Data), "is": string(b), "sooner": lost("RRULE"), "seconds": secondsOfDays(p.Losses)}
			if err := to.Encode(pair); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for row := range strings.Lines(run(t, py, occurrencesScript, pairs.Bytes())) {
		switch what, _, _ := strings.Cut(row, "\t"); what {
		case "same":
			same++
		case "unread":
			t.Log(strings.TrimSpace(row))
		default:
			t.Error(row)
		}
	}
	t.Logf("%d series are the same", same)
	if same < 253 {
		t.Errorf("only %d series are the same", same)
	}
}
