package easserver

import (
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

var pageFaultTests = map[Fault]func(*faultTest){
	FaultEmptyPage: func(f *faultTest) {
		f.start(5, FaultRule{Limit: 3})
		key := f.c.prime(f.id)
		for range 3 {
			a := f.page(key, "10")
			if len(said(a)) != 0 || !more(a) || next(a) == key {
				f.Fatalf("it says %s", a.AppendXML(nil))
			}
			key = next(a)
		}
		f.same("then", f.rest(key), adds(f.id, 0, 5))
	},
	FaultLargePage: func(f *faultTest) {
		f.start(25, FaultRule{})
		f.same("a window of 5", said(f.page(f.c.prime(f.id), "5")), adds(f.id, 0, 11))
	},
	FaultChangeForAdd: func(f *faultTest) {
		f.start(2, FaultRule{Skip: 1})
		a := f.page(f.c.prime(f.id), "5")
		f.same("the page", said(a), []string{"Add " + f.id + ":0", "Change " + f.id + ":1"})
		data := a.Child(wbxml.AirSyncCommands).Children[1].Child(wbxml.AirSyncApplicationData)
		f.same("the bytes", data.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData), string(message(1)))
		f.same("the rest", f.rest(next(a)), []string(nil))
	},
	FaultDoubleAdd: func(f *faultTest) {
		f.start(2, FaultRule{Limit: 1})
		a := f.page(f.c.prime(f.id), "5")
		f.same("the page", said(a), []string{"Add " + f.id + ":0", "Add " + f.id + ":0", "Add " + f.id + ":1"})
		cmds := a.Child(wbxml.AirSyncCommands).Children
		f.same("the items", cmds[0], cmds[1])
		f.same("the rest", f.rest(next(a)), []string(nil))
	},
	FaultLaterAdd: func(f *faultTest) {
		f.start(10, FaultRule{Limit: 1})
		first := f.page(f.c.prime(f.id), "5")
		got := said(f.page(next(first), "5"))
		f.same("what is new", got[:5], adds(f.id, 5, 10))
		for _, s := range got[5:] {
			if !slices.Contains(said(first), s) {
				f.Errorf("%s was not there before", s)
			}
		}
		f.same("again", len(got), 8)
	},
	FaultSoftDelete: func(f *faultTest) {
		f.start(1, FaultRule{Limit: 1})
		first := f.page(f.c.prime(f.id), "5")
		a := f.page(next(first), "5")
		f.same("the page", said(a), []string{"SoftDelete " + f.id + ":0"})
		f.same("items", f.inbox.Len(), 1)
		if err := f.inbox.Delete(eas.ServerID(f.id + ":0")); err != nil {
			f.Fatal(err)
		}
		f.same("a deletion", f.rest(next(a)), []string{"Delete " + f.id + ":0"})
	},
	FaultWholeChange: func(f *faultTest) {
		f.start(1, FaultRule{})
		first := f.page(f.c.prime(f.id), "5")
		if err := f.inbox.SetRead(eas.ServerID(f.id+":0"), true); err != nil {
			f.Fatal(err)
		}
		a := f.page(next(first), "5")
		data := a.Child(wbxml.AirSyncCommands).Child(wbxml.AirSyncChange).Child(wbxml.AirSyncApplicationData)
		f.same("read", data.Value(wbxml.EmailRead), "1")
		f.same("the bytes", data.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData), string(message(0)))
	},
	FaultNoChangesDocument: func(f *faultTest) {
		f.start(0, FaultRule{})
		k0 := f.c.prime(f.id)
		a := f.page(k0, "5")
		if a == nil || next(a) != k0 || len(said(a)) != 0 || more(a) {
			f.Errorf("it says %s", a.AppendXML(nil))
		}
	},
}

// estimate asks how many items are to come.
func (f *faultTest) estimate(key string) string {
	f.Helper()
	e := f.c.do("GetItemEstimate", wbxml.E(wbxml.GetItemEstimateGetItemEstimate, wbxml.E(wbxml.GetItemEstimateCollections,
		wbxml.E(wbxml.GetItemEstimateCollection, wbxml.T(wbxml.AirSyncSyncKey, key), wbxml.T(wbxml.GetItemEstimateCollectionId, f.id)))))
	return e.Child(wbxml.GetItemEstimateResponse).Value(wbxml.GetItemEstimateCollection, wbxml.GetItemEstimateEstimate)
}

// misestimated is the test of a fault that estimates so: of ten items of which one was
// deleted, with the first key and after a page of four.
func misestimated(first, later string) func(*faultTest) {
	return func(f *faultTest) {
		f.start(10, FaultRule{})
		if err := f.inbox.Delete(eas.ServerID(f.id + ":9")); err != nil {
			f.Fatal(err)
		}
		k0 := f.c.prime(f.id)
		f.same("with the first key", f.estimate(k0), first)
		f.same("after a page", f.estimate(next(f.page(k0, "4"))), later)
		f.faults.Stop()
		f.same("at the end", f.estimate(k0), "9")
	}
}

var estimateFaultTests = map[Fault]func(*faultTest){
	FaultEstimateHigh:    misestimated("10", "6"),
	FaultEstimateLow:     misestimated("4", "2"),
	FaultEstimateZero:    misestimated("0", "0"),
	FaultEstimateDeleted: misestimated("10", "6"),
	FaultEstimateTotal:   misestimated("9", "9"),
}

var folderFaultTests = map[Fault]func(*faultTest){
	FaultDeviceFolderIDs: func(f *faultTest) {
		f.start(5, FaultRule{})
		child := f.store.User("alice").AddFolder("Inbox/Projects", eas.FolderUserMail)
		child.AddMessage(message(7))
		ids := map[string]bool{}
		for _, device := range []string{"dev1", "dev2"} {
			f.c.device, f.c.folderKey = device, ""
			var inbox, projects string
			for e := range f.c.folderSync("0").Child(wbxml.FolderHierarchyChanges).All(wbxml.FolderHierarchyAdd) {
				id := e.Value(wbxml.FolderHierarchyServerId)
				ids[id] = true
				switch e.Value(wbxml.FolderHierarchyDisplayName) {
				case "Inbox":
					inbox = id
				case "Projects":
					projects = id
					f.same("the parent", e.Value(wbxml.FolderHierarchyParentId), inbox)
				}
			}
			a := f.c.sync(f.c.prime(projects), projects, mimeOptions())
			f.same("the folder of the page", a.Value(wbxml.AirSyncCollectionId), projects)
			items := said(a)
			f.same("items", items, []string{"Add " + projects + ":0"})
			e := f.c.do("ItemOperations", wbxml.E(wbxml.ItemOperationsItemOperations, fetchOf(projects, items[0][len("Add "):], mimeFetchOptions())))
			fetch := e.Child(wbxml.ItemOperationsResponse).Child(wbxml.ItemOperationsFetch)
			f.same("fetched", fetch.Value(wbxml.ItemOperationsStatus)+" "+fetch.Value(wbxml.AirSyncCollectionId), "1 "+projects)
		}
		f.same("ids", len(ids), 2*len(f.store.User("alice").Folders()))
	},
	FaultSameNames: func(f *faultTest) {
		f.start(0, FaultRule{Limit: 2})
		names := map[string]int{}
		for e := range f.c.folderSync("0").Child(wbxml.FolderHierarchyChanges).All(wbxml.FolderHierarchyAdd) {
			names[e.Value(wbxml.FolderHierarchyDisplayName)]++
		}
		f.same("names", fmt.Sprint(names["Inbox"], names["Drafts"], names["Deleted Items"], len(names)), "3 0 0 7")
	},
}
