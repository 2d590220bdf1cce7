//go:build interop

package sogo

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
)

// alone is a Dovecot as others run it, with no SOGo before it: folders are separated by ".", the well-known ones have German names, and messages
// are in files of its own format.
const alone = `
base_dir = @DIR@/run
state_dir = @DIR@/run
instance_name = airlift-alone
log_path = @DIR@/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = sdbox:~/mail
first_valid_uid = 1
default_login_user = dovenull
default_internal_user = dovecot
passdb {
  driver = passwd-file
  args = @DIR@/users
}
userdb {
  driver = static
  args = uid=mail gid=mail home=@DIR@/%u
}
namespace inbox {
  inbox = yes
  separator = .
  mailbox Entwürfe {
    special_use = \Drafts
    auto = create
  }
  mailbox Gesendet {
    special_use = \Sent
    auto = create
  }
  mailbox Papierkorb {
    special_use = \Trash
    auto = create
  }
}
service imap-login {
  inet_listener imap {
    port = @PORT@
  }
  inet_listener imaps {
    port = 0
  }
}
`

// germanFolders are what that server calls the lab's folders.
var germanFolders = map[string]string{"Entwürfe": "Drafts", "Gesendet": "Sent", "Papierkorb": "Trash"}

// dovecotAlone starts such a server with empty mailboxes, and returns its address.
func dovecotAlone(t *testing.T, users ...string) (addr string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // the server's users go through it
		t.Fatal(err)
	}
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = port.Addr().String()
	_, number, _ := net.SplitHostPort(addr)
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	owner, err := user.Lookup("mail")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		t.Fatal(err)
	}
	var accounts strings.Builder
	for _, name := range users {
		fmt.Fprintf(&accounts, "%s:{PLAIN}%s\n", name, password(name))
		home := filepath.Join(dir, name)
		if err := errors.Join(os.Mkdir(home, 0o700), os.Chown(home, uid, -1)); err != nil {
			t.Fatal(err)
		}
	}
	conf := filepath.Join(dir, "conf")
	text := strings.NewReplacer("@DIR@", dir, "@PORT@", number).Replace(alone)
	if err := errors.Join(os.WriteFile(conf, []byte(text), 0o644), os.WriteFile(filepath.Join(dir, "users"), []byte(accounts.String()), 0o644)); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command("dovecot", "-F", "-c", conf)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = cmd.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "log")) // none is as good as an empty one
			t.Logf("dovecot: %s\n%s", said.String(), tail(string(log)))
		}
	})
	for range 200 {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return addr
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("dovecot does not answer at %s", addr)
	return ""
}

// TestDovecotAlone brings four mailboxes into a server that has IMAP only: the mail arrives as it is, in the folders that are for it whatever they
// are called, and what the server has no place for is counted and makes the run one that left something.
func TestDovecotAlone(t *testing.T) {
	n := number(t, "AIRLIFT_MESSAGES", 60)
	users := []string{"alice", "carol", "erin", "grace"}
	addr := dovecotAlone(t, users...)
	m := migration{t: t, dir: t.TempDir(), parents: map[string]bool{}}
	rows := []string{"mailbox,user,password_env,server,target,target_user,target_password_env,target_imap"}
	messages := sample(corpus(t), n)
	boxes := map[string]*mailbox{}
	for i, user := range users {
		m.pairs = append(m.pairs, pair{user, user})
		rows = append(rows, strings.Join([]string{address(user), user, secretOf(user), lab.eas, address(user), user, secretOf(user), "imap://" + addr}, ","))
		boxes[user] = emptied(t, user)
		addressBook(t, user).clear()
		calendar(t, user).clear()
		boxes[user].fill(messages[i*n/4:(i+1)*n/4], "INBOX", "Sent", "Archive/2024/Übersicht", "Projects/Q1: plan?")
	}
	somePeople(t, "alice", number(t, "AIRLIFT_PEOPLE", 20), 1)
	people := len(peopleOf(t, "alice"))
	if err := os.WriteFile(m.file("mailboxes.csv"), []byte(strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	all := m.verb("migrate").want(3).summary(t)
	mail := m.run("--class", "mail")
	t.Logf("all classes: %+v in %.1f s", all.Delivery, all.Seconds)
	if d := all.Delivery; people == 0 || d.Unfitting != people || d.Put != n || d.Counted != n+d.Unfitting {
		t.Errorf("%d messages and %d contacts, events and tasks: %+v", n, people, d)
	}
	if d := mail.Delivery; d.Put != 0 || d.Kept != n {
		t.Errorf("mail alone, again: %+v", d)
	}
	for _, user := range users {
		target := there(t, addr, user)
		sameMail(t, boxes[user], target.filesOf(user))
		m.sameMarks(boxes[user], target)
		if folders := target.folders(); !slices.Contains(folders, "Gesendet") || slices.Contains(folders, "Sent") || !slices.Contains(folders, "Archive.2024.Übersicht") {
			t.Errorf("%s has the folders %q", user, folders)
		}
	}
}

// there is a mailbox of that server.
func there(t *testing.T, addr, user string) *mailbox {
	t.Helper()
	client, err := imapclient.DialInsecure(addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	m := &mailbox{t: t, user: user, imap: client, called: func(folder string) string {
		if name, ok := germanFolders[folder]; ok {
			return name
		}
		return strings.ReplaceAll(folder, ".", "/")
	}}
	m.must(client.Login(user, password(user)).Wait())
	return m
}
