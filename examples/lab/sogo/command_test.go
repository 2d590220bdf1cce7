//go:build interop

package sogo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// A summary is the last line that --json prints.
type summary struct {
	Event       string  `json:"event"`
	Result      string  `json:"result"`
	Mailboxes   int     `json:"mailboxes"`
	Folders     int     `json:"folders"`
	Stored      int     `json:"items_stored"`
	Changed     int     `json:"items_changed"`
	Deleted     int     `json:"items_deleted"`
	Excluded    int     `json:"items_excluded"`
	Quarantined int     `json:"items_quarantined"`
	Estimated   int     `json:"items_estimated"`
	Resyncs     int     `json:"resyncs"`
	Seconds     float64 `json:"seconds"`
	Problems    int     `json:"problems"` // of verify
	Exit        int     `json:"exit"`

	Delivery delivery `json:"delivery"` // of migrate and restore

	Removed        int `json:"items_removed"` // these of migrate undo
	Gone           int `json:"items_gone"`
	Left           int `json:"items_left"`
	FoldersRemoved int `json:"folders_removed"`
	FoldersLeft    int `json:"folders_left"`
}

// result is how a run of the command ended and what it said.
type result struct {
	code           int
	stdout, stderr string
}

// A command is one call of airlift, with the environment of a user who has nothing set up.
type command struct {
	t        *testing.T
	user     string // whose password is in the environment
	password string // if not the right one
	env      []string
	args     []string
}

func (c command) prepare(ctx context.Context) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	cmd := exec.CommandContext(ctx, lab.airlift, c.args...)
	secret := c.password
	if secret == "" {
		secret = password(c.user)
	}
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.t.TempDir(), "AIRLIFT_PASSWORD=" + secret}, c.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	return cmd, &stdout, &stderr
}

// run runs the command to its end. No password may show up in what it prints.
func (c command) run() result {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Minute)
	defer cancel()
	cmd, stdout, stderr := c.prepare(ctx)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	r := result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	if strings.Contains(r.stdout+r.stderr, "secret-") {
		c.t.Errorf("airlift %q printed a password", c.args)
	}
	return r
}

// want runs the command, which must end with this exit code.
func (c command) want(code int) result {
	c.t.Helper()
	r := c.run()
	if r.code != code {
		c.t.Fatalf("airlift %q: exit %d, want %d\n%s\n%s", c.args, r.code, code, tail(r.stdout), tail(r.stderr))
	}
	return r
}

// summary decodes the last line of a run with --json; every other line must be an object with event and time.
func (r result) summary(t *testing.T) summary {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	for _, line := range lines {
		var e struct{ Event, Time string }
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Event == "" || e.Time == "" {
			t.Errorf("not an event with its time: %q (%v)", line, err)
		}
	}
	var s summary
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &s); err != nil || s.Event != "summary" || s.Exit != r.code {
		t.Fatalf("the last line is no summary of exit %d: %q", r.code, lines[len(lines)-1])
	}
	return s
}

func tail(s string) string {
	const most = 4000
	if len(s) > most {
		return "…" + s[len(s)-most:]
	}
	return s
}

// An archive is a directory that airlift writes.
type archive struct {
	t   *testing.T
	dir string
}

func (a archive) archive(user string, more ...string) command {
	args := []string{"archive", "--server", lab.eas, "--mailbox", address(user), "--user", user, "--to", a.dir, "--json"}
	return command{t: a.t, user: user, args: append(args, more...)}
}

// through sends the command to another endpoint than the lab's own.
func (c command) through(endpoint string) command {
	c.args = slices.Clone(c.args)
	for i, arg := range c.args {
		if arg == lab.eas {
			c.args[i] = endpoint
		}
	}
	return c
}

func (a archive) verify() {
	a.t.Helper()
	r := command{t: a.t, args: []string{"verify", "--archive", a.dir, "--json"}}.want(0)
	if s := r.summary(a.t); s.Problems != 0 {
		a.t.Errorf("verify: %+v", s)
	}
}

// A listed item is one line of ls --json.
type listed struct {
	ID        string `json:"id"`
	ServerID  string `json:"server_id"`
	Mailbox   string `json:"mailbox"`
	Path      string `json:"path"`
	SHA256    string `json:"sha256"`
	MessageID string `json:"message_id"`
	Read      bool   `json:"read"`
	Class     string `json:"class"`
	Received  string `json:"received"`
}

// ls lists the live items of a user's mail by the folder's path and the item's content.
func (a archive) ls(user string, more ...string) map[string]listed {
	a.t.Helper()
	args := append([]string{"ls", "--archive", a.dir, "--mailbox", address(user), "--json"}, more...)
	r := command{t: a.t, args: args}.want(0)
	items := map[string]listed{}
	for line := range strings.Lines(r.stdout) {
		var item listed
		if err := json.Unmarshal([]byte(line), &item); err != nil {
			a.t.Fatalf("ls: %q: %v", line, err)
		}
		if item.Mailbox != address(user) || item.Path == "" || item.ID == "" {
			a.t.Errorf("ls: %q lacks mailbox, path or id", line)
		}
		if _, twice := items[item.Path+" "+item.SHA256]; twice {
			a.t.Errorf("ls: %s holds %s twice", item.Path, item.SHA256)
		}
		items[item.Path+" "+item.SHA256] = item
	}
	return items
}
