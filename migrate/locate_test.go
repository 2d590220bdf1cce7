package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/migrate"
)

// place is a server with a certificate, which may send its clients elsewhere.
type place struct {
	*httptest.Server
	requests atomic.Int32

	mu   sync.Mutex
	does func(next http.Handler) http.Handler // nil = it serves
}

func (l *lab) place(cfg easserver.Config) *place {
	l.t.Helper()
	cfg.Password = easservertest.Password
	s := easserver.New(cfg, l.store)
	p := &place{}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.requests.Add(1)
		p.mu.Lock()
		var h http.Handler = s
		if p.does != nil {
			h = p.does(s)
		}
		p.mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	l.t.Cleanup(func() {
		s.Close()
		p.Close()
	})
	return p
}

// url is where clients find it.
func (p *place) url() string { return p.URL + "/Microsoft-Server-ActiveSync" }

func (p *place) now(does func(next http.Handler) http.Handler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.does = does
}

// movedTo answers everything with 451.
func movedTo(url string) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if url != "" {
				w.Header().Set("X-MS-Location", url)
			}
			w.WriteHeader(451)
		})
	}
}

func answersWith(code int) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
}

// locator finds the places of a test and trusts some of them.
type locator struct {
	t        *testing.T
	trusted  []*place
	at       *place // what the address leads to; nil = nothing
	searches atomic.Int32
	unknown  map[*place]bool // to the DNS
}

var (
	errNowhere = errors.New("the address leads nowhere")
	errForeign = hinted{"nobody confirmed that server", "confirm it"}
)

type hinted struct{ text, hint string }

func (h hinted) Error() string { return h.text }
func (h hinted) Hint() string  { return h.hint }

func (l *locator) Discover(context.Context) (string, error) {
	l.searches.Add(1)
	if l.at == nil {
		return "", errNowhere
	}
	return l.at.url(), nil
}

func (l *locator) Transport(url string) (http.RoundTripper, error) {
	i := slices.IndexFunc(l.trusted, func(p *place) bool { return p.url() == url })
	if i < 0 {
		return nil, errForeign
	}
	return l.transport(l.trusted[i]), nil
}

func (l *locator) transport(p *place) http.RoundTripper {
	base := p.Client().Transport
	if l.unknown[p] {
		return failing{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "mail.example.com", IsNotFound: true}}}
	}
	return auth.Basic{User: "alice", Password: easservertest.Password, Origin: p.URL, Base: base}
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// located makes a run whose mailbox is to be found; named may be nil.
func (l *lab) located(named *place, loc *locator) migrate.Options {
	o := l.options("alice")
	mb := &o.Mailboxes[0]
	mb.Locator, mb.Client.URL, mb.Client.Transport = loc, "", nil
	if named != nil {
		mb.Client.URL, mb.Client.Transport = named.url(), loc.transport(named)
	}
	return o
}

// state is what the checkpoints have of alice.
func (l *lab) state(o migrate.Options) checkpoints.Mailbox {
	l.t.Helper()
	m, err := o.Checkpoints.Mailbox(context.Background(), checkpoints.Key{Job: o.Job, Mailbox: "alice@example.com"})
	if err != nil {
		l.t.Fatal(err)
	}
	return m
}

// TestFoundByAddress: a mailbox without a server is looked for once, and then at where it was.
func TestFoundByAddress(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	here := l.place(easserver.Config{})
	loc := &locator{t: t, trusted: []*place{here}, at: here, unknown: map[*place]bool{}}
	o := l.located(nil, loc)
	if sum := l.run(o); sum.ItemsStored != perUser {
		t.Fatalf("%+v", sum)
	}
	l.check("alice")
	first := l.state(o)
	if first.Server != here.url() || first.Named != "" {
		t.Errorf("%+v", first)
	}
	l.run(o)
	if n := loc.searches.Load(); n != 1 || l.state(o).DeviceID != first.DeviceID {
		t.Errorf("%d searches, device %s", n, l.state(o).DeviceID)
	}
	// It has gone from there: by 404, by 451 without a place, and by name.
	for i, does := range []func(http.Handler) http.Handler{answersWith(404), movedTo(""), nil} {
		other := l.place(easserver.Config{})
		loc.trusted, loc.at = append(loc.trusted, other), other
		for _, p := range loc.trusted[:len(loc.trusted)-1] {
			p.now(does)
			loc.unknown[p] = does == nil
		}
		if sum := l.run(o); sum.ItemsStored != 0 || l.state(o).Server != other.url() || l.state(o).DeviceID != first.DeviceID {
			t.Errorf("%d: stored %d, %+v", i, sum.ItemsStored, l.state(o))
		}
	}
	l.check("alice")
}

// TestNowhere: who cannot be found is an error of the source, and nothing is written.
func TestNowhere(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	sum, err := migrate.Run(t.Context(), l.located(nil, &locator{t: t}))
	var e *migrate.Error
	if !errors.Is(err, errNowhere) || !errors.As(err, &e) || e.Side != migrate.Source || sum.Result != migrate.ResultFailed {
		t.Errorf("%+v, %v", sum, err)
	}
}

// TestMoved: a 451 is followed, and remembered for the server that was named. MS-ASHTTP 3.1.5.2.2.
func TestMoved(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	old, here := l.place(easserver.Config{}), l.place(easserver.Config{})
	loc := &locator{t: t, trusted: []*place{old, here}}
	old.now(movedTo(here.url()))
	o := l.located(old, loc)
	if sum := l.run(o); sum.ItemsStored != perUser {
		t.Fatalf("%+v", sum)
	}
	l.check("alice")
	if st := l.state(o); st.Server != here.url() || st.Named != old.url() || old.requests.Load() != 1 {
		t.Errorf("%+v after %d requests to the old one", st, old.requests.Load())
	}
	l.run(o)
	if n := old.requests.Load(); n != 1 {
		t.Errorf("the old server was asked again: %d requests", n)
	}
	// Who names another server means that.
	third := l.place(easserver.Config{})
	loc.trusted = append(loc.trusted, third)
	o = l.located(third, loc)
	if l.run(o); l.state(o).Server != third.url() || third.requests.Load() == 0 {
		t.Errorf("%+v", l.state(o))
	}
	// What is remembered and gone gives way to what is named.
	third.now(movedTo(here.url()))
	l.run(o)
	here.now(answersWith(404))
	third.now(nil)
	if l.run(o); l.state(o).Server != third.url() {
		t.Errorf("%+v", l.state(o))
	}
	if n := loc.searches.Load(); n != 0 {
		t.Errorf("%d searches by the address, and a server was named", n)
	}
}

// TestMovedOnTheWay: the mailbox moves while it is read. Nothing is lost or doubled.
func TestMovedOnTheWay(t *testing.T) {
	for _, after := range []int32{3, 12, 25} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			l := newLab(t, easserver.Config{}, "alice")
			old, here := l.place(easserver.Config{}), l.place(easserver.Config{})
			old.now(func(next http.Handler) http.Handler {
				if old.requests.Load() > after {
					return movedTo(here.url())(next)
				}
				return next
			})
			o := l.located(old, &locator{t: t, trusted: []*place{old, here}})
			if sum := l.run(o); sum.ItemsStored != perUser || here.requests.Load() == 0 {
				t.Errorf("stored %d, %d requests", sum.ItemsStored, here.requests.Load())
			}
			l.check("alice")
			if sum := l.run(o); sum.ItemsStored+sum.Segments != 0 {
				t.Errorf("%+v", sum)
			}
		})
	}
}

// TestMovedNowhere: a 451 to a server that nobody confirmed is not followed, and one that leads back ends.
func TestMovedNowhere(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	old, foreign := l.place(easserver.Config{}), l.place(easserver.Config{})
	old.now(movedTo(foreign.url()))
	_, err := migrate.Run(t.Context(), l.located(old, &locator{t: t, trusted: []*place{old}}))
	if !errors.Is(err, errForeign) || !errors.Is(err, eas.ErrRedirect) || migrate.Hint(err) != "confirm it" || foreign.requests.Load() != 0 {
		t.Errorf("%v, hint %q, %d requests", err, migrate.Hint(err), foreign.requests.Load())
	}
	here := l.place(easserver.Config{})
	old.now(movedTo(here.url()))
	here.now(movedTo(old.url()))
	_, err = migrate.Run(t.Context(), l.located(old, &locator{t: t, trusted: []*place{old, here}}))
	if !errors.Is(err, eas.ErrRedirect) || old.requests.Load()+here.requests.Load() > 4 {
		t.Errorf("%v after %d and %d requests", err, old.requests.Load(), here.requests.Load())
	}
	// Without a locator the error is all there is.
	o := l.located(old, &locator{t: t, trusted: []*place{old, here}})
	o.Mailboxes[0].Locator = nil
	if _, err = migrate.Run(t.Context(), o); !errors.Is(err, eas.ErrRedirect) {
		t.Error(err)
	}
}

// TestUpgraded: a server that was upgraded has everything synchronized anew, once, and in its new version; what is stored stays
// as it is. MS-ASHTTP 3.1.5.1.
func TestUpgraded(t *testing.T) {
	for _, from := range []string{"Settings", "FolderSync", "Sync", "GetItemEstimate"} {
		t.Run(from, func(t *testing.T) {
			l := newLab(t, easserver.Config{}, "alice")
			before, after := l.place(easserver.Config{Versions: []string{"14.1"}}), l.place(easserver.Config{Versions: []string{"14.1", "16.1"}})
			loc := &locator{t: t, trusted: []*place{before, after}}
			o := l.located(before, loc)
			l.run(o)
			if st := l.state(o); st.EAS != "14.1" {
				t.Fatalf("%+v", st)
			}
			l.store.User("alice").Folder("Inbox").AddMessage(message("alice", "Inbox", 777))
			after.now(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Query().Get("Cmd") == from { // and it never stops saying so
						w.Header().Set("X-MS-RP", "14.1,16.1")
					}
					next.ServeHTTP(w, r)
				})
			})
			o = l.located(after, loc)
			sum := l.run(o)
			if sum.ItemsStored != 1 || sum.Resyncs < 5 {
				t.Errorf("%+v", sum)
			}
			if st := l.state(o); st.EAS != "16.1" {
				t.Errorf("%+v", st)
			}
			l.check("alice")
			n := 0
			for _, e := range l.events {
				if e.Event == migrate.EventResync && strings.Contains(e.Message, "upgraded") {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%d resyncs of the mailbox", n)
			}
		})
	}
}

// TestLookFollows: a probe finds the mailbox, and goes where a 451 leads.
func TestLookFollows(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	old, here := l.place(easserver.Config{}), l.place(easserver.Config{})
	old.now(movedTo(here.url()))
	loc := &locator{t: t, trusted: []*place{old, here}, at: old}
	p, err := migrate.Look(t.Context(), l.located(nil, loc).Mailboxes[0], migrate.Selection{})
	if err != nil || p.Server != here.url() || len(p.Folders) == 0 || p.PasswordDays != -1 {
		t.Fatalf("%+v, %v", p, err)
	}
	loc.at = nil
	if _, err := migrate.Look(t.Context(), l.located(nil, loc).Mailboxes[0], migrate.Selection{}); !errors.Is(err, errNowhere) {
		t.Error(err)
	}
}

// failingStore fails its nth write, and all that follow, as a process that is killed.
type failingStore struct {
	checkpoints.Store
	left atomic.Int32
}

var errKilled = errors.New("killed")

func (s *failingStore) dead() error {
	if s.left.Add(-1) < 0 {
		return errKilled
	}
	return nil
}

func (s *failingStore) Commit(ctx context.Context, c checkpoints.Commit) error {
	if err := s.dead(); err != nil {
		return err
	}
	return s.Store.Commit(ctx, c)
}

func (s *failingStore) SaveMailbox(ctx context.Context, m checkpoints.Mailbox) error {
	if err := s.dead(); err != nil {
		return err
	}
	return s.Store.SaveMailbox(ctx, m)
}

// TestUpgradedAndKilled: a run that ends at any write while it starts over leaves nothing that the next one does not make good.
// The server says that it was upgraded until it sees the hierarchy asked for from key 0, as Exchange does.
func TestUpgradedAndKilled(t *testing.T) {
	for _, n := range []int32{0, 1, 2, 5, 9, 13} { // writes that succeed
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			l := newLab(t, easserver.Config{}, "alice")
			here := l.place(easserver.Config{})
			o := l.located(here, &locator{t: t, trusted: []*place{here}})
			l.run(o)
			l.store.User("alice").Folder("Inbox").AddMessage(message("alice", "Inbox", 777))
			var renewed atomic.Bool
			here.now(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if !renewed.Load() && r.Method == http.MethodPost {
						w.Header().Set("X-MS-RP", "14.1,16.1")
					}
					next.ServeHTTP(w, r)
					if r.URL.Query().Get("Cmd") == "FolderSync" && w.Header().Get("MS-ASProtocolCommands") != "" { // it was key 0
						renewed.Store(true)
					}
				})
			})
			killed := o
			store := &failingStore{Store: o.Checkpoints}
			store.left.Store(n)
			killed.Checkpoints = store
			_, err := migrate.Run(t.Context(), killed)
			if !errors.Is(err, errKilled) {
				t.Fatalf("%v", err)
			}
			l.run(o)
			l.check("alice")
		})
	}
}
