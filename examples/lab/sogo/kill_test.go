//go:build interop

package sogo

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestKill ends runs with kill -9 at random moments and runs the same command again until it is done. New mail comes
// between the runs, so that there is always something to do.
func TestKill(t *testing.T) {
	t.Parallel()
	kills := number(t, "AIRLIFT_KILLS", 4)
	const user = "frank"
	addressBook(t, user).clear()
	calendar(t, user).clear()
	box := emptied(t, user)
	folders := []string{"INBOX", "Archive/2023", "Archive/2024", "Clients/A", "Clients/B"}
	spread(box, letters(1000, 500), folders...)

	a := archive{t, t.TempDir()}
	run := a.archive(user, "--window", "10")
	landed := 0
	for seed := range kills {
		after := time.Duration(50+rand.New(rand.NewPCG(uint64(seed), 0)).IntN(2500)) * time.Millisecond
		cmd, _, stderr := run.prepare(t.Context())
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		killer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // how it ended, the process state says
		killer.Stop()
		switch {
		case !cmd.ProcessState.Exited():
			landed++
			t.Logf("seed %d: killed after %v, %d segments", seed, after, len(a.segments()))
		case cmd.ProcessState.ExitCode() != 0:
			t.Fatalf("seed %d: exit %d before it was killed\n%s", seed, cmd.ProcessState.ExitCode(), tail(stderr.String()))
		default:
			t.Logf("seed %d: done before %v", seed, after)
		}
		for i, m := range letters(uint64(2000+seed), 60) {
			box.append(folders[i%len(folders)], m)
		}
	}
	if landed*2 < kills {
		t.Errorf("only %d of %d runs were killed before they ended", landed, kills)
	}

	run.want(0)
	files := a.extract()
	sameMail(t, box, files) // nothing lost, nothing doubled: each content as often as IMAP has it
	if live := a.ls(user); len(live) != len(files) {
		t.Errorf("ls lists %d items, %d are stored", len(live), len(files))
	}
	a.verify()
	a.nothingNew(user)
}
