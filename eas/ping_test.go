package eas_test

import (
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
)

func TestRecordedPing(t *testing.T) {
	const inboxFrank = "mail%2Fef96e7299016036b8b02000083ecc375"
	for _, tc := range []struct {
		name      string
		heartbeat time.Duration
		folder    eas.CollectionID
		want      *eas.PingResult
	}{
		{"change", 25 * time.Second, inboxFrank, &eas.PingResult{Changed: []eas.CollectionID{inboxFrank}}},
		{"nochange", 10 * time.Second, inboxDave, &eas.PingResult{}},
		{"toolong", 15 * time.Minute, inboxDave, nil},
	} {
		rec, c := replay(t, "ping-"+tc.name+"-v14.1", eas.Version141)
		got, err := c.Ping(t.Context(), eas.PingRequest{Heartbeat: tc.heartbeat, Folders: []eas.PingFolder{{ID: tc.folder, Class: eas.ClassEmail}}})
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s: %v %s", tc.name, err, d)
		}
		rec.same()
		if tc.want != nil {
			continue
		}
		var limit *eas.WaitLimitError
		if !errors.As(err, &limit) || limit.Wait != 30*time.Second || limit.MaxFolders != 0 || codes(err)[0] != 5 {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// local answers in process, so that the time of a bubble is everybody's.
type local struct{ h http.Handler }

func (l local) RoundTrip(req *http.Request) (*http.Response, error) {
	w := &recorder{header: http.Header{}}
	if req.Body == nil {
		req.Body = http.NoBody
	}
	req = req.Clone(req.Context())
	for name, values := range req.Header {
		delete(req.Header, name)
		req.Header[http.CanonicalHeaderKey(name)] = values // as a server reads them
	}
	req.SetBasicAuth("alice", "secret")
	l.h.ServeHTTP(w, req)
	_ = req.Body.Close()
	res, err := canned(w.body).RoundTrip(req)
	res.StatusCode, res.Header = max(w.code, 200), w.header
	return res, err
}

type recorder struct {
	header http.Header
	code   int
	body   []byte
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) WriteHeader(code int)        { w.code = code }
func (w *recorder) Write(p []byte) (int, error) { w.body = append(w.body, p...); return len(p), nil }

// inbubble is a client of a server in the same process.
func inbubble(t *testing.T, v eas.Version, h http.Handler) *eas.Client {
	t.Helper()
	c, err := eas.New(eas.Config{URL: "mail.example", User: "alice", DeviceID: "dev1", Version: v, Transport: local{h}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.FolderSync(t.Context(), eas.InitialKey); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPing(t *testing.T) {
	for _, v := range eas.Versions() {
		synctest.Test(t, func(t *testing.T) { ping(t, v) })
	}
}

func ping(t *testing.T, v eas.Version) {
	store := easserver.NewStore()
	alice := store.AddUser("alice")
	inbox, drafts := alice.Folder("Inbox"), alice.Folder("Drafts")
	c := inbubble(t, v, easserver.New(easserver.Config{
		Password: "secret", MaxPingFolders: 2, OnViolation: func(v easserver.Violation) { t.Log(v) },
	}, store))
	both := []eas.PingFolder{{ID: inbox.ID(), Class: eas.ClassEmail}, {ID: drafts.ID(), Class: eas.ClassEmail}}
	ask := func(q eas.PingRequest) (*eas.PingResult, time.Duration, error) {
		start := time.Now()
		r, err := c.Ping(t.Context(), q)
		return r, time.Since(start), err
	}
	// The longest heartbeat is longer than any timeout of the client.
	if r, took, err := ask(eas.PingRequest{Heartbeat: eas.MaxHeartbeat, Folders: both}); err != nil || len(r.Changed) != 0 || took != eas.MaxHeartbeat {
		t.Errorf("%s: %+v %v after %s", v, r, err, took)
	}
	// What is left out is as it was.
	time.AfterFunc(50*time.Minute, func() { drafts.AddMessage(note("x")) })
	if r, took, err := ask(eas.PingRequest{}); err != nil || !cmp.Equal(r.Changed, []eas.CollectionID{drafts.ID()}) || took != 50*time.Minute {
		t.Errorf("%s: %+v %v after %s", v, r, err, took)
	}
	time.AfterFunc(time.Minute, func() { drafts.AddMessage(note("y")) })
	if r, took, err := ask(eas.PingRequest{Heartbeat: 5 * time.Minute}); err != nil || len(r.Changed) != 1 || took != time.Minute {
		t.Errorf("%s: %+v %v after %s", v, r, err, took)
	}
	if r, took, err := ask(eas.PingRequest{Folders: both[:1]}); err != nil || len(r.Changed) != 0 || took != 5*time.Minute {
		t.Errorf("%s: %+v %v after %s", v, r, err, took)
	}
	for _, tc := range []struct {
		q    eas.PingRequest
		want eas.WaitLimitError
		code int
	}{
		{eas.PingRequest{Heartbeat: time.Second}, eas.WaitLimitError{Wait: time.Minute}, 5},
		{eas.PingRequest{Heartbeat: time.Hour}, eas.WaitLimitError{Wait: 59 * time.Minute}, 5},
		{eas.PingRequest{Folders: append(both, eas.PingFolder{ID: "4", Class: eas.ClassEmail})}, eas.WaitLimitError{MaxFolders: 2}, 6},
		{eas.PingRequest{Folders: []eas.PingFolder{{ID: "99", Class: eas.ClassEmail}}}, eas.WaitLimitError{}, 7},
		{eas.PingRequest{Folders: append(both[:1:1], both[0])}, eas.WaitLimitError{}, 4},
	} {
		_, _, err := ask(tc.q)
		var limit *eas.WaitLimitError
		if errors.As(err, &limit) != (tc.code <= 6 && tc.code > 4) || codes(err)[0] != tc.code {
			t.Errorf("%s: %+v: %v", v, tc.q, err)
		} else if limit != nil && (limit.Wait != tc.want.Wait || limit.MaxFolders != tc.want.MaxFolders) {
			t.Errorf("%s: %+v: %v", v, tc.q, err)
		}
	}
	if _, _, err := ask(eas.PingRequest{Heartbeat: time.Millisecond}); err == nil {
		t.Error("a heartbeat of no second")
	}
}

// TestPingWithoutParameters: a device of which the server remembers nothing.
func TestPingWithoutParameters(t *testing.T) {
	p := newPeer(t, easserver.Config{OnViolation: func(easserver.Violation) {}})
	c, _ := p.client(t, eas.Version161, nil)
	if _, err := c.Ping(t.Context(), eas.PingRequest{}); codes(err)[0] != 3 {
		t.Error(err)
	}
}

// TestPingSilence: a server that does not answer is given up when the heartbeat is over and some more.
func TestPingSilence(t *testing.T) {
	for heartbeat, want := range map[time.Duration]time.Duration{10 * time.Minute: 15 * time.Minute, 0: 64 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			c, err := eas.New(eas.Config{URL: "mail.example", User: "u", DeviceID: "d", Version: eas.Version141, Transport: receiver{true}})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			_, err = c.Ping(t.Context(), eas.PingRequest{Heartbeat: heartbeat})
			var timeout net.Error
			if took := time.Since(start); !errors.As(err, &timeout) || !timeout.Timeout() || took != want {
				t.Errorf("%v after %s, want %s", err, took, want)
			}
		})
	}
}

func TestPingAnswers(t *testing.T) {
	for answerXML, want := range map[string]int{
		`<Ping xmlns="Ping"><Status>2</Status></Ping>`:                                                   -1,
		`<Ping xmlns="Ping"></Ping>`:                                                                     -1,
		`<Ping xmlns="Ping"><Status>5</Status></Ping>`:                                                   5,
		`<Ping xmlns="Ping"><Status>5</Status><HeartbeatInterval>99999999999</HeartbeatInterval></Ping>`: 5,
		`<Ping xmlns="Ping"><Status>142</Status></Ping>`:                                                 142,
	} {
		c := connect(t, answer(parse(t, answerXML)), nil)
		_, err := c.Ping(t.Context(), eas.PingRequest{Heartbeat: time.Minute})
		var limit *eas.WaitLimitError
		if errors.As(err, &limit) && limit.Wait != 24*time.Hour {
			t.Errorf("%s: %v", answerXML, err)
		}
		if got := codes(err)[0]; got != want && !(want == 142 && got == -1) { // 142 leads to a Provision, which this server has no answer to
			t.Errorf("%s: %v", answerXML, err)
		}
	}
}
