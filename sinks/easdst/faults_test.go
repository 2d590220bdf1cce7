package easdst_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/easdst"
)

// outcome is what became of items: "placed", "altered", or why not.
func outcomes(placed []sinks.Placed) (all []string) {
	for _, p := range placed {
		s := "placed"
		switch {
		case errors.Is(p.Err, easdst.ErrNotStored):
			s = "not stored"
		case errors.Is(p.Err, sinks.ErrRefused):
			s = "refused"
		case p.Err != nil:
			s = p.Err.Error()
		}
		var names []string
		for _, a := range p.Altered {
			if a.Why == "" {
				names = append(names, a.Property)
			}
		}
		all = append(all, strings.Join(append([]string{s}, names...), " "))
	}
	return all
}

// TestFaults: what a server makes of five contacts, of which the third meets its fault.
func TestFaults(t *testing.T) {
	all := func(third string) []string { return []string{"placed", "placed", third, "placed", "placed"} }
	for _, tc := range []struct {
		fault  easserver.Fault
		want   []string
		stored int
	}{
		{easserver.FaultAddLost, all("not stored"), 4},
		{easserver.FaultAddNoID, all("placed"), 5},
		{easserver.FaultAddNoAnswer, all("placed"), 5},
		{easserver.FaultAddRefused, all("refused"), 4},
		{easserver.FaultAddPoison, all("refused"), 4},
		{easserver.FaultAddDrops, all("placed AirSyncBase:Body"), 5},
		{easserver.FaultAddCutsBody, all("placed AirSyncBase:Body"), 5},
	} {
		for _, v := range eas.Versions() {
			t.Run(string(tc.fault)+"/"+string(v), func(t *testing.T) {
				want := slices.Clone(tc.want)
				if v == eas.Version25 {
					want[2] = strings.ReplaceAll(want[2], "AirSyncBase:Body", "Contacts:Body")
				}
				faults := easserver.NewFaults(1, easserver.FaultRule{Fault: tc.fault, Skip: 2, Limit: 1})
				w := newWorld(t, v, easserver.Config{Faults: faults}, easdst.Options{})
				theirs := w.folder("Contacts").Add(easserver.Item{Properties: []wbxml.Element{wbxml.T(wbxml.ContactsFileAs, "Theirs")}})
				f := w.open("Contacts")
				placed := w.put(f, contact(0), contact(1), contact(2), contact(3), contact(4))
				if d := cmp.Diff(want, outcomes(placed)); d != "" {
					t.Errorf("%s\n%+v", d, placed)
				}
				if n := w.folder("Contacts").Len(); n != tc.stored+1 {
					t.Errorf("%d items are there", n)
				}
				now := held(t, f)
				for _, p := range placed {
					if p.Err == nil && (now[p.ID] != p.State || p.ID == string(theirs)) {
						t.Errorf("%s is listed as %q, and was %q", p.ID, now[p.ID], p.State)
					}
				}
				if n := faults.Injected()[tc.fault]; n == 0 && tc.stored != 5 {
					t.Error("the fault did not happen")
				}
			})
		}
	}
}

// TestUncertain: the connection breaks after the server stored everything, and after it got nothing; what was stored is found, by a new
// start too, and nothing else.
func TestUncertain(t *testing.T) {
	for _, v := range eas.Versions() {
		for _, class := range classesOf(v) {
			t.Run(class+"/"+string(v), func(t *testing.T) {
				w := newWorld(t, v, easserver.Config{}, easdst.Options{})
				f := w.open(class)
				maker := makers[class]
				w.put(f, maker(0), maker(1)) // others of the same kind
				mark := f.Mark()
				items := []sinks.TargetItem{maker(1), maker(2), maker(3)} // one of them like one that was there
				items[0].Key = "another"
				found, err := f.Find(t.Context(), mark, items)
				if err != nil || len(found) != 3 || len(found[0])+len(found[1])+len(found[2]) != 0 {
					t.Fatalf("before: %v %v", found, err)
				}
				w.cutAdd = true
				placed, err := f.Put(t.Context(), items)
				if len(placed) != 0 || !errors.Is(err, sinks.ErrUncertain) || !errors.Is(err, sinks.ErrUnavailable) {
					t.Fatalf("%+v, %v", placed, err)
				}
				if n := w.folder(class).Len(); n != 5 {
					t.Fatalf("%d items", n)
				}
				for _, restart := range []bool{false, true} {
					if restart {
						w.connect(v, easdst.Options{})
						f = w.open(class)
					}
					found, err = f.Find(t.Context(), mark, items)
					if err != nil {
						t.Fatal(err)
					}
					now := held(t, f)
					seen := map[string]bool{}
					for i, list := range found {
						if len(list) != 1 || seen[list[0].ID] || now[list[0].ID] != list[0].State {
							t.Errorf("restart %v: %d: %v", restart, i, list)
							continue
						}
						seen[list[0].ID] = true
						// It is complete: an update with the same finds nothing to change.
						if it, err := f.Read(t.Context(), list[0]); err != nil || len(it.Contents) != 2 {
							t.Errorf("%v %v", it, err)
						}
					}
				}
				if class == "Calendar" {
					for _, it := range w.folder(class).Items() {
						e := wbxml.E(wbxml.AirSyncApplicationData, it.Properties...)
						if n := len(slices.Collect(e.Child(wbxml.CalendarExceptions).All(wbxml.CalendarException))); n != 2 {
							t.Errorf("%d exceptions", n)
						}
					}
				}
			})
		}
	}
}

// TestNotSent: an error before anything can have been stored is not uncertain, and says how long to wait.
func TestNotSent(t *testing.T) {
	for _, tc := range []struct {
		fault easserver.FaultRule
		is    error
		retry time.Duration
	}{
		{easserver.FaultRule{Fault: easserver.FaultAddFull}, sinks.ErrFull, 0},
		{easserver.FaultRule{Fault: easserver.FaultUnauthorized, Command: "Sync", Skip: 2}, sinks.ErrDenied, 0},
		{easserver.FaultRule{Fault: easserver.FaultForbidden, Command: "Sync", Skip: 2}, sinks.ErrDenied, 0},
		{easserver.FaultRule{Fault: easserver.FaultThrottleSeconds, Command: "Sync", Skip: 2, RetryAfter: 7 * time.Second}, sinks.ErrUnavailable, 7 * time.Second},
		{easserver.FaultRule{Fault: easserver.FaultStatus111, Command: "Sync", Skip: 2}, sinks.ErrUnavailable, 0},
	} {
		t.Run(string(tc.fault.Fault), func(t *testing.T) {
			w := newWorld(t, eas.Version141, easserver.Config{Faults: easserver.NewFaults(1, tc.fault)}, easdst.Options{})
			f := w.open("Contacts")
			placed, err := f.Put(t.Context(), []sinks.TargetItem{contact(0)})
			if len(placed) != 0 || !errors.Is(err, tc.is) || errors.Is(err, sinks.ErrUncertain) || w.folder("Contacts").Len() != 0 {
				t.Errorf("%+v, %v", placed, err)
			}
			var he *eas.HTTPError
			if tc.retry > 0 && (!errors.As(err, &he) || he.RetryAfter != tc.retry) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestLostKey: a server that forgets keys carries nothing out, and gets everything once.
func TestLostKey(t *testing.T) {
	for _, v := range eas.Versions() {
		for _, rule := range []easserver.FaultRule{
			{Fault: easserver.FaultForgetKey, Skip: 2, Limit: 1},
			{Fault: easserver.FaultForgetKey, Skip: 3, Limit: 1},
			{Fault: easserver.FaultForgetKey, Skip: 4, Limit: 1},
			{Fault: easserver.FaultFetchBatch},
			{Fault: easserver.FaultLaterAdd, Limit: 3},
		} {
			w := newWorld(t, v, easserver.Config{Faults: easserver.NewFaults(1, rule)}, easdst.Options{})
			f := w.open("Calendar")
			w.put(f, event(0), event(1))
			placed := w.put(f, event(2))
			if d := cmp.Diff([]string{"placed"}, outcomes(placed)); d != "" || w.folder("Calendar").Len() != 3 {
				t.Errorf("%s, %v: %s, %d there", v, rule.Fault, d, w.folder("Calendar").Len())
			}
		}
	}
}

// TestSameUID: an event whose UID another event has does not take its place.
func TestSameUID(t *testing.T) {
	faults := easserver.NewFaults(1, easserver.FaultRule{Fault: easserver.FaultAddSameUID})
	w := newWorld(t, eas.Version141, easserver.Config{Faults: faults}, easdst.Options{})
	theirs := w.folder("Calendar").Add(easserver.Item{Properties: []wbxml.Element{wbxml.T(wbxml.CalendarSubject, "theirs"), wbxml.T(wbxml.CalendarUID, "uid-1")}})
	f := w.open("Calendar")
	again := event(2)
	again.Key = "a copy"
	placed := w.put(f, event(1), event(2), again)
	for i, p := range placed {
		renamed := slices.ContainsFunc(p.Altered, func(a sinks.Alteration) bool { return a.Property == "Calendar:UID" && a.Got != "" && a.Why != "" })
		if p.Err != nil || renamed != (i != 1) {
			t.Errorf("%d: %+v", i, p)
		}
	}
	if e := w.there("Calendar", string(theirs)); w.folder("Calendar").Len() != 4 || e.Value(wbxml.CalendarSubject) != "theirs" {
		t.Errorf("%d there, theirs is %s", w.folder("Calendar").Len(), e.Value(wbxml.CalendarSubject))
	}
}

// TestTwiceWith16: from 16.0 on a server knows an event that is added once more by its ClientUid.
func TestTwiceWith16(t *testing.T) {
	for _, v := range []eas.Version{eas.Version160, eas.Version161} {
		w := newWorld(t, v, easserver.Config{}, easdst.Options{})
		f := w.open("Calendar")
		a, b := w.put(f, event(1)), w.put(f, event(1))
		if a[0].ID != b[0].ID || w.folder("Calendar").Len() != 1 {
			t.Errorf("%+v %+v", a, b)
		}
	}
}

// cut breaks the connection after a request with an Add was carried out.
func (w *world) cut(r *http.Request) (*http.Response, error) {
	w.cutAdd = false
	res, err := w.base().RoundTrip(r)
	if err != nil {
		return nil, err
	}
	_ = res.Body.Close()
	return nil, errBroke
}

var errBroke = errors.New("the connection broke")
