package versitytest

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/s3"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// plain makes a request to the gateway that knows nothing of package s3.
func plain(t *testing.T, method, path string, query url.Values, header http.Header, body string) (int, http.Header, string) {
	t.Helper()
	answer, err := gateway.Do(t.Context(), method, path, query, header, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return answer.Status, answer.Header, string(answer.Body)
}

func lockedBucket(t *testing.T, mode s3.LockMode) (*s3.Bucket, s3.Options) {
	t.Helper()
	o := options(t, true)
	o.Lock = s3.Lock{Mode: mode, Days: 30}
	o.PartSize = 5 << 20
	return open(t, o), o
}

// TestRetention holds objects of both kinds, written under each mode, to the store's own rules by requests of its own.
func TestRetention(t *testing.T) {
	for _, mode := range []s3.LockMode{s3.LockGovernance, s3.LockCompliance} {
		b, o := lockedBucket(t, mode)
		big := bytes.Repeat([]byte("0123456789abcdef"), 400_000) // two parts
		for name, data := range map[string][]byte{"small": []byte("the first bytes"), "big": big} {
			posts := b.Stats().Posts
			sinktest.Write(t, b, name, data)
			if got := b.Stats().Posts - posts; (got == 2) != (name == "big") {
				t.Errorf("%s: %d POSTs", name, got)
			}
			p, err := b.Protection(t.Context(), name)
			if days := time.Until(p.Until).Hours() / 24; err != nil || p.Mode != mode || days < 29.9 || days > 30.1 || p.Hold || p.Version == "" {
				t.Fatalf("%s %s: Protection = %+v, %v", mode, name, p, err)
			}
			path := "/" + o.Bucket + "/" + o.Prefix + "/" + name
			status, header, _ := plain(t, http.MethodHead, path, nil, nil, "")
			if got := header.Get("X-Amz-Object-Lock-Mode"); status != 200 || got != strings.ToUpper(string(mode)) {
				t.Errorf("%s %s: HEAD = %d, mode %q", mode, name, status, got)
			}
			if status, _, body := plain(t, http.MethodDelete, path, url.Values{"versionId": {p.Version}}, nil, ""); status != 403 {
				t.Errorf("%s %s: DELETE of the version = %d %s", mode, name, status, body)
			}
			until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
			shorter := `<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Mode>` + strings.ToUpper(string(mode)) + `</Mode><RetainUntilDate>` + until + `</RetainUntilDate></Retention>`
			if status, _, body := plain(t, http.MethodPut, path, url.Values{"retention": {""}, "versionId": {p.Version}}, md5Of(shorter), shorter); status != 403 {
				t.Errorf("%s %s: PUT of a shorter retention = %d %s", mode, name, status, body)
			}
			// Versions may come above it, but its own stays what it was.
			plain(t, http.MethodPut, path, nil, nil, "overwritten")
			plain(t, http.MethodDelete, path, nil, nil, "")
			if status, _, body := plain(t, http.MethodGet, path, url.Values{"versionId": {p.Version}}, nil, ""); status != 200 || body != string(data) {
				t.Errorf("%s %s: GET of the version = %d, %d bytes", mode, name, status, len(body))
			}
		}
	}
}

func md5Of(body string) http.Header {
	sum := md5.Sum([]byte(body))
	return http.Header{"Content-Md5": {base64.StdEncoding.EncodeToString(sum[:])}}
}

func TestHold(t *testing.T) {
	o := options(t, true)
	b := open(t, o)
	sinktest.Write(t, b, "a/x", []byte("evidence"))
	hold := func() s3.Protection {
		p, err := b.Protection(t.Context(), "a/x")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := hold(); p.Hold || p.Mode != "" || !p.Until.IsZero() {
		t.Errorf("before: %+v", p)
	}
	for range 2 {
		if err := b.SetHold(t.Context(), "a/x", true); err != nil {
			t.Fatal(err)
		}
	}
	p := hold()
	path, version := "/"+o.Bucket+"/"+o.Prefix+"/a/x", url.Values{"versionId": {p.Version}}
	if status, _, body := plain(t, http.MethodDelete, path, version, nil, ""); !p.Hold || status != 403 {
		t.Errorf("held: %+v, DELETE = %d %s", p, status, body)
	}
	if err := b.SetHold(t.Context(), "a/x", false); err != nil {
		t.Fatal(err)
	}
	if status, _, body := plain(t, http.MethodDelete, path, version, nil, ""); status != 204 {
		t.Errorf("released: DELETE = %d %s", status, body)
	}
	if err := b.SetHold(t.Context(), "a/x", true); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("a hold on nothing: %v", err)
	}
	if _, err := b.Protection(t.Context(), "a/x"); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("protection of nothing: %v", err)
	}
	free := open(t, options(t, false))
	sinktest.Write(t, free, "x", nil)
	if err := free.SetHold(t.Context(), "x", true); !errors.Is(err, s3.ErrNoLock) {
		t.Errorf("a hold in a bucket without locks: %v", err)
	}
}

// TestHoldAtCreation: objects of both kinds are held when they can first be seen, and the canary proves it and is not.
func TestHoldAtCreation(t *testing.T) {
	o := options(t, true)
	o.PartSize = 5 << 20
	o.Hold = func(name string) bool { return !strings.HasSuffix(name, "free") }
	b := open(t, o)
	findings, err := b.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.Name == s3.WeakHold && (!f.OK || f.Detail != "the legal hold is confirmed") {
			t.Errorf("finding %+v", f)
		}
	}
	big := bytes.Repeat([]byte("0123456789abcdef"), 400_000) // two parts
	for name, data := range map[string][]byte{"small": nil, "big": big, "free": nil, "big-free": big} {
		sinktest.Write(t, b, name, data)
		want := !strings.HasSuffix(name, "free")
		path := "/" + o.Bucket + "/" + o.Prefix + "/" + name
		_, header, _ := plain(t, http.MethodHead, path, nil, nil, "")
		if got := header.Get("X-Amz-Object-Lock-Legal-Hold"); (got == "ON") != want {
			t.Errorf("%s: HEAD tells the hold %q", name, got)
		}
		status, _, body := plain(t, http.MethodDelete, path, url.Values{"versionId": {header.Get("X-Amz-Version-Id")}}, nil, "")
		if (status == 403) != want {
			t.Errorf("%s: DELETE of the version = %d %s", name, status, body)
		}
	}
	_, _, answer := plain(t, http.MethodGet, "/"+o.Bucket, url.Values{"list-type": {"2"}, "prefix": {o.Prefix + "/.tmp-canary-"}}, nil, "")
	_, rest, _ := strings.Cut(answer, "<Key>")
	key, _, ok := strings.Cut(rest, "</Key>")
	if _, header, _ := plain(t, http.MethodHead, "/"+o.Bucket+"/"+key, nil, nil, ""); !ok || header.Get("X-Amz-Object-Lock-Legal-Hold") == "ON" {
		t.Errorf("the canary %q is held", key)
	}
	if err := b.MayKnowProtection(t.Context(), "small"); err != nil {
		t.Errorf("MayKnowProtection: %v", err)
	}
	if p, err := b.Protection(t.Context(), "small"); err != nil || time.Since(p.Created) > time.Hour || !p.Hold {
		t.Errorf("Protection: %+v, %v", p, err)
	}
}

func TestNoLock(t *testing.T) {
	o := options(t, false)
	o.Lock = s3.Lock{Mode: s3.LockCompliance, Days: 1}
	if _, err := s3.Open(t.Context(), o); !errors.Is(err, s3.ErrNoLock) {
		t.Errorf("Open: %v, want ErrNoLock", err)
	}
}

// TestVersions finds what somebody else did to objects.
func TestVersions(t *testing.T) {
	o := options(t, true)
	b := open(t, o)
	for _, name := range []string{"a/deleted", "a/good", "a/replaced", "b"} {
		sinktest.Write(t, b, name, []byte("12345"))
	}
	path := "/" + o.Bucket + "/" + o.Prefix
	plain(t, http.MethodDelete, path+"/a/deleted", nil, nil, "")
	plain(t, http.MethodPut, path+"/a/replaced", nil, nil, "other bytes")
	type seen struct {
		Name             string
		Size             int64
		Current, Deleted bool
	}
	var got []seen
	for v, err := range b.Versions(t.Context(), "a/") {
		if err != nil {
			t.Fatal(err)
		}
		if v.ID == "" || time.Since(v.Time) > time.Hour {
			t.Errorf("%+v", v)
		}
		got = append(got, seen{v.Name, v.Size, v.Current, v.Deleted})
	}
	want := []seen{
		{"a/deleted", 0, true, true},
		{"a/deleted", 5, false, false},
		{"a/good", 5, true, false},
		{"a/replaced", 11, true, false},
		{"a/replaced", 5, false, false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
}

// TestCheck: this gateway keeps every promise but one, that of encryption.
func TestCheck(t *testing.T) {
	b, _ := lockedBucket(t, s3.LockGovernance)
	findings, err := b.Check(t.Context())
	if err != nil {
		t.Errorf("Check: %v", err)
	}
	for _, f := range findings {
		t.Logf("%-10s %v %s", f.Name, f.OK, f.Detail)
	}
	if names := sinktest.Names(t, b, "", ""); len(names) != 0 {
		t.Errorf("listed: %q", names)
	}
	o := options(t, false)
	o.SSE = "AES256"
	_, err = open(t, o).Check(t.Context())
	var weak *s3.WeakError
	if !errors.As(err, &weak) || weak.Finding.Name != s3.WeakSSE {
		t.Errorf("Check of encryption: %v, want the weakness sse", err)
	}
	o.AcceptWeak = []s3.Weakness{s3.WeakSSE}
	if _, err := open(t, o).Check(t.Context()); err != nil {
		t.Errorf("accepted: %v", err)
	}
}

// TestClean leaves a multipart upload as a killed process does.
func TestClean(t *testing.T) {
	o := options(t, false)
	status, _, body := plain(t, http.MethodPost, "/"+o.Bucket+"/"+o.Prefix+"/a/b", url.Values{"uploads": {""}}, nil, "")
	if status != 200 {
		t.Fatalf("begin: %d %s", status, body)
	}
	if n, err := open(t, o).Clean(t.Context()); n != 0 || err != nil {
		t.Errorf("Clean of one that may live: %d, %v", n, err)
	}
	o.UploadLimit = time.Nanosecond
	time.Sleep(2 * time.Second) // the store tells times in seconds
	for _, want := range []int{1, 0} {
		if n, err := open(t, o).Clean(t.Context()); n != want || err != nil {
			t.Errorf("Clean = %d, %v, want %d", n, err, want)
		}
	}
}
