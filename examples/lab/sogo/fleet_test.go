//go:build interop

package sogo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFleet archives four mailboxes at once, whose passwords come from four kinds of places.
func TestFleet(t *testing.T) {
	users := []string{"bob", "carol", "dave", "erin"}
	var boxes []*mailbox
	total := 0
	for i, user := range users {
		addressBook(t, user).clear()
		calendar(t, user).clear()
		box := emptied(t, user)
		messages := letters(uint64(100+i), 40+10*i)
		spread(box, messages, "INBOX", "Clients/"+user)
		total += len(messages)
		boxes = append(boxes, box)
	}

	dir := t.TempDir()
	secret := filepath.Join(dir, "bob.password")
	if err := os.WriteFile(secret, []byte(password("bob")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "mailboxes.csv")
	rows := []string{
		"mailbox,user,server,password_file,password_command,password_env",
		fmt.Sprintf("%s,bob,%s,%s,,", address("bob"), lab.eas, secret),
		fmt.Sprintf("%s,carol,%s,,echo %s,", address("carol"), lab.eas, password("carol")),
		fmt.Sprintf("%s,dave,%s,,,AIRLIFT_PASSWORD", address("dave"), lab.eas),
		fmt.Sprintf("%s,erin,%s,,printf %%s %s,", address("erin"), lab.eas, password("erin")),
	}
	if err := os.WriteFile(list, []byte(strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	a := archive{t, filepath.Join(dir, "archive")}
	args := []string{"archive", "--mailboxes", list, "--workers", "4", "--to", a.dir, "--json"}
	run := command{t: t, user: "dave", args: args}
	if s := run.want(0).summary(t); s.Stored != total || s.Mailboxes != len(users) {
		t.Errorf("%+v, want %d items of %d mailboxes", s, total, len(users))
	}
	files := a.extract()
	for _, box := range boxes {
		sameMail(t, box, files)
	}
	a.verify()
	if s := run.want(0).summary(t); s.Stored != 0 {
		t.Errorf("the same command again: %+v", s)
	}
}
