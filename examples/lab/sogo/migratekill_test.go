//go:build interop

package sogo

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestMigrateKill ends migrations with kill -9, at random moments and after a random number of items, and migrates again until nothing is
// left to do. The source changes between the runs, so that there is always something.
func TestMigrateKill(t *testing.T) {
	t.Parallel()
	kills := number(t, "AIRLIFT_KILLS", 2)
	m := migrating(t, pair{"ivan", "judy"})
	boxes := m.emptiedAll()
	boxes["ivan"].fill(letters(9000, 80), "INBOX", "Sent", "Clients/A", "Clients/B", "Archive/2024")
	somePeople(t, "ivan", 20, 3)
	c := changesOf(t, boxes["ivan"], 2)
	run := m.verb("migrate", "--propagate-deletes")

	rnd := rand.New(rand.NewPCG(3, 0))
	landed, midway := 0, 0 // of these, after the first item was written at the target
	for seed := 0; landed < kills; seed++ {
		if seed == 3*kills {
			t.Fatalf("only %d of %d runs were killed before they ended", landed, seed)
		}
		killed, items := m.killed(run, rnd)
		if killed {
			landed++
			if items > 0 {
				midway++
			}
		}
		c.settled = time.Now()
		c.mail(4, 3, 2, 2)
		c.people(1)
	}
	t.Logf("%d kills, %d of them after something was written at the target", landed, midway)

	m.run("--propagate-deletes")
	m.same(boxes) // nothing lost, nothing doubled
	m.nothingNew("--propagate-deletes")
}

// killed runs a command that is killed after a while, or after so many items were dealt with. It tells whether that was before it ended, and
// how many items were.
func (m migration) killed(run command, rnd *rand.Rand) (killed bool, items int) {
	m.t.Helper()
	cmd, _, stderr := run.prepare(m.t.Context())
	kill := func() { _ = cmd.Process.Kill() } // it may have ended by itself
	wait := time.Duration(rnd.IntN(3500)) * time.Millisecond
	w := &trigger{after: rnd.IntN(30), do: func() { time.AfterFunc(wait/50, kill) }}
	byTime := rnd.IntN(3) == 0
	if byTime {
		w.after = -1
	}
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	if byTime {
		defer time.AfterFunc(wait, kill).Stop()
	}
	_ = cmd.Wait() // how it ended, the process state says
	if killed = !cmd.ProcessState.Exited(); !killed && cmd.ProcessState.ExitCode() != 0 {
		m.t.Fatalf("exit %d before it was killed\n%s", cmd.ProcessState.ExitCode(), tail(stderr.String()))
	}
	if strings.Contains(stderr.String(), "secret-") {
		m.t.Error("a password was printed")
	}
	m.t.Logf("killed: %v, after %d items", killed, w.items)
	return killed, w.items
}

// trigger is what a run with --json writes to: it does something when so many items were dealt with at the target.
type trigger struct {
	items, after int // after: -1 = never
	do           func()
}

func (w *trigger) Write(p []byte) (int, error) {
	w.items += bytes.Count(p, []byte(`"event":"item-`))
	if w.after >= 0 && w.items > w.after {
		w.after = -1
		w.do()
	}
	return len(p), nil
}
