//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// command prepares the real program.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "airlift", args...)
	cmd.Env = append(os.Environ(), "AIRLIFT_PASSWORD=secret", "AIRLIFT_SERVER_PASSWORD=secret")
	return cmd
}

func exitOf(t *testing.T, cmd *exec.Cmd, err error) int {
	t.Helper()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

// TestServerVerb archives from the server verb, and ends it as an init system does.
func TestServerVerb(t *testing.T) {
	dir := t.TempDir()
	inbox := filepath.Join(dir, "mail", "alice", "Inbox")
	if err := os.MkdirAll(inbox, 0o700); err != nil {
		t.Fatal(err)
	}
	message := "From: bob@example.org\r\nSubject: One\r\n\r\nHello.\r\n"
	if err := os.WriteFile(filepath.Join(inbox, "1.eml"), []byte(message), 0o600); err != nil {
		t.Fatal(err)
	}
	url, end := startServer(t, "--dir", filepath.Join(dir, "mail"))
	archive := filepath.Join(dir, "archive")
	cmd := command(t, "archive", "--server", url, "--mailbox", "alice@example.com", "--to", archive, "--json")
	stdout, err := cmd.Output()
	if code := exitOf(t, cmd, err); code != 0 || !bytes.Contains(stdout, []byte(`"items_stored":1,`)) {
		t.Errorf("archive: exit code %d\n%s", code, stdout)
	}
	end()
}

// TestFullOutput writes results to a disk that is full: a listing that was cut short is no listing.
func TestFullOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no device that is always full")
	}
	defer full.Close()
	cmd := command(t, "version", "--json")
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = full, &stderr
	err = cmd.Run()
	if code := exitOf(t, cmd, err); code != 1 || !strings.Contains(stderr.String(), "airlift: write /dev/stdout: no space left on device") {
		t.Errorf("exit code %d\n%s", code, stderr.String())
	}
}

// startServer starts the server verb. end ends it as an init system does, and returns what it said.
func startServer(t *testing.T, args ...string) (url string, end func() string) {
	t.Helper()
	server := command(t, slices.Concat([]string{"server", "--listen", "127.0.0.1:0"}, args)...)
	var said bytes.Buffer
	server.Stderr = &said
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	url, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(url), func() string {
		t.Helper()
		if err := server.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if code := exitOf(t, server, server.Wait()); code != 0 {
			t.Errorf("server: exit code %d after SIGTERM", code)
		}
		return said.String()
	}
}

// TestServerFaults archives from a server that misbehaves. The same seed is the same misbehaviour, another one is not.
func TestServerFaults(t *testing.T) {
	dir := t.TempDir()
	inbox := filepath.Join(dir, "mail", "alice", "Inbox")
	if err := os.MkdirAll(inbox, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		message := fmt.Sprintf("From: bob@example.org\r\nSubject: %d\r\n\r\nHello.\r\n", i)
		if err := os.WriteFile(filepath.Join(inbox, fmt.Sprintf("%d.eml", i)), []byte(message), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	injected := func(name, seed string) string {
		url, end := startServer(t, "--dir", filepath.Join(dir, "mail"), "--fault", "sync-status-13:30%", "--fault-seed", seed)
		cmd := command(t, "archive", "--server", url, "--mailbox", "alice@example.com", "--to", filepath.Join(dir, name),
			"--folder", "Inbox", "--window", "2", "--retry-wait", "1ms", "--json")
		stdout, err := cmd.Output()
		if sum := lastLine(t, stdout); exitOf(t, cmd, err) != 0 || sum["items_live"] != 30.0 || sum["retries"] == 0.0 {
			t.Errorf("seed %s: %v, %v", seed, err, sum)
		}
		return regexp.MustCompile(`(?m)^fault sync-status-13: .*`).FindString(end())
	}
	first, again, other := injected("a", "7"), injected("b", "7"), injected("c", "8")
	if first == "" || first != again {
		t.Errorf("with one seed: %q, then %q", first, again)
	}
	if other == first {
		t.Errorf("with two seeds: %q both times", first)
	}
}

func lastLine(t *testing.T, out []byte) map[string]any {
	t.Helper()
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	var line map[string]any
	if err := json.Unmarshal(lines[len(lines)-1], &line); err != nil {
		t.Fatalf("the last line is %q: %v", lines[len(lines)-1], err)
	}
	return line
}
