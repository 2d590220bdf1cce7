package migrate

import "time"

// Bounds of a heartbeat, where neither server nor options say otherwise.
const (
	firstHeartbeat = 5 * time.Minute
	leastHeartbeat = time.Minute // MS-ASCMD 2.2.3.97
	silence        = time.Minute // beyond the heartbeat, until a server counts as gone
	// steadyBeats is how many heartbeats of the longest kind that was not cut have to pass before a longer one is tried again.
	steadyBeats = 8
)

// heartbeat is how long a server is asked to wait for news. What lies between here and there, a proxy or a firewall, cuts connections
// that are silent for too long, and nobody says for how long that is. So it grows while answers come, and shrinks when one does not.
type heartbeat struct {
	now, least, most time.Duration
	bearable         time.Duration // longer ones were cut; 0 = none was
	steady           int           // heartbeats that passed since it last was changed
}

func newHeartbeat(most time.Duration) heartbeat {
	return heartbeat{now: min(firstHeartbeat, most), least: min(leastHeartbeat, most), most: most}
}

// passed notes that the server answered at the end of a heartbeat.
func (h *heartbeat) passed() {
	top := h.most
	if h.bearable > 0 {
		top = min(top, h.bearable)
	}
	switch h.steady++; {
	case h.now < top:
		h.set(min(h.now*3/2, top))
	case h.bearable > 0 && h.steady >= steadyBeats:
		h.bearable, h.steady = min((h.bearable*3/2).Truncate(time.Second), h.most), 0
	}
}

// cut notes that no answer came.
func (h *heartbeat) cut() {
	h.bearable = max((h.now * 3 / 4).Truncate(time.Second), h.least)
	h.set(h.now / 2)
}

// limit takes over what a server says is the nearest that it bears.
func (h *heartbeat) limit(nearest time.Duration) {
	if nearest < h.now {
		h.most = nearest
	} else {
		h.least = nearest
	}
	if h.least > h.most {
		h.least, h.most = nearest, nearest
	}
	h.bearable = 0
	h.set(nearest)
}

// set keeps it within its bounds, in whole seconds.
func (h *heartbeat) set(d time.Duration) {
	h.now = max(min(max(d, h.least), h.most).Truncate(time.Second), time.Second)
	h.steady = 0
}
