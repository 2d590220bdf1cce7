package versitytest

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/s3"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

var (
	gateway *Gateway
	made    atomic.Int64
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "airlift-versity-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		for k, v := range map[string]string{
			"AWS_ACCESS_KEY_ID": AccessKey, "AWS_SECRET_ACCESS_KEY": SecretKey, "AWS_REGION": Region,
			"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
		} {
			os.Setenv(k, v)
		}
		if gateway, err = Beside(); err == nil && gateway == nil {
			gateway, err = Start(context.Background(), dir)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		code := m.Run()
		if err := gateway.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return code
	}())
}

// options are those of a new bucket.
func options(t *testing.T, lock bool) s3.Options {
	t.Helper()
	name := fmt.Sprintf("test-%d-%d", os.Getpid(), made.Add(1))
	if err := gateway.MakeBucket(t.Context(), name, lock); err != nil {
		t.Fatal(err)
	}
	return s3.Options{
		Bucket: name, Prefix: "the/archive", Endpoint: gateway.URL, RootCAs: gateway.roots, PathStyle: true, Tool: "airlift/test",
		MaxBackoff: 50 * time.Millisecond,
	}
}

func open(t *testing.T, o s3.Options) *s3.Bucket {
	t.Helper()
	b, err := s3.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func TestBucket(t *testing.T) {
	sinktest.Bucket(t, func(t *testing.T) sinks.Bucket { return open(t, options(t, false)) })
}

// TestMultipart runs the suite with small limits: the big objects of it go through a temporary file and in parts.
func TestMultipart(t *testing.T) {
	sinktest.Bucket(t, func(t *testing.T) sinks.Bucket {
		o := options(t, true)
		o.PartSize, o.MemoryLimit, o.TempDir, o.Prefix = 5<<20, 1000, t.TempDir(), ""
		return open(t, o)
	})
}

func TestSink(t *testing.T) {
	sinktest.Sink(t, func(t *testing.T) (sinks.Sink, func() sinks.Sink) {
		o := options(t, false)
		again := func() sinks.Sink {
			a, err := archive.Create(t.Context(), open(t, o))
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		return again(), again
	})
}
