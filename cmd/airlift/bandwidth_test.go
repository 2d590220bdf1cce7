package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"
)

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering is a transport whose answers have a body of size bytes, all of it there at once.
func answering(size int) http.RoundTripper {
	return transportFunc(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(make([]byte, size)))}, nil
	})
}

func get(ctx context.Context, t http.RoundTripper) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://mail.example.com/", http.NoBody)
	if err != nil {
		return nil, err
	}
	return t.RoundTrip(req)
}

// TestBandwidthShared reads many answers at a time through one limit: together they take what the rate says, once the
// burst is used up, and none of them stands still for long: the client would give it up after two minutes.
func TestBandwidthShared(t *testing.T) {
	for _, c := range []struct {
		name               string
		rate, bodies, size int
		want               time.Duration
	}{
		{"slow and crowded", 1 << 10, 64, 4 << 10, 192 * time.Second},      // (256k - the burst of 64k) / 1k
		{"fewer bytes than bodies", 32, 64, 2 << 10, 2048 * time.Second},   // (128k - 64k) / 32
		{"fast", 1 << 20, 8, 1 << 20, 7 * time.Second},                     // (8M - the burst of 1M) / 1M
		{"alone", 128 << 10, 1, 1 << 20, 7 * time.Second},                  // (1M - 128k) / 128k
		{"everything in the burst", 1 << 10, 4, 16 << 10, 0 * time.Second}, // 64k
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBandwidth(int64(c.rate))
				transport := b.wrap(answering(c.size))
				began := time.Now()
				var g errgroup.Group
				for range c.bodies {
					g.Go(func() error {
						resp, err := get(t.Context(), transport)
						if err != nil {
							return err
						}
						defer resp.Body.Close()
						total, buf := 0, make([]byte, 32<<10)
						for {
							asked := time.Now()
							n, err := resp.Body.Read(buf)
							if stood := time.Since(asked); stood > 15*time.Second {
								t.Errorf("a read took %s", stood)
							}
							if total += n; err == io.EOF {
								break
							}
							if err != nil {
								return err
							}
						}
						if total != c.size {
							t.Errorf("a body of %d bytes, want %d", total, c.size)
						}
						return nil
					})
				}
				if err := g.Wait(); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); (took - c.want).Abs() > time.Second/10 {
					t.Errorf("it took %s, want %s", took, c.want)
				}
				if got, want := b.piece(), min(c.rate, maxPiece); got != want {
					t.Errorf("who comes alone after that may take %d bytes at a time, want %d", got, want)
				}
			})
		})
	}
}

// TestBandwidthCancelled ends a request while its body waits.
func TestBandwidthCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		ctx, stop := context.WithCancel(ctx)
		resp, err := get(ctx, newBandwidth(1<<10).wrap(answering(1<<20)))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		time.AfterFunc(90500*time.Millisecond, stop)
		began := time.Now()
		n, err := io.Copy(io.Discard, resp.Body)
		if took := time.Since(began); !errors.Is(err, context.Canceled) || took != 90500*time.Millisecond {
			t.Errorf("after %s: %v", took, err)
		}
		if most := int64(64+91) << 10; n > most {
			t.Errorf("%d bytes were handed out, at most %d were paid for", n, most)
		}
	})
}
