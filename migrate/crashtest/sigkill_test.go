package crashtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"

	"github.com/airlift-eas/airlift/eas"
)

// childEnv makes this test binary a program that archives the mailboxes and is killed.
const childEnv = "AIRLIFT_CRASHTEST_CHILD"

// child is what the program has to know.
type child struct {
	URL, Root string
	Kind      kind
	At        int
}

// runChild is the program.
func runChild(config string) error {
	var c child
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		return err
	}
	l := &lab{t: alone{}, disk: newDisk(), root: c.Root, url: c.URL, live: map[string]*process{}}
	p := l.process(newMachine(c.Kind, sigkill, c.At))
	p.base = eas.NewTransport()
	_, err := p.run()
	return err
}

// alone is the testing.TB of a process without a test.
type alone struct{ testing.TB }

func (alone) Errorf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// TestSIGKILL kills real processes at the effects of a sample, half of them in the first run.
func TestSIGKILL(t *testing.T) {
	without := measure(t, newLab)
	sample := 3
	if full() {
		sample = 100
	}
	var killed atomic.Int32
	t.Run("all", func(t *testing.T) { killSample(t, sample, without, &killed) })
	if n := int(killed.Load()); n < sample/2 {
		t.Errorf("only %d of %d processes were killed", n, sample)
	}
	t.Logf("%d processes killed", killed.Load())
}

func killSample(t *testing.T, sample int, without baseline, killed *atomic.Int32) {
	random := rand.New(rand.NewPCG(7, 11))
	for range sample {
		k := kinds[random.IntN(len(kinds))]
		second := random.IntN(2) == 1
		most := without.first[k]
		if second {
			most = without.effects[k] - most
		}
		at := 1 + random.IntN(most)
		t.Run(fmt.Sprintf("%s-%d-%t", k, at, second), func(t *testing.T) {
			t.Parallel()
			if sigkilled(t, k, at, second, without) {
				killed.Add(1)
			}
		})
	}
}

// sigkilled is one case. The process that is killed runs before the mailboxes change, or after.
func sigkilled(t *testing.T, k kind, at int, second bool, without baseline) (killed bool) {
	l := newLab(t)
	web := httptest.NewServer(l)
	defer web.Close()
	l.url = web.URL + path
	p := l.process(newMachine("", "", 0))
	if second {
		l.mustRun(p)
		change(l.store)
	}
	killed = l.runKilled(k, at)
	if !second {
		change(l.store)
	}
	l.recover(p)
	l.check(users, p.state)
	l.checkPages(without.pages)
	if t.Failed() {
		l.said()
	}
	return killed
}

// runKilled runs a process until it is killed. It ends well if it has fewer effects this time.
func (l *lab) runKilled(k kind, at int) (killed bool) {
	l.t.Helper()
	config, err := json.Marshal(child{URL: l.url, Root: l.root, Kind: k, At: at})
	must(err)
	self, err := os.Executable()
	must(err)
	cmd := exec.CommandContext(l.t.Context(), self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(config))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false
	case errors.As(err, &exit) && len(out) == 0:
		return true
	}
	l.t.Errorf("the process was not killed, but ended: %v\n%s", err, out)
	return false
}
