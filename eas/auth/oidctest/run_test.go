package oidctest

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
)

// mailServer is an EAS server that takes the provider's tokens. Alice may open all mailboxes.
type mailServer struct {
	url     string
	boxes   []string
	refused atomic.Int32 // requests with a token that was not good
	asked   func()       // before each request
}

// startMail serves mailboxes with a number of messages each, of a size.
func startMail(t *testing.T, p *Provider, boxes, messages, size int, asked func()) *mailServer {
	t.Helper()
	m := &mailServer{asked: asked}
	store := easserver.NewStore()
	for i := range boxes {
		m.boxes = append(m.boxes, fmt.Sprintf("box%d@example.com", i))
		u := store.AddUser(m.boxes[i])
		folders := []*easserver.Folder{u.Folder("Inbox"), u.AddFolder("Projects", eas.FolderUserMail), u.AddFolder("Letters", eas.FolderUserMail)}
		for j := range messages {
			folders[j%len(folders)].AddMessage([]byte(fmt.Sprintf("From: bob@example.org\r\nSubject: %d\r\nDate: Mon, 06 Jan 2025 08:00:00 +0000\r\n\r\n%s\r\n",
				j, strings.Repeat("A line of a letter.\r\n", size/21))))
		}
	}
	m.url = easservertest.Start(t, easserver.Config{
		Challenges: []string{`Bearer realm="mail"`},
		SignIn: func(r *http.Request) string {
			if m.asked != nil {
				m.asked()
			}
			bearer := r.Header.Get("Authorization")
			if bearer == "" {
				return ""
			}
			if p.User(r.Context(), bearer) != alice {
				m.refused.Add(1)
				return ""
			}
			if user := r.URL.Query().Get("User"); user != "" {
				return user
			}
			return alice
		},
	}, store)
	return m
}

// list writes the file of --mailboxes.
func (m *mailServer) list(t *testing.T, dir, tokenFile string) {
	t.Helper()
	text := "mailbox,token_file\n"
	for _, b := range m.boxes {
		text += b + "," + tokenFile + "\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "list.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRunOfAMinute archives 8 mailboxes at once through more than a minute with tokens that live for 5 seconds and are renewed
// by a refresh token that is good for once. Meanwhile the provider is away for a while, and the server refuses tokens that should be
// good still. AIRLIFT_MINUTES makes it as many minutes.
func TestRunOfAMinute(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes more than a minute")
	}
	const boxes, size, rate = 8, 20_000, 140 << 10
	minutes, _ := strconv.Atoi(os.Getenv("AIRLIFT_MINUTES"))
	messages := 60 * max(minutes, 1) // 9.6 MB in 67 s
	p := Start(t, 5*time.Second)
	begin := sync.OnceFunc(func() {
		for after, what := range map[time.Duration]func(){
			20 * time.Second: func() { p.Down.Store(true) },
			26 * time.Second: func() { p.Down.Store(false) },
			40 * time.Second: p.Forget,
		} {
			time.AfterFunc(after, what)
		}
	})
	m := startMail(t, p, boxes, messages, size, begin)
	dir := t.TempDir()
	p.signIn(t, dir, "--token-file", "alice.token", "--flow", "browser", "--no-browser")
	m.list(t, dir, "alice.token")
	sum, printed := ends(t, airlift(t, dir, "archive", "--server", m.url, "--mailboxes", "list.csv", "--workers", "8", "--to", "archive", "--window", "4",
		"--bandwidth", fmt.Sprint(rate), "--retry-wait", "500ms", "--verbose", "--json", "--log-file", "run.log", "--report", "run.html", "--metrics-file", "run.prom"), 0)
	if sum["result"] != "ok" || sum["items_stored"] != float64(boxes*messages) || sum["items_live"] != float64(boxes*messages) || sum["items_quarantined"] != 0.0 {
		t.Errorf("the run: %v", sum)
	}
	seconds, _ := sum["seconds"].(float64)
	renewals := p.Renewals.Load()
	t.Logf("%.0f s, %v requests, %d renewals, %d at once at most, %d tokens refused by the server, %v retries",
		seconds, sum["requests"], renewals, p.AtOnce.Load(), m.refused.Load(), sum["retries"])
	if seconds < 60 || float64(renewals) < seconds/8 || float64(renewals) > seconds/3 {
		t.Errorf("%d renewals in %.0f s", renewals, seconds)
	}
	if retries, _ := sum["retries"].(float64); retries == 0 || m.refused.Load() == 0 {
		t.Error("nobody noticed that the provider was away, or that tokens were refused")
	}
	if p.AtOnce.Load() != 1 || p.Refused.Load() != 0 {
		t.Errorf("%d requests for tokens at once, %d refresh tokens shown again", p.AtOnce.Load(), p.Refused.Load())
	}
	p.hidden(t, printed, dir)

	again, _ := ends(t, airlift(t, dir, "archive", "--server", m.url, "--mailboxes", "list.csv", "--to", "archive", "--json"), 0)
	if again["items_stored"] != 0.0 || again["items_live"] != float64(boxes*messages) {
		t.Errorf("the next run: %v", again)
	}
	if verified, _ := ends(t, airlift(t, dir, "verify", "--archive", "archive", "--json"), 0); verified["items"] != float64(boxes*messages) {
		t.Errorf("verify: %v", verified)
	}
}

// TestRevokedMidRun: who signed in takes it back in the middle. The run ends with 12 and the command to run, and after that
// the next run goes on where this one ended.
func TestRevokedMidRun(t *testing.T) {
	t.Parallel()
	p := Start(t, 2*time.Second)
	var asked atomic.Int32
	m := startMail(t, p, 2, 60, 1000, func() {
		if asked.Add(1) == 25 {
			p.Revoke()
		}
	})
	dir := t.TempDir()
	p.signIn(t, dir, "--token-file", "my alice.token", "--flow", "browser", "--no-browser")
	m.list(t, dir, "my alice.token")
	run := []string{"archive", "--server", m.url, "--mailboxes", "list.csv", "--to", "archive", "--window", "4", "--verbose", "--json"}
	sum, printed := ends(t, airlift(t, dir, run...), 12)
	stored, _ := sum["items_stored"].(float64)
	if sum["result"] != "failed" || stored >= 120 {
		t.Errorf("the run: %v", sum)
	}
	for _, want := range []string{
		"the provider says invalid_grant", "hint: sign in again: airlift login --token-file 'my alice.token' --issuer " + p.URL + " --client-id " + ClientID + " --scope openid --scope offline_access\n",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("it does not say %q:\n%s", want, tail(printed))
		}
	}
	if p.Refused.Load() != 1 {
		t.Errorf("the provider was asked %d times with a bad refresh token", p.Refused.Load())
	}
	p.hidden(t, printed, dir)

	p.signIn(t, dir, "--token-file", "my alice.token", "--flow", "browser", "--no-browser")
	sum, _ = ends(t, airlift(t, dir, run...), 0)
	if sum["items_live"] != 120.0 || sum["items_stored"] != 120-stored {
		t.Errorf("%v items before, then %v", stored, sum)
	}
}
