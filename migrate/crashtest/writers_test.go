package crashtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
)

// The two writers of one mailbox, each with checkpoints of its own. To the server they are one device.
func (l *lab) writers() (first, second *process) {
	first, second = l.process(newMachine("", "", 0)), l.process(newMachine("", "", 0))
	first.users, second.users = users[:1], users[:1]
	second.name, second.state = "two", "state2"
	return first, second
}

// TestTwoWriters stops a writer before and after each of its commits of a page, while the other one runs from its
// beginning to its end.
func TestTwoWriters(t *testing.T) { testTwoWriters(t, newLab) }

func testTwoWriters(t *testing.T, newLab maker) {
	stride := 1
	if !full() {
		stride = 3
	}
	for _, changed := range []bool{false, true} {
		for _, committed := range []bool{false, true} {
			for at, reached := 1, true; reached; at += stride {
				t.Run(fmt.Sprintf("changed-%t/committed-%t/%d", changed, committed, at), func(t *testing.T) {
					reached = twoWriters(t, newLab, changed, committed, at)
				})
			}
		}
	}
}

// twoWriters is one case. changed: both have archived the mailbox, and then it changed; else it is new to both.
// committed: the first is stopped after its at-th commit of a page, else before it.
func twoWriters(t *testing.T, newLab maker, changed, committed bool, at int) (reached bool) {
	l := newLab(t)
	first, second := l.writers()
	if changed {
		l.mustRun(first)
		l.mustRun(second)
		change(l.store)
	}
	var name string // of the segment that it is stopped at
	var taken bool  // by the second, when the first goes on
	n := 0
	first.around = func(object string, done bool) {
		if strings.HasSuffix(object, ".tar.zst") && done == committed {
			first.m.suspended(func() {
				if n++; n == at {
					name = object
					l.mustRun(second)
					_, err := os.Stat(filepath.Join(l.archivePath(), filepath.FromSlash(name)))
					taken = err == nil && !committed
				}
			})
		}
	}
	sum, err := first.run()
	first.around = nil
	switch {
	case name == "":
		return false
	case !committed && !taken:
		t.Errorf("the second writer did not commit %s", name)
	case taken && !errors.Is(err, sinks.ErrFenced):
		t.Errorf("%s was committed by both, and the first ended %q: %v", name, sum.Result, err)
	case err != nil && !errors.Is(err, sinks.ErrFenced):
		t.Errorf("the first writer ended %q: %v", sum.Result, err)
	}
	l.recover(first)
	l.recover(second)
	l.recover(first) // the second may have written what only its own checkpoints know
	l.check(first.users, first.state, second.state)
	if t.Failed() {
		t.Logf("stopped at %s; the first writer ended %q: %v", name, sum.Result, err)
		l.said()
	}
	return true
}

// TestTwoWritersAtOnce lets two writers run at the same moment.
func TestTwoWritersAtOnce(t *testing.T) { testTwoWritersAtOnce(t, newLab) }

func testTwoWritersAtOnce(t *testing.T, newLab maker) {
	rounds := 3
	if full() {
		rounds = 40
	}
	fenced, pushed, both := 0, 0, 0
	for range rounds {
		l := newLab(t)
		first, second := l.writers()
		var errs [2]error
		var sums [2]migrate.Summary
		var g errgroup.Group
		for i, p := range []*process{first, second} {
			g.Go(func() error {
				sums[i], errs[i] = p.run()
				return nil
			})
		}
		_ = g.Wait()
		for i, err := range errs {
			switch {
			case errors.Is(err, sinks.ErrFenced):
				fenced++
			case keyLost(err):
				pushed++
			case err != nil:
				t.Errorf("writer %d ended %q: %v", i+1, sums[i].Result, err)
			}
		}
		if errs[0] == nil && errs[1] == nil {
			both++
		}
		change(l.store)
		l.recover(first)
		l.recover(second)
		l.recover(first)
		l.check(first.users, first.state, second.state)
		if t.Failed() {
			l.said()
			return
		}
	}
	t.Logf("%d rounds: %d writers were fenced, %d lost their keys to the other, both ended well in %d", rounds, fenced, pushed, both)
}

// keyLost tells that a folder was given up because its keys were refused again and again. To the server the two writers are
// one device, and each that asks makes it forget what it told the other.
func keyLost(err error) bool {
	var status *eas.StatusError
	return errors.As(err, &status) && status.Command == "Sync" && status.Code == 3
}
