package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// usage is what a finished process used.
type usage struct {
	CPU  float64 `json:"cpu"`  // user and system seconds
	Peak int64   `json:"peak"` // bytes of resident memory at the most
	Wall float64 `json:"wall"` // seconds
}

// measureEnv makes this program run one command and tell what it used.
const measureEnv = "AIRLIFT_BENCH_MEASURE"

// measure runs a command to its end and tells what it used. The command is started by a small process in between: Linux
// counts the memory of the process that starts a command as its own.
func measure(ctx context.Context, env []string, name string, args ...string) (usage, error) {
	self, err := os.Executable()
	if err != nil {
		return usage{}, err
	}
	cmd := exec.CommandContext(ctx, self, append([]string{name}, args...)...)
	cmd.Env = append(append(os.Environ(), env...), measureEnv+"=1")
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("%s: %w: %s", filepath.Base(name), err, tail(stderr.String()))
	}
	var u usage
	return u, json.Unmarshal([]byte(stdout.String()), &u)
}

// measured is the process in between.
func measured(ctx context.Context, args []string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return err
	}
	u := usage{Wall: time.Since(began).Seconds(), CPU: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()}
	u.Peak = peak(cmd.ProcessState)
	return json.NewEncoder(os.Stdout).Encode(u)
}

func tail(s string) string {
	if len(s) > 800 {
		s = "..." + s[len(s)-800:]
	}
	return strings.TrimSpace(s)
}

const password = "bench-password"

// serve starts the embedded server over a folder in a process of its own and returns its URL. Calling stop ends it.
func (b *bench) serve(ctx context.Context, dir string) (url string, stop func() error, err error) {
	cmd := exec.CommandContext(ctx, b.airlift, "server", "--listen", "127.0.0.1:0", "--dir", dir)
	cmd.Env = append(os.Environ(), "AIRLIFT_SERVER_PASSWORD="+password)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error {
		err := cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // it ends by the signal
		return err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		for _, word := range strings.Fields(lines.Text()) {
			if strings.HasPrefix(word, "http://") {
				return word, stop, nil
			}
		}
	}
	return "", nil, errors.Join(errors.New("the server did not say its URL"), stop())
}

// archive archives the mailbox bench into a fresh folder and verifies it.
func (b *bench) archive(ctx context.Context, url, to string) (usage, error) {
	u, err := measure(ctx, []string{"AIRLIFT_PASSWORD=" + password}, b.airlift,
		"archive", "--quiet", "--server", url, "--mailbox", "bench", "--to", to)
	if err != nil {
		return u, err
	}
	_, err = measure(ctx, nil, b.airlift, "verify", "--quiet", "--archive", to)
	return u, err
}
