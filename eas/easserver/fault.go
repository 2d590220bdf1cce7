package easserver

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Fault is a way to misbehave that was seen on real servers.
type Fault string

// FaultInfo says what a fault does.
type FaultInfo struct {
	Fault Fault
	Text  string // what the client sees, and the server that was seen to do it
}

// faultTables are the faults by family, each in a file of its own.
var faultTables = [][]FaultInfo{transportFaults, throttleFaults, keyFaults, pageFaults, estimateFaults, itemFaults, mimeFaults, folderFaults, writeFaults, mailAddFaults}

// AllFaults lists every fault with what it does and where it was seen.
func AllFaults() []FaultInfo { return slices.Concat(faultTables...) }

// FaultRule says when a fault happens. An occasion is a request, or an item of a page,
// at which it could; what is decided of an item holds for as long as the server runs.
type FaultRule struct {
	Fault   Fault
	Command string  // only with this command, "OPTIONS" included; "" = with every one that the fault applies to
	Rate    float64 // probability per occasion; 0 = always
	Skip    int     // occasions to let pass first
	Limit   int     // decided for at most this often; 0 = no limit
	Lasting bool    // Stop does not end it: it is the way of the server

	// Delay is how long the slow ones take: before a late 503, and between two pieces of
	// a dripping answer. 0 = as it was seen: 25 s, and 100 ms.
	Delay time.Duration
	// RetryAfter is what a throttling 503 asks for, in whole seconds; 0 = 30 s.
	RetryAfter time.Duration
	// Offset is how many bytes of its body an answer that breaks off has; -1 = nothing
	// came, not even the status line; 0 = drawn from all that are possible.
	Offset int
}

// Faults makes a server misbehave. It belongs to one server, and may be used from any
// goroutine.
//
// What happens depends on the seed and on the requests for a folder in their order,
// not on how the requests for several folders are interleaved, unless Skip or Limit
// count over all of them.
type Faults struct {
	seed uint64

	mu       sync.Mutex
	stopped  bool
	rules    []*ruleState
	injected map[Fault]int
}

// ruleState is a rule with what was decided by it.
type ruleState struct {
	FaultRule
	number    uint64
	occasions int
	fired     int
	byScope   map[string]uint64 // occasions
	items     map[string]bool   // what was decided of items
}

// NewFaults returns faults that happen by the rules; where several rules are for one
// fault, by the first that says so. It panics if it does not know the fault of a rule;
// see ParseFaultRule for rules that people write.
func NewFaults(seed uint64, rules ...FaultRule) *Faults {
	f := &Faults{seed: seed, injected: map[Fault]int{}}
	for i, r := range rules {
		if !knownFault(r.Fault) {
			panic(fmt.Sprintf("easserver: unknown fault %q", r.Fault))
		}
		f.rules = append(f.rules, &ruleState{FaultRule: r, number: uint64(i), byScope: map[string]uint64{}, items: map[string]bool{}})
	}
	return f
}

// Injected tells how often each fault happened.
func (f *Faults) Injected() map[Fault]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make(map[Fault]int, len(f.injected))
	for fault, n := range f.injected {
		all[fault] = n
	}
	return all
}

// Stop makes the server behave from now on, but for what is lasting. What it has
// forgotten stays forgotten.
func (f *Faults) Stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
}

// injection is a fault that happens now.
type injection struct {
	FaultRule
	faults *Faults
	rng    *rand.Rand // for what else there is to draw
}

// happened counts the fault: the client will see it.
func (i *injection) happened() { i.faults.count(i.Fault) }

func (f *Faults) count(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.injected[fault]++
}

// draw decides of one occasion, which counts only with injection.happened. It returns
// nil if the server behaves.
func (f *Faults) draw(fault Fault, command, scope string) *injection {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rules {
		if !r.about(fault, command) || f.stopped && !r.Lasting {
			continue
		}
		if rng := r.decide(f.seed, scope); rng != nil {
			return &injection{FaultRule: r.FaultRule, faults: f, rng: rng}
		}
	}
	return nil
}

// marked decides of an item, for ever. It counts only with count.
func (f *Faults) marked(fault Fault, command, item string) bool {
	if f == nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rules {
		if !r.about(fault, command) || f.stopped && !r.Lasting {
			continue
		}
		is, known := r.items[item]
		if !known {
			is = r.decide(f.seed, item) != nil
			r.items[item] = is
		}
		if is {
			return true
		}
	}
	return false
}

func (r *ruleState) about(fault Fault, command string) bool {
	return r.Fault == fault && (r.Command == "" || r.Command == command)
}

// decide returns a source of further decisions if the occasion is one of the rule's.
func (r *ruleState) decide(seed uint64, scope string) *rand.Rand {
	r.occasions++
	n := r.byScope[scope]
	r.byScope[scope]++
	if r.occasions <= r.Skip || r.Limit > 0 && r.fired >= r.Limit {
		return nil
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%d\x00%d", scope, r.number, n)
	rng := rand.New(rand.NewPCG(seed, h.Sum64()))
	if r.Rate > 0 && rng.Float64() >= r.Rate {
		return nil
	}
	r.fired++
	return rng
}

// draw decides of an occasion of the request.
func (x *exchange) draw(fault Fault, scope string) *injection {
	return x.cfg.Faults.draw(fault, x.command.name, x.query.user+" "+x.command.name+" "+scope)
}

// hit decides of an occasion at which the fault is sure to be seen.
func (x *exchange) hit(fault Fault, scope string) *injection {
	i := x.draw(fault, scope)
	if i != nil {
		i.happened()
	}
	return i
}

// isMarked decides of an item of the mailbox.
func (x *exchange) isMarked(fault Fault, f *Folder, v *version) bool {
	return x.cfg.Faults.marked(fault, x.command.name, x.user.name+" "+f.serverID(v.num))
}

// marked decides of an item that the client is to see now.
func (x *exchange) marked(fault Fault, f *Folder, v *version) bool {
	if !x.isMarked(fault, f, v) {
		return false
	}
	x.cfg.Faults.count(fault)
	return true
}
