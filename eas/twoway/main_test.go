package twoway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/eas/easserver/schemacheck"
	"github.com/airlift-eas/airlift/eas/twoway"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// answered keeps what the servers of the tests answer.
var answered *schemacheck.Answers

func TestMain(m *testing.M) { schemacheck.Main(m, &answered) }

var errCrash = errors.New("crash")

// crasher ends the program at some of its steps: nothing works after that, until it is started again.
type crasher struct {
	rng  *rand.Rand
	rate float64
	down bool
}

func (c *crasher) crashes() bool {
	if !c.down && c.rate > 0 && c.rng.Float64() < c.rate {
		c.down = true
	}
	return c.down
}

// items is a program's copy in memory.
type items struct {
	*crasher
	m    map[string]*wbxml.Element
	puts int
	bad  string // Put of an item with this name fails
}

func (l *items) Items(context.Context) iter.Seq2[twoway.Item, error] {
	return func(yield func(twoway.Item, error) bool) {
		if l.crashes() {
			yield(twoway.Item{}, errCrash)
			return
		}
		for _, id := range slices.Sorted(maps.Keys(l.m)) {
			if !yield(twoway.Item{ID: id, Properties: l.m[id]}, nil) {
				return
			}
		}
	}
}

func (l *items) Put(_ context.Context, it twoway.Item) (*wbxml.Element, error) {
	if l.crashes() {
		return nil, errCrash
	}
	if l.bad != "" && name(it.Properties) == l.bad {
		return nil, fmt.Errorf("no room for %s", l.bad)
	}
	l.puts++
	l.m[it.ID] = it.Properties.Clone()
	if l.crashes() {
		return nil, errCrash
	}
	return nil, nil
}

func (l *items) Delete(_ context.Context, id string) error {
	if l.crashes() {
		return errCrash
	}
	delete(l.m, id)
	if l.crashes() {
		return errCrash
	}
	return nil
}

// store crashes before or after it saves.
type store struct {
	*crasher
	twoway.MemoryStore
}

func (s *store) Save(ctx context.Context, st *twoway.State) error {
	if s.crashes() {
		return errCrash
	}
	if err := s.MemoryStore.Save(ctx, st); err != nil || s.crashes() {
		return errors.Join(err, errCrash)
	}
	return nil
}

// network loses requests, and answers or parts of them.
type network struct {
	*crasher
	base   http.RoundTripper
	rate   float64
	before func() // something happens meanwhile
	asked  int
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Query().Get("Cmd") != "Sync" {
		return n.base.RoundTrip(r)
	}
	if n.asked++; n.before != nil {
		n.before()
	}
	fails := n.rng.Float64() < n.rate
	kind := n.rng.IntN(3)
	if n.down || fails && kind == 0 {
		return nil, errors.New("connection refused")
	}
	res, err := n.base.RoundTrip(r)
	if err != nil || !fails {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil || kind == 1 || len(body) == 0 {
		return nil, errors.New("connection reset")
	}
	res.Body = io.NopCloser(bytes.NewReader(body[:n.rng.IntN(len(body))]))
	return res, nil
}

// world is a program, a server, and what is between.
type world struct {
	t      testing.TB
	rng    *rand.Rand
	crash  *crasher
	net    *network
	server *easserver.Folder
	local  *items
	store  *store
	client *eas.Client
	folder twoway.Folder
}

func newWorld(t testing.TB, seed uint64, v eas.Version, folder string, cfg easserver.Config) *world {
	t.Helper()
	s := easserver.NewStore()
	user := s.AddUser("alice")
	url := easservertest.StartChecked(t, cfg, s, answered)
	w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 1)), server: user.Folder(folder)}
	w.crash = &crasher{rng: w.rng}
	base := eas.NewTransport()
	t.Cleanup(base.CloseIdleConnections)
	w.net = &network{crasher: w.crash, base: auth.Basic{User: "alice", Password: easservertest.Password, Origin: url, Base: base}}
	w.local = &items{crasher: w.crash, m: map[string]*wbxml.Element{}}
	w.store = &store{crasher: w.crash}
	c, err := eas.New(eas.Config{URL: url, User: "alice", DeviceID: "dev1", Version: v, Transport: w.net, SpoolDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.FolderSync(t.Context(), eas.InitialKey); err != nil {
		t.Fatal(err)
	}
	w.client = c
	w.folder = twoway.Folder{ID: w.server.ID(), Type: w.server.Type(), Local: w.local, Store: w.store}
	return w
}

// sync must work.
func (w *world) sync() twoway.Result {
	w.t.Helper()
	res, err := twoway.Sync(w.t.Context(), w.client, w.folder)
	if err != nil {
		w.t.Fatalf("%v\n%+v", err, res)
	}
	return res
}

// quiet is sync, and no item must fail.
func (w *world) quiet() twoway.Result {
	w.t.Helper()
	res := w.sync()
	for _, f := range res.Failures {
		w.t.Error(f)
	}
	return res
}

func props(xml ...wbxml.Element) *wbxml.Element {
	e := wbxml.E(wbxml.AirSyncApplicationData, xml...)
	return &e
}

func contact(name, value string) *wbxml.Element {
	return props(wbxml.T(wbxml.ContactsFileAs, name), wbxml.T(wbxml.ContactsJobTitle, value))
}

func name(e *wbxml.Element) string {
	for _, tag := range []wbxml.Tag{wbxml.ContactsFileAs, wbxml.CalendarSubject, wbxml.TasksSubject, wbxml.NotesSubject, wbxml.EmailSubject} {
		if s := e.Value(tag); s != "" {
			return s
		}
	}
	return ""
}

// here and there list the contents of each side, name and value.
func (w *world) here(tag wbxml.Tag) []string {
	var all []string
	for _, e := range w.local.m {
		all = append(all, name(e)+"="+e.Value(tag))
	}
	slices.Sort(all)
	return all
}

func (w *world) there(tag wbxml.Tag) []string {
	var all []string
	for _, it := range w.server.Items() {
		e := props(it.Properties...)
		all = append(all, name(e)+"="+e.Value(tag))
	}
	slices.Sort(all)
	return all
}

// id finds the server's name of an item.
func (w *world) id(wanted string) eas.ServerID {
	w.t.Helper()
	for id, it := range w.server.Items() {
		if name(props(it.Properties...)) == wanted {
			return id
		}
	}
	w.t.Fatalf("no %s at the server", wanted)
	return ""
}
