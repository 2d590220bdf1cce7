//go:build unix

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/airlift-eas/airlift/eas/easserver"
)

// slowServer serves a sample mailbox of 300 items, and takes its time with all pages but the first until it is told
// to be quick.
type slowServer struct {
	url   string
	held  chan struct{} // of each page that is not answered
	quick atomic.Bool
}

func newSlowServer(t *testing.T) *slowServer {
	store := easserver.NewStore()
	if err := store.AddUser("alice@example.com").Sample(); err != nil {
		t.Fatal(err)
	}
	eas := easserver.New(easserver.Config{Password: "secret"}, store)
	t.Cleanup(eas.Close)
	s := &slowServer{held: make(chan struct{}, 100)}
	var pages atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("Cmd") == "Sync" && !s.quick.Load() && pages.Add(1) > 12 {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the client has gone
			s.held <- struct{}{}
			<-r.Context().Done()
			return
		}
		eas.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// archive are the arguments of a run.
func (s *slowServer) archive(to string) []string {
	return []string{"archive", "--server", s.url, "--mailbox", "alice@example.com", "--to", to, "--window", "5", "--json"}
}

// TestInterrupt interrupts a run while the server takes its time with a page. The run ends in order, and the next one
// goes on from there.
func TestInterrupt(t *testing.T) {
	server := newSlowServer(t)
	archive := filepath.Join(t.TempDir(), "archive")
	run := command(t, server.archive(archive)...)
	var stdout, stderr bytes.Buffer
	run.Stdout, run.Stderr = &stdout, &stderr
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	<-server.held
	if err := run.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	code := exitOf(t, run, run.Wait())
	first := lastLine(t, stdout.Bytes())
	if code != 130 || first["result"] != "interrupted" || first["exit"] != 130.0 {
		t.Fatalf("exit code %d, summary %v\n%s", code, first, stderr.String())
	}
	if s := stderr.String(); !strings.Contains(s, "interrupted: ") || strings.Contains(s, "context canceled") {
		t.Errorf("it says:\n%s", s)
	}

	server.quick.Store(true)
	again := command(t, server.archive(archive)...)
	out, err := again.Output()
	second := lastLine(t, out)
	if code := exitOf(t, again, err); code != 0 || first["items_stored"].(float64)+second["items_stored"].(float64) != 300 {
		t.Errorf("exit code %d, first %v, then %v", code, first, second)
	}
	verify := command(t, "verify", "--archive", archive)
	if out, err := verify.CombinedOutput(); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
}

// TestLimitOfMigration: --max-duration is for what is put, too. The target takes its time with every item for as long as it is not quick.
func TestLimitOfMigration(t *testing.T) {
	store := easserver.NewStore()
	store.AddUser("bob@example.com")
	if err := store.AddUser("alice@example.com").Sample(); err != nil {
		t.Fatal(err)
	}
	eas := easserver.New(easserver.Config{Password: "secret"}, store)
	t.Cleanup(eas.Close)
	var quick atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, _, _ := r.BasicAuth(); user == "bob@example.com" && r.URL.Query().Get("Cmd") == "Sync" && !quick.Load() {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the client has gone
			<-r.Context().Done()
			return
		}
		eas.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	stage := filepath.Join(t.TempDir(), "stage")
	migrate := func(more ...string) (int, map[string]any, string) {
		run := command(t, append([]string{
			"migrate", "--server", server.URL, "--mailbox", "alice@example.com", "--target", "bob@example.com",
			"--target-server", server.URL, "--class", "contacts", "--stage", stage, "--json",
		}, more...)...)
		run.Env = append(run.Env, "AIRLIFT_TARGET_PASSWORD=secret")
		var stderr bytes.Buffer
		run.Stderr = &stderr
		out, err := run.Output()
		return exitOf(t, run, err), lastLine(t, out), stderr.String()
	}
	code, sum, said := migrate("--max-duration", "2s")
	if code != 8 || sum["result"] != "interrupted" || sum["exit"] != 8.0 || !strings.Contains(said, "limit reached: the run took 2s\nhint: ") {
		t.Errorf("exit code %d, summary %v\n%s", code, sum, said)
	}
	quick.Store(true)
	code, sum, said = migrate("--max-duration", "10m")
	if d := sum["delivery"].(map[string]any); code != 0 || d["put"] != d["counted"] || d["put"] == 0.0 {
		t.Errorf("exit code %d, summary %v\n%s", code, sum, said)
	}
}

// TestTwoRuns begins a second run on a mailbox while a first one works. The second ends at once and says why, one may
// look meanwhile, and once the first is killed there is nothing to clean up before the next.
func TestTwoRuns(t *testing.T) {
	server := newSlowServer(t)
	archive := filepath.Join(t.TempDir(), "archive")
	first := command(t, server.archive(archive)...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	<-server.held

	second := command(t, server.archive(archive)...)
	var stdout, stderr bytes.Buffer
	second.Stdout, second.Stderr = &stdout, &stderr
	err := second.Run()
	if code, sum := exitOf(t, second, err), lastLine(t, stdout.Bytes()); code != 11 || sum["exit"] != 11.0 || sum["requests"] != 0.0 {
		t.Errorf("the second run: exit code %d, summary %v", code, sum)
	}
	if s := stderr.String(); !strings.Contains(s, "another run works on this mailbox\nhint: ") {
		t.Errorf("it says:\n%s", s)
	}
	status := command(t, "status", "--archive", archive, "--json")
	out, err := status.Output()
	if code := exitOf(t, status, err); code != 0 || lastLine(t, out)["mailboxes"] != 1.0 {
		t.Errorf("status beside a run: exit code %d\n%s", code, out)
	}

	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // it was killed
	server.quick.Store(true)
	third := command(t, server.archive(archive)...)
	out, err = third.Output()
	if code := exitOf(t, third, err); code != 0 || lastLine(t, out)["items_live"] != 300.0 {
		t.Errorf("after the first was killed: exit code %d\n%s", code, out)
	}
}
