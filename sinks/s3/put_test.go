package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

func write(ctx context.Context, b *Bucket, name string, data []byte) error {
	u, err := b.Create(ctx, name)
	if err != nil {
		return err
	}
	if _, err := u.Write(data); err != nil {
		return err
	}
	return u.Commit(ctx)
}

// hangUp ends the connection without an answer.
func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

// forget does what was asked for and answers nothing.
func forget(w http.ResponseWriter, r *http.Request, do http.Handler) {
	do.ServeHTTP(httptest.NewRecorder(), r)
	hangUp(w)
}

func isCreation(r *http.Request) bool {
	return r.Header.Get("If-None-Match") == "*"
}

// TestLostAnswers: the store does what it is asked for, and the answer does not arrive, or something does in its place.
func TestLostAnswers(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 700_000) // three parts
	for name, answer := range map[string]func(w http.ResponseWriter){
		"reset":     hangUp,
		"500":       func(w http.ResponseWriter) { w.WriteHeader(500) },
		"502 html":  func(w http.ResponseWriter) { w.WriteHeader(502); fmt.Fprint(w, "<html>bad gateway</html>") },
		"503":       func(w http.ResponseWriter) { w.WriteHeader(503) },
		"408":       func(w http.ResponseWriter) { w.WriteHeader(408) },
		"412":       func(w http.ResponseWriter) { w.WriteHeader(412) }, // of its own repetition, by a proxy
		"wrong sum": func(w http.ResponseWriter) { w.Header().Set("X-Amz-Checksum-Sha256", "AAAA") },
	} {
		for size, data := range map[string][]byte{"small": []byte("bytes"), "big": big} {
			t.Run(name+"/"+size, func(t *testing.T) {
				s := newStore(t)
				s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
					if !isCreation(r) {
						do.ServeHTTP(w, r)
						return
					}
					do.ServeHTTP(httptest.NewRecorder(), r)
					answer(w)
				})
				o := s.serve()
				o.PartSize = 5 << 20
				b := s.open(o)
				if err := write(t.Context(), b, "x", data); err != nil {
					t.Fatal(err)
				}
				if s.get("p/x") != string(data) {
					t.Error("it is not there")
				}
				if len(s.uploads) != 0 {
					t.Error("an upload stays")
				}
			})
		}
	}
}

// TestLostRequests: the store does nothing, once.
func TestLostRequests(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter){
		"reset":    hangUp,
		"500":      func(w http.ResponseWriter) { w.WriteHeader(500) },
		"SlowDown": func(w http.ResponseWriter) { (&store{}).fail(w, 503, "SlowDown") },
		"conflict": func(w http.ResponseWriter) { (&store{}).fail(w, 409, "ConditionalRequestConflict") },
		"cut body": func(w http.ResponseWriter) { (&store{}).fail(w, 400, "IncompleteBody") },
		"429":      func(w http.ResponseWriter) { w.WriteHeader(429) },
		"slow":     func(w http.ResponseWriter) { (&store{}).fail(w, 400, "RequestTimeout") }, // as S3 says it; others with 408
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			failed := 0
			s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
				if isCreation(r) && failed < 2 {
					failed++
					answer(w)
					return
				}
				do.ServeHTTP(w, r)
			})
			if err := write(t.Context(), s.open(s.serve()), "x", []byte("bytes")); err != nil {
				t.Fatal(err)
			}
			if s.get("p/x") != "bytes" {
				t.Error("it is not there")
			}
		})
	}
}

// TestAnothersObject: the first answer is lost, and what is found there is another writer's.
func TestAnothersObject(t *testing.T) {
	s := newStore(t)
	b := s.open(s.serve())
	s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
		if isCreation(r) {
			s.put("p/x", "bytes") // the same bytes even
			hangUp(w)
		}
		do.ServeHTTP(w, r)
	})
	if err := write(t.Context(), b, "x", []byte("bytes")); !errors.Is(err, sinks.ErrExist) {
		t.Errorf("Commit: %v, want ErrExist", err)
	}
}

// TestUnknown: neither the creation nor the look at it is answered.
func TestUnknown(t *testing.T) {
	s := newStore(t)
	b := s.open(s.serve())
	s.meet(forget)
	if err := write(t.Context(), b, "x", []byte("bytes")); !errors.Is(err, ErrUnknown) || errors.Is(err, sinks.ErrExist) {
		t.Errorf("Commit: %v, want ErrUnknown", err)
	}
	s.meet(nil)
	if got := sinktest.Read(t, b, "x"); string(got) != "bytes" {
		t.Errorf("it holds %q", got)
	}
}

// TestDoubtStays: the first request is on its way for long, and the second one is refused: nobody knows what will be.
func TestDoubtStays(t *testing.T) {
	s := newStore(t)
	b := s.open(s.serve())
	n := 0
	s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
		if !isCreation(r) {
			do.ServeHTTP(w, r)
			return
		}
		if n++; n == 1 {
			hangUp(w)
		}
		s.fail(w, 403, "ExpiredToken")
	})
	err := write(t.Context(), b, "x", []byte("bytes"))
	if !errors.Is(err, ErrUnknown) || !errors.Is(err, ErrCredentials) {
		t.Errorf("Commit: %v, want ErrUnknown and ErrCredentials", err)
	}
}

// TestDamagedByTheStore: the store keeps something else under this upload's mark.
func TestDamagedByTheStore(t *testing.T) {
	s := newStore(t)
	b := s.open(s.serve())
	s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
		do.ServeHTTP(w, r)
		if isCreation(r) {
			s.mu.Lock()
			s.objects["p/x"].data = []byte("byte")
			s.mu.Unlock()
			hangUp(w)
		}
	})
	if err := write(t.Context(), b, "x", []byte("bytes")); !errors.Is(err, sinks.ErrCorrupt) {
		t.Errorf("Commit: %v, want ErrCorrupt", err)
	}
}

// TestSteps fails every request once, before and after it was made. The commit succeeds all the same; one that fails for
// ever ends in an error, and never in another's object taken for ours.
func TestSteps(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 700_000)
	boom := errors.New("boom")
	for _, data := range [][]byte{[]byte("small"), big} {
		for _, applied := range []bool{false, true} {
			for n := 1; ; n++ {
				s := newStore(t)
				o := s.serve()
				o.PartSize = 5 << 20
				i, hit, last := 0, Operation{}, Operation{}
				o.Step = func(op Operation, do func() error) error {
					if i++; i != n+1 { // the first is Open's
						last = op
						return do()
					}
					hit = op
					if applied {
						if err := do(); err != nil {
							t.Fatal(err)
						}
					}
					return boom
				}
				b := s.open(o)
				err := write(t.Context(), b, "x", data)
				if hit.Op == "" {
					if n < 2 || last.Op == "" {
						t.Fatal("nothing was swept")
					}
					break
				}
				switch there := s.get("p/x") == string(data); {
				case err == nil && !there:
					t.Errorf("%v failed (applied %v): Commit says it is there, and it is not", hit, applied)
				case err != nil && (!errors.Is(err, boom) || (hit.Op != OpCreateUpload && hit.Op != OpPart)):
					t.Errorf("%v failed (applied %v): %v", hit, applied, err)
				}
				if len(s.uploads) > 1 || (len(s.uploads) == 1 && hit.Op != OpCreateUpload && hit.Op != OpAbortUpload) {
					t.Errorf("%v failed (applied %v): %d uploads stay", hit, applied, len(s.uploads))
				}
			}
		}
	}
}

// TestRequests counts what an object costs.
func TestRequests(t *testing.T) {
	s := newStore(t)
	o := s.serve()
	o.Tool = "airlift/1.2.3"
	s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
		if !strings.Contains(r.UserAgent(), "airlift/1.2.3") {
			t.Errorf("User-Agent %q", r.UserAgent())
		}
		do.ServeHTTP(w, r)
	})
	b := s.open(o)
	sinktest.Write(t, b, "x", bytes.Repeat([]byte("x"), 100_000))
	if got := sinktest.Read(t, b, "x"); len(got) != 100_000 {
		t.Errorf("read %d bytes", len(got))
	}
	sinktest.Names(t, b, "", "")
	ob, err := b.Open(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ob.ReadAt(make([]byte, ob.Size()), 0); err != nil {
		t.Error(err)
	}
	got := b.Stats()
	got.BytesUp -= 100_000
	got.BytesDown -= 200_000
	if got.BytesUp != 0 || got.BytesDown < 100 || got.BytesDown > 1000 || got.Gets < 2 {
		t.Errorf("bytes: %+v", got)
	}
	got.BytesUp, got.BytesDown, got.Gets = 0, 0, 0
	if diff := cmp.Diff(Stats{Puts: 1, Heads: 2, Lists: 2}, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	s.seen()
	if _, err := ob.ReadAt(make([]byte, ob.Size()), 0); err != nil {
		t.Error(err)
	}
	if log := s.seen(); !slices.Equal(log, []string{"GET p/x"}) {
		t.Errorf("the whole object took %q", log)
	}
}

// TestTimeout: a store that accepts and says nothing is given up, and the caller's context is not taken for ended.
func TestTimeout(t *testing.T) {
	s := newStore(t)
	o := s.serve()
	o.Timeout, o.Attempts = 50*time.Millisecond, 2
	b := s.open(o)
	release := make(chan struct{})
	s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) { <-release })
	err := write(t.Context(), b, "x", []byte("bytes"))
	close(release)
	if !errors.Is(err, ErrUnknown) || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within") {
		t.Errorf("Commit: %v", err)
	}
}
