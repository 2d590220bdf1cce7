package easserver

import (
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// syncCode returns the HTTP status of a Sync.
func (f *faultTest) syncCode(key, size string) int {
	f.Helper()
	doc := syncDoc(collection(key, f.id, window(size), mimeOptions()))
	return f.c.post("Sync", mustMarshal(f.T, doc), contentTypeWBXML).Code
}

// fetch asks for messages by ItemOperations and returns their statuses, and the HTTP
// status if it is another than 200.
func (f *faultTest) fetch(nums ...string) (code int, answer *wbxml.Element) {
	f.Helper()
	doc := wbxml.E(wbxml.ItemOperationsItemOperations)
	for _, n := range nums {
		doc.Append(fetchOf(f.id, f.id+":"+n, mimeFetchOptions()))
	}
	w := f.c.post("ItemOperations", mustMarshal(f.T, doc), contentTypeWBXML)
	if w.Code == 200 {
		e, err := wbxml.Unmarshal(w.Body.Bytes(), wbxml.Limits{})
		if err != nil {
			f.Fatal(err)
		}
		answer = e.Child(wbxml.ItemOperationsResponse)
	}
	return w.Code, answer
}

func fetchStatus(answer *wbxml.Element) string {
	return answer.Child(wbxml.ItemOperationsFetch).Value(wbxml.ItemOperationsStatus)
}

func fetchData(answer *wbxml.Element) string {
	return answer.Child(wbxml.ItemOperationsFetch).Value(wbxml.ItemOperationsProperties, wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData)
}

// poisoned shows a page that fails because of its fourth item, and returns the key that
// comes before it.
func (f *faultTest) poisoned() {
	f.start(6, FaultRule{Skip: 3, Limit: 1})
	key := f.c.prime(f.id)
	f.same("the page", f.syncCode(key, "10"), 500)
	f.same("again", f.syncCode(key, "10"), 500)
	a := f.page(key, "3")
	f.same("what comes before it", said(a), adds(f.id, 0, 3))
	f.same("it alone", f.syncCode(next(a), "1"), 500)
}

// unsent shows an item that Sync does not deliver and the estimate counts.
func (f *faultTest) unsent() {
	f.start(6, FaultRule{Skip: 3, Limit: 1})
	key := f.c.prime(f.id)
	f.same("the estimate", f.estimate(key), "6")
	a := f.page(key, "10")
	f.same("the page", said(a), append(adds(f.id, 0, 3), adds(f.id, 4, 6)...))
	f.same("from key 0", len(f.all()), 5)
	f.faults.Stop()
	a = f.page(f.c.prime(f.id), "10")
	f.same("after all", said(a), adds(f.id, 0, 6))
}

// firstItem returns the properties of the first item of a first page.
func (f *faultTest) firstItem() *wbxml.Element {
	f.Helper()
	return f.page(f.c.prime(f.id), "10").Child(wbxml.AirSyncCommands).Children[0].Child(wbxml.AirSyncApplicationData)
}

var itemFaultTests = map[Fault]func(*faultTest){
	FaultPoison: func(f *faultTest) {
		f.poisoned()
		code, _ := f.fetch("3")
		f.same("ItemOperations", code, 500)
		code, _ = f.fetch("2", "3")
		f.same("ItemOperations with another", code, 500)
		code, e := f.fetch("2")
		f.same("ItemOperations without it", code, 200)
		f.same("the bytes", fetchData(e), string(message(2)))
	},
	FaultPoisonInSync: func(f *faultTest) {
		f.poisoned()
		_, e := f.fetch("3")
		f.same("the bytes", fetchData(e), string(message(3)))
	},
	FaultPoisonBody: func(f *faultTest) {
		f.poisoned()
		code, _ := f.fetch("3")
		f.same("ItemOperations", code, 500)
		bare := wbxml.E(wbxml.AirSyncOptions, wbxml.E(wbxml.AirSyncBaseBodyPreference, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseTruncationSize, "0")))
		f.same("without bodies", said(f.c.sync(f.c.prime(f.id), f.id, window("10"), bare)), adds(f.id, 0, 6))
	},
	FaultFetchBatch: func(f *faultTest) {
		f.start(3, FaultRule{})
		f.c.prime(f.id)
		code, _ := f.fetch("0", "1", "99")
		f.same("with an id that is not there", code, 501)
		code, e := f.fetch("0", "1")
		f.same("without", code, 200)
		f.same("the bytes", fetchData(e), string(message(0)))
	},
	FaultSkippedItem: func(f *faultTest) {
		f.unsent()
		_, e := f.fetch("3")
		f.same("the bytes", fetchData(e), string(message(3)))
	},
	FaultLostItem: func(f *faultTest) {
		f.start(6, FaultRule{Skip: 3, Limit: 1})
		key := f.c.prime(f.id)
		a := f.page(key, "10")
		f.same("the page", said(a), append(adds(f.id, 0, 3), adds(f.id, 4, 6)...))
		f.same("the estimate at the end", f.estimate(next(a)), "1")
		_, e := f.fetch("3")
		f.same("ItemOperations", fetchStatus(e), "6")
	},
	FaultNoHeaders: func(f *faultTest) {
		f.start(1, FaultRule{})
		data := f.firstItem()
		if data.Has(wbxml.EmailSubject) || data.Has(wbxml.EmailDateReceived) || !data.Has(wbxml.EmailFrom) {
			f.Errorf("it has %s", data.AppendXML(nil))
		}
	},
	FaultInvalidUTF8: func(f *faultTest) {
		f.start(1, FaultRule{})
		f.same("the subject", f.firstItem().Value(wbxml.EmailSubject), "message 0\xff\xc3(")
	},
	FaultTruncatedBody: func(f *faultTest) {
		f.start(1, FaultRule{})
		body := f.firstItem().Child(wbxml.AirSyncBaseBody)
		whole := string(message(0))
		f.same("Truncated", body.Value(wbxml.AirSyncBaseTruncated), "1")
		if data := body.Value(wbxml.AirSyncBaseData); !strings.HasPrefix(whole, data) || len(data) != len(whole)/2 {
			f.Errorf("the body is %q", data)
		}
		_, e := f.fetch("0")
		f.same("ItemOperations", fetchData(e), whole)
	},
	FaultMissingBody: func(f *faultTest) {
		f.start(1, FaultRule{})
		if data := f.firstItem(); data.Has(wbxml.AirSyncBaseBody) || !data.Has(wbxml.EmailSubject) {
			f.Errorf("it has %s", data.AppendXML(nil))
		}
		_, e := f.fetch("0")
		f.same("ItemOperations", fetchData(e), string(message(0)))
	},
}
