package s3

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/sinks"
)

// TestHoldAtCreation: an object is held from its first moment on, in one request and in parts, if its name is to be, and also
// when the answer was lost.
func TestHoldAtCreation(t *testing.T) {
	s := newStore(t)
	o := s.serve()
	o.PartSize = 5 << 20
	o.Hold = func(name string) bool { return strings.HasPrefix(name, "held/") }
	b := s.open(o)
	lost := 0
	s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
		if isCreation(r) && strings.HasSuffix(r.URL.Path, "/lost") {
			lost++
			forget(w, r, do)
		}
		do.ServeHTTP(w, r)
	})
	big := bytes.Repeat([]byte("0123456789abcdef"), 400_000) // two parts
	for name, data := range map[string][]byte{"held/small": nil, "held/big": big, "held/lost": nil, "free/small": nil, "free/big": big} {
		if err := write(t.Context(), b, name, data); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		got := s.objects["p/"+name].header.Get(holdHeader)
		s.mu.Unlock()
		if want := strings.HasPrefix(name, "held/"); (got == "ON") != want || got != "" && !want {
			t.Errorf("%s was created with the hold %q", name, got)
		}
		p, err := b.Protection(t.Context(), name)
		if want := strings.HasPrefix(name, "held/"); err != nil || p.Hold != want {
			t.Errorf("Protection of %s: %+v, %v", name, p, err)
		}
	}
	if lost != 1 {
		t.Errorf("%d creations were lost", lost)
	}
	s.seen()
	if err := b.SetHold(t.Context(), "held/small", false); err != nil {
		t.Fatal(err)
	}
	if p, err := b.Protection(t.Context(), "held/small"); err != nil || p.Hold {
		t.Errorf("released: %+v, %v", p, err)
	}
}

// TestHoldWithoutLock: a bucket that cannot hold is known before anything is written to it.
func TestHoldWithoutLock(t *testing.T) {
	s := newStore(t)
	s.noLocks = true
	o := s.serve()
	o.Hold = all
	b := s.open(o)
	if err := b.CanLock(t.Context()); !errors.Is(err, ErrNoLock) {
		t.Errorf("CanLock: %v, want ErrNoLock", err)
	}
	if _, err := b.Check(t.Context()); !errors.Is(err, ErrNoLock) {
		t.Errorf("Check: %v, want ErrNoLock", err)
	}
	if len(s.objects) != 0 {
		t.Errorf("%d objects were written", len(s.objects))
	}
	s.noLocks = false
	if err := b.CanLock(t.Context()); err != nil {
		t.Errorf("CanLock: %v", err)
	}
}

// TestCheckMayNotRelease: who may put holds and not take them off can write an archive.
func TestCheckMayNotRelease(t *testing.T) {
	s := newStore(t)
	o := s.serve()
	o.Hold = all
	b := s.open(o)
	s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
		if r.URL.Query().Has("legal-hold") {
			s.fail(w, 403, "AccessDenied")
			return
		}
		do.ServeHTTP(w, r)
	})
	if _, err := b.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}

// TestCheckReleases: what ends the checks early leaves no canary that nobody can take away.
func TestCheckReleases(t *testing.T) {
	s := newStore(t)
	o := s.serve()
	o.Hold = all
	b := s.open(o)
	s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
		if r.Method == http.MethodPost { // to begin a multipart upload
			s.fail(w, 403, "AccessDenied")
			return
		}
		do.ServeHTTP(w, r)
	})
	if _, err := b.Check(t.Context()); !errors.Is(err, ErrCredentials) {
		t.Errorf("Check: %v, want ErrCredentials", err)
	}
	for key, o := range s.objects {
		if got := o.header.Get(holdHeader); got != "OFF" {
			t.Errorf("the hold of %s is %q", key, got)
		}
	}
}

// TestMayKnowProtection: who may not know what protects an object is told so, and not that nothing does.
func TestMayKnowProtection(t *testing.T) {
	s := newStore(t)
	b := s.open(s.serve())
	s.put("p/x", "data")
	if err := b.MayKnowProtection(t.Context(), "x"); err != nil {
		t.Errorf("who may: %v", err)
	}
	if err := b.MayKnowProtection(t.Context(), "y"); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("of nothing: %v, want ErrNotExist", err)
	}
	for _, what := range []string{"legal-hold", "retention"} {
		s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
			if r.URL.Query().Has(what) {
				s.fail(w, 403, "AccessDenied")
				return
			}
			do.ServeHTTP(w, r)
		})
		if err := b.MayKnowProtection(t.Context(), "x"); !errors.Is(err, ErrCredentials) {
			t.Errorf("who may not know the %s: %v, want ErrCredentials", what, err)
		}
		if p, err := b.Protection(t.Context(), "x"); err != nil || p.Hold || p.Mode != "" {
			t.Errorf("Protection: %+v, %v", p, err)
		}
	}
}
