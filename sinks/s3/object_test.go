package s3

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// cutWriter hangs up after some bytes of the body.
type cutWriter struct {
	http.ResponseWriter
	left int
}

func (c *cutWriter) Write(p []byte) (int, error) {
	if len(p) > c.left {
		_, _ = c.ResponseWriter.Write(p[:c.left])
		panic(http.ErrAbortHandler)
	}
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}

// TestCutAnswers: what came is kept, and the rest is asked for.
func TestCutAnswers(t *testing.T) {
	s := newStore(t)
	data := bytes.Repeat([]byte("0123456789"), 10_000)
	s.put("p/x", string(data))
	var ranges []string
	cuts := []int{0, 30_000, 50_000}
	s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
		if r.Header.Get("Range") != "" {
			ranges = append(ranges, r.Header.Get("Range"))
			if len(cuts) > 0 {
				w = &cutWriter{w, cuts[0]}
				cuts = cuts[1:]
			}
		}
		do.ServeHTTP(w, r)
	})
	o := s.serve()
	o.Attempts = 4
	b := s.open(o)
	ob, err := b.Open(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 90_000)
	if n, err := ob.ReadAt(got, 1000); n != len(got) || err != nil || !bytes.Equal(got, data[1000:91_000]) {
		t.Errorf("ReadAt = %d, %v, or other bytes", n, err)
	}
	if len(ranges) != 4 || ranges[0] != "bytes=1000-90999" || ranges[3] == ranges[0] {
		t.Errorf("asked for %q", ranges)
	}
}

// TestWrongRanges: an answer to something else is never taken.
func TestWrongRanges(t *testing.T) {
	for name, change := range map[string]func(r *http.Request, h http.Header) bool{
		"another range":   func(r *http.Request, h http.Header) bool { r.Header.Set("Range", "bytes=0-9"); return true },
		"a shorter range": func(r *http.Request, h http.Header) bool { r.Header.Set("Range", "bytes=10-15"); return true },
		"no range":        func(r *http.Request, h http.Header) bool { r.Header.Del("Range"); return true },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			s.put("p/x", strings.Repeat("abcdefghij", 10))
			times := 1
			s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
				if r.Header.Get("Range") != "" && times > 0 && change(r, w.Header()) {
					times--
				}
				do.ServeHTTP(w, r)
			})
			ob, err := s.open(s.serve()).Open(t.Context(), "x")
			if err != nil {
				t.Fatal(err)
			}
			p := make([]byte, 10)
			if n, err := ob.ReadAt(p, 10); n != 10 || err != nil || string(p) != "abcdefghij" {
				t.Errorf("after one wrong answer: %d, %v, %q", n, err, p)
			}
			times = 1000
			if n, err := ob.ReadAt(p, 10); n != 0 || err == nil || !strings.Contains(err.Error(), "asked for bytes 10-19/100") {
				t.Errorf("wrong answers only: %d, %v", n, err)
			}
		})
	}
}

func TestReplaced(t *testing.T) {
	s := newStore(t)
	s.put("p/x", "the first state")
	ob, err := s.open(s.serve()).Open(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	s.put("p/x", "another  state!")
	for _, condition := range []string{"kept", "ignored"} {
		if condition == "ignored" {
			s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
				r.Header.Del("If-Match")
				do.ServeHTTP(w, r)
			})
		}
		if _, err := ob.ReadAt(make([]byte, 15), 0); !errors.Is(err, sinks.ErrCorrupt) || errors.Is(err, sinks.ErrUnavailable) {
			t.Errorf("ReadAt of a replaced object, the condition %s: %v, want ErrCorrupt", condition, err)
		}
	}
}

func TestListLeavesOut(t *testing.T) {
	s := newStore(t)
	b := s.open(s.serve())
	want := []string{}
	for i := range 10 {
		want = append(want, fmt.Sprintf("a/%d", i))
		s.put("p/"+want[i], "x")
	}
	for _, key := range []string{"p/", "p/a/", "p/a/0/", "p/" + newCanary(), "p/a:b", "q/a", "p"} {
		s.put(key, "")
	}
	if diff := cmp.Diff(want, sinktest.Names(t, b, "", "")); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

// TestListDisorder: a store that repeats itself or does not sort is told from one that is empty.
func TestListDisorder(t *testing.T) {
	for name, answer := range map[string]string{
		"not sorted": `<Contents><Key>p/b</Key></Contents><Contents><Key>p/a</Key></Contents>`,
		"twice":      `<Contents><Key>p/b</Key></Contents><Contents><Key>p/b</Key></Contents>`,
		"foreign":    `<Contents><Key>q/b</Key></Contents>`,
		"no token":   `<IsTruncated>true</IsTruncated>`,
		"same token": `<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>`,
		"cut":        `<Contents><Key>p/b</Key>`,
	} {
		s := newStore(t)
		b := s.open(s.serve())
		s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
			fmt.Fprint(w, `<ListBucketResult><Name>b</Name>`+answer+`</ListBucketResult>`)
		})
		var last error
		for _, err := range b.List(t.Context(), "", "") {
			last = err
		}
		if last == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestNoListing: something answers in the place of the store that everything is well, and lists nothing.
func TestNoListing(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":     "",
		"a page":      `<html><body>Sign in</body></html>`,
		"the buckets": `<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name></Bucket></Buckets></ListAllMyBucketsResult>`,
	} {
		s := newStore(t)
		o := s.serve()
		b := s.open(o)
		s.put("p/a", "x")
		s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) { fmt.Fprint(w, answer) })
		if _, err := Open(t.Context(), o); !errors.Is(err, sinks.ErrUnavailable) {
			t.Errorf("%s: Open: %v, want ErrUnavailable", name, err)
		}
		var last error
		for _, err := range b.List(t.Context(), "", "") {
			last = err
		}
		if !errors.Is(last, sinks.ErrUnavailable) || !strings.Contains(last.Error(), "s3://b/p") {
			t.Errorf("%s: List: %v, want ErrUnavailable", name, last)
		}
		last = nil
		for _, err := range b.Versions(t.Context(), "") {
			last = err
		}
		if !errors.Is(last, sinks.ErrUnavailable) {
			t.Errorf("%s: Versions: %v, want ErrUnavailable", name, last)
		}
	}
}

// TestEndlessListing: a store that promises more for ever and lists nothing is left.
func TestEndlessListing(t *testing.T) {
	s := newStore(t)
	b := s.open(s.serve())
	asked := 0
	s.meet(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		asked++
		fmt.Fprintf(w, "<ListBucketResult><Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken>%d</NextContinuationToken></ListBucketResult>", asked)
	})
	var last error
	for _, err := range b.List(t.Context(), "", "") {
		last = err
	}
	if !errors.Is(last, errStuck) || asked != maxEmptyPages+1 {
		t.Errorf("%v, after %d pages", last, asked)
	}
}

func TestClean(t *testing.T) {
	s := newStore(t)
	o := s.serve()
	o.UploadLimit = time.Hour
	b := s.open(o)
	old, young := time.Now().Add(-2*time.Hour-2*time.Second), time.Now().Add(-2*time.Hour+time.Minute)
	for id, u := range map[string]*stored{
		"dead": {key: "p/a", begun: old}, "alive": {key: "p/b", begun: young}, "foreign": {key: "p/x:y", begun: old},
		"elsewhere": {key: "q/a", begun: old}, "mine": {key: "p/c", begun: old}, "canary": {key: "p/" + newCanary(), begun: old},
	} {
		s.uploads[id] = u
	}
	b.setLive("mine", true)
	n, err := b.Clean(t.Context())
	if n != 2 || err != nil {
		t.Errorf("Clean = %d, %v, want 2", n, err)
	}
	var left []string
	for id := range s.uploads {
		left = append(left, id)
	}
	slices.Sort(left)
	if diff := cmp.Diff([]string{"alive", "elsewhere", "foreign", "mine"}, left); diff != "" {
		t.Errorf("what stays (-want +got):\n%s", diff)
	}
}
