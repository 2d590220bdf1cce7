//go:build interop

package easdst

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/sinks"
)

// These tests run against a real server, the lab of examples/lab/sogo, in folders of their own in the mailboxes of olivia and peggy:
//
//	examples/lab/sogo/up.sh && go test -tags interop ./sinks/easdst
//
// With AIRLIFT_CORPUS they put what other projects collected, too. With -v they print what the server makes of it.

// lab is a target of the lab's.
type lab struct {
	t      *testing.T
	user   string
	device eas.DeviceID
	target *Target
	places []sinks.Place // that were made
	cut    bool          // the next request with an Add is carried out, and its answer lost

	requests atomic.Int64
}

func (l *lab) RoundTrip(r *http.Request) (*http.Response, error) {
	l.requests.Add(1)
	url := "http://" + r.URL.Host + r.URL.Path
	res, err := auth.Basic{User: l.user, Password: "secret-" + l.user, Origin: url, Base: l.base()}.RoundTrip(r)
	if err == nil && l.cut && r.URL.Query().Get("Cmd") == "Sync" && r.ContentLength > 500 {
		l.cut = false
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		return nil, errors.New("the connection broke")
	}
	return res, err
}

func (l *lab) base() http.RoundTripper {
	base := eas.NewTransport()
	l.t.Cleanup(base.CloseIdleConnections)
	return base
}

func labHome() string {
	return cmp.Or(os.Getenv("AIRLIFT_LAB"), filepath.Join(os.TempDir(), "airlift-lab"))
}

func newLab(t *testing.T, v eas.Version, user string) *lab {
	t.Helper()
	return newLabAs(t, v, user, eas.DeviceID(fmt.Sprintf("easdst%d", time.Now().UnixNano())))
}

// newLabAs is a new start of a device.
func newLabAs(t *testing.T, v eas.Version, user string, device eas.DeviceID) *lab {
	t.Helper()
	env, err := os.ReadFile(filepath.Join(labHome(), "lab.env"))
	if err != nil {
		t.Fatalf("no lab: %v\nstart it with examples/lab/sogo/up.sh", err)
	}
	_, rest, _ := strings.Cut(string(env), "LAB_EAS=")
	url, _, _ := strings.Cut(rest, "\n")
	l := &lab{t: t, user: user, device: device}
	c, err := eas.New(eas.Config{
		URL: url, User: user, DeviceID: l.device, Version: v, Transport: l,
		TraceXML: os.Getenv("AIRLIFT_LAB_TRACE") != "",
		Trace: func(x eas.Exchange) {
			if x.RequestXML != nil {
				t.Logf("%s: %d, %v\n%s\n%s", x.Command, x.HTTPStatus, x.Err, x.RequestXML, x.ResponseXML)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if l.target, err = New(t.Context(), c, Options{Settle: 300 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	return l
}

// folder is one for the test, with nothing in it. QUIRK(SOGo 5.8): one of contacts cannot be deleted any more, so it has the same name each
// time.
func (l *lab) folder(class, name string) *Folder {
	l.t.Helper()
	p, _, err := l.target.MakeFolder(l.t.Context(), sinks.Place{Path: name, Class: class, Type: int(userTypes[eas.Class(class)])})
	if err != nil {
		l.t.Fatal(err)
	}
	l.places = append(l.places, p)
	f := l.open(p)
	l.empty(f)
	return f
}

func (l *lab) open(p sinks.Place) *Folder {
	l.t.Helper()
	f, err := l.target.Open(l.t.Context(), p)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { f.Close() })
	return f.(*Folder)
}

// empty deletes all that is in a folder.
func (l *lab) empty(f *Folder) {
	l.t.Helper()
	var all []sinks.Held
	for h, err := range f.Held(l.t.Context()) {
		if err != nil {
			l.t.Fatal(err)
		}
		all = append(all, h)
	}
	gone, err := f.Delete(l.t.Context(), all)
	if err != nil || len(gone) != len(all) {
		l.t.Errorf("%d of %d deleted: %v", len(gone), len(all), err)
	}
}

// remove empties a folder, and deletes it.
func (l *lab) remove(p sinks.Place, f *Folder) {
	l.t.Helper()
	l.empty(f)
	if err := l.target.DeleteFolder(l.t.Context(), p); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		l.t.Error(err)
	}
}

// table counts what became of properties.
type table map[string]*[3]int

func (tb table) count(property string, what int) {
	if tb[property] == nil {
		tb[property] = &[3]int{}
	}
	tb[property][what]++
}

const kept, changed, lost = 0, 1, 2

func (tb table) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-50s %6s %8s %6s\n", "", "kept", "changed", "lost")
	for _, name := range slices.Sorted(maps.Keys(tb)) {
		n := tb[name]
		fmt.Fprintf(&b, "%-50s %6d %8d %6d\n", name, n[kept], n[changed], n[lost])
	}
	return b.String()
}

// putAll puts items, and counts.
func (l *lab) putAll(f *Folder, items []sinks.TargetItem) (table, []sinks.Placed) {
	l.t.Helper()
	tb := table{}
	var all []sinks.Placed
	for part := range slices.Chunk(items, f.Batch()) {
		placed, err := f.Put(l.t.Context(), part)
		if err != nil {
			l.t.Fatal(err)
		}
		all = append(all, placed...)
	}
	examples := map[string]int{}
	for i, p := range all {
		if p.Err != nil {
			l.t.Logf("%s: %v", items[i].Key, p.Err)
			tb.count("(the item)", lost)
			continue
		}
		tb.count("(the item)", kept)
		altered := map[string]bool{}
		for _, a := range p.Altered {
			name, _, _ := strings.Cut(a.Property, " ")
			altered[name] = true
			what := changed
			if a.Got == "" {
				what = lost
			}
			tb.count(name, what)
			if examples[name]++; examples[name] <= 3 && a.Why == "" {
				l.t.Logf("%s: %s: %q became %q %s", items[i].Key, a.Property, a.Sent, a.Got, a.Why)
			}
		}
		o := f.c.prepare(&items[i])
		for j := range o.expect.Children {
			if e := &o.expect.Children[j]; item.Says(e) && !altered[item.OldName(e.Tag).String()] {
				tb.count(item.OldName(e.Tag).String(), kept)
			}
		}
	}
	return tb, all
}

// TestInteropPut puts contacts, events and tasks, and lists what the server makes of them.
func TestInteropPut(t *testing.T) {
	sent := mails(t)
	for _, class := range []struct {
		name string
		n    int
	}{{"Contacts", 100}, {"Calendar", 100}, {"Tasks", 50}} {
		for v, user := range map[eas.Version]string{eas.Version25: "peggy", eas.Version120: "olivia", eas.Version121: "olivia", eas.Version140: "peggy", eas.Version141: "peggy"} {
			if testing.Short() && v != eas.Version141 {
				continue
			}
			t.Run(class.name+"/"+string(v), func(t *testing.T) {
				l := newLab(t, v, user)
				most := class.n
				if v != eas.Version121 && v != eas.Version141 {
					most = 30
				}
				items := corpusItems(t, class.name, most*3/4)
				for n := 0; len(items) < most; n++ {
					items = append(items, generated(class.name, n))
				}
				f := l.folder(class.name, "easdst put")
				p := l.places[0]
				began := time.Now()
				tb, placed := l.putAll(f, items)
				t.Logf("%d items in %s\n%s", len(items), time.Since(began).Round(time.Millisecond), tb)
				states := map[string]string{}
				for _, p := range placed {
					if p.Err == nil {
						states[p.ID] = p.State
					}
				}
				// QUIRK(SOGo 5.8): in 2.5 a contact with a note is HTTP 501, and so refused.
				if len(states) < len(items)*9/10 && (v != eas.Version25 || class.name != "Contacts") {
					t.Errorf("%d of %d are there", len(states), len(items))
				}
				f.Close()
				f = l.open(p)
				now := map[string]string{}
				for h, err := range f.Held(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					now[h.ID] = h.State
				}
				if !maps.Equal(now, states) {
					t.Errorf("%d in the listing, %d read back", len(now), len(states))
					for id, s := range states {
						if now[id] != s {
							t.Logf("%s: %s listed, %s read back", id, now[id], s)
						}
					}
					for id := range now {
						if states[id] == "" {
							t.Logf("%s: listed only", id)
						}
					}
				}
				l.remove(p, f)
			})
		}
	}
	if more := mails(t) - sent; more > 0 {
		t.Errorf("%d messages were sent (by this, or by a test beside it)", more)
	}
}

// mails counts what the lab's users sent through SMTP.
func mails(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir(filepath.Join(labHome(), "sent"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range all {
		data, err := os.ReadFile(filepath.Join(labHome(), "sent", e.Name()))
		if err == nil && (strings.Contains(string(data), "olivia@") || strings.Contains(string(data), "peggy@")) {
			n++
		}
	}
	return n
}
