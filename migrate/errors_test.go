package migrate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"
)

// TestTimeLimitsOfOthers: a dialer and an http.Client that reach their own time limits say so with context.DeadlineExceeded. That is an
// answer that did not come, and to be tried again; it does not end a run over many mailboxes as the end of the run's own time does.
func TestTimeLimitsOfOthers(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	dialer := net.Dialer{Timeout: time.Nanosecond}
	_, dial := dialer.DialContext(t.Context(), "tcp", silent.Addr().String())
	own := http.Transport{}
	defer own.CloseIdleConnections()
	client := http.Client{Timeout: 10 * time.Millisecond, Transport: &own}
	_, get := client.Get("http://" + silent.Addr().String())
	for name, err := range map[string]error{"dial": dial, "http.Client": get} {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%s: %v: no test of anything", name, err)
		}
		if err := fmt.Errorf("Sync: %w", err); judge(err).action != actRetry || !Temporary(err) {
			t.Errorf("%s: %v: %+v", name, err, judge(err))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if v := judge(fmt.Errorf("Sync: %w", ctx.Err())); v.action != actRun {
		t.Errorf("the run's own time is over: %+v", v)
	}
}
