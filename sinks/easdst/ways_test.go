package easdst_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/easdst"
)

// wholeDay is an event on 24 December somewhere.
func wholeDay(zone string) sinks.TargetItem {
	ics := fmt.Sprintf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-TIMEZONE:%s\r\nBEGIN:VEVENT\r\nUID:%s\r\nDTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261225\r\nSUMMARY:%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", zone, zone, zone)
	return sinks.TargetItem{Key: zone, Contents: []sinks.Content{content(".ics", ics)}}
}

// TestUTCDays: a server that takes the dates that whole days have in UTC gets them corrected, and then gets them so.
func TestUTCDays(t *testing.T) {
	for _, v := range eas.Versions() {
		changes := 0
		w := newWorld(t, v, easserver.Config{
			Faults: easserver.NewFaults(1, easserver.FaultRule{Fault: easserver.FaultAddUTCDays}),
			OnRequest: func(r *easserver.Request) http.Handler {
				if r.Document != nil && strings.Contains(string(r.Document.AppendXML(nil)), "<Change>") {
					changes++
				}
				return nil
			},
		}, easdst.Options{})
		f := w.open("Calendar")
		placed := w.put(f, wholeDay("Australia/Sydney"), wholeDay("America/New_York"), wholeDay("UTC"), event(1))
		const want = 1 // of the one in Sydney; from 16.0 on of the exceptions of the series
		placed = append(placed, w.put(f, wholeDay("Asia/Tokyo"), wholeDay("Europe/Berlin"))...)
		for i, p := range placed {
			e := w.there("Calendar", p.ID)
			start := e.Value(wbxml.CalendarStartTime)
			if p.Err != nil || i != 3 && start != "20261224T000000Z" {
				t.Errorf("%s: %d: %+v is at %s", v, i, p, start)
			}
			for _, a := range p.Altered {
				if a.Why == "" {
					t.Errorf("%s: %d: %+v", v, i, a)
				}
			}
		}
		if changes != want {
			t.Errorf("%s: %d changes, want %d", v, changes, want)
		}
		now := held(t, f)
		for _, p := range placed {
			if now[p.ID] != p.State {
				t.Errorf("%s: %s is listed as %s, and was %s", v, p.ID, now[p.ID], p.State)
			}
		}
	}
}

// TestKeepDeleted: where nothing is deleted for good it is deleted as the server does.
func TestKeepDeleted(t *testing.T) {
	for _, v := range eas.Versions() {
		w := newWorld(t, v, easserver.Config{Faults: easserver.NewFaults(1, easserver.FaultRule{Fault: easserver.FaultKeepDeleted})}, easdst.Options{})
		f := w.open("Contacts")
		var all []sinks.Held
		for _, p := range w.put(f, contact(1), contact(2), contact(3)) {
			all = append(all, p.Held)
		}
		for _, part := range [][]sinks.Held{all[:2], all[2:]} {
			gone, err := f.Delete(t.Context(), part)
			if d := cmp.Diff(part, gone); d != "" || err != nil {
				t.Errorf("%s: %s %v", v, d, err)
			}
		}
		if n := w.folder("Contacts").Len(); n != 0 {
			t.Errorf("%s: %d are there", v, n)
		}
	}
}

// TestUpdateOfTheSame: nothing is sent to an item that is as it should be.
func TestUpdateOfTheSame(t *testing.T) {
	for _, v := range eas.Versions() {
		for _, class := range classesOf(v) {
			sent := false
			w := newWorld(t, v, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
				sent = sent || r.Document != nil && strings.Contains(string(r.Document.AppendXML(nil)), "<Change>")
				return nil
			}}, easdst.Options{})
			f := w.open(class)
			p := w.put(f, makers[class](1))[0]
			sent = false
			again, err := f.Update(t.Context(), p.Held, makers[class](1))
			if err != nil || again.Held != p.Held || sent {
				t.Errorf("%s in %s: %+v %v, sent %v", class, v, again, err, sent)
			}
		}
	}
}
