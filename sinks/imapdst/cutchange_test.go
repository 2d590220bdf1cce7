package imapdst

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/airlift-eas/airlift/sinks"
)

// A world is a folder with messages, behind a network that breaks.
type world struct {
	*cutter
	target *Target
	p, to  sinks.Place
	f      *folder
	items  []sinks.TargetItem
	held   []sinks.Held
}

// cutOps are what an engine does besides putting. Each calls again what failed, as it may, and checks what came of it.
var cutOps = map[string]func(t *testing.T, w *world, broken func(func() error) error){
	"marks": func(t *testing.T, w *world, broken func(func() error) error) {
		change := sinks.TargetItem{Event: sinks.Event{Flag: "active", Read: yes(false), Categories: []string{"blue"}}}
		call := func() error { return second(w.f.Update(t.Context(), w.held[0], change)) }
		if err := broken(call); err != nil {
			if err = call(); errors.Is(err, sinks.ErrChanged) { // it was done, or half of it without CONDSTORE
				got, e := w.f.Read(t.Context(), w.held[0])
				if e != nil || got.Flag != "active" {
					t.Errorf("%v %+v", e, got)
				}
			} else if err != nil {
				t.Error(err)
			}
		}
		sameTexts(t, w.f, w.items)
	},
	"contents": func(t *testing.T, w *world, broken func(func() error) error) {
		edited := letter(50)
		call := func() error { return second(w.f.Update(t.Context(), w.held[0], edited)) }
		for err := broken(call); err != nil; err = call() {
			if !errors.Is(err, sinks.ErrUncertain) && !errors.Is(err, sinks.ErrUnavailable) {
				t.Fatal(err)
			}
		}
		w.items[0] = edited
		sameTexts(t, w.f, w.items)
	},
	"delete": func(t *testing.T, w *world, broken func(func() error) error) {
		call := func() error { return second(w.f.Delete(t.Context(), w.held[:2])) }
		if err := broken(call); err != nil {
			if err = call(); err != nil {
				t.Error(err)
			}
		}
		sameTexts(t, w.f, w.items[2:])
	},
	"move": func(t *testing.T, w *world, broken func(func() error) error) {
		call := func() error { return second(w.f.Move(t.Context(), w.held[0], w.to)) }
		for err := broken(call); err != nil; err = call() {
			if errors.Is(err, sinks.ErrNotExist) {
				break // it was done
			}
			if !errors.Is(err, sinks.ErrUncertain) && !errors.Is(err, sinks.ErrUnavailable) {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
		sameTexts(t, w.f, w.items[1:])
		there := openFolder(t, w.target, w.to)
		sameTexts(t, there, w.items[:1])
		there.Close()
	},
	"make": func(t *testing.T, w *world, broken func(func() error) error) {
		call := func() error {
			p, _, err := w.target.MakeFolder(t.Context(), sinks.Place{Path: w.p.Path + "/deep/er", Class: classEmail})
			if err == nil && p.Path != w.p.Path+"/deep/er" {
				t.Errorf("%+v", p)
			}
			return err
		}
		if err := broken(call); err != nil {
			if err := call(); err != nil {
				t.Error(err)
			}
		}
	},
	"rename": func(t *testing.T, w *world, broken func(func() error) error) {
		call := func() error { return second(w.target.RenameFolder(t.Context(), w.to, w.to.Path+" renamed")) }
		if err := broken(call); err != nil {
			if err := call(); err != nil {
				t.Error(err)
			}
		}
		if _, err := w.target.RenameFolder(t.Context(), sinks.Place{ID: w.to.ID + " renamed"}, w.to.Path); err != nil {
			t.Error(err)
		}
	},
	"delete folder": func(t *testing.T, w *world, broken func(func() error) error) {
		call := func() error { return w.target.DeleteFolder(t.Context(), w.to) }
		if err := broken(call); err != nil && !errors.Is(err, sinks.ErrNotExist) {
			if err := call(); err != nil && !errors.Is(err, sinks.ErrNotExist) {
				t.Error(err)
			}
		}
	},
}

// TestCutChanges: wherever the connection breaks while something is changed, calling it again brings it to its end.
func TestCutChanges(t *testing.T) {
	url, _ := listen(t, &imapserver.Options{Caps: rev1()})
	sweepChanges(t, url, 17)
}

func sweepChanges(t *testing.T, url string, step int64) {
	for name, op := range cutOps {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait more than they do
			n := 0
			for _, up := range []bool{true, false} {
				for at := int64(1); ; at += step {
					n++
					c := newCutter(t, url)
					w := &world{cutter: c, items: letters(0, 3)}
					w.target = open(t, url, func(cfg *Config) { cfg.Dial, cfg.Timeout = c.dial, 10*time.Second })
					w.p = makeFolder(t, w.target, fmt.Sprintf("%s %d", name, n))
					w.to = makeFolder(t, w.target, fmt.Sprintf("%s %d to", name, n))
					w.f = openFolder(t, w.target, w.p)
					w.held = put(t, w.f, w.items)
					gauge := &c.down
					if up {
						gauge = &c.up
					}
					whole := false
					op(t, w, func(call func() error) error {
						gauge.Store(at)
						err := call()
						whole = gauge.Load() > 0
						c.heal()
						return err
					})
					w.f.Close()
					w.target.Close()
					if t.Failed() {
						t.Fatalf("up %t, at byte %d", up, at)
					}
					if whole {
						break
					}
				}
			}
			t.Logf("%d cuts", n)
		})
	}
}
