package imapdst

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/airlift-eas/airlift/sinks"
)

// deliver puts items as an engine does: what is not known is looked for, and put again if it is not there. It returns what it had to look for.
func deliver(t *testing.T, target *Target, p sinks.Place, items []sinks.TargetItem, broken func(), healed func()) (uncertain int) {
	t.Helper()
	f := openFolder(t, target, p)
	mark := f.Mark()
	broken()
	placed, err := f.Put(t.Context(), items)
	healed()
	if err == nil {
		if len(placed) != len(items) {
			t.Fatalf("%d of %d without an error", len(placed), len(items))
		}
		f.Close()
		return 0
	}
	for i, got := range placed {
		if got.Err != nil {
			t.Errorf("%s: %v", items[i].Key, got.Err)
		}
	}
	known := map[string]bool{}
	for _, got := range placed {
		known[got.ID] = true
	}
	rest := items[len(placed):]
	if errors.Is(err, sinks.ErrUncertain) {
		uncertain = len(rest)
		found, err := f.Find(t.Context(), mark, rest)
		if err != nil {
			t.Fatal(err)
		}
		var missing []sinks.TargetItem
		for i, candidates := range found {
			at := slices.IndexFunc(candidates, func(h sinks.Held) bool { return !known[h.ID] })
			if at < 0 {
				missing = append(missing, rest[i])
			} else {
				known[candidates[at].ID] = true
			}
		}
		rest = missing
	} else if !errors.Is(err, sinks.ErrUnavailable) {
		t.Errorf("neither uncertain nor unavailable: %v", err)
	}
	if len(rest) > 0 {
		put(t, f, rest)
	}
	f.Close()
	return uncertain
}

// TestCut: wherever the connection breaks while messages are put, in either direction, each is there once at the end.
func TestCut(t *testing.T) {
	url, user := listen(t, &imapserver.Options{Caps: rev1(imap.CapLiteralMinus)})
	sweep(t, url, 13, func(path string) { user.Delete(path) })
}

func sweep(t *testing.T, url string, step int64, drop func(path string)) {
	t.Helper()
	items := letters(0, 5)
	items[3].Contents = items[2].Contents // two that are the same
	items[3].Received, items[3].Read = items[2].Received, items[2].Read
	for _, direction := range []string{"up", "down"} {
		t.Run(direction, func(t *testing.T) {
			t.Parallel() // they wait more than they do
			sweepOne(t, url, step, direction, items, drop)
		})
	}
}

func sweepOne(t *testing.T, url string, step int64, direction string, items []sinks.TargetItem, drop func(path string)) {
	t.Helper()
	looked, n := 0, 0
	for at := int64(1); ; at += step {
		c := newCutter(t, url)
		target := open(t, url, func(cfg *Config) { cfg.Dial, cfg.Timeout = c.dial, 10*time.Second })
		path := fmt.Sprintf("cut %s %d", direction, at)
		p := makeFolder(t, target, path)
		gauge := &c.up
		if direction == "down" {
			gauge = &c.down
		}
		whole := false
		looked += deliver(t, target, p, items, func() { gauge.Store(at) }, func() { whole = gauge.Load() > 0; c.heal() })
		f := openFolder(t, target, p)
		sameTexts(t, f, items)
		f.Close()
		target.Close()
		drop(path)
		n++
		if whole {
			break
		}
		if t.Failed() {
			t.Fatalf("%s at byte %d", direction, at)
		}
	}
	t.Logf("%d cuts, after which %d messages had to be looked for", n, looked)
	if looked == 0 {
		t.Error("nothing was ever uncertain")
	}
}
