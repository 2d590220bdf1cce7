package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/urfave/cli/v2"
	"golang.org/x/time/rate"
)

func bandwidthFlag() cli.Flag {
	return stringFlag("bandwidth", "0", "fetch at most `RATE` bytes a second from the source, all mailboxes together (k, M, G are powers of 1024; 0: no limit)")
}

const (
	minBurst = 64 << 10 // bytes that may come at once, whatever the rate: a small answer need not wait
	maxPiece = 16 << 10 // bytes that are taken and paid for at a time, at most
)

// bandwidth bounds what all mailboxes of a run fetch together; nil does not.
type bandwidth struct {
	limiter *rate.Limiter
	open    atomic.Int64 // bodies that are being read
}

func bandwidthOf(ctx *cli.Context) (*bandwidth, error) {
	s := ctx.String("bandwidth")
	if s == "" || s == "0" {
		return nil, nil
	}
	n, err := parseSize("bandwidth", s)
	if err != nil {
		return nil, usage(fmt.Sprintf("--bandwidth: %q is no rate", s), "a rate is a number of bytes a second, or one with k, M or G: 500k; 0 is no limit")
	}
	return newBandwidth(n), nil
}

// newBandwidth allows a number of bytes a second, and at once what a second allows.
func newBandwidth(perSecond int64) *bandwidth {
	return &bandwidth{limiter: rate.NewLimiter(rate.Limit(perSecond), int(min(max(perSecond, minBurst), math.MaxInt)))}
}

// piece is how much one body may take before it waits for the others. The bodies that are open share a second, so that no
// wait comes near the client's bound on the time between two reads, which cannot tell it from a server that stopped.
func (b *bandwidth) piece() int {
	share := int64(b.limiter.Limit()) / max(b.open.Load(), 1)
	return int(min(max(share, 1), maxPiece))
}

// wrap puts the limit on the bodies of the answers that come through a transport. A request is never held back: the server
// works on it while others are read.
func (b *bandwidth) wrap(base http.RoundTripper) http.RoundTripper {
	if b == nil {
		return base
	}
	return limited{b, base}
}

type limited struct {
	*bandwidth
	base http.RoundTripper
}

func (l limited) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	l.open.Add(1)
	resp.Body = &limitedBody{ReadCloser: resp.Body, ctx: req.Context(), bandwidth: l.bandwidth, left: sync.OnceFunc(func() { l.open.Add(-1) })}
	return resp, nil
}

// limitedBody is a body that is read as fast as the limit allows.
type limitedBody struct {
	io.ReadCloser
	*bandwidth
	ctx  context.Context // of the request: a wait ends with it
	left func()
}

// Read hands out what it read when it has been paid for.
func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), b.piece())])
	if n > 0 {
		if werr := b.limiter.WaitN(b.ctx, n); werr != nil {
			return n, werr
		}
	}
	return n, err
}

func (b *limitedBody) Close() error {
	b.left()
	return b.ReadCloser.Close()
}
