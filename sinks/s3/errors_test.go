package s3

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/sinks"
)

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		want   error
	}{
		{401, "Unauthorized", ErrCredentials},
		{403, "AccessDenied", ErrCredentials},
		{403, "InvalidAccessKeyId", ErrCredentials},
		{403, "SignatureDoesNotMatch", ErrCredentials},
		{400, "ExpiredToken", ErrCredentials},
		{404, "NoSuchBucket", ErrNoBucket},
		{400, "EntityTooLarge", sinks.ErrFull},
		{403, "QuotaExceeded", sinks.ErrFull},
		{507, "XMinioStorageFull", sinks.ErrFull},
		{507, "", sinks.ErrFull},
		{301, "PermanentRedirect", ErrRegion},
		{400, "AuthorizationHeaderMalformed", ErrRegion},
		{412, "PreconditionFailed", nil}, // and nothing is there: it is tried again, and told as it is
		{400, "InvalidArgument", nil},
		{501, "NotImplemented", nil},
	} {
		t.Run(c.code, func(t *testing.T) {
			s := newStore(t)
			b := s.open(s.serve())
			s.seen()
			s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
				if r.Method != http.MethodPut {
					do.ServeHTTP(w, r)
					return
				}
				w.Header().Set("X-Amz-Bucket-Region", "eu-north-1")
				s.fail(w, c.status, c.code)
			})
			err := write(t.Context(), b, "x", []byte("bytes"))
			var e *RequestError
			if !errors.As(err, &e) || e.Status != c.status || e.Code != c.code && c.code != "" || e.RequestID != "REQ1" || e.Place != "s3://b/p/x" {
				t.Fatalf("Commit: %v: %+v", err, e)
			}
			for _, sentinel := range []error{ErrCredentials, ErrNoBucket, ErrRegion, ErrNoLock, ErrUnknown, sinks.ErrFull, sinks.ErrExist, sinks.ErrNotExist} {
				if is, want := errors.Is(err, sentinel), sentinel == c.want; is != want {
					t.Errorf("errors.Is(%v, %v) = %v", err, sentinel, is)
				}
			}
			if text := err.Error(); strings.Contains(text, "verysecretvalue") || strings.Contains(text, "AWS4-") || !strings.HasPrefix(text, "s3://b/p/x: put: ") {
				t.Errorf("text: %s", text)
			}
			if n := len(s.seen()); c.want != nil && n != 1 {
				t.Errorf("%d requests for what is refused", n)
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	s := newStore(t)
	o := s.serve()
	ctx := t.Context()

	wrong := o
	wrong.Bucket = "other"
	if _, err := Open(ctx, wrong); !errors.Is(err, ErrNoBucket) || !strings.Contains(err.Error(), "s3://other/p") {
		t.Errorf("no such bucket: %v", err)
	}
	locked := o
	locked.Lock = Lock{Mode: LockCompliance, Days: 3}
	s.noLocks = true
	if _, err := Open(ctx, locked); !errors.Is(err, ErrNoLock) {
		t.Errorf("no object lock: %v", err)
	}
	aws := o
	aws.Endpoint = ""
	if _, err := Open(ctx, aws); !errors.Is(err, ErrRegion) || !strings.Contains(err.Error(), "no region") {
		t.Errorf("no region: %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Open(cancelled, o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if _, err := Open(ctx, o); !errors.Is(err, ErrCredentials) {
		t.Errorf("no credentials: %v", err)
	}
}

func TestOptions(t *testing.T) {
	for name, o := range map[string]Options{
		"no bucket":        {},
		"bucket path":      {Bucket: "a/b"},
		"directory bucket": {Bucket: "x--euw1-az1--x-s3"},
		"prefix":           {Bucket: "b", Prefix: "a//b"},
		"long prefix":      {Bucket: "b", Prefix: strings.Repeat("p", 150) + "/" + strings.Repeat("p", 60)},
		"endpoint":         {Bucket: "b", Endpoint: "s3.example.com"},
		"credentials":      {Bucket: "b", Endpoint: "https://u:secret@s3.example.com"},
		"sse":              {Bucket: "b", SSE: "rot13"},
		"key without sse":  {Bucket: "b", KMSKey: "k"},
		"lock mode":        {Bucket: "b", Lock: Lock{Mode: "soft", Days: 1}},
		"lock days":        {Bucket: "b", Lock: Lock{Mode: LockGovernance}},
		"small parts":      {Bucket: "b", PartSize: 1 << 20},
		"weakness":         {Bucket: "b", AcceptWeak: []Weakness{"all"}},
		"negative":         {Bucket: "b", Attempts: -1},
	} {
		if _, err := o.complete(); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := Options{Bucket: "b", Prefix: "/a/b/"}.complete()
	if err != nil || got.Prefix != "a/b/" || got.MemoryLimit != 2<<20 || got.PartSize != 64<<20 || got.TempDir == "" {
		t.Errorf("complete: %+v, %v", got, err)
	}
}
