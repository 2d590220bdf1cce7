package versitytest

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/sinks/s3"
)

// here is the module's directory: the gateway changes the process's own.
func here(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PWD")
	if _, err := os.Stat(filepath.Join(dir, "command_test.go")); err != nil {
		t.Skip("the directory of the module is not known")
	}
	return dir
}

// airlift builds the command and returns a function that runs it on a bucket and returns its exit code and what it printed.
func airlift(t *testing.T) func(o s3.Options, args ...string) (int, string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "airlift")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/airlift")
	build.Dir = filepath.Join(here(t), "..", "..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return func(o s3.Options, args ...string) (int, string) {
		t.Helper()
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "AIRLIFT_S3_ENDPOINT="+o.Endpoint, "AIRLIFT_S3_PATH_STYLE=true",
			"AIRLIFT_S3_CA_CERT="+gateway.CAFile, "AIRLIFT_PASSWORD="+easservertest.Password)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), out.String()
	}
}

func place(o s3.Options) string { return "s3://" + o.Bucket + "/" + o.Prefix }

// TestCommand archives into a bucket that locks what it is given, looks at it, and names what somebody does to it.
func TestCommand(t *testing.T) {
	run := airlift(t)
	store := easserver.NewStore()
	inbox := store.AddUser(user).AddFolder("Letters", eas.FolderUserMail)
	for _, text := range []string{"one", "two"} {
		inbox.AddMessage([]byte("From: a@example.org\r\nSubject: " + text + "\r\n\r\n" + text + "\r\n"))
	}
	url := easservertest.Start(t, easserver.Config{}, store)
	o := options(t, true)
	archive := func(more ...string) (int, string) {
		t.Helper()
		args := []string{"archive", "--server", url, "--mailbox", address, "--user", user, "--to", place(o)}
		return run(o, append(args, more...)...)
	}

	if code, out := archive("--s3-sse", "aws:kms"); code != 1 || !strings.Contains(out, "(weakness sse)") || !strings.Contains(out, "--s3-accept-weak") {
		t.Errorf("a store that does not encrypt: exit %d\n%s", code, out)
	}
	if b := open(t, o); len(names(t, b)) != 0 {
		t.Errorf("it was written to: %q", names(t, b))
	}
	if code, out := archive("--s3-lock", "governance", "--s3-lock-days", "1"); code != 0 || !strings.Contains(out, "this run: 2 stored") ||
		!strings.Contains(out, "the store: ") {
		t.Fatalf("archive: exit %d\n%s", code, out)
	}
	if code, out := run(o, "probe", "--to", place(o), "--s3-lock", "governance", "--s3-lock-days", "1"); code != 0 ||
		strings.Count(out, " yes ") != len(s3.Weaknesses()) {
		t.Errorf("probe: exit %d\n%s", code, out)
	}
	if code, out := run(o, "verify", "--archive", place(o)); code != 0 || !strings.Contains(out, "ok: 2 stored items in 1 segment, ") {
		t.Errorf("verify: exit %d\n%s", code, out)
	}
	if code, out := run(o, "ls", "--archive", place(o)); code != 0 || !strings.Contains(out, "Letters: one") {
		t.Errorf("ls: exit %d\n%s", code, out)
	}
	unlocked := options(t, false)
	if code, out := run(unlocked, "archive", "--server", url, "--mailbox", address, "--user", user, "--to", place(unlocked),
		"--s3-lock", "governance", "--s3-lock-days", "1"); code != 16 {
		t.Errorf("a bucket without locks: exit %d\n%s", code, out)
	}

	before := len(versions(t, open(t, o)))
	if code, out := run(o, "reconcile", "--server", url, "--mailbox", address, "--user", user, "--archive", place(o)); code != 0 ||
		!strings.Contains(out, "ok: the server shows 2 items") {
		t.Errorf("reconcile: exit %d\n%s", code, out)
	}
	if after := len(versions(t, open(t, o))); after != before {
		t.Errorf("a comparison wrote to the bucket: %d versions, then %d", before, after)
	}

	// Somebody with the keys of the account overwrites one object and deletes another. What was there stays, as versions.
	b := open(t, o)
	var segment, record string
	for _, name := range names(t, b) {
		if strings.HasSuffix(name, ".tar.zst") {
			segment = name
		} else if strings.Contains(name, "/runs/") {
			record = name
		}
	}
	for _, step := range []struct{ method, name, found string }{
		{http.MethodPut, segment, segment + ": it was overwritten"},
		{http.MethodDelete, record, record + ": it was deleted"},
		{http.MethodDelete, "archive.json", "archive.json is missing"},
	} {
		answer, err := gateway.Do(t.Context(), step.method, "/"+o.Bucket+"/"+o.Prefix+"/"+step.name, nil, http.Header{}, nil)
		if err != nil || answer.Status >= http.StatusMultipleChoices {
			t.Fatalf("%s %s: %v, %s", step.method, step.name, err, answer.Body)
		}
		if code, out := run(o, "verify", "--archive", place(o)); code != 15 || !strings.Contains(out, step.found) {
			t.Errorf("%s: exit %d\n%s", step.method, code, out)
		}
	}
}

func names(t *testing.T, b *s3.Bucket) (all []string) {
	t.Helper()
	for o, err := range b.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o.Name)
	}
	return all
}

// versions counts canaries, too: the gateway is asked without the package.
func versions(t *testing.T, b *s3.Bucket) []string {
	t.Helper()
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(b.URL(), "s3://"), "/")
	answer, err := gateway.Do(t.Context(), http.MethodGet, "/"+bucket, map[string][]string{"versions": {""}, "prefix": {prefix}}, http.Header{}, nil)
	if err != nil || answer.Status != http.StatusOK {
		t.Fatalf("list versions: %v, %s", err, answer.Body)
	}
	return strings.Split(string(answer.Body), "<Key>")[1:]
}
