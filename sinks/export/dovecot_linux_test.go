package export

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// nobody is whom Dovecot reads as: it refuses to be root.
const nobody = 65534

// dovecot runs doveadm over mail in a directory, which is given to a user of its own, or skips the test where there is none.
func dovecot(t *testing.T, location, dir string, args ...string) string {
	t.Helper()
	exe, err := exec.LookPath("doveadm")
	if err != nil {
		t.Skip("no doveadm: Python reads the same, but for the names of folders")
	}
	home, err := os.MkdirTemp("", "airlift-dovecot-") //nolint:usetesting // another user must be able to go there
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	box, conf := filepath.Join(home, "box"), filepath.Join(home, "conf")
	text := fmt.Sprintf("log_path = /dev/stderr\nssl = no\nfirst_valid_uid = 1\nfirst_valid_gid = 1\nmail_fsync = never\nmail_location = %s\nnamespace inbox {\ninbox = yes\nseparator = /\n}\n",
		strings.ReplaceAll(location, "@", box))
	uid := os.Getuid()
	if uid == 0 {
		uid = nobody
	}
	text += fmt.Sprintf("mail_uid = %d\nmail_gid = %[1]d\n", uid)
	if err := os.CopyFS(box, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, append([]string{"-c", conf}, args...)...)
	cmd.Env, cmd.Dir = append(os.Environ(), "HOME="+home, "USER=nobody"), home
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		err := filepath.WalkDir(home, func(p string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Chown(p, nobody, nobody)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Errorf("doveadm %v: %v\n%s", args, err, stderr.String())
	}
	return string(out)
}

// TestDovecotMaildir: Dovecot opens every folder of the Maildir, under a name that looks like the folder's, and counts its messages.
func TestDovecotMaildir(t *testing.T) {
	l := newLab(t)
	want := map[string]int{}
	for n, names := range [][2]string{
		{"Inbox", "INBOX"},
		{"Inbox/Sub", "INBOX/Sub"},
		{"Archive/2024/Übersicht", "Archive/2024/Übersicht"},
		{"Q1: plan?", "Q1： plan？"},
		{"v1.5/R&D", "v1．5/R&D"},
		{"~home/a~b", "～home/a~b"},
		{" lead/a%2Fb", "␠lead/a／b"},
		{"日本語", "日本語"},
		{"con", "con"},
	} {
		var puts []sinktest.Put
		for i := range n + 1 {
			puts = append(puts, mail(i, fmt.Sprintf("Subject: %d\n\nFrom here\n", i)))
		}
		l.put(l.folder(names[0], "Email", 12), puts...)
		want[names[1]] = n + 1
	}
	out, _ := l.run("", Options{Format: Maildir})
	listed := dovecot(t, "maildir:@:INDEX=MEMORY", filepath.Join(out, sinktest.Mailbox), "mailbox", "status", "messages", "*")
	if diff := cmp.Diff(want, counts(t, listed)); diff != "" {
		t.Error(diff)
	}
}

// counts reads what doveadm mailbox status prints.
func counts(t *testing.T, listed string) map[string]int {
	t.Helper()
	got := map[string]int{}
	for line := range strings.Lines(listed) {
		name, number, _ := strings.Cut(strings.TrimSpace(line), " messages=")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		got[name] = n
	}
	return got
}

// TestDovecotMbox: Dovecot finds as many messages in an mbox file as there are, and their sizes.
func TestDovecotMbox(t *testing.T) {
	l := newLab(t)
	var puts []sinktest.Put
	for i, text := range messages(t) {
		if text != "" && text != "\n" && text[0] != '>' { // it has no header, which Dovecot counts otherwise
			puts = append(puts, mail(i, text))
		}
	}
	l.put(l.folder("All", "Email", 12), puts...)
	out, _ := l.run("", Options{Format: Mbox})
	listed := dovecot(t, "mbox:@:INBOX=@/All.mbox:INDEX=MEMORY", filepath.Join(out, sinktest.Mailbox), "mailbox", "status", "messages", "INBOX")
	if got := counts(t, listed); got["INBOX"] != len(puts) {
		t.Errorf("%v, want %d messages", got, len(puts))
	}
	t.Logf("%d messages", len(puts))
}
