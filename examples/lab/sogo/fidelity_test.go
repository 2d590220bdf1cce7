//go:build interop

package sogo

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas/fidelity"
)

// hashed gives messages a DKIM hash of their bodies (RFC 6376 3.4.3).
func hashed(messages [][]byte) [][]byte {
	for i, m := range messages {
		_, body, _ := bytes.Cut(m, []byte("\r\n\r\n"))
		sum := sha256.Sum256(append(bytes.TrimRight(body, "\r\n"), "\r\n"...))
		messages[i] = append(fmt.Appendf(nil, "DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=remote.example; s=x;\r\n bh=%s; b=AA==\r\n",
			base64.StdEncoding.EncodeToString(sum[:])), m...)
	}
	return messages
}

// hashes are what came of the DKIM hashes of a message.
type hashes struct {
	Pass    int `json:"pass"`
	Fail    int `json:"fail"`
	Unknown int `json:"unknown"`
}

// TestFidelity: every DKIM hash that is right of a message as it was delivered is right of what is archived, or SOGo serves other bytes
// for a reason of its own and the message is in the list; and a probe finds all versions alike, as SOGo's are.
func TestFidelity(t *testing.T) {
	t.Parallel()
	const user, folder = "erin", "Fidelity"
	box := emptied(t, user)
	box.create(folder)
	box.append(folder, distinct(append(hashed(letters(11, 150)), corpus(t)...))...)
	want := map[string][]hashes{} // by Message-ID
	altered := map[string][]string{}
	for _, m := range box.messages() {
		var c fidelity.Checker
		_, _ = c.Write(m.raw)
		r := c.Report()
		if len(r.DKIM) == 0 {
			continue
		}
		id := messageID(m.raw)
		want[id] = append(want[id], hashes{r.Count(fidelity.Pass), r.Count(fidelity.Fail), r.Count(fidelity.Unknown)})
		if _, reasons, _ := served(m.raw); len(reasons) > 0 {
			altered[id] = reasons
		}
	}
	a := archive{t, t.TempDir()}
	out := a.archive(user, "--class", "mail").want(0)
	got, listed := map[string][]hashes{}, 0
	for line := range strings.Lines((command{t: t, args: []string{"ls", "--archive", a.dir, "--json"}}).want(0).stdout) {
		var item struct {
			MessageID string `json:"message_id"`
			Verified  struct{ DKIM *hashes }
		}
		if err := json.Unmarshal([]byte(line), &item); err != nil {
			t.Fatal(err)
		}
		if d := item.Verified.DKIM; d != nil {
			got[item.MessageID] = append(got[item.MessageID], *d)
			if d.Fail+d.Unknown > 0 {
				listed++
			}
		}
	}
	same, changed := 0, map[string]int{}
	for id, before := range want {
		after := got[id]
		slices.SortFunc(before, byResult)
		slices.SortFunc(after, byResult)
		switch {
		case slices.Equal(before, after):
			same += len(before)
		case len(altered[id]) == 0:
			t.Errorf("%s: %+v before, %+v after, and SOGo has no reason to serve other bytes", id, before, after)
		default:
			changed[strings.Join(altered[id], ", ")]++
		}
	}
	if same < 90 || len(got) != len(want) {
		t.Errorf("%d messages are as they were, of %d there are %d", same, len(want), len(got))
	}
	if n := len(regexp.MustCompile(`"event":"fidelity".*"what":"dkim"`).FindAllString(out.stdout, -1)); n != listed {
		t.Errorf("%d messages are in the list, want %d", n, listed)
	}
	t.Logf("%d messages are as they were; altered: %v", same, changed)
	alike(t, user)
}

func byResult(a, b hashes) int {
	return cmp.Or(cmp.Compare(a.Pass, b.Pass), cmp.Compare(a.Fail, b.Fail), cmp.Compare(a.Unknown, b.Unknown))
}

// alike: a probe of all versions finds no difference.
func alike(t *testing.T, user string) {
	t.Helper()
	probe := command{t: t, user: user, args: []string{"probe", "--server", lab.eas, "--mailbox", address(user), "--user", user, "--class", "mail", "--fidelity", "--json"}}.want(0)
	for _, v := range []string{"2.5", "12.0", "12.1", "14.0", "14.1"} {
		if !regexp.MustCompile(`"event":"version",.*"version":"` + v + `","listed":true,.*"messages":25,"whole":25,"same":25,`).MatchString(probe.stdout) {
			t.Errorf("no line of 25 messages for %s:\n%s", v, tail(probe.stdout))
		}
	}
	if !strings.Contains(probe.stdout, `"version":"14.1","why":"no other version serves messages better"`) {
		t.Errorf("another version than 14.1 is recommended:\n%s", tail(probe.stdout))
	}
}
