package item

import (
	"bytes"
	"errors"
	"io"
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/emersion/go-message/mail"
	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// parseMessage reads a message back; net/mail must take it too.
func parseMessage(tb testing.TB, b []byte, err error) (*mail.Reader, string) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := netmail.ReadMessage(bytes.NewReader(b)); err != nil {
		tb.Fatalf("net/mail: %v\n%s", err, b)
	}
	r, err := mail.CreateReader(bytes.NewReader(b))
	if err != nil {
		tb.Fatalf("go-message: %v\n%s", err, b)
	}
	part, err := r.NextPart()
	if err != nil {
		tb.Fatal(err)
	}
	text, err := io.ReadAll(part.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return r, string(text)
}

func TestMessage(t *testing.T) {
	b, err := Message(properties(
		wbxml.T(wbxml.EmailFrom, `"Müller, Jörg" <jm@example.com>`), wbxml.T(wbxml.EmailTo, `a@example.com, "B" <b@example.com>`),
		wbxml.T(wbxml.EmailSubject, "Grüße ☃\r\nBcc: injected@example.com"), wbxml.T(wbxml.EmailDateReceived, "2026-09-28T16:42:00.000Z"),
		wbxml.T(wbxml.EmailImportance, "2"), wbxml.T(wbxml.EmailMessageClass, "IPM.Note"),
		wbxml.E(wbxml.AirSyncBaseAttachments, wbxml.E(wbxml.AirSyncBaseAttachment, wbxml.T(wbxml.AirSyncBaseDisplayName, "Übersicht.pdf"))),
		wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseTruncated, "1"),
			wbxml.T(wbxml.AirSyncBaseData, "Hallo ☃\r\n.\r\nEnde = gut\r\n"))))
	r, text := parseMessage(t, b, err)
	if !strings.HasPrefix(string(b), HeaderBuiltFrom+": ") && !strings.Contains(string(b), "\r\n"+HeaderBuiltFrom+": ") {
		t.Errorf("not marked:\n%s", b)
	}
	if text != "Hallo ☃\r\n.\r\nEnde = gut\r\n" {
		t.Errorf("text %q", text)
	}
	got := map[string]string{}
	for _, name := range []string{"From", "To", "Subject", "Importance", "X-Eas-Attachment", "X-Eas-Body-Truncated", "Bcc", "Message-Id"} {
		s, err := r.Header.Text(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got[name] = s
	}
	if diff := cmp.Diff(map[string]string{
		"From": `Müller, Jörg <jm@example.com>`, "To": `<a@example.com>, "B" <b@example.com>`,
		"Subject": "Grüße ☃ Bcc: injected@example.com", "Importance": "high", "X-Eas-Attachment": "Übersicht.pdf",
		"X-Eas-Body-Truncated": "1", "Bcc": "", "Message-Id": "",
	}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if date, err := r.Header.Date(); err != nil || date.UTC().Format(utcForm) != "20260928T164200Z" {
		t.Errorf("date %v, %v", date, err)
	}
	if from, err := r.Header.AddressList("From"); err != nil || from[0].Name != "Müller, Jörg" {
		t.Errorf("from %v, %v", from, err)
	}
}

func TestMessageText(t *testing.T) {
	// A text message comes from a number: MS-ASEMAIL, class SMS.
	b, err := Message(properties(wbxml.T(wbxml.EmailFrom, "+49 170 1234567"), wbxml.T(wbxml.EmailTo, "[MOBILE:+1 555]"),
		wbxml.T(wbxml.EmailBody, "see you"), wbxml.T(wbxml.EmailBodyTruncated, "0")))
	r, text := parseMessage(t, b, err)
	if r.Header.Get("From") != "+49 170 1234567" || r.Header.Get("To") != "[MOBILE:+1 555]" || text != "see you" {
		t.Errorf("got\n%s", b)
	}
	b, err = Message(properties(wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "2"), wbxml.T(wbxml.AirSyncBaseData, "<p>\xff</p>"))))
	r, text = parseMessage(t, b, err)
	if kind, params, err := r.Header.ContentType(); kind != "text/html" || params["charset"] != "utf-8" || err != nil || text != "<p>\uFFFD</p>" {
		t.Errorf("%s %v %v %q", kind, params, err, text)
	}
	if _, err := Message(properties()); !errors.Is(err, ErrNoProperties) {
		t.Errorf("no properties: %v", err)
	}
}
