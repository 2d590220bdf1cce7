//go:build interop

package sogo

import (
	"bufio"
	"encoding/json"
	"math/rand/v2"
	"net/smtp"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestWatch delivers messages by SMTP while the mailbox is watched, and restarts SOGo twice meanwhile, once if there are few. None is missed. How long it takes
// from SOGo's report, at which the folder is read, to the page that is stored, is printed.
func TestWatch(t *testing.T) {
	deliveries := number(t, "AIRLIFT_DELIVERIES", 6)
	const user = "carol"
	addressBook(t, user).clear()
	calendar(t, user).clear()
	box := emptied(t, user)
	box.sel("INBOX")
	spread(box, letters(7000, 20), "INBOX", "Archive/2024")

	a := archive{t, t.TempDir()}
	w := a.watch(user)
	w.until("its first round", func(e event) bool { return e.Event == "watching" })
	rnd := rand.New(rand.NewPCG(7, 0))
	var reported time.Time
	var sinceReport, sinceDelivery []time.Duration
	for i, m := range letters(7100, deliveries) {
		if i == deliveries/3 || i == 2*deliveries/3 && deliveries > 5 {
			restart := exec.CommandContext(t.Context(), "./restart.sh")
			restart.Env = append(os.Environ(), "AIRLIFT_LAB="+lab.folder)
			if out, err := restart.CombinedOutput(); err != nil {
				t.Fatalf("restart.sh: %v\n%s", err, out)
			}
		}
		if err := smtp.SendMail(lab.smtp, nil, "sender@remote.example", []string{address(user)}, m); err != nil {
			t.Fatal(err)
		}
		delivered := time.Now()
		page := w.until("the message", func(e event) bool {
			if e.Event == "folder-start" && e.Folder == "INBOX" {
				reported = e.Time
			}
			return e.Event == "page" && e.Stored > 0
		})
		sinceReport = append(sinceReport, page.Time.Sub(reported))
		sinceDelivery = append(sinceDelivery, page.Time.Sub(delivered))
		w.until("its wait for news", func(e event) bool { return e.Event == "watching" })
		time.Sleep(time.Duration(rnd.IntN(2000)) * time.Millisecond) // SOGo looks for news every so often
	}
	// Who files and deletes mail is seen, too.
	box.create("Clients/A")
	box.append("Clients/A", letters(7200, 1)...)
	box.delete("Archive/2024", box.sel("Archive/2024"))
	w.until("deletions", func(e event) bool { return e.Event == "page" && e.Deleted > 0 })

	r := w.interrupt()
	if s := r.summary(t); r.code != 130 || s.Result != "interrupted" || s.Stored < 20+deliveries {
		t.Errorf("exit %d, %+v\n%s", r.code, s, tail(r.stderr))
	}
	slices.Sort(sinceReport)
	slices.Sort(sinceDelivery)
	n := len(sinceReport)
	t.Logf("%d deliveries: stored %v after SOGo's report (median; at most %v), %v after delivery (at most %v)",
		n, sinceReport[n/2], sinceReport[n-1], sinceDelivery[n/2], sinceDelivery[n-1])
	if sinceReport[n-1] > 10*time.Second {
		t.Errorf("it took %v from a report to the archive", sinceReport[n-1])
	}
	a.archive(user).want(0) // the folder that was made at the end may not have been found before
	files := a.extract()
	kept := slices.DeleteFunc(files, func(f file) bool { return f.path == "Archive/2024" })
	sameMail(t, box, kept)
	a.verify()
	a.nothingNew(user)
}

// event is a line of --json.
type event struct {
	Event   string
	Time    time.Time
	Folder  string
	Message string
	Stored  int
	Deleted int
}

// watching is a watch that is running.
type watching struct {
	t      *testing.T
	cmd    *exec.Cmd
	events chan event
	lines  strings.Builder // what it printed; complete when events is closed
	stderr func() string
}

func (a archive) watch(user string, more ...string) *watching {
	a.t.Helper()
	c := a.archive(user, more...)
	c.args[0] = "watch"
	cmd, _, stderr := c.prepare(a.t.Context())
	cmd.Stdout = nil
	out, err := cmd.StdoutPipe()
	if err != nil {
		a.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	w := &watching{t: a.t, cmd: cmd, events: make(chan event, 100_000), stderr: stderr.String}
	go func() {
		defer close(w.events)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			w.lines.WriteString(lines.Text() + "\n")
			var e event
			if json.Unmarshal(lines.Bytes(), &e) == nil {
				w.events <- e
			}
		}
	}()
	return w
}

// until waits for an event. SOGo looks for news every few seconds, and for 30 s at the most; a restart takes a few.
func (w *watching) until(what string, is func(event) bool) event {
	w.t.Helper()
	deadline := time.After(3 * time.Minute)
	for {
		select {
		case e, ok := <-w.events:
			if !ok {
				_ = w.cmd.Wait() // how it ended, the process state says
				w.t.Fatalf("the watch ended before %s: %v\n%s", what, w.cmd.ProcessState, tail(w.stderr()))
			}
			if is(e) {
				return e
			}
		case <-deadline:
			_ = w.cmd.Process.Kill()
			for range w.events {
			}
			_ = w.cmd.Wait() // it was killed
			w.t.Fatalf("no %s\n%s\n%s", what, tail(w.lines.String()), tail(w.stderr()))
		}
	}
}

// interrupt ends the watch in order.
func (w *watching) interrupt() result {
	w.t.Helper()
	if err := w.cmd.Process.Signal(syscall.SIGINT); err != nil {
		w.t.Fatal(err)
	}
	for range w.events {
	}
	_ = w.cmd.Wait() // how it ended, the process state says
	return result{w.cmd.ProcessState.ExitCode(), w.lines.String(), w.stderr()}
}
