package migrate

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
)

// busyLocator is asked to come back later, so often, and then finds a server.
type busyLocator struct{ times int }

func (l *busyLocator) Discover(context.Context) (string, error) {
	if l.times--; l.times >= 0 {
		return "", &eas.HTTPError{Command: "Autodiscover", Code: http.StatusServiceUnavailable, RetryAfter: time.Minute}
	}
	return "https://mail.example.com/Microsoft-Server-ActiveSync", nil
}

func (l *busyLocator) Transport(string) (http.RoundTripper, error) { return http.DefaultTransport, nil }

// TestAutodiscoverAsksToWait: a search that is told to come back in a minute waits for it.
func TestAutodiscoverAsksToWait(t *testing.T) {
	now, slept := time.Now(), time.Duration(0)
	r := &run{Options: Options{
		Folders: defaultFolders, Backoff: time.Second, Events: func(Event) {}, Now: func() time.Time { return now },
		Sleep: func(_ context.Context, d time.Duration) error {
			now, slept = now.Add(d), slept+d
			return nil
		},
	}}
	m := r.newMailboxRun(Mailbox{Address: "alice@example.com", Locator: &busyLocator{times: 3}})
	if err := m.home(t.Context()); err != nil || m.mb.Client.URL == "" {
		t.Fatalf("%q, %v", m.mb.Client.URL, err)
	}
	if slept != 3*time.Minute {
		t.Errorf("it waited for %s, was to be 3 times a minute", slept)
	}
}
