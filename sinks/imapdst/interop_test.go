//go:build interop

package imapdst

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// dovecotConf is a Dovecot 2.3 alone. @NAMES@ are filled in, and what a test adds comes at the end.
const dovecotConf = `
base_dir = @DIR@/run
state_dir = @DIR@/run
instance_name = airlift-imapdst
log_path = @DIR@/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
mail_max_userip_connections = 50
first_valid_uid = 1
default_login_user = dovenull
default_internal_user = dovecot
passdb {
  driver = static
  args = password=secret-%u
}
userdb {
  driver = static
  args = uid=@UID@ gid=@GID@ home=@DIR@/mail/%u
}
namespace inbox {
  inbox = yes
  separator = @SEP@
  prefix = @PREFIX@
  mailbox Drafts {
    special_use = \Drafts
    auto = subscribe
  }
  mailbox Gesendet {
    special_use = \Sent
    auto = subscribe
  }
  mailbox Trash {
    special_use = \Trash
    auto = subscribe
  }
}
service imap-login {
  inet_listener imap {
    address = 127.0.0.1
    port = @PORT@
  }
  inet_listener imaps {
    port = 0
  }
  service_count = 0
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
`

// dovecot starts a Dovecot and returns the URL of it.
func dovecot(t testing.TB, separator, prefix, more string) string {
	t.Helper()
	exe, err := exec.LookPath("dovecot")
	if err != nil {
		t.Skip("no dovecot")
	}
	if os.Getuid() != 0 {
		t.Skip("dovecot is started by root")
	}
	mail, err := user.Lookup("mail")
	if err != nil {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "airlift-dovecot-") //nolint:usetesting // its sockets have short names, and other users go there
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"run", "mail"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "mail"), 0o777); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(address)
	conf := strings.NewReplacer("@DIR@", dir, "@SEP@", separator, "@PREFIX@", prefix, "@PORT@", port, "@UID@", mail.Uid, "@GID@", mail.Gid).Replace(dovecotConf + more)
	file := filepath.Join(dir, "conf")
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command(exe, "-F", "-c", file)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		if log, err := os.ReadFile(filepath.Join(dir, "log")); err == nil && t.Failed() {
			t.Logf("%s\n%s", out.String(), log)
		}
	})
	for range 200 {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return fmt.Sprintf("imap://%s", address)
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("dovecot does not answer\n%s", out.String())
	return ""
}

// TestInteropPut: a Dovecot alone has what is put into it.
func TestInteropPut(t *testing.T) {
	target := open(t, dovecot(t, "/", "", ""))
	f := openFolder(t, target, makeFolder(t, target, "Archive/2024"))
	items := letters(0, 250)
	put(t, f, items)
	sameTexts(t, f, items)
	places, err := target.Folders(t.Context())
	t.Log(places, err)
}

// TestInteropNames: a folder is there under the path that MakeFolder says, in all scripts, and one that has its own name keeps it.
func TestInteropNames(t *testing.T) {
	for _, ns := range []struct{ name, separator, prefix string }{{"slash", "/", ""}, {"dot", ".", ""}, {"prefix", ".", "INBOX."}} {
		t.Run(ns.name, func(t *testing.T) {
			target := open(t, dovecot(t, ns.separator, ns.prefix, ""))
			checkNames(t, target)
		})
	}
}

// TestInteropCut is TestCut with MULTIAPPEND.
func TestInteropCut(t *testing.T) {
	url := dovecot(t, "/", "", "")
	sweep(t, url, 29, func(string) {})
}

func TestInteropMarks(t *testing.T)   { checkMarks(t, open(t, dovecot(t, "/", "", "")), false) }
func TestInteropChanges(t *testing.T) { checkChanges(t, open(t, dovecot(t, "/", "", ""))) }
