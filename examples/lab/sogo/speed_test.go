//go:build interop

package sogo

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMigrateSpeed prints what a migration takes beside the archive of the same mailbox, and what it takes to put mail into Dovecot
// beside mbsync (isync), where that is installed. It says nothing without a quiet machine, and runs only where AIRLIFT_SPEED asks for it.
func TestMigrateSpeed(t *testing.T) {
	if os.Getenv("AIRLIFT_SPEED") == "" {
		t.Skip("AIRLIFT_SPEED is not set")
	}
	const from, to = "alice", "frank"
	m := migrating(t, pair{from, to})
	boxes := m.emptiedAll()
	boxes[from].fill(sample(corpus(t), number(t, "AIRLIFT_MESSAGES", 1000)), "INBOX", "Sent", "Archive/2024", "Projects")
	for n := range 3 {
		a := archive{t, t.TempDir()}
		alone := took(func() { a.archive(from, "--class", "mail").want(0) })
		migrated := took(func() {
			m.verb("migrate").with("--class", "mail", "--target-root", fmt.Sprintf("Migrated%d", n), "--stage", t.TempDir()).want(0)
		})
		restored := took(func() {
			c := command{t: t, user: from, env: []string{"AIRLIFT_TARGET_PASSWORD=" + password(to)}, args: []string{
				"restore", "--archive", a.dir, "--mailbox", address(from), "--target", address(to), "--target-user", to,
				"--target-imap", "imap://" + lab.imap, "--class", "mail", "--target-root", fmt.Sprintf("Restored%d", n), "--json",
			}}
			c.want(0)
		})
		t.Logf("archive %.1f s, migrate %.1f s: %.2f times; restore %.2f s", alone.Seconds(), migrated.Seconds(), migrated.Seconds()/alone.Seconds(), restored.Seconds())
		if _, err := exec.LookPath("mbsync"); err != nil {
			t.Log("mbsync is not installed")
			continue
		}
		synced := took(func() { mbsync(t, from, to, fmt.Sprintf("Synced%d", n)) })
		t.Logf("mbsync %.2f s: restore takes %.2f of it", synced.Seconds(), restored.Seconds()/synced.Seconds())
	}
}

func took(do func()) time.Duration {
	began := time.Now()
	do()
	return time.Since(began)
}

// mbsync copies a mailbox below a folder of another one.
func mbsync(t *testing.T, from, to, below string) {
	t.Helper()
	dir := t.TempDir()
	host, port, _ := strings.Cut(lab.imap, ":")
	account := func(name, user, more string) string {
		return fmt.Sprintf("IMAPAccount %s\nHost %s\nPort %s\nUser %s\nPass %s\nSSLType None\nAuthMechs PLAIN\n\nIMAPStore %s\nAccount %s\n%s\n", name, host, port, user, password(user), name, name, more)
	}
	config := account("far", from, "") + account("near", to, "Path "+below+"/\n") +
		"Channel all\nFar :far:\nNear :near:\nPatterns INBOX Sent Archive/* Projects\nSync Pull\nCreate Near\nCopyArrivalDate yes\nSyncState " + dir + "/\n"
	file := filepath.Join(dir, "mbsyncrc")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mbsync", "-q", "-c", file, "-a").CombinedOutput(); err != nil {
		t.Logf("mbsync: %v\n%s", err, tail(string(out)))
	}
}
