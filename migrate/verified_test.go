package migrate_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
)

// item finds an archived item by its subject.
func (l *lab) item(user, subject string) archive.Item {
	l.t.Helper()
	for item, err := range l.archive().Items(context.Background(), user+"@example.com", time.Time{}) {
		if err != nil {
			l.t.Fatal(err)
		}
		if item.Subject == subject {
			return item
		}
	}
	l.t.Fatalf("no item %q", subject)
	return archive.Item{}
}

// found are the findings of what was stored, by subject.
func (l *lab) found() map[string][]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[string][]string{}
	for _, e := range l.events {
		for _, f := range e.Findings {
			all[e.Subject] = append(all[e.Subject], f.What)
		}
	}
	return all
}

// withSubject gives a message the only subject that it has.
func withSubject(msg []byte, subject string) []byte {
	return append([]byte("Subject: "+subject+"\r\n"), regexp.MustCompile(`(?m)^Subject: .*\r?\n`).ReplaceAll(msg, nil)...)
}

// TestVerified: the manifest says of each message what its bytes were held against, and the events and the summary what is to
// be said of it.
func TestVerified(t *testing.T) {
	l := newLab(t, easserver.Config{})
	inbox := l.store.AddUser("alice").Folder("Inbox")
	fixture := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join("..", "eas", "fidelity", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	meeting := "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\n" +
		"DTSTART:20240301T100000Z\r\nDTEND:20240301T110000Z\r\nSUMMARY:m\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	for subject, msg := range map[string][]byte{
		"right": hashedMail(0),
		"wrong": bytes.Replace(hashedMail(1), []byte("lost"), []byte("won"), 1), "signed": fixture("pgp-autocrypt.eml"),
		"keyless": fixture("smime-nocert.eml"), "sealed": fixture("smime-sealed.eml"), "meeting": []byte(meeting),
		"cut": []byte("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\r\n"),
	} {
		inbox.AddMessage(withSubject(msg, subject))
	}
	sum := l.run(l.options("alice"))
	for subject, want := range map[string]*sinks.Verified{
		"right":   {DKIM: &sinks.DKIM{Pass: 1}, Structure: "ok"},
		"wrong":   {DKIM: &sinks.DKIM{Fail: 1, Failed: []string{"football.example.com"}}, Structure: "ok"},
		"signed":  {Signed: "ok", Structure: "ok"},
		"keyless": {Signed: "no key", Structure: "ok"},
		"sealed":  {Sealed: "smime", Structure: "ok"},
		"meeting": {Calendar: "ok", Structure: "ok"},
		"cut":     {Structure: "unclosed"},
	} {
		if diff := cmp.Diff(want, l.item("alice", subject).Verified); diff != "" {
			t.Errorf("%s: %s", subject, diff)
		}
	}
	if diff := cmp.Diff(map[string][]string{"wrong": {"dkim"}, "keyless": {"signature"}, "sealed": {"sealed"}, "cut": {"structure"}}, l.found()); diff != "" {
		t.Error(diff)
	}
	if want := (migrate.Fidelity{Messages: 7, DKIMPass: 1, DKIMFail: 1, SignedOK: 1, SignedUnsaid: 1, StructureWrong: 1, Sealed: 1}); sum.Fidelity != want {
		t.Errorf("%+v, want %+v", sum.Fidelity, want)
	}
}

// TestCiphertextApart: an encrypted message whose ciphertext the server keeps as an attachment is put together again, with bodies
// both ways: byte for byte where its DKIM hash says how long the lines were, and else with the same ciphertext. What the server
// sent is beside.
func TestCiphertextApart(t *testing.T) {
	for _, bodies := range []migrate.BodyMode{migrate.BodiesSync, migrate.BodiesFetch} {
		l := newLab(t, easserver.Config{Faults: easserver.NewFaults(1, easserver.FaultRule{Fault: easserver.FaultCiphertextApart})})
		inbox := l.store.AddUser("alice").Folder("Inbox")
		sealed := sealedMail(t)
		_, body, _ := bytes.Cut(sealed, []byte("\n\n"))
		sum := sha256.Sum256(append(bytes.ReplaceAll(bytes.TrimSpace(body), []byte("\n"), []byte("\r\n")), "\r\n"...)) // RFC 6376 3.4.3
		proven := withSubject(slices.Concat(fmt.Appendf(nil, "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; bh=%s\n",
			base64.StdEncoding.EncodeToString(sum[:])), sealed), "proven")
		proven = bytes.ReplaceAll(proven, []byte("\r\n"), []byte("\n"))
		// No base64 announces the ciphertext of this one.
		binary := []byte("Subject: binary\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\n\x30\x80\x01")
		for _, msg := range [][]byte{sealed, proven, binary} {
			inbox.AddMessage(msg)
		}
		o := l.options("alice")
		o.Bodies = bodies
		did := l.run(o)
		if f := did.Fidelity; f.Joined != 2 || f.Beside != 1 || f.Sealed != 3 || f.DKIMPass != 1 || did.ItemsStored != 3 {
			t.Errorf("%s: %+v", bodies, f)
		}
		a := l.archive()
		item := l.item("alice", "plan")
		if diff := cmp.Diff(&sinks.Verified{Sealed: "smime", Structure: "ok", Ciphertext: "joined"}, item.Verified); diff != "" {
			t.Errorf("%s: %s", bodies, diff)
		}
		joined := l.bytes(a, item.Segment, item.Entry())
		if got, want := ciphertext(t, joined), ciphertext(t, sealed); len(want) == 0 || !bytes.Equal(got, want) {
			t.Errorf("%s: the ciphertext is another one:\n%s", bodies, joined)
		}
		head, _, _ := bytes.Cut(sealed, []byte("\n\n"))
		if !bytes.HasPrefix(joined, head) || len(item.Also) != 1 || !strings.HasSuffix(item.Also[0].Name, ".served.eml") {
			t.Errorf("%s: %q and %+v", bodies, joined, item.Also)
		}
		item = l.item("alice", "proven")
		if got := l.bytes(a, item.Segment, item.Entry()); string(bytes.TrimRight(got, "\n")) != string(bytes.TrimRight(proven, "\n")) || item.Verified.DKIM.Pass != 1 {
			t.Errorf("%s: %+v\n%q, want\n%q", bodies, item.Verified, got, proven)
		}
		item = l.item("alice", "binary")
		if item.Verified.Ciphertext != "beside" || len(item.Also) != 1 || string(l.bytes(a, item.Segment, item.Also[0])) != "\x30\x80\x01" {
			t.Errorf("%s: %+v", bodies, item)
		}
		if sum := l.run(o); sum.ItemsStored+sum.ItemsChanged != 0 {
			t.Errorf("%s: again: %+v", bodies, sum)
		}
	}
}

// ciphertext has openssl take the CMS out of a message.
func ciphertext(t *testing.T, msg []byte) []byte {
	t.Helper()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not there")
	}
	cmd := exec.Command(openssl, "cms", "-cmsout", "-outform", "DER")
	cmd.Stdin = bytes.NewReader(msg)
	der, err := cmd.Output()
	if err != nil {
		t.Fatalf("openssl: %v", err)
	}
	return der
}

// TestMarks: what a server says of a message besides its bytes is in the manifest, and changes of it too.
func TestMarks(t *testing.T) {
	l := newLab(t, easserver.Config{Versions: []string{"14.1"}})
	inbox := l.store.AddUser("alice").Folder("Inbox")
	inbox.AddMessage([]byte("Subject: urgent\r\nImportance: high\r\n\r\nNow.\r\n"))
	l.run(l.options("alice"))
	item := l.item("alice", "urgent")
	if item.Importance != "high" || item.Flag != "none" || item.FollowUp != nil || item.Verb != "" {
		t.Errorf("%+v", item.Event)
	}
	due := time.Date(2024, 3, 1, 10, 0, 0, 0, time.UTC)
	err := inbox.Change(eas.ServerID(item.ServerID), func(it *easserver.Item) {
		it.Flag, it.LastVerb, it.LastVerbAt = flagFor(due), 2, due
	})
	if err != nil {
		t.Fatal(err)
	}
	l.run(l.options("alice"))
	item = l.item("alice", "urgent")
	want := &sinks.FollowUp{Type: "Reply", Due: &due}
	if diff := cmp.Diff(want, item.FollowUp); diff != "" || item.Verb != "reply-all" || item.Flag != "active" || item.Importance != "high" {
		t.Errorf("%+v %s", item.Event, diff)
	}
}

func flagFor(due time.Time) *wbxml.Element {
	e := wbxml.E(wbxml.EmailFlag, wbxml.T(wbxml.EmailStatus, "2"), wbxml.T(wbxml.EmailFlagType, "Reply"),
		wbxml.T(wbxml.TasksUtcDueDate, due.Format(wbxml.DateTime)), wbxml.T(wbxml.TasksReminderSet, "0"))
	return &e
}

// rewriting has a server send something else of every message in a Sync answer.
type rewriting struct {
	next http.RoundTripper
	add  func(add *wbxml.Element)
}

func (x rewriting) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := x.next.RoundTrip(r)
	if err != nil || r.URL.Query().Get("Cmd") != "Sync" {
		return resp, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if doc, err := wbxml.Unmarshal(b, wbxml.Limits{}); err == nil {
		for col := range doc.Child(wbxml.AirSyncCollections).All(wbxml.AirSyncCollection) {
			for add := range col.Child(wbxml.AirSyncCommands).All(wbxml.AirSyncAdd) {
				x.add(add)
			}
		}
		if b, err = wbxml.Marshal(doc); err != nil {
			return nil, err
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// asText makes a message a text message, as an Exchange server has those of a phone in a mail folder.
func asText(add *wbxml.Element) {
	data := add.Child(wbxml.AirSyncApplicationData)
	*data = wbxml.E(data.Tag, wbxml.T(wbxml.EmailTo, "+15550100"), wbxml.T(wbxml.EmailFrom, "\"Ada\" [MOBILE:+15550101]"), *data.Child(wbxml.EmailDateReceived),
		wbxml.T(wbxml.EmailMessageClass, "IPM.Note.Mobile.SMS"), wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, "at nine")))
	add.Children = slices.Insert(add.Children, 1, wbxml.T(wbxml.AirSyncClass, "SMS"))
}

// withoutCalendar takes the calendar part out of a message, and leaves what the server says of the meeting.
func withoutCalendar(add *wbxml.Element) {
	body := add.Child(wbxml.AirSyncApplicationData).Child(wbxml.AirSyncBaseBody)
	body.Child(wbxml.AirSyncBaseData).Text = "Subject: meeting\r\nContent-Type: text/plain\r\n\r\nCome.\r\n"
}

// TestMeetingWithoutCalendar: a calendar object is made of what the server says of a meeting whose own it does not send.
func TestMeetingWithoutCalendar(t *testing.T) {
	l := newLab(t, easserver.Config{Versions: []string{"14.1"}})
	l.store.AddUser("alice").Folder("Inbox").AddMessage([]byte("Subject: meeting\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n" +
		"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:one@example.com\r\nDTSTART:20240301T100000Z\r\nDTEND:20240301T110000Z\r\n" +
		"SUMMARY:m\r\nORGANIZER:mailto:ada@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"))
	o := l.options("alice")
	o.Mailboxes[0].Client.Transport = rewriting{o.Mailboxes[0].Client.Transport, withoutCalendar}
	sum := l.run(o)
	item := l.item("alice", "meeting")
	if sum.Fidelity.NoCalendar != 1 || item.Verified.Calendar != "beside" || len(item.Also) != 1 {
		t.Fatalf("%+v, %+v", sum.Fidelity, item.Event)
	}
	made := string(l.bytes(l.archive(), item.Segment, item.Also[0]))
	for _, want := range []string{"\r\nUID:one@example.com\r\n", "\r\nDTSTART:20240301T100000Z\r\n", "\r\nDTEND:20240301T110000Z\r\n", "mailto:ada@example.com"} {
		if !strings.Contains(made, want) {
			t.Errorf("no %q in\n%s", want, made)
		}
	}
}

// TestTextMessage: an item of another class than its folder's is stored with all that was sent of it, and named.
func TestTextMessage(t *testing.T) {
	l := newLab(t, easserver.Config{Versions: []string{"14.1"}})
	l.store.AddUser("alice").Folder("Inbox").AddMessage([]byte("Subject: a\r\n\r\nb\r\n"))
	o := l.options("alice")
	o.Mailboxes[0].Client.Transport = rewriting{o.Mailboxes[0].Client.Transport, asText}
	sum := l.run(o)
	if sum.Fidelity != (migrate.Fidelity{OtherClass: 1, NoMIME: 1}) {
		t.Errorf("%+v", sum.Fidelity)
	}
	item := l.item("alice", "")
	if item.Kind != "SMS" || len(item.Also) != 1 {
		t.Fatalf("%+v", item.Event)
	}
	a := l.archive()
	if b := string(l.bytes(a, item.Segment, item.Entry())); !strings.Contains(b, "\r\n\r\nat nine") {
		t.Errorf("the message is %q", b)
	}
	if b := string(l.bytes(a, item.Segment, item.Also[0])); !strings.Contains(b, "[MOBILE:+15550101]") || !strings.Contains(b, "at nine") {
		t.Errorf("its lossless form is %q", b)
	}
	if got := l.found()[""]; !slices.Contains(got, "class") || !slices.Contains(got, "mime") {
		t.Errorf("findings %q", got)
	}
}
