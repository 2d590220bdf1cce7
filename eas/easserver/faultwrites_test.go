package easserver

import (
	"fmt"
	"slices"
	"testing"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// adding shows what comes of three items that are added, of which the second has the fault: the HTTP status, what the server answers, and
// what it has.
func (f *faultTest) adding(folder string) (code int, answer, stored []string) {
	f.Helper()
	f.start(0, FaultRule{Skip: 1, Limit: 1})
	to := f.store.User("alice").Folder(folder)
	subject, id := wbxml.TasksSubject, string(to.ID())
	if folder == "Calendar" {
		subject = wbxml.CalendarSubject
		to.Add(Item{Properties: []wbxml.Element{wbxml.T(subject, "theirs"), wbxml.T(wbxml.CalendarUID, "u1")}})
	}
	var commands []wbxml.Element
	for n := range 3 {
		add := wbxml.E(wbxml.AirSyncAdd, wbxml.T(wbxml.AirSyncClientId, fmt.Sprint("c", n)), wbxml.E(wbxml.AirSyncApplicationData, wbxml.T(subject, fmt.Sprint("s", n)), textBody("long text")))
		if folder == "Calendar" {
			add.Children[1].Append(wbxml.T(wbxml.CalendarUID, fmt.Sprint("u", min(n, 1))))
		}
		commands = append(commands, add)
	}
	key := f.c.drain(f.c.prime(id), id)
	w := f.c.post("Sync", mustMarshal(f.T, syncDoc(collection(key, id, commands1(commands...)))), contentTypeWBXML)
	if w.Code == 200 {
		doc, err := wbxml.Unmarshal(w.Body.Bytes(), wbxml.Limits{})
		if err != nil {
			f.Fatal(err)
		}
		a := doc.Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection)
		for i := range a.Child(wbxml.AirSyncResponses).Children {
			r := &a.Child(wbxml.AirSyncResponses).Children[i]
			answer = append(answer, fmt.Sprint(r.Value(wbxml.AirSyncClientId), " ", r.Value(wbxml.AirSyncStatus), " ", r.Value(wbxml.AirSyncServerId) != ""))
		}
	}
	for _, it := range to.Items() {
		stored = append(stored, itemValue(it.Properties, subject)+": "+storedBody(it.Properties))
	}
	return w.Code, answer, stored
}

func storedBody(props []wbxml.Element) string {
	i := slices.IndexFunc(props, func(e wbxml.Element) bool { return e.Tag == wbxml.AirSyncBaseBody })
	if i < 0 {
		return "none"
	}
	return props[i].Value(wbxml.AirSyncBaseData)
}

// writes is a test of what comes of it.
func writes(folder string, code int, answer, stored []string) func(*faultTest) {
	return func(f *faultTest) {
		gotCode, gotAnswer, gotStored := f.adding(folder)
		f.same("HTTP", gotCode, code)
		f.same("the answer", gotAnswer, answer)
		f.same("what is there", gotStored, stored)
	}
}

var (
	allAnswered = []string{"c0 1 true", "c1 1 true", "c2 1 true"}
	allStored   = []string{"s0: long text", "s1: long text", "s2: long text"}
	oneMissing  = []string{"s0: long text", "s2: long text"}
)

var writeFaultTests = map[Fault]func(*faultTest){
	FaultAddLost:     writes("Tasks", 200, allAnswered, oneMissing),
	FaultAddNoID:     writes("Tasks", 200, []string{"c0 1 true", "c1 1 false", "c2 1 true"}, allStored),
	FaultAddNoAnswer: writes("Tasks", 200, []string{"c0 1 true", "c2 1 true"}, allStored),
	FaultAddRefused:  writes("Tasks", 200, []string{"c0 1 true", "c1 6 false", "c2 1 true"}, oneMissing),
	FaultAddPoison:   writes("Tasks", 500, nil, nil),
	FaultAddDrops:    writes("Tasks", 200, allAnswered, []string{"s0: long text", "s1: none", "s2: long text"}),
	FaultAddCutsBody: writes("Tasks", 200, allAnswered, []string{"s0: long text", "s1: long", "s2: long text"}),
	FaultAddSameUID:  writes("Calendar", 200, allAnswered, []string{"s2: long text", "s0: long text", "s1: long text"}),
	FaultAddUTCDays: func(f *faultTest) {
		f.start(0, FaultRule{})
		to := f.store.User("alice").Folder("Calendar")
		id := string(to.ID())
		add := wbxml.E(wbxml.AirSyncAdd, wbxml.T(wbxml.AirSyncClientId, "c"), wbxml.E(wbxml.AirSyncApplicationData, wbxml.T(wbxml.CalendarTimezone, "x"), wbxml.T(wbxml.CalendarAllDayEvent, "1"),
			wbxml.T(wbxml.CalendarStartTime, "20261223T130000Z"), wbxml.T(wbxml.CalendarEndTime, "20261224T130000Z")))
		f.c.sync(f.c.drain(f.c.prime(id), id), id, commands1(add))
		for _, it := range to.Items() {
			f.same("its days", []string{itemValue(it.Properties, wbxml.CalendarStartTime), itemValue(it.Properties, wbxml.CalendarEndTime)}, []string{"20261223T000000Z", "20261224T000000Z"})
		}
	},
	FaultKeepDeleted: func(f *faultTest) {
		f.start(2, FaultRule{})
		key := f.c.drain(f.c.prime(f.id), f.id)
		remove := commands1(wbxml.E(wbxml.AirSyncDelete, wbxml.T(wbxml.AirSyncServerId, f.id+":0")))
		a := f.c.sync(key, f.id, wbxml.T(wbxml.AirSyncDeletesAsMoves, "0"), remove)
		f.same("the answer", results(a), []string{"Delete " + f.id + ":0 8"})
		f.same("what is there", f.inbox.Len(), 2)
		f.c.sync(next(a), f.id, wbxml.T(wbxml.AirSyncDeletesAsMoves, "1"), remove)
		f.same("what is there", f.inbox.Len(), 1)
	},
	FaultAddFull: func(f *faultTest) {
		f.start(0, FaultRule{})
		id := string(f.store.User("alice").Folder("Tasks").ID())
		add := wbxml.E(wbxml.AirSyncAdd, wbxml.T(wbxml.AirSyncClientId, "c"), wbxml.E(wbxml.AirSyncApplicationData, wbxml.T(wbxml.TasksSubject, "s")))
		key := f.c.drain(f.c.prime(id), id)
		f.same("HTTP", f.c.post("Sync", mustMarshal(f.T, syncDoc(collection(key, id, commands1(add)))), contentTypeWBXML).Code, 507)
		f.same("what is there", f.store.User("alice").Folder("Tasks").Len(), 0)
	},
}

func TestWrites(t *testing.T) {
	if !FaultAddLost.Writes() || FaultPoison.Writes() {
		t.Error("which faults only changes meet")
	}
}
