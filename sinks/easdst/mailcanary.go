package easdst

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

const canarySubject = "airlift canary"

var canaryReceived = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

// isCanary tells a message of a trial by its subject, and one that has lost it by the second in which it was received.
func isCanary(l *letter) bool {
	return l.subject == hashSubject(canarySubject) || l.subject == 0 && l.received == canaryReceived.Unix()
}

// newCanary is a message that says what it is, with what servers are seen to change: a folded field, one that is there twice, text of 8 bits,
// a space at the end of a line, and a file.
func newCanary(address string) sinks.TargetItem {
	received := canaryReceived
	name := rand.Text()
	m := strings.Join([]string{
		"Received: from nowhere (nowhere [127.0.0.1])", "\tby nowhere; Sat, 3 Feb 2001 04:05:06 +0000",
		"X-Canary: one", "X-Canary: two",
		"Message-ID: <" + name + "@canary.airlift.invalid>",
		"Date: Thu, 01 Feb 2001 05:05:06 +0100", // another than when it was received: QUIRK(SOGo 5.8) that is what counts
		"From: " + address, "To: " + address,
		"Subject: " + canarySubject,
		"MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="` + name + `"`, "",
		"--" + name,
		"Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "",
		"A trial of what this server does with a message that is added. It was not sent. ", "It can be deleted: gr\u00fc\u00df dich.",
		"--" + name,
		`Content-Type: application/octet-stream; name="a.bin"`, "Content-Transfer-Encoding: base64", `Content-Disposition: attachment; filename="a.bin"`, "",
		"AAECAwQFBgcICQ==",
		"--" + name + "--", "",
	}, "\r\n")
	return sinks.TargetItem{
		Key: "canary " + name,
		Event: sinks.Event{
			Received: &received, Read: new(true), Flag: "active", Categories: []string{"airlift"},
		},
		Contents: []sinks.Content{bytesContent(".eml", []byte(m))},
	}
}

// ownAddress is the user's, or one that no mail reaches.
func (t *Target) ownAddress(ctx context.Context) string {
	t.alone.RLock()
	defer t.alone.RUnlock()
	if t.client.Version().AtLeast(eas.Version120) {
		if answer, err := t.client.Settings(ctx, eas.SettingsRequest{User: true}); err == nil && answer.UserErr == nil && answer.User != nil {
			for _, a := range answer.User.Accounts {
				for _, s := range append([]string{a.PrimaryAddress}, a.Addresses...) {
					if strings.Contains(s, "@") && !strings.ContainsAny(s, "\r\n") {
						return s
					}
				}
			}
		}
	}
	return "canary@airlift.invalid"
}
