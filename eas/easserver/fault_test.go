package easserver

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// faultTests show each fault from outside: what the wire has. A rule that each is given
// makes the fault always happen.
func faultTests() map[Fault]func(*faultTest) {
	all := map[Fault]func(*faultTest){}
	for _, family := range []map[Fault]func(*faultTest){keyFaultTests, pageFaultTests, estimateFaultTests, itemFaultTests, mimeFaultTests, folderFaultTests, throttleFaultTests, transportFaultTests, writeFaultTests, mailAddFaultTests} {
		maps.Copy(all, family)
	}
	return all
}

func TestFaults(t *testing.T) {
	tests := faultTests()
	for _, info := range AllFaults() {
		t.Run(string(info.Fault), func(t *testing.T) {
			test := tests[info.Fault]
			if test == nil || info.Text == "" {
				t.Fatal("the fault is not shown, or not explained")
			}
			test(&faultTest{T: t, fault: info.Fault})
		})
	}
}

// faultTest is a mailbox behind a server with one fault.
type faultTest struct {
	*testing.T
	fault  Fault
	faults *Faults
	store  *Store
	inbox  *Folder
	id     string // of the Inbox
	c      *client
}

// start makes a mailbox of n messages. The fault happens by the rule.
func (f *faultTest) start(n int, rule FaultRule) {
	f.Helper()
	rule.Fault = f.fault
	f.startWith(Config{}, n, rule)
}

func (f *faultTest) startWith(cfg Config, n int, rules ...FaultRule) {
	f.Helper()
	f.faults = NewFaults(1, rules...)
	f.store, f.inbox = inboxOf(n)
	f.id = string(f.inbox.ID())
	cfg.Faults = f.faults
	f.c = newClient(f.T, cfg, f.store)
	f.c.faulty = true
	f.Cleanup(func() {
		if f.faults.Injected()[f.fault] == 0 {
			f.Errorf("it did not happen, by its own count: %v", f.faults.Injected())
		}
		f.c.strict()
	})
}

// page asks with a key for a window of messages.
func (f *faultTest) page(key, size string) *wbxml.Element {
	f.Helper()
	return f.c.sync(key, f.id, window(size), mimeOptions())
}

// next returns the key of a page.
func next(a *wbxml.Element) string { return a.Value(wbxml.AirSyncSyncKey) }

func more(a *wbxml.Element) bool { return a.Has(wbxml.AirSyncMoreAvailable) }

func (f *faultTest) same(what string, got, want any) {
	f.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("%s: (-want +got)\n%s", what, diff)
	}
}

// rest returns the ids of what a client still gets, with the commands.
func (f *faultTest) rest(key string) []string {
	f.Helper()
	var all []string
	for range 100 {
		a := f.page(key, "50")
		if a == nil || len(said(a)) == 0 && !more(a) {
			return all
		}
		all = append(all, said(a)...)
		key = next(a)
	}
	f.Fatal("no end of pages")
	return nil
}

// all returns what brings a client from nothing to all that the server shows.
func (f *faultTest) all() []string {
	f.Helper()
	return f.rest(next(f.c.sync("0", f.id)))
}

// TestFaultRules: rates, skips and limits, the same for the same seed and requests in
// whatever order folders come, and an end with Stop.
func TestFaultRules(t *testing.T) {
	decide := func(f *Faults, scopes ...string) string {
		var b strings.Builder
		for _, s := range scopes {
			if i := f.draw(FaultForgetKey, "Sync", s); i != nil {
				i.happened()
				b.WriteString(s)
			}
		}
		return b.String()
	}
	a, b := strings.Split(strings.Repeat("a", 200), ""), strings.Split(strings.Repeat("b", 200), "")
	var mixed []string
	for i := range a {
		mixed = append(mixed, a[i], b[i])
	}
	rule := FaultRule{Fault: FaultForgetKey, Rate: 0.25}
	apart, between := NewFaults(3, rule), NewFaults(3, rule)
	one := decide(apart, a...) + decide(apart, b...)
	two := decide(between, mixed...)
	if strings.Count(one, "a") != strings.Count(two, "a") || len(one) != len(two) || len(one) < 60 || len(one) > 140 {
		t.Errorf("apart: %s\nmixed: %s", one, two)
	}
	if three := decide(NewFaults(4, rule), a...); three == strings.TrimRight(one, "b") {
		t.Error("another seed makes no difference")
	}
	if got := decide(NewFaults(1, FaultRule{Fault: FaultForgetKey, Skip: 2, Limit: 3}), "1", "2", "3", "4", "5", "6", "7"); got != "345" {
		t.Errorf("Skip 2, Limit 3: %q", got)
	}
	if got := decide(NewFaults(1, FaultRule{Fault: FaultForgetKey, Command: "Ping"}), "1"); got != "" {
		t.Errorf("of another command: %q", got)
	}
	if n := apart.Injected()[FaultForgetKey]; n != len(one) {
		t.Errorf("%d counted, %d injected", n, len(one))
	}
	if apart.Stop(); decide(apart, a...) != "" {
		t.Error("faults after Stop")
	}
	lasting := NewFaults(1, FaultRule{Fault: FaultForgetKey, Lasting: true})
	if lasting.Stop(); decide(lasting, "1") != "1" {
		t.Error("Stop ends what is lasting")
	}
}

func TestParseFaultRule(t *testing.T) {
	for s, want := range map[string]FaultRule{
		"forget-key":         {Fault: FaultForgetKey},
		"cut-connection:0.5": {Fault: FaultCutConnection, Rate: 0.5},
		"poison:2%":          {Fault: FaultPoison, Rate: 0.02},
		"poison:100%":        {Fault: FaultPoison, Rate: 1},
	} {
		got, err := ParseFaultRule(s)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", s, err, diff)
		}
	}
	for s, text := range map[string]string{
		"forgetkey": "forget-key", "": "there are:", "poison:": "no probability", "poison:2": "no probability",
		"poison:0": "no probability", "poison:NaN": "no probability", "poison:x%": `"x%"`,
	} {
		if _, err := ParseFaultRule(s); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", s, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("NewFaults takes a fault that it does not know")
		}
	}()
	NewFaults(1, FaultRule{Fault: "forgetkey"})
}
