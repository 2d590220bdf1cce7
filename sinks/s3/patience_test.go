package s3

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/sinks/sinktest"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2024, 3, 1, 10, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, c := range []struct {
		after, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"7", "", 7 * time.Second},
		{" 7 ", "", 7 * time.Second},
		{"0", "", 0},
		{"-7", "", 0},
		{"9223372036854775807", "", 1 << 31 * time.Second},
		{"soon", "", 0},
		{at(90 * time.Second), "", 90 * time.Second},
		{at(-90 * time.Second), "", 0},
		{at(time.Hour), at(59 * time.Minute), time.Minute}, // the store's clock is not this one's
		{at(time.Hour), "yesterday", time.Hour},
	} {
		h := http.Header{"Retry-After": {c.after}, "Date": {c.date}}
		if got := retryAfter(h, now); got != c.want {
			t.Errorf("Retry-After %q, Date %q: %v, want %v", c.after, c.date, got, c.want)
		}
	}
}

// TestLeftAlone: a store that asks for it is left alone for as long, by what the SDK repeats and by what it does not, and
// for no longer than the options allow.
func TestLeftAlone(t *testing.T) {
	const longest = 150 * time.Millisecond
	later := func(h http.Header) string { // a date of the store, whose clock is an hour ahead
		ahead := time.Now().Add(time.Hour)
		h.Set("Date", ahead.UTC().Format(http.TimeFormat))
		return ahead.Add(30 * time.Second).UTC().Format(http.TimeFormat)
	}
	soon := func(http.Header) string { return "30" }
	const slowDown = `<Error><Code>SlowDown</Code></Error>`
	for _, c := range []struct {
		name, method string
		status       int
		body         string
		after        func(http.Header) string
		waits        bool
	}{
		{"503 seconds", http.MethodPut, 503, slowDown, soon, true},
		{"503 date", http.MethodPut, 503, slowDown, later, true},
		{"503 of who knows what", http.MethodPut, 503, "busy", soon, true}, // it may have been done, and is looked at
		{"429 seconds", http.MethodPut, 429, slowDown, soon, true},
		{"503 of a read", http.MethodGet, 503, slowDown, soon, true},
		{"429 of a read", http.MethodGet, 429, "busy", later, true},
		{"429 of a head", http.MethodHead, 429, "", soon, true},
		{"500 is no such answer", http.MethodGet, 500, slowDown, soon, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t)
			o := s.serve()
			if o.MaxRetryAfter = longest; !c.waits {
				o.MaxRetryAfter = time.Hour
			}
			b := s.open(o)
			var refused, next time.Time
			s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
				switch {
				case refused.IsZero() && r.Method == c.method:
					w.Header().Set("Retry-After", c.after(w.Header()))
					w.WriteHeader(c.status)
					fmt.Fprint(w, c.body)
					refused = time.Now()
					return
				case !refused.IsZero() && next.IsZero():
					next = time.Now()
				}
				do.ServeHTTP(w, r)
			})
			began := time.Now()
			sinktest.Write(t, b, "x", []byte("bytes"))
			if got := sinktest.Read(t, b, "x"); string(got) != "bytes" {
				t.Errorf("it holds %q", got)
			}
			if wait := next.Sub(refused); next.IsZero() || c.waits && wait < longest {
				t.Errorf("asked again after %v", wait)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %v: the bound does not hold", took)
			}
		})
	}
}
