//go:build interop

package sogo

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestThrough16 brings contacts, events and tasks from SOGo, which speaks EAS 14.1, into a server of EAS 16.1, and from there into another
// mailbox of SOGo: exceptions become commands of their own on the way, and are inside of their events again at its end.
func TestThrough16(t *testing.T) {
	t.Parallel()
	const from, to, between = "rupert", "sybil", "between@example.com"
	for _, user := range []string{from, to} {
		emptied(t, user)
		addressBook(t, user).clear()
		calendar(t, user).clear()
	}
	somePeople(t, from, number(t, "AIRLIFT_PEOPLE", 30), 2)

	server := easServer(t, between)
	state := filepath.Join(t.TempDir(), "state")
	migrate := func(user, password, sourceServer, address, targetUser, targetPassword, targetServer string) command {
		return command{t: t, user: from, password: password, env: []string{"AIRLIFT_TARGET_PASSWORD=" + targetPassword}, args: []string{
			"migrate", "--server", sourceServer, "--mailbox", user, "--target", address, "--target-user", targetUser, "--target-server", targetServer,
			"--class", "contacts,calendar,tasks", "--state", state, "--json",
		}}
	}
	into := migrate(from, password(from), lab.eas, between, between, "secret", server)
	back := migrate(between, "secret", server, address(to), to, password(to), lab.eas)
	for _, run := range []command{into, back} {
		s := run.want(0).summary(t)
		t.Logf("%+v", s.Delivery)
		if s.Delivery.Put == 0 || s.Delivery.Put != s.Delivery.Counted {
			t.Errorf("%d of %d put", s.Delivery.Put, s.Delivery.Counted)
		}
		if again := run.want(0).summary(t); again.Delivery.Kept != s.Delivery.Counted {
			t.Errorf("a pass with nothing new: %+v", again.Delivery)
		}
	}
	sameFacts(t, pair{from, to}, bySummary(t, peopleOf(t, from)), bySummary(t, peopleOf(t, to)))
}

// bySummary names events and tasks by what they are about: from 16.0 on the server gives an event another UID.
func bySummary(t *testing.T, all map[string]facts) map[string]facts {
	t.Helper()
	named := map[string]facts{}
	for id, f := range all {
		if s := f["SUMMARY"]; len(s) > 0 {
			id = "people-event- " + s
		}
		if named[id] != nil {
			t.Fatalf("%q is there twice", id)
		}
		named[id] = f
	}
	return named
}

// easServer starts the embedded server with an empty mailbox, and returns its URL.
func easServer(t *testing.T, mailbox string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, mailbox, "Inbox"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), lab.airlift, "server", "--listen", "127.0.0.1:0", "--dir", dir)
	cmd.Env = append(os.Environ(), "AIRLIFT_SERVER_PASSWORD=secret")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended with the test
		_ = cmd.Wait()
	})
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(url)
}
