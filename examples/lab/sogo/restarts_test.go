//go:build interop

package sogo

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestRestarts kills two workers of SOGo and then restarts it as a whole, again and again, while the same command is run
// until it was let alone. A run may give up and ask to be repeated; one that says that all is well must be right. New mail
// comes between the runs, so that there is always something to do.
func TestRestarts(t *testing.T) {
	restarts := number(t, "AIRLIFT_RESTARTS", 2)
	const user = "dave"
	addressBook(t, user).clear()
	calendar(t, user).clear()
	box := emptied(t, user)
	folders := []string{"INBOX", "Archive/2023", "Archive/2024", "Clients/A", "Clients/B"}
	spread(box, letters(3000, 500), folders...)

	a := archive{t, t.TempDir()}
	run := a.archive(user, "--window", "10")
	began, runs, rnd := time.Now(), 0, rand.New(rand.NewPCG(0, 0))
	for done := 0; done < restarts; runs++ {
		if runs == 5*restarts {
			t.Fatalf("%d restarts in %d runs", done, runs)
		}
		r, n := a.disturbed(run, rnd, restarts-done)
		done += n
		t.Logf("run %d: exit %d after %d restarts, %d segments", runs, r.code, n, len(a.segments()))
		switch r.code {
		case 0:
			sameMail(t, box, a.extract())
		case 5: // try again
		default:
			t.Errorf("exit %d\n%s", r.code, tail(r.stderr))
		}
		for i, m := range letters(uint64(4000+runs), 100) {
			box.append(folders[i%len(folders)], m)
		}
	}

	run.want(0)
	files := a.extract()
	sameMail(t, box, files) // nothing lost, nothing doubled: each content as often as IMAP has it
	if live := a.ls(user); len(live) != len(files) {
		t.Errorf("ls lists %d items, %d are stored", len(live), len(files))
	}
	a.verify()
	t.Logf("%d messages in %d runs under %d restarts, in %.1f s", len(files), runs+1, restarts, time.Since(began).Seconds())
	a.nothingNew(user)
}

// disturbed runs a command while SOGo is restarted up to most times.
func (a archive) disturbed(run command, rnd *rand.Rand, most int) (r result, restarts int) {
	a.t.Helper()
	cmd, stdout, stderr := run.prepare(a.t.Context())
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // how it ended, the process state says
	}()
	over := func(within time.Duration) bool {
		select {
		case <-ended:
			return true
		case <-time.After(within):
			return false
		}
	}
	for restarts < most && !over(time.Duration(200+rnd.IntN(800))*time.Millisecond) {
		killWorkers(a.t, rnd, 2)
		if over(time.Duration(200+rnd.IntN(800)) * time.Millisecond) {
			break
		}
		restart := exec.CommandContext(a.t.Context(), "./restart.sh")
		restart.Env = append(os.Environ(), "AIRLIFT_LAB="+lab.folder)
		if out, err := restart.CombinedOutput(); err != nil {
			a.t.Fatalf("restart.sh: %v\n%s", err, out)
		}
		restarts++
	}
	<-ended
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}, restarts
}

// killWorkers kills some workers of the lab's sogod, which starts others.
func killWorkers(t *testing.T, rnd *rand.Rand, n int) {
	t.Helper()
	pid := strings.TrimSpace(read(t, filepath.Join(lab.folder, "run", "sogod.pid")))
	if command := read(t, filepath.Join("/proc", pid, "cmdline")); !strings.Contains(command, lab.folder+"/") {
		t.Fatalf("process %s is none of this lab: %q", pid, command)
	}
	workers := strings.Fields(read(t, filepath.Join("/proc", pid, "task", pid, "children")))
	rnd.Shuffle(len(workers), func(i, j int) { workers[i], workers[j] = workers[j], workers[i] })
	for _, worker := range workers[:min(n, len(workers))] {
		id, err := strconv.Atoi(worker)
		if err != nil {
			t.Fatal(err)
		}
		_ = syscall.Kill(id, syscall.SIGKILL) // one may have ended by itself
	}
}

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
