package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/dir"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"airlift": main})
}

// TestScripts runs the scripts of testdata over the real main, in a process of its own each time. The mailbox that they
// read is served by the test's process.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("AIRLIFT_PASSWORD", "secret")
			e.Setenv("AIRLIFT_TARGET_PASSWORD", "secret")
			e.Setenv("NEWLINE", "\n")
			e.Values[peerKey{}] = newPeer()
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":      exits,
			"last":       last,
			"lines":      lines,
			"damage":     damage,
			"copy":       copyTree,
			"held":       held,
			"arrived":    arrived,
			"field":      field,
			"now":        tick,
			"closed":     closed,
			"serve":      func(ts *testscript.TestScript, _ bool, args []string) { peerOf(ts).serve(ts, args) },
			"mailbox":    func(ts *testscript.TestScript, _ bool, args []string) { peerOf(ts).change(ts, args) },
			"fault":      func(ts *testscript.TestScript, _ bool, args []string) { peerOf(ts).fault(ts, args) },
			"wipe":       func(ts *testscript.TestScript, _ bool, args []string) { peerOf(ts).wipe(ts, args) },
			"website":    website,
			"mailserver": mailserver,
			"imapls":     imapls,
			"internet":   func(ts *testscript.TestScript, _ bool, _ []string) { peerOf(ts).startInternet(ts) },
			"site":       func(ts *testscript.TestScript, _ bool, args []string) { peerOf(ts).site(ts, args) },
			"seen":       func(ts *testscript.TestScript, _ bool, args []string) { peerOf(ts).seen(ts, args) },
		},
	})
}

// exits runs a command that must end with an exit code: exits CODE COMMAND ARG...
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var ee *exec.ExitError
	if errors.As(err, &ee) {
		got = ee.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// last looks at the last line of standard output, a JSON object: last KEY=VALUE... Every line must be an object with
// event and time.
func last(ts *testscript.TestScript, _ bool, args []string) {
	var line map[string]any
	for l := range bytes.Lines([]byte(ts.ReadFile("stdout"))) {
		line = nil
		ts.Check(json.Unmarshal(l, &line))
		if line["event"] == nil || line["time"] == nil {
			ts.Fatalf("no event or no time: %s", l)
		}
	}
	for _, a := range args {
		key, want, _ := strings.Cut(a, "=")
		if got, ok := line[key]; !ok || fmt.Sprint(got) != want {
			ts.Fatalf("%s is %v, want %s", key, got, want)
		}
	}
}

// lines counts the lines of a file, or of stdout or stderr: lines FILE N
func lines(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	if got := strings.Count(ts.ReadFile(args[0]), "\n"); got != want {
		ts.Fatalf("%s has %d lines, want %d", args[0], got, want)
	}
}

// field takes a string out of the line of JSON that a pattern matches, into FIELD: field FILE NAME PATTERN
func field(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[2])
	for l := range strings.Lines(ts.ReadFile(args[0])) {
		var line map[string]any
		if !pattern.MatchString(l) {
			continue
		}
		ts.Check(json.Unmarshal([]byte(l), &line))
		ts.Setenv("FIELD", fmt.Sprint(line[args[1]]))
		return
	}
	ts.Fatalf("no line matches %s", args[2])
}

// tick puts the time into a variable: now VARIABLE
func tick(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], time.Now().UTC().Format(time.RFC3339Nano))
}

// closed finds an address where nobody listens: closed VARIABLE
func closed(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], "http://"+l.Addr().String())
	ts.Check(l.Close())
}

// copyTree copies a directory: copy FROM TO
func copyTree(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(ts.MkAbs(args[0]))))
}

// held records a legal hold in a directory's archive, as a copy of one from a bucket has it: held DIR set|release MATTER MAILBOX
func held(ts *testscript.TestScript, _ bool, args []string) {
	b, err := dir.Open(ts.MkAbs(args[0]), true)
	ts.Check(err)
	a, err := archive.Open(context.Background(), b)
	ts.Check(err)
	_, err = a.Hold(context.Background(), archive.HoldChange{
		Action: archive.HoldAction(args[1]), Matter: args[2], Mailboxes: args[3:], By: "counsel", Reason: "a court\nasks",
	})
	ts.Check(errors.Join(err, b.Close()))
}

// arrived waits until a directory's archive has so many living items: arrived DIR N
func arrived(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	got := -1
	for range 600 {
		if got, err = living(ts.MkAbs(args[0])); err == nil && got == want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("%s has %d items, %v; want %d", args[0], got, err, want)
}

// living counts the living items of a directory's archive.
func living(place string) (n int, err error) {
	ctx := context.Background()
	b, err := dir.Open(place, false)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	a, err := archive.Open(ctx, b)
	if err != nil {
		return 0, err
	}
	for m, err := range a.Mailboxes(ctx) {
		if err != nil {
			return 0, err
		}
		for _, err := range a.Items(ctx, m, time.Time{}) {
			if err != nil {
				return 0, err
			}
			n++
		}
	}
	return n, nil
}

// damage does to the one file that a pattern matches what disks and people do: damage flip|truncate|remove GLOB
func damage(ts *testscript.TestScript, _ bool, args []string) {
	files, err := filepath.Glob(ts.MkAbs(args[1]))
	ts.Check(err)
	if len(files) != 1 {
		ts.Fatalf("%s is %d files", args[1], len(files))
	}
	b, err := os.ReadFile(files[0])
	ts.Check(err)
	switch args[0] {
	case "flip":
		b[len(b)/3] ^= 1
		ts.Check(os.WriteFile(files[0], b, 0o600))
	case "truncate":
		ts.Check(os.WriteFile(files[0], b[:len(b)/2], 0o600))
	case "remove":
		ts.Check(os.Remove(files[0]))
	default:
		ts.Fatalf("no damage %q", args[0])
	}
}
