//go:build unix

// Package cron holds a wrapper for cron and its test.
package cron

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNightly runs the wrapper over a command that ends with the given exit codes, one a call.
func TestNightly(t *testing.T) {
	tests := []struct {
		codes string // of the calls in turn
		want  int
		calls int
		says  string // in what cron would mail; "" = no mail
	}{
		{codes: "0", want: 0, calls: 1},
		{codes: "8", want: 8, calls: 1},
		{codes: "130", want: 130, calls: 1},
		{codes: "5 0", want: 0, calls: 2},
		{codes: "5 17 8", want: 8, calls: 3},
		{codes: "5 5 5 5 5", want: 5, calls: 4, says: "tried 4 times"},
		{codes: "17 12 0", want: 12, calls: 2, says: "credentials"},
		{codes: "3 0", want: 3, calls: 1, says: "airlift status"},
		{codes: "4 0", want: 4, calls: 1, says: "airlift reconcile"},
		{codes: "11 0", want: 11, calls: 1, says: "another process"},
		{codes: "15 0", want: 15, calls: 1, says: "airlift verify"},
		{codes: "1 0", want: 1, calls: 1, says: "failed"},
	}
	for _, test := range tests {
		t.Run(test.codes, func(t *testing.T) {
			dir := t.TempDir()
			script := fmt.Sprintf(`#!/bin/sh
echo "$@" >>%[1]s/calls
set -- %[2]s
shift $(($(wc -l <%[1]s/calls) - 1))
echo "words of airlift"
exit $1
`, dir, test.codes)
			if err := os.WriteFile(filepath.Join(dir, "airlift"), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "./airlift-nightly", "--to", "a folder")
			cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "AIRLIFT_PAUSES=0 0 0"}
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			calls, err := os.ReadFile(filepath.Join(dir, "calls"))
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Repeat("archive --quiet --to a folder\n", test.calls); string(calls) != want {
				t.Errorf("calls:\n%swant:\n%s", calls, want)
			}
			if code := cmd.ProcessState.ExitCode(); code != test.want {
				t.Errorf("exit %d, want %d", code, test.want)
			}
			mailed := strings.Contains(string(out), "words of airlift") && strings.Contains(string(out), test.says)
			if test.says == "" && len(out) > 0 || test.says != "" && !mailed {
				t.Errorf("prints %q, want %q", out, test.says)
			}
		})
	}
}
