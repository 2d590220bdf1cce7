package easserver

import (
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// post asks for the folders and returns what came back.
func (f *faultTest) post() *httptest.ResponseRecorder {
	f.Helper()
	return f.c.post("FolderSync", mustMarshal(f.T, wbxml.E(wbxml.FolderHierarchyFolderSync, wbxml.T(wbxml.FolderHierarchySyncKey, "0"))), contentTypeWBXML)
}

// throttled shows a 503 and returns its headers.
func (f *faultTest) throttled(rule FaultRule) http.Header {
	f.start(0, rule)
	w := f.post()
	f.same("HTTP", w.Code, 503)
	f.same("X-MS-ASThrottle", w.Header().Get("X-MS-ASThrottle"), "CommandFrequency")
	f.faults.Stop()
	f.same("then", f.post().Code, 200)
	return w.Header()
}

// demanded shows that nothing goes until the device has provisioned. There is no
// policy: saying so is enough.
func demanded(code int, status string) func(*faultTest) {
	return func(f *faultTest) {
		f.start(0, FaultRule{Skip: 1, Limit: 1})
		f.same("before", f.post().Code, 200)
		for range 2 {
			w := f.post()
			f.same("HTTP", w.Code, code)
			if code == 200 {
				e, err := wbxml.Unmarshal(w.Body.Bytes(), wbxml.Limits{})
				if err != nil {
					f.Fatal(err)
				}
				f.same("status", e.Value(wbxml.FolderHierarchyStatus), status)
			}
		}
		e := f.c.do("Provision", provisionDoc())
		f.same("the policy", e.Child(wbxml.ProvisionPolicies).Child(wbxml.ProvisionPolicy).Value(wbxml.ProvisionStatus), "2")
		f.same("then", f.c.folderSync("0").Value(wbxml.FolderHierarchyStatus), "1")
	}
}

// refusedOnce shows a status that passes.
func refusedOnce(status string) func(*faultTest) {
	return func(f *faultTest) {
		f.start(3, FaultRule{Command: "Sync", Skip: 1, Limit: 1})
		key := f.c.prime(f.id)
		e := f.c.do("Sync", syncDoc(collection(key, f.id, window("5"), mimeOptions())))
		f.same("status", e.Value(wbxml.AirSyncStatus), status)
		f.same("then", said(f.page(key, "5")), adds(f.id, 0, 3))
	}
}

var throttleFaultTests = map[Fault]func(*faultTest){
	FaultThrottleSeconds: func(f *faultTest) {
		f.same("Retry-After", f.throttled(FaultRule{RetryAfter: 7 * time.Second}).Get("Retry-After"), "7")
	},
	FaultThrottleDate: func(f *faultTest) {
		h := f.throttled(FaultRule{RetryAfter: time.Minute})
		at, err := http.ParseTime(h.Get("Retry-After"))
		date, err2 := http.ParseTime(h.Get("Date"))
		if err != nil || err2 != nil || at.Sub(date) != time.Minute {
			f.Errorf("headers %v", h)
		}
	},
	FaultThrottleLate: func(f *faultTest) {
		begun := time.Now()
		f.same("Retry-After", f.throttled(FaultRule{Delay: 30 * time.Millisecond}).Get("Retry-After"), "30")
		if d := time.Since(begun); d < 30*time.Millisecond {
			f.Errorf("it came after %s", d)
		}
	},
	FaultUnauthorized: func(f *faultTest) {
		f.start(0, FaultRule{})
		w := f.post()
		f.same("HTTP", w.Code, 401)
		f.same("scheme", w.Header().Get("WWW-Authenticate")[:5], "Basic")
		f.c.edit = func(r *http.Request) { r.Method = http.MethodOptions }
		f.same("OPTIONS", f.post().Code, 401)
	},
	FaultForbidden: func(f *faultTest) {
		f.start(0, FaultRule{})
		f.same("HTTP", f.post().Code, 403)
	},
	FaultMoved: func(f *faultTest) {
		f.start(0, FaultRule{})
		w := f.post()
		f.same("HTTP", w.Code, 451)
		f.same("X-MS-Location", w.Header().Get("X-MS-Location"), "http://example.com/Microsoft-Server-ActiveSync/moved")
		f.c.edit = func(r *http.Request) { r.URL.Path = "/Microsoft-Server-ActiveSync/moved" }
		f.same("there", f.post().Code, 200)
	},
	FaultProvision449: demanded(449, ""),
	FaultStatus142:    demanded(200, "142"),
	FaultStatus143:    demanded(200, "143"),
	FaultStatus144:    demanded(200, "144"),
	FaultStatus110:    refusedOnce("110"),
	FaultStatus111:    refusedOnce("111"),
	FaultSyncStatus5:  refusedOnce("5"),
	FaultSyncStatus13: refusedOnce("13"),
	FaultSyncStatus16: refusedOnce("16"),
}
