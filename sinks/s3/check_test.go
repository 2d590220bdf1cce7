package s3

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// TestFaultyStores: each fault is named, refused, and can be accepted; and nothing but the canary was written.
func TestFaultyStores(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault func(s *store)
		ask   func(o *Options)
		want  Weakness
		says  string
	}{
		{"framing", func(s *store) { s.frames = true }, nil, WeakContent, "framing of the transfer (aws-chunked)"},
		{"overwrites", func(s *store) { s.overwrites = true }, nil, WeakCondition, "ignores If-None-Match and overwrites"},
		{"no encryption", func(s *store) { s.plain = true }, func(o *Options) { o.SSE = "AES256" }, WeakSSE, `asked for the encryption AES256 and confirms ""`},
		{"no KMS", func(s *store) { s.plain = true }, func(o *Options) { o.SSE, o.KMSKey = "aws:kms", "k1" }, WeakSSE, "asked for the encryption aws:kms"},
		{"no checksums", func(s *store) { s.noSums = true }, nil, WeakChecksum, "does not keep the SHA-256"},
		{"no metadata", func(s *store) { s.noMarks = true }, nil, WeakMark, "does not keep the metadata"},
		{"no retention", func(s *store) { s.noKeeping = true }, func(o *Options) { o.Lock = Lock{LockCompliance, 30} }, WeakLock, "keep objects for 30 days"},
		{"no hold", func(s *store) { s.noHolds = true }, func(o *Options) { o.Hold = all }, WeakHold, "asked for a legal hold and confirms none"},
		{"overwrites in parts", func(s *store) {
			s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
				s.overwrites = r.Method == http.MethodPost
				do.ServeHTTP(w, r)
			})
		}, nil, WeakMultipart, "on the completion of multipart uploads"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t)
			c.fault(s)
			o := s.serve()
			if c.ask != nil {
				c.ask(&o)
			}
			b := s.open(o)
			findings, err := b.Check(t.Context())
			var weak *WeakError
			if !errors.Is(err, ErrWeak) || !errors.As(err, &weak) || weak.Finding.Name != c.want || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("Check: %v, want the weakness %s", err, c.want)
			}
			bad := map[Weakness]bool{}
			for _, f := range findings {
				if !f.OK {
					bad[f.Name] = true
				}
			}
			want := map[Weakness]bool{c.want: true}
			if c.name == "overwrites" {
				want[WeakMultipart] = true
			}
			if diff := cmp.Diff(want, bad); diff != "" {
				t.Errorf("weaknesses (-want +got):\n%s", diff)
			}
			if len(findings) != len(Weaknesses()) {
				t.Errorf("%d findings: %+v", len(findings), findings)
			}
			onlyCanaries(t, s, b)

			for w := range want {
				o.AcceptWeak = append(o.AcceptWeak, w)
			}
			findings, err = s.open(o).Check(t.Context())
			if err != nil {
				t.Errorf("accepted: %v", err)
			}
			for _, f := range findings {
				if f.Accepted != want[f.Name] || f.OK == want[f.Name] {
					t.Errorf("accepted: %+v", f)
				}
			}
		})
	}
}

func onlyCanaries(t *testing.T, s *store, b *Bucket) {
	t.Helper()
	if names := sinktest.Names(t, b, "", ""); len(names) != 0 {
		t.Errorf("listed: %q", names)
	}
	for key := range s.objects {
		if !strings.HasPrefix(key, "p/"+canaryPrefix) {
			t.Errorf("written: %s", key)
		}
	}
	if len(s.objects) != 1 || len(s.uploads) != 0 {
		t.Errorf("%d objects and %d uploads", len(s.objects), len(s.uploads))
	}
	if sinks.CheckName(newCanary()) == nil {
		t.Error("a canary has a name that an object can have")
	}
}

func all(string) bool { return true }

func TestSoundStore(t *testing.T) {
	s := newStore(t)
	o := s.serve()
	o.SSE, o.KMSKey, o.Lock, o.Hold = "aws:kms", "1234", Lock{LockGovernance, 7}, all
	b := s.open(o)
	s.seen()
	findings, err := b.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if !f.OK || f.Accepted || f.Detail == "" {
			t.Errorf("%+v", f)
		}
	}
	if log := s.seen(); len(log) != 11 {
		t.Errorf("requests: %q", log)
	}
	onlyCanaries(t, s, b)
	for key, o := range s.objects {
		if got := o.header.Get(holdHeader); got != "OFF" {
			t.Errorf("the hold of %s is %q: nobody can take it away", key, got)
		}
	}
}

// TestCheckOnBadNetwork: every second request is lost, before or after it was made, and a sound store stays one.
func TestCheckOnBadNetwork(t *testing.T) {
	s := newStore(t)
	o := s.serve()
	o.Attempts = 5
	b := s.open(o)
	var n atomic.Int64 // a request that was given up may still be under way
	s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
		switch n.Add(1) % 4 {
		case 1:
			hangUp(w)
		case 3:
			forget(w, r, do)
		}
		do.ServeHTTP(w, r)
	})
	if findings, err := b.Check(t.Context()); err != nil {
		t.Errorf("Check: %v: %+v", err, findings)
	}
}

func TestSameKey(t *testing.T) {
	const arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{"", "", true},
		{"", arn, true},
		{arn, arn, true},
		{"1234abcd", arn, true},
		{"234abcd", arn, false},
		{"1234abcd", "1234abcd", true},
		{"alias/archive", arn, true},
		{"alias/archive", "", false},
		{arn, "", false},
		{arn, arn + "0", false},
	} {
		if got := sameKey(c.want, c.got); got != c.same {
			t.Errorf("sameKey(%q, %q) = %v", c.want, c.got, got)
		}
	}
}

// TestCosts holds what is said of the requests of Open and Check against those that are made.
func TestCosts(t *testing.T) {
	for name, lock := range map[string]Lock{"plain": {}, "locked": {LockCompliance, 30}} {
		s := newStore(t)
		o := s.serve()
		o.Lock = lock
		b := s.open(o)
		if diff := cmp.Diff(o.OpenCost(), requestsOf(b)); diff != "" {
			t.Errorf("%s: Open (-want +got):\n%s", name, diff)
		}
		if _, err := b.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(o.OpenCost().Plus(o.CheckCost()), requestsOf(b)); diff != "" {
			t.Errorf("%s: Open and Check (-want +got):\n%s", name, diff)
		}
	}
}

func requestsOf(b *Bucket) Stats {
	s := b.Stats()
	s.BytesUp, s.BytesDown = 0, 0
	return s
}
