package migrate

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/checkpoints"
)

// TestHeartbeat lets a heartbeat live between a server that bears half an hour and a network that cuts after eight minutes.
func TestHeartbeat(t *testing.T) {
	h := newHeartbeat(59 * time.Minute)
	var asked []time.Duration
	cuts := 0
	for range 60 {
		asked = append(asked, h.now)
		switch {
		case h.now > 30*time.Minute:
			h.limit(30 * time.Minute)
		case h.now > 8*time.Minute:
			cuts++
			h.cut()
		default:
			h.passed()
		}
	}
	last := asked[30:]
	sum := time.Duration(0)
	for _, d := range last {
		sum += d
	}
	if mean := sum / time.Duration(len(last)); mean < 5*time.Minute || mean > 8*time.Minute {
		t.Errorf("it settles at %v: %v", mean, asked)
	}
	if cuts > 10 {
		t.Errorf("%d of 60 were cut: %v", cuts, asked)
	}

	h = newHeartbeat(59 * time.Minute)
	for range 20 {
		h.passed()
	}
	if h.now != 59*time.Minute {
		t.Errorf("nothing cuts it, and it is %v", h.now)
	}
	for range 20 {
		h.cut()
	}
	if h.now != leastHeartbeat {
		t.Errorf("everything is cut, and it is %v", h.now)
	}
	for range 200 {
		h.passed()
	}
	if h.now != 59*time.Minute {
		t.Errorf("nothing cuts it any more, and it is %v", h.now)
	}
}

func TestHeartbeatLimits(t *testing.T) {
	h := newHeartbeat(10 * time.Second)
	if h.now != 10*time.Second {
		t.Errorf("at most 10 s: %v", h.now)
	}
	h.limit(time.Minute) // the server bears no less
	if h.passed(); h.now != time.Minute {
		t.Errorf("at least a minute: %v", h.now)
	}
	h.limit(30 * time.Second) // nor more than this
	if h.cut(); h.now != 30*time.Second {
		t.Errorf("just 30 s: %v", h.now)
	}
	h.limit(90 * time.Second)
	if h.now != 90*time.Second {
		t.Errorf("the last word: %v", h.now)
	}
}

// clock is time that passes only for who sleeps; jumps are when it is set on while they do.
type clock struct {
	now   time.Time
	jumps map[int]time.Duration // by number of the sleep
	slept int
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.now = c.now.Add(d + c.jumps[c.slept])
	c.slept++
	return nil
}

// TestVigil ends what waits for a server that says nothing, for the reason that there is.
func TestVigil(t *testing.T) {
	start := time.Date(2024, 3, 1, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		until, limit time.Duration
		jumps        map[int]time.Duration
		want         string
		took         time.Duration
	}{
		"due":    {until: 100 * time.Second, limit: time.Hour, want: errDue.Error(), took: 100 * time.Second},
		"silent": {until: time.Hour, limit: 70 * time.Second, want: "no answer for 1m10s", took: 70 * time.Second},
		"asleep": {until: time.Hour, limit: time.Hour, jumps: map[int]time.Duration{2: 20 * time.Minute}, want: errJumped.Error(), took: 20*time.Minute + 45*time.Second},
		"jitter": {until: 50 * time.Second, limit: time.Hour, jumps: map[int]time.Duration{1: clockJump}, want: errDue.Error(), took: 60 * time.Second},
		"back":   {until: 50 * time.Second, limit: time.Hour, jumps: map[int]time.Duration{1: -time.Minute}, want: errDue.Error(), took: 50 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			cl := &clock{now: start, jumps: c.jumps}
			m := &mailboxRun{run: &run{Options: Options{Now: func() time.Time { return cl.now }, Sleep: cl.sleep}}}
			err := m.during(t.Context(), start.Add(c.until), c.limit, func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			})
			if err == nil || err.Error() != c.want || cl.now.Sub(start) != c.took {
				t.Errorf("%v after %v, want %s after %v", err, cl.now.Sub(start), c.want, c.took)
			}
		})
	}
	// An answer is an answer, and an interruption one.
	m := &mailboxRun{run: &run{Options: Options{Now: time.Now, Sleep: sleep}}}
	if err := m.during(t.Context(), time.Now().Add(time.Hour), time.Hour, func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := m.during(ctx, time.Now().Add(time.Hour), time.Hour, func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestTurns: of folders that do not all fit into one Ping those with the latest news are always in it, and the others in turn.
func TestTurns(t *testing.T) {
	start := time.Date(2024, 3, 1, 10, 0, 0, 0, time.UTC)
	w := &watcher{mailboxRun: &mailboxRun{run: &run{Options: Options{Now: func() time.Time { return start }}}}, spots: map[string]*spot{}}
	add := func(id string, typ int, news time.Time) *spot {
		s := &spot{cp: checkpoints.Folder{ID: id, Path: id, ServerID: id, Type: typ, Class: "Email", SyncKey: "1"}, news: news}
		w.spots[id] = s
		return s
	}
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		add(id, 12, time.Time{})
	}
	add("busy", 12, start.Add(-time.Second))
	add("z-inbox", 2, time.Time{})
	add("gone", 12, time.Time{}).cp.Gone = true
	add("unread", 12, time.Time{}).cp.SyncKey = ""
	add("loud", 12, start).muted = start.Add(time.Minute)
	names := func() (ids []string) {
		for _, s := range w.choose() {
			ids = append(ids, s.cp.ID)
		}
		return ids
	}
	if diff := cmp.Diff([]string{"busy", "z-inbox", "a", "b", "c", "d", "e"}, names()); diff != "" {
		t.Error(diff)
	}
	w.most = 4
	var got [][]string
	for range 3 {
		got = append(got, names())
	}
	want := [][]string{{"busy", "z-inbox", "a", "b"}, {"busy", "z-inbox", "c", "d"}, {"busy", "z-inbox", "e", "a"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	w.most, w.turn, got = 1, 0, nil
	for range 7 {
		got = append(got, names())
	}
	if diff := cmp.Diff([][]string{{"busy"}, {"z-inbox"}, {"a"}, {"b"}, {"c"}, {"d"}, {"e"}}, got); diff != "" {
		t.Error(diff)
	}
}
