//go:build unix

package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMetricsServed asks for the figures while a run stands still in the middle, and interrupts it then.
func TestMetricsServed(t *testing.T) {
	server := newSlowServer(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "airlift.prom")
	run := command(t, append(server.archive(filepath.Join(dir, "archive")), "--metrics-addr", "127.0.0.1:0", "--metrics-file", file, "--report", file+".html")...)
	stderr, err := run.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(stderr)
	line, err := said.ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "metrics: ")
	if err != nil || !ok {
		t.Fatalf("it says %q: %v", line, err)
	}
	<-server.held

	get := func(url string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	var text string
	for range 1500 { // one folder stands still; the others come to their first pages
		if _, text = get(url); series(t, text)["airlift_items_stored_total"] > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	during := series(t, text)
	if n := during["airlift_items_stored_total"]; n <= 0 || n >= 300 || during["airlift_fetched_bytes_total"] <= 0 || during["airlift_requests_total"] < 12 {
		t.Errorf("in the middle of the run:\n%s", text)
	}
	if _, ended := during["airlift_run_exit_code"]; ended {
		t.Errorf("it has an exit code in the middle of the run:\n%s", text)
	}
	if code, _ := get(strings.TrimSuffix(url, "/metrics")); code != http.StatusNotFound {
		t.Errorf("another page: HTTP %d", code)
	}

	if err := run.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, said) // to its end
	if code := exitOf(t, run, run.Wait()); code != 130 {
		t.Errorf("exit code %d", code)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	after := series(t, string(b))
	page, err := os.ReadFile(file + ".html")
	if err != nil || !strings.Contains(string(page), "(exit code 130)") || strings.Contains(string(page), "context canceled") {
		t.Errorf("the report of the interrupted run: %v\n%s", err, page)
	}
	if _, ok := after["airlift_last_success_timestamp_seconds"]; ok || after["airlift_run_exit_code"] != 130 ||
		after["airlift_items_stored_total"] < during["airlift_items_stored_total"] {
		t.Errorf("when it was interrupted:\n%s", b)
	}
}
