package easserver

import (
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

var keyFaultTests = map[Fault]func(*faultTest){
	FaultRepeatOtherPage: func(f *faultTest) {
		f.start(25, FaultRule{})
		k0 := f.c.prime(f.id)
		first := f.page(k0, "10")
		f.same("the first page again", f.page(k0, "10"), first)
		second := f.page(next(first), "10")
		again := f.page(next(first), "10")
		got := said(again)
		changes := 0
		for _, s := range got {
			if strings.HasPrefix(s, "Change ") {
				changes++
			}
		}
		if next(again) == next(second) || changes == 0 || !slices.Contains(got, "Change "+f.id+":0") || !slices.Contains(got, "Add "+f.id+":11") {
			f.Errorf("the second page again has %v", got)
		}
		f.same("the rest", f.rest(next(again)), adds(f.id, 15, 25))
	},
	FaultRepeatShortPage: func(f *faultTest) {
		f.start(60, FaultRule{})
		k0 := f.c.prime(f.id)
		first := f.page(k0, "40")
		sizes := map[int]bool{}
		for range 20 {
			again := f.page(k0, "40")
			f.same("the new key", next(again), next(first))
			sizes[len(said(again))] = true
		}
		f.same("sizes", sizes, map[int]bool{1: true, 25: true})
	},
	FaultRepeatLosesRest: func(f *faultTest) {
		f.start(25, FaultRule{})
		k0 := f.c.prime(f.id)
		first := f.page(k0, "10")
		f.page(next(first), "10")
		again := f.page(next(first), "10")
		f.same("the page", said(again), adds(f.id, 10, 20))
		if more(again) || again.Value(wbxml.AirSyncStatus) != "1" {
			f.Errorf("it says %s", again.AppendXML(nil))
		}
		f.same("the rest", f.rest(next(again)), []string(nil))
		f.same("from key 0", f.all(), adds(f.id, 0, 25))
	},
	FaultRepeatSkipsItem: func(f *faultTest) {
		f.start(25, FaultRule{})
		k0 := f.c.prime(f.id)
		first := f.page(k0, "10")
		f.same("the second time", f.page(k0, "10"), first)
		third := f.page(k0, "10")
		if n := len(said(third)); n != 9 || third.Value(wbxml.AirSyncStatus) != "1" {
			f.Errorf("the third time it has %d items", n)
		}
		f.same("the rest", f.rest(next(third)), adds(f.id, 10, 25))
		f.same("from key 0", f.all(), adds(f.id, 0, 25))
	},
	FaultWrongKeySkips: func(f *faultTest) {
		f.start(25, FaultRule{Skip: 1})
		first := f.page(f.c.prime(f.id), "10")
		a := f.page(next(first), "10")
		if a.Value(wbxml.AirSyncStatus) != "1" || len(said(a)) != 0 || more(a) || next(a) == next(first) {
			f.Errorf("it says %s", a.AppendXML(nil))
		}
		f.faults.Stop()
		f.same("the rest", f.rest(next(a)), []string(nil))
		f.inbox.AddMessage(message(25))
		f.same("what comes later", f.rest(next(a)), adds(f.id, 25, 26))
	},
	FaultForgetKey: func(f *faultTest) {
		f.start(5, FaultRule{Limit: 1})
		k0 := f.c.prime(f.id)
		for range 2 { // what is forgotten stays forgotten
			a := f.page(k0, "10")
			f.same("status and key", a.Value(wbxml.AirSyncStatus)+next(a), "30")
		}
	},
	FaultUnknownFolder: func(f *faultTest) {
		f.start(5, FaultRule{Skip: 1, Limit: 1})
		k0 := f.c.prime(f.id)
		for range 2 {
			f.same("status", f.page(k0, "10").Value(wbxml.AirSyncStatus), "12")
		}
		f.c.folderSync(f.c.folderKey)
		f.same("after FolderSync", said(f.page(k0, "10")), adds(f.id, 0, 5))
	},
	FaultUnknownIsNothing: func(f *faultTest) {
		f.start(5, FaultRule{})
		f.c.prime(f.id)
		if a := f.c.sync("key", "99", window("10")); a != nil {
			f.Errorf("it says %s", a.AppendXML(nil))
		}
	},
	FaultForgetHierarchy: func(f *faultTest) {
		f.start(5, FaultRule{Limit: 1})
		k0 := f.c.prime(f.id)
		f.same("status", f.c.folderSync(f.c.folderKey).Value(wbxml.FolderHierarchyStatus), "9")
		f.same("Sync", f.page(k0, "10").Value(wbxml.AirSyncStatus), "12")
		f.same("from key 0", f.c.folderSync("0").Value(wbxml.FolderHierarchyStatus), "1")
		f.same("Sync again", said(f.page(k0, "10")), adds(f.id, 0, 5))
	},
}
