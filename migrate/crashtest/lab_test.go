package crashtest

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/dir"
	"github.com/airlift-eas/airlift/sinks/s3"
)

const (
	path     = "/Microsoft-Server-ActiveSync"
	password = "secret"
	window   = 4    // items of a page
	whole    = 2048 // bytes of a message that the server sends with a page; a longer one has to be fetched
)

// lab is a server with mailboxes, and a disk for archives and checkpoints. Processes come and go.
type lab struct {
	t      testing.TB
	store  *easserver.Store
	server *easserver.Server
	disk   *disk
	root   string
	url    string
	remote *store3 // where the archive is, if it is not on the disk
	parts  int     // events of a stored page; 0 = as many as there are

	mu      sync.Mutex
	live    map[string]*process // by name
	devices map[string]string   // by user
	pages   map[folderKey]int   // pages that the server sent
	keys    map[syncKey]int     // and in answer to which key
	events  []migrate.Event
}

type folderKey struct{ user, collection string }

type syncKey struct {
	folderKey
	key string
}

// maker makes labs of a kind.
type maker func(t testing.TB) *lab

func newLab(t testing.TB) *lab {
	t.Helper()
	return newLabAt(t, nil)
}

// newLabOfParts makes a lab where every answer of more than two items is stored in parts.
func newLabOfParts(t testing.TB) *lab {
	t.Helper()
	l := newLabAt(t, nil)
	l.parts = 2
	return l
}

// newLabAt makes a lab with the archive in a store.
func newLabAt(t testing.TB, remote *store3) *lab {
	t.Helper()
	l := &lab{
		t: t, store: easserver.NewStore(), disk: newDisk(), root: t.TempDir(), url: "http://127.0.0.1" + path,
		remote: remote, live: map[string]*process{}, devices: map[string]string{}, pages: map[folderKey]int{}, keys: map[syncKey]int{},
	}
	fill(l.store)
	l.server = easserver.New(easserver.Config{
		Password: password, Versions: []string{"14.1"},
		OnRequest: func(r *easserver.Request) http.Handler {
			cutBodies(r)
			return nil
		},
		OnViolation: func(v easserver.Violation) { t.Errorf("the client broke the protocol: %s", v) },
	}, l.store)
	t.Cleanup(l.server.Close)
	return l
}

// cutBodies makes of every request for whole messages one for their beginnings, as servers with a limit of their own do.
func cutBodies(r *easserver.Request) {
	if r.Command != "Sync" || r.Document == nil {
		return
	}
	for c := range r.Document.Child(wbxml.AirSyncCollections).All(wbxml.AirSyncCollection) {
		options := c.Child(wbxml.AirSyncOptions)
		if options == nil {
			continue
		}
		for p := range options.All(wbxml.AirSyncBaseBodyPreference) {
			if p.Value(wbxml.AirSyncBaseType) == "4" {
				p.Append(wbxml.T(wbxml.AirSyncBaseTruncationSize, strconv.Itoa(whole)))
			}
		}
	}
}

// ServeHTTP watches what comes and goes.
func (l *lab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("Cmd") != "Sync" || !l.archives(q.Get("User"), q.Get("DeviceId")) {
		l.server.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		l.t.Errorf("read a request: %v", err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	shown := syncKey{folderKey: folderKey{user: q.Get("User")}}
	if c := l.collection(body); c != nil {
		shown.collection, shown.key = c.Value(wbxml.AirSyncCollectionId), c.Value(wbxml.AirSyncSyncKey)
	}
	l.checkOrder(context.WithoutCancel(r.Context()), r.Header.Get(processHeader), shown)
	rec := httptest.NewRecorder()
	l.server.ServeHTTP(rec, r)
	if c := l.collection(rec.Body.Bytes()); c != nil && c.Has(wbxml.AirSyncCommands) {
		l.mu.Lock()
		l.pages[shown.folderKey]++
		l.keys[shown]++
		l.mu.Unlock()
	}
	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

// archives tells the device whose pages are stored, the first that synchronizes a mailbox, from the one of the audit,
// which stores nothing and keeps no keys.
func (l *lab) archives(user, device string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.devices[user] == "" {
		l.devices[user] = device
	}
	return l.devices[user] == device
}

// collection is the one of a Sync document; nil for an answer without a body.
func (l *lab) collection(doc []byte) *wbxml.Element {
	if len(doc) == 0 {
		return nil
	}
	e, err := wbxml.Unmarshal(doc, wbxml.Limits{})
	if err != nil {
		l.t.Errorf("a Sync document: %v", err)
		return nil
	}
	if cs := e.Child(wbxml.AirSyncCollections); cs != nil {
		return cs.Child(wbxml.AirSyncCollection)
	}
	return nil
}

// checkOrder holds a key that arrives at the server against the checkpoints of the process that shows it.
func (l *lab) checkOrder(ctx context.Context, name string, shown syncKey) {
	l.mu.Lock()
	p := l.live[name]
	l.mu.Unlock()
	if p == nil || shown.key == "0" {
		return // a process of its own, whose checkpoints are its own
	}
	folders, err := p.store.Folders(ctx, checkpoints.Key{Job: p.job, Mailbox: address(shown.user)})
	if err != nil {
		l.t.Errorf("%s: read the checkpoints: %v", p.m, err)
	}
	for _, f := range folders {
		if f.ServerID == shown.collection && f.SyncKey == shown.key {
			return
		}
	}
	l.t.Errorf("%s: a key of folder %s of %s reached the server before it was committed", p.m, shown.collection, shown.user)
}

// archivePath is where the archive's files are.
func (l *lab) archivePath() string {
	if l.remote != nil {
		return l.remote.dir
	}
	return filepath.Join(l.root, "archive")
}

// place is a bucket as a process opens it.
type place interface {
	sinks.Bucket
	Clean(ctx context.Context) (int, error)
	Close() error
}

func (p *process) open(ctx context.Context) (place, error) {
	if p.l.remote == nil {
		return dir.OpenWith(p.l.archivePath(), dir.Options{Create: true, Step: p.step})
	}
	o := p.l.remote.options
	o.Step = p.request
	return s3.Open(ctx, o)
}

// process is one execution of the program: it opens the archive and the checkpoints, runs, and closes them.
type process struct {
	l     *lab
	m     *machine
	name  string
	state string            // directory of the checkpoints
	base  http.RoundTripper // to the server
	users []string

	around func(name string, committed bool) // see bucket

	job   string
	store *sqlite.Store
}

func (l *lab) process(m *machine) *process {
	return &process{l: l, m: m, name: "one", state: "state", base: inProcess{l}, users: users}
}

// run runs the process. Whatever its end, nothing of it is left but what is on the disk.
func (p *process) run() (sum migrate.Summary, err error) {
	p.m.boot()
	defer p.settle()
	ctx := context.Background()
	b, err := p.open(ctx)
	if err != nil {
		return sum, err
	}
	defer b.Close()
	counted := &bucket{Bucket: b, m: p.m, around: p.around}
	defer func() {
		p.m.stop()
		counted.drop()
	}()
	a, err := archive.Create(ctx, counted)
	if err != nil {
		return sum, err
	}
	if _, err := b.Clean(ctx); err != nil {
		return sum, err
	}
	if p.store, err = sqlite.Open(ctx, filepath.Join(p.l.root, p.state, "checkpoints.db")); err != nil {
		return sum, err
	}
	defer p.store.Close()
	p.job = a.ID()
	p.l.set(p.name, p)
	defer p.l.set(p.name, nil)
	return migrate.Run(ctx, p.options(a))
}

func (l *lab) set(name string, p *process) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live[name] = p
}

func (p *process) options(a *archive.Archive) migrate.Options {
	o := migrate.Options{
		Job: a.ID(), Sink: a, Checkpoints: &store{Store: p.store, m: p.m, l: p.l, archive: a}, Tool: "crashtest",
		Workers: 2, Folders: 2, Window: window, PageEvents: p.l.parts, Backoff: time.Nanosecond, LedgerPages: 2,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Events: func(e migrate.Event) {
			p.l.mu.Lock()
			defer p.l.mu.Unlock()
			p.l.events = append(p.l.events, e)
		},
	}
	for _, u := range p.users {
		o.Mailboxes = append(o.Mailboxes, migrate.Mailbox{Address: address(u), Client: eas.Config{
			URL: p.l.url, User: u,
			Transport: &auth.Basic{User: u, Password: password, Origin: p.l.url, Base: wire{m: p.m, name: p.name, base: p.base}},
		}})
	}
	return o
}

// step takes a step of sinks/dir. A directory that is there is not made: that is no effect.
func (p *process) step(s dir.Step, do func() error) error {
	if s.Op == dir.OpMkdir && len(missing(s.Path)) == 0 && p.m.alive() {
		return do()
	}
	fault := func(bool) error { return fileFault(s, p.m.at) }
	return p.m.do(fileEffect, string(s.Op)+" "+s.Path, fault, func() error { return p.l.disk.step(s, do) })
}

// settle leaves the disk as the end of the process leaves it: the system lives on and writes back what it holds, or the
// power is cut.
func (p *process) settle() {
	if p.m.failed() != "" && p.m.mode == powerCut {
		if err := p.l.disk.powerCut(); err != nil {
			p.l.t.Errorf("%s: power cut: %v", p.m, err)
		}
	}
	p.l.disk.written()
}
