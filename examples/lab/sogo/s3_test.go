//go:build interop

package sogo

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

// traffic is what a summary says that a store was asked for.
type traffic struct {
	S3 struct{ Put, Get, Head, List, Other int }
}

// TestS3 archives four mailboxes into a bucket, each time from a host that has no state. The tests beside a store are run by
// sinks/s3/versitytest/beside.
func TestS3(t *testing.T) {
	if os.Getenv("AIRLIFT_S3_ENDPOINT") == "" {
		t.Skip("AIRLIFT_S3_ENDPOINT names no store")
	}
	users := []string{"bob", "carol", "dave", "erin"}
	var boxes []*mailbox
	total := 0
	rows := []string{"mailbox,user,server,password_command"}
	for i, user := range users {
		addressBook(t, user).clear()
		calendar(t, user).clear()
		box := emptied(t, user)
		messages := letters(uint64(700+i), 100+10*i)
		spread(box, messages, "INBOX", "Clients/"+user)
		total += len(messages)
		boxes = append(boxes, box)
		rows = append(rows, fmt.Sprintf("%s,%s,%s,echo %s", address(user), user, lab.eas, password(user)))
	}
	list := filepath.Join(t.TempDir(), "mailboxes.csv")
	if err := os.WriteFile(list, []byte(strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	prefix := fmt.Sprintf("sogo-%d", os.Getpid())
	url := "s3://" + os.Getenv("AIRLIFT_S3_BUCKET") + "/" + prefix
	run := func(what string) (summary, traffic) {
		t.Helper()
		// Its home is a new one each time, and the state with it.
		r := inCloud(command{t: t, args: []string{"archive", "--mailboxes", list, "--workers", "4", "--to", url, "--json"}}).want(0)
		s := r.summary(t)
		var spent traffic
		lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &spent); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d stored, %d changed, %d deleted; %+v", what, s.Stored, s.Changed, s.Deleted, spent.S3)
		return s, spent
	}
	s, spent := run("first run")
	if s.Stored != total || s.Mailboxes != len(users) {
		t.Errorf("%+v, want %d items of %d mailboxes", s, total, len(users))
	}
	if 15*spent.S3.Put > total {
		t.Errorf("%d PUT for %d messages", spent.S3.Put, total)
	}
	a := archive{t, filepath.Join(os.Getenv("AIRLIFT_S3_BUCKETS"), os.Getenv("AIRLIFT_S3_BUCKET"), prefix)}
	files := a.extract()
	for _, box := range boxes {
		sameMail(t, box, files)
	}
	if s, _ := run("nothing changed, no state"); s.Stored+s.Changed+s.Deleted != 0 {
		t.Errorf("with nothing new: %+v", s)
	}

	// Ten changes: eight new, a move, which is an addition here and a deletion there, and a deletion.
	boxes[0].append("INBOX", letters(800, 4)...)
	boxes[3].append("Clients/erin", letters(801, 4)...)
	first := func(box *mailbox) message {
		all := box.messages()
		return all[slices.IndexFunc(all, func(m message) bool { return m.folder == "INBOX" })]
	}
	boxes[0].move("INBOX", first(boxes[0]).uid, "Clients/bob")
	boxes[3].delete("INBOX", imap.UIDSetNum(first(boxes[3]).uid))
	if s, _ := run("ten changes, no state"); s.Stored != 9 || s.Changed != 0 || s.Deleted != 2 {
		t.Errorf("after eight new, one moved and one deleted: %+v", s)
	}
	if s := inCloud(command{t: t, args: []string{"verify", "--archive", url, "--json"}}).want(0).summary(t); s.Problems != 0 {
		t.Errorf("verify: %+v", s)
	}
}

// inCloud gives a command what it needs to reach the store.
func inCloud(c command) command {
	c.env = []string{"AIRLIFT_S3_PATH_STYLE=true"}
	for _, e := range os.Environ() {
		if strings.HasPrefix(e, "AWS_") || strings.HasPrefix(e, "AIRLIFT_S3_ENDPOINT=") || strings.HasPrefix(e, "AIRLIFT_S3_CA_CERT=") {
			c.env = append(c.env, e)
		}
	}
	return c
}
