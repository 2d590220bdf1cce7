package easserver

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Faults by which a server refuses to work, most of them for a while.
const (
	FaultThrottleSeconds Fault = "throttle-seconds"
	FaultThrottleDate    Fault = "throttle-date"
	FaultThrottleLate    Fault = "throttle-late"
	FaultUnauthorized    Fault = "unauthorized"
	FaultForbidden       Fault = "forbidden"
	FaultMoved           Fault = "moved"
	FaultProvision449    Fault = "provision-449"
	FaultStatus142       Fault = "status-142"
	FaultStatus143       Fault = "status-143"
	FaultStatus144       Fault = "status-144"
	FaultStatus110       Fault = "status-110"
	FaultStatus111       Fault = "status-111"
	FaultSyncStatus5     Fault = "sync-status-5"
	FaultSyncStatus13    Fault = "sync-status-13"
	FaultSyncStatus16    Fault = "sync-status-16"
)

var throttleFaults = []FaultInfo{
	{FaultThrottleSeconds, "HTTP 503 with Retry-After in seconds and X-MS-ASThrottle (Exchange)"},
	{FaultThrottleDate, "HTTP 503 with Retry-After as a date (Exchange behind a proxy)"},
	{FaultThrottleLate, "HTTP 503 with Retry-After that itself comes late, after 25 s (Exchange Online)"},
	{FaultUnauthorized, "HTTP 401 in the middle of a run, as for a token or password that expired"},
	{FaultForbidden, "HTTP 403: the device is blocked or in quarantine (Exchange)"},
	{FaultMoved, "HTTP 451 with X-MS-Location: the mailbox is at another URL, which here is the same with /moved behind it (Exchange)"},
	{FaultProvision449, "HTTP 449, also in versions that have a status for it, until the device has provisioned (Z-Push 2.7)"},
	{FaultStatus142, "status 142, from 14.0 on: the device is not provisioned, until it has (Exchange)"},
	{FaultStatus143, "status 143, from 14.0 on: the policy is to be refreshed, until the device has provisioned (Exchange)"},
	{FaultStatus144, "status 144, from 14.0 on: the policy key is wrong, until the device has provisioned (Exchange)"},
	{FaultStatus110, "status 110, from 14.0 on: a server error that passes (MS-ASCMD 2.2.2)"},
	{FaultStatus111, "status 111, from 14.0 on: try again later (Exchange, MS-ASCMD 2.2.2)"},
	{FaultSyncStatus5, "Sync status 5: a server error (MS-ASCMD 2.2.3.177.17)"},
	{FaultSyncStatus13, "Sync status 13 to a request that is complete, one of several at the same moment (SOGo 5.8)"},
	{FaultSyncStatus16, "Sync status 16: try again (MS-ASCMD 2.2.3.177.17)"},
}

// statusFaults are the faults that are a status and nothing more.
var statusFaults = []struct {
	fault  Fault
	status int
	sync   bool // of Sync alone, in all versions
}{
	{FaultStatus110, 110, false},
	{FaultStatus111, 111, false},
	{FaultSyncStatus5, 5, true},
	{FaultSyncStatus13, 13, true},
	{FaultSyncStatus16, 16, true},
}

// policyFaults are the faults that last until the device has provisioned.
var policyFaults = []struct {
	fault  Fault
	status int
}{{FaultProvision449, needProvisioning}, {FaultStatus142, 142}, {FaultStatus143, 143}, {FaultStatus144, 144}}

// throttled refuses the request if it is to be refused; it is not carried out then.
func (x *exchange) throttled(scope string) bool {
	for _, fault := range []Fault{FaultThrottleSeconds, FaultThrottleDate, FaultThrottleLate} {
		if i := x.hit(fault, scope); i != nil {
			x.throttle(i)
			return true
		}
	}
	switch {
	case x.hit(FaultUnauthorized, scope) != nil:
		x.unauthorized()
		return true
	case x.hit(FaultForbidden, scope) != nil:
		http.Error(x.w, "Forbidden", http.StatusForbidden)
		return true
	case !strings.HasSuffix(x.http.URL.Path, "/moved") && x.hit(FaultMoved, scope) != nil:
		x.moved()
		return true
	}
	return x.command.name != "OPTIONS" && (x.policyDemanded(scope) || x.refusedByStatus(scope))
}

func (x *exchange) throttle(i *injection) {
	if i.Fault == FaultThrottleLate {
		x.linger(cmpDelay(i.Delay, 25*time.Second))
	}
	wait := cmpDelay(i.RetryAfter, 30*time.Second).Round(time.Second)
	h := x.w.Header()
	if i.Fault == FaultThrottleDate {
		now := x.cfg.Now().UTC()
		h.Set("Date", now.Format(http.TimeFormat))
		h.Set("Retry-After", now.Add(wait).Format(http.TimeFormat))
	} else {
		h.Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
	}
	h.Set("X-MS-ASThrottle", "CommandFrequency")
	http.Error(x.w, "Service Unavailable", http.StatusServiceUnavailable)
}

func (x *exchange) moved() {
	scheme := "http"
	if x.http.TLS != nil {
		scheme = "https"
	}
	x.w.Header().Set("X-MS-Location", scheme+"://"+x.http.Host+strings.TrimSuffix(x.http.URL.Path, "/")+"/moved")
	x.w.WriteHeader(451)
}

// policyDemanded refuses what is not Provision while the device is to provision.
func (x *exchange) policyDemanded(scope string) bool {
	if x.command.name == "Provision" {
		return false
	}
	x.user.mu.Lock()
	demand := &x.device.policyDemand
	if *demand == 0 {
		for _, f := range policyFaults {
			if (f.status == needProvisioning || x.protocol >= 140) && x.hit(f.fault, scope) != nil {
				*demand = f.status
				x.device.policyKey = ""
				break
			}
		}
	}
	status := *demand
	x.user.mu.Unlock()
	switch status {
	case 0:
		return false
	case needProvisioning:
		http.Error(x.w, "Retry after Provision", needProvisioning)
	default:
		x.fail(status, needProvisioning)
	}
	return true
}

func (x *exchange) refusedByStatus(scope string) bool {
	for _, f := range statusFaults {
		applies := x.protocol >= 140 && len(x.command.status) > 0
		if f.sync {
			applies = x.command.name == "Sync"
		}
		if applies && x.hit(f.fault, scope) != nil {
			x.status(f.status)
			return true
		}
	}
	return false
}
