package oidctest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// program builds the command, once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "airlift-oidctest-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "airlift")
	build := exec.Command("go", "build", "-o", path, "./cmd/airlift")
	build.Dir = filepath.Join("..", "..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path)) // what is in the way of that is for the system to clean up
	}
	os.Exit(code)
}

// airlift prepares the real program, which runs in dir and nowhere else.
func airlift(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatalf("build: %v", err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), path, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+filepath.Join(dir, "xdg"))
	return cmd
}

// ends runs a command that must end with an exit code, and returns its last line of JSON and all that it printed.
func ends(t *testing.T, cmd *exec.Cmd, code int) (map[string]any, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("exit code %d, want %d\n%s%s", got, code, tail(stdout.String()), tail(stderr.String()))
	}
	var line map[string]any
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	_ = json.Unmarshal([]byte(lines[len(lines)-1]), &line) // a verb without --json has none
	return line, stdout.String() + stderr.String()
}

func tail(s string) string { return s[max(0, len(s)-3000):] }

// signIn runs the login verb and does what it asks for.
func (p *Provider) signIn(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := airlift(t, dir, append([]string{"login", "--json", "--issuer", p.URL, "--client-id", ClientID}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var line struct {
		Event, URL, Code, Result string
		TokenFile                string `json:"token_file"`
		Renewable                bool
	}
	next := func() {
		t.Helper()
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &line) != nil {
			t.Fatalf("it says %q\n%s", lines.Text(), stderr.String())
		}
	}
	next()
	page := line.URL
	if line.Event != "sign-in" {
		t.Errorf("it says %q", lines.Text())
	}
	if line.Code != "" {
		err = newPerson(alice).enter(t.Context(), line.URL, line.Code, "allowed")
	} else {
		_, err = newPerson(alice).visit(t.Context(), line.URL)
	}
	if err != nil {
		t.Error(err)
	}
	next()
	rest, _ := io.ReadAll(out)
	if err := cmd.Wait(); err != nil || line.Event != "summary" || line.Result != "ok" || !line.Renewable || len(rest) > 0 || !strings.Contains(stderr.String(), page) {
		t.Fatalf("%v: %+v, %q\n%s", err, line, rest, stderr.String())
	}
	if info, err := os.Stat(filepath.Join(dir, line.TokenFile)); err != nil || info.Mode() != 0o600 {
		t.Errorf("the token file: %v, %v", info, err)
	}
	p.hidden(t, lines.Text()+stderr.String(), dir)
}

// hidden fails the test if anything that was printed, or a file below dir besides token files (*.token), holds a secret.
func (p *Provider) hidden(t *testing.T, printed, dir string) {
	t.Helper()
	secrets := append(p.Secrets(), ClientSecret, Password)
	if len(secrets) < 4 {
		t.Fatal("the provider has handed out nothing")
	}
	look := func(where string, b []byte) {
		for _, s := range secrets {
			if bytes.Contains(b, []byte(s)) {
				t.Errorf("%s holds %q", where, s)
			}
		}
	}
	look("the output", []byte(printed))
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || filepath.Ext(path) == ".token" {
			return err
		}
		b, err := os.ReadFile(path)
		look(path, b)
		files++
		return err
	})
	if err != nil {
		t.Error(err)
	}
	t.Logf("no secret of %d in %d bytes of output and %d files", len(secrets), len(printed), files)
}

func TestLoginCommand(t *testing.T) {
	t.Parallel()
	p := Start(t, time.Hour)
	dir := t.TempDir()
	p.signIn(t, dir, "--token-file", "device.token")
	p.signIn(t, dir, "--token-file", "browser.token", "--flow", "browser", "--no-browser", "--user", alice)
	p.signIn(t, dir, "--token-file", "browser.token", "--flow", "browser", "--no-browser") // it is replaced
}
