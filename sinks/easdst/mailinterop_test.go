//go:build interop

package easdst

import (
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// condstore lets SOGo see what is in a folder. QUIRK(SOGo 5.8): over EAS a folder is empty until CONDSTORE (RFC 7162) was enabled on it once by
// IMAP, which it does not do for a folder that it makes.
func (l *lab) condstore(folder string) {
	l.t.Helper()
	env, err := os.ReadFile(filepath.Join(labHome(), "lab.env"))
	if err != nil {
		l.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(env), "LAB_IMAP=")
	address, _, _ := strings.Cut(rest, "\n")
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(l.t.Context(), "tcp", address)
	if err != nil {
		l.t.Fatal(err)
	}
	defer conn.Close()
	c := textproto.NewConn(conn)
	for i, command := range []string{fmt.Sprintf("LOGIN %s secret-%s", l.user, l.user), fmt.Sprintf("SELECT %q (CONDSTORE)", folder), "LOGOUT"} {
		tag := fmt.Sprint("a", i)
		if err := c.PrintfLine("%s %s", tag, command); err != nil {
			l.t.Fatal(err)
		}
		for {
			line, err := c.ReadLine()
			if err != nil {
				l.t.Fatal(err)
			}
			if strings.HasPrefix(line, tag+" ") {
				if !strings.HasPrefix(line, tag+" OK") {
					l.t.Fatalf("%s: %s", command, line)
				}
				break
			}
		}
	}
}

// TestInteropTryMail: what is found of SOGo, which stores a message that is added and then dies, and doubles it at the next try; and messages are put
// there all the same, each once.
func TestInteropTryMail(t *testing.T) {
	for _, v := range []eas.Version{eas.Version25, eas.Version121, eas.Version141} {
		if testing.Short() && v != eas.Version141 {
			continue
		}
		t.Run(string(v), func(t *testing.T) {
			l := newLab(t, v, "grace")
			l.target.o.Mail = MailForced
			if _, _, err := l.target.MakeFolder(t.Context(), sinks.Place{Path: scratch, Class: "Email"}); err != nil {
				t.Fatal(err)
			}
			l.condstore(scratch)
			trial, err := l.target.TryMail(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Log(trial)
			for _, a := range trial.Altered {
				t.Logf("%+v", a)
			}
			if len(trial.Left) > 0 {
				t.Error(trial.Left)
			}
			if v == eas.Version25 { // it does not know what MIMEData is, and stores a message with nothing in it
				if trial.Outcome != MailGutted || trial.Kept() {
					t.Errorf("%+v", trial)
				}
				return
			}
			var he *eas.HTTPError
			if !errors.As(trial.Err, &he) || he.Code != 502 || trial.Outcome != MailStoredAndBroke || trial.Copies != 2 {
				t.Errorf("%+v", trial)
			}
			l.putMessages("airlift mail")
		})
	}
}

// putMessages puts messages into a folder and wants each there once.
func (l *lab) putMessages(name string) {
	l.t.Helper()
	ctx := l.t.Context()
	p, _, err := l.target.MakeFolder(ctx, sinks.Place{Path: name, Class: "Email"})
	if err != nil {
		l.t.Fatal(err)
	}
	l.condstore(name)
	f := l.open(p)
	var items []sinks.TargetItem
	defer func() {
		l.remove(p, f)
		l.untrash(items)
	}()
	l.empty(f)
	for n := range 3 {
		received := time.Date(2020, 1, 2, 3, 4, n, 0, time.UTC)
		it := sinks.TargetItem{
			Key:   fmt.Sprint(name, n),
			Event: sinks.Event{Received: &received, Read: new(n == 1)},
			Contents: []sinks.Content{bytesContent(".eml", fmt.Appendf(nil,
				"From: a@lab.example\r\nTo: bob@lab.example\r\nSubject: m%d\r\nMessage-ID: <m%d@lab.example>\r\nDate: Thu, 02 Jan 2020 03:04:05 +0000\r\n\r\nHello %d\r\n", n, n, n))},
		}
		items = append(items, it)
		placed, err := f.Put(ctx, []sinks.TargetItem{it})
		if err != nil || placed[0].Err != nil {
			l.t.Errorf("%d: %+v, %v", n, placed, err)
			continue
		}
		l.t.Logf("%d: %+v", n, placed[0])
		got, err := f.Read(ctx, placed[0].Held)
		if err != nil || got.MessageID != it.MessageID && got.Subject != fmt.Sprint("m", n) || *got.Read != (n == 1) {
			l.t.Errorf("%d: %+v, %v", n, got.Event, err)
		}
		if found, err := f.Find(ctx, "", []sinks.TargetItem{it}); err != nil || len(found[0]) != 1 || found[0][0] != placed[0].Held {
			l.t.Errorf("%d: found %v, %v", n, found, err)
		}
	}
	if n := f.c.count(); n != 3 {
		l.t.Errorf("%d messages", n)
	}
}

// untrash removes messages from Deleted Items. QUIRK(SOGo 5.8): what is deleted for good goes there.
func (l *lab) untrash(items []sinks.TargetItem) {
	l.t.Helper()
	p, ok := l.target.deletedItems()
	if !ok {
		l.t.Fatal("no folder for what was deleted")
	}
	f := l.open(p)
	found, err := f.Find(l.t.Context(), "", items)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, list := range found {
		if len(list) == 0 {
			l.t.Log("it is not in Deleted Items")
		}
		if gone, err := f.Delete(l.t.Context(), list); err != nil || len(gone) != len(list) {
			l.t.Errorf("%v, %v", gone, err)
		}
	}
}

// TestInteropTryMailUnseen: in a folder of which SOGo shows nothing it is not known what became of the message, and nothing is left.
func TestInteropTryMailUnseen(t *testing.T) {
	l := newLab(t, eas.Version141, "grace")
	l.target.o.Mail, l.target.o.Settle = MailForced, time.Second
	trial, err := l.target.TryMail(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(trial)
	if trial.Outcome != MailUnseen || trial.Kept() || len(trial.Left) > 0 {
		t.Errorf("%+v", trial)
	}
}
