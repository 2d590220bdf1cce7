// Package versitytest runs the tests of package s3 on versitygw, a real S3 server, in the process of the test. It is a
// module of its own, so that the server does not come into the product's.
package versitytest

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

// The account of the gateway.
const (
	AccessKey = "airlifttest"
	SecretKey = "not-a-secret-of-anybody"
	Region    = "us-east-1"
)

// A Gateway is an S3 server over a directory.
type Gateway struct {
	URL    string // http://127.0.0.1:PORT, or https
	CAFile string // the certificate to trust, of https

	roots *x509.CertPool
	stop  context.CancelFunc
	group sync.WaitGroup
	ended chan struct{}
	err   error // of the server, once it has ended
}

// Start runs the server until Stop. The objects are below dir. One gateway can run in a process at a time.
func Start(ctx context.Context, dir string) (*Gateway, error) {
	buckets, versions := filepath.Join(dir, "buckets"), filepath.Join(dir, "versions")
	for _, d := range []string{buckets, versions} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	store := meta.XattrMeta{}
	if err := store.Test(buckets); err != nil {
		return nil, fmt.Errorf("the gateway needs a file system with extended attributes: %w", err)
	}
	be, err := posix.New(buckets, store, posix.PosixOpts{VersioningDir: versions})
	if err != nil {
		return nil, err
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	g := &Gateway{URL: "http://" + addr, stop: stop, ended: make(chan struct{})}
	g.group.Go(func() {
		defer close(g.ended)
		g.err = embedgw.RunVersityGW(ctx, be, &embedgw.Config{
			RootUserAccess: AccessKey, RootUserSecret: SecretKey, Region: Region, Ports: []string{addr},
			MaxConnections: 1000, MaxRequests: 1000, MultipartMaxParts: 10_000, KeepAlive: true, Quiet: true,
			HealthPath: "/health",
		})
	})
	if err := g.wait(ctx); err != nil {
		return nil, errors.Join(err, g.Stop())
	}
	return g, nil
}

func (g *Gateway) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	client := g.client(time.Second)
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.URL+"/health", http.NoBody)
		if err != nil {
			return err
		}
		if resp, err := client.Do(req); err == nil {
			return resp.Body.Close()
		}
		select {
		case <-g.ended:
			return errors.New("the gateway has ended")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop ends the server.
func (g *Gateway) Stop() error {
	if g.stop == nil {
		return nil // it is another process's to stop
	}
	g.stop()
	g.group.Wait()
	return g.err
}

func freeAddr(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// The environment of what runs beside a gateway; the CLI reads some of it, too.
const (
	EnvEndpoint = "AIRLIFT_S3_ENDPOINT"
	EnvCACert   = "AIRLIFT_S3_CA_CERT"
	EnvBucket   = "AIRLIFT_S3_BUCKET"  // one that is there
	EnvBuckets  = "AIRLIFT_S3_BUCKETS" // the directory of the buckets
)

// Beside returns the gateway that this process runs beside; nil if there is none.
func Beside() (*Gateway, error) {
	g := &Gateway{URL: os.Getenv(EnvEndpoint), CAFile: os.Getenv(EnvCACert)}
	if g.URL == "" {
		return nil, nil
	}
	if g.CAFile != "" {
		text, err := os.ReadFile(g.CAFile)
		if err != nil {
			return nil, err
		}
		g.roots = x509.NewCertPool()
		g.roots.AppendCertsFromPEM(text)
	}
	return g, nil
}
