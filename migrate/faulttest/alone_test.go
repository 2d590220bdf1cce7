package faulttest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
)

// alone is a fault that is met alone, or with what it needs to happen.
type alone struct {
	easserver.FaultRule                       // Rate 0 = 0.1
	with                []easserver.FaultRule // what makes the occasions
	variant             string                // tells it from others of the same fault
	never               bool                  // the engine, or the mailbox, gives the server no occasion
	ends                migrate.Result        // how runs end for as long as the fault is there; "" = somehow
	loose               string                // why what became of an item may stay unknown: that it changed, or was deleted
}

// lost makes keys be repeated.
var lost = easserver.FaultRule{Fault: easserver.FaultCutConnection, Command: "Sync", Rate: 0.3}

// total is what SOGo and Z-Push mean by an estimate.
var total = easserver.FaultRule{Fault: easserver.FaultEstimateTotal, Rate: 1, Lasting: true}

func with(rules ...easserver.FaultRule) []easserver.FaultRule { return rules }

// aloneCases are the faults that need more than the zero value of alone.
var aloneCases = []alone{
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultRepeatOtherPage, Rate: 1}, with: with(lost)},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultRepeatShortPage, Rate: 1}, with: with(lost)},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultRepeatLosesRest, Rate: 0.5}, with: with(lost, total)},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultRepeatLosesRest, Rate: 0.5}, with: with(lost), variant: "estimate of changes"},
	{
		FaultRule: easserver.FaultRule{Fault: easserver.FaultRepeatLosesRest, Rate: 0.5}, variant: "and what is asked for fails",
		with: with(lost, total, easserver.FaultRule{Fault: easserver.FaultHTTP501, Command: "ItemOperations", Rate: 0.5}, easserver.FaultRule{Fault: easserver.FaultForgetKey, Rate: 0.1}),
	},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultRepeatSkipsItem, Rate: 1}, with: with(lost), never: true},
	{
		FaultRule: easserver.FaultRule{Fault: easserver.FaultWrongKeySkips}, with: with(total),
		loose: "the server swallows changes and deletions too, and a count that is lower than the archive's may be one of changes",
	},
	{
		FaultRule: easserver.FaultRule{Fault: easserver.FaultWrongKeySkips}, variant: "estimate of changes",
		loose: "the server swallows changes too",
	},
	{
		FaultRule: easserver.FaultRule{Fault: easserver.FaultUnknownIsNothing, Rate: 0.5}, with: with(easserver.FaultRule{Fault: easserver.FaultUnknownFolder, Rate: 0.1}),
	},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultCiphertextApart}, never: true},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultUnlisted25}, never: true},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultSoftDelete}},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultForgetHierarchy, Rate: 0.5}},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultWholeChange, Rate: 1}},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultUnauthorized, Rate: 0.02}},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultForbidden, Rate: 0.02}},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultMoved, Rate: 0.02}},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultLoginPage, Rate: 0.02}},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultDeviceFolderIDs, Rate: 1}},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultSameNames, Rate: 0.3}},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultSlowDrip, Delay: time.Microsecond}},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultThrottleLate, Delay: time.Millisecond}},
	{
		FaultRule: easserver.FaultRule{Fault: easserver.FaultFetchBatch, Rate: 1},
		with: with(easserver.FaultRule{Fault: easserver.FaultTruncatedBody, Rate: 0.5},
			easserver.FaultRule{Fault: easserver.FaultLostItem, Command: "ItemOperations", Rate: 0.2}),
	},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultLostItem, Command: "ItemOperations", Rate: 0.3}, with: with(easserver.FaultRule{Fault: easserver.FaultMissingBody, Rate: 0.5}), variant: "when fetched"},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultLostItem, Rate: 0.2}, with: with(total), ends: migrate.ResultUnbalanced},
	// No key leads past an item that cannot even be listed.
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultPoison}, ends: migrate.ResultFailed},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultPoisonInSync}, ends: migrate.ResultFailed},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultPoisonBody}, ends: migrate.ResultPartial},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultPoisonBody, Command: "Sync"}, variant: "in Sync alone", ends: migrate.ResultOK},
	{
		FaultRule: easserver.FaultRule{Fault: easserver.FaultPoisonBody}, variant: "ids of each device",
		with: with(easserver.FaultRule{Fault: easserver.FaultDeviceFolderIDs, Rate: 1}, easserver.FaultRule{Fault: easserver.FaultStatus143, Rate: 0.15}),
	},
	{FaultRule: easserver.FaultRule{Fault: easserver.FaultSkippedItem}, with: with(total), loose: "the device is not told of changes of the item either"},
	{
		FaultRule: easserver.FaultRule{Fault: easserver.FaultSkippedItem}, variant: "estimate of changes",
		loose: "the device is not told of changes of the item either",
	},
	{
		FaultRule: easserver.FaultRule{Fault: easserver.FaultLostItem}, with: with(total, easserver.FaultRule{Fault: easserver.FaultStatus111, Command: "GetItemEstimate", Rate: 0.5}),
		variant: "estimates fail",
	},
}

// everyCase adds the faults that need no more than themselves.
func everyCase() []alone {
	all := slices.Clone(aloneCases)
	for _, info := range easserver.AllFaults() {
		switch {
		case info.Fault == easserver.FaultRebuiltMIME:
			continue // what is archived is then not what the mailbox has, and these tests compare the two
		case info.Fault.Writes():
			continue // an archive's source is only read
		}
		if !slices.ContainsFunc(all, func(a alone) bool { return a.Fault == info.Fault && a.variant == "" }) {
			all = append(all, alone{FaultRule: easserver.FaultRule{Fault: info.Fault}})
		}
	}
	return all
}

// TestAlone meets every fault alone.
func TestAlone(t *testing.T) {
	for _, a := range everyCase() {
		t.Run(strings.TrimSpace(string(a.Fault)+" "+a.variant), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(repeats(1, 2)) {
				a.meet(t, seed)
			}
		})
	}
}

func (a alone) meet(t *testing.T, seed uint64) {
	t.Helper()
	if a.Rate == 0 {
		a.Rate = 0.1
	}
	l := newLab(t, seed, versions[seed%uint64(len(versions))], append([]easserver.FaultRule{a.FaultRule}, a.with...)...)
	l.named = a.Fault != easserver.FaultSameNames
	most := 12 // so that even what is rare happens
	var last migrate.Result
	for n := range most {
		if n >= 3 && l.faults.Injected()[a.Fault] > 0 {
			break
		}
		last = l.settle(2)
		l.box.change()
	}
	if n := l.faults.Injected()[a.Fault]; seed == 0 && (n == 0) != a.never {
		t.Errorf("the fault happened %d times: %v", n, l.faults.Injected())
	}
	if a.ends != "" && last != a.ends {
		t.Errorf("with the fault runs end %s, not %s\n%s", last, a.ends, l.story())
	}
	l.faults.Stop()
	l.loose = a.loose != ""
	l.checkEnd(l.run())
	if t.Failed() {
		t.Fatalf("seed %d, injected %v\n%s", seed, l.faults.Injected(), l.story())
	}
}
