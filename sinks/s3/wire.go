package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// Stats counts what was sent to the store, each HTTP request for itself, the repeated ones too.
type Stats struct {
	Puts    int64 // objects and parts
	Gets    int64 // ranges of objects, and properties
	Heads   int64
	Lists   int64 // pages of objects, versions or uploads
	Posts   int64 // beginnings and completions of multipart uploads
	Deletes int64 // multipart uploads that were given up

	BytesUp   int64 // of bodies
	BytesDown int64 // of bodies
}

// Plus returns the sum.
func (s Stats) Plus(t Stats) Stats {
	return Stats{
		Puts: s.Puts + t.Puts, Gets: s.Gets + t.Gets, Heads: s.Heads + t.Heads, Lists: s.Lists + t.Lists, Posts: s.Posts + t.Posts,
		Deletes: s.Deletes + t.Deletes, BytesUp: s.BytesUp + t.BytesUp, BytesDown: s.BytesDown + t.BytesDown,
	}
}

// wire sends HTTP requests: it counts them, and bounds the time and the answer of each one. It follows no redirections,
// for which the signature would not be right.
type wire struct {
	next    http.RoundTripper
	timeout time.Duration

	puts, gets, heads, lists, posts, deletes, up, down atomic.Int64
}

const (
	slowest   = 64 << 10 // bytes a second that a connection must bring
	maxAnswer = 16 << 20 // bytes of an answer beside those of the object that was asked for
)

var errAnswer = errors.New("the answer does not end")

type expected struct{}

// expect says how many bytes of an object the answer to a request will bring.
func expect(ctx context.Context, size int64) context.Context {
	if size == 0 {
		return ctx
	}
	return context.WithValue(ctx, expected{}, size)
}

// Do implements the SDK's HTTPClient.
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	w.count(req)
	size, _ := req.Context().Value(expected{}).(int64)
	limit := w.timeout + time.Duration((max(req.ContentLength, 0)+size)/slowest)*time.Second
	cause := fmt.Errorf("no answer within %v: %w", limit, os.ErrDeadlineExceeded)
	ctx, cancel := context.WithTimeoutCause(req.Context(), limit, cause)
	req = req.WithContext(ctx)
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = &counted{ReadCloser: req.Body, n: &w.up}
	}
	resp, err := w.next.RoundTrip(req)
	if err != nil {
		if req.Context().Err() != nil {
			err = context.Cause(ctx)
		}
		cancel()
		return nil, err
	}
	resp.Body = &answerBody{counted: counted{ReadCloser: resp.Body, n: &w.down}, left: size + maxAnswer, ctx: ctx, cancel: cancel}
	return resp, nil
}

func (w *wire) count(req *http.Request) {
	switch req.Method {
	case http.MethodPut:
		w.puts.Add(1)
	case http.MethodHead:
		w.heads.Add(1)
	case http.MethodPost:
		w.posts.Add(1)
	case http.MethodDelete:
		w.deletes.Add(1)
	default:
		q := req.URL.Query()
		if q.Has("list-type") || q.Has("versions") || q.Has("uploads") {
			w.lists.Add(1)
		} else {
			w.gets.Add(1)
		}
	}
}

func (w *wire) stats() Stats {
	return Stats{
		Puts: w.puts.Load(), Gets: w.gets.Load(), Heads: w.heads.Load(), Lists: w.lists.Load(), Posts: w.posts.Load(),
		Deletes: w.deletes.Load(), BytesUp: w.up.Load(), BytesDown: w.down.Load(),
	}
}

type counted struct {
	io.ReadCloser
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// answerBody is the body of an answer. It ends with the request's time, and where it is longer than any right one.
type answerBody struct {
	counted
	left   int64
	ctx    context.Context
	cancel context.CancelFunc
}

func (a *answerBody) Read(p []byte) (int, error) {
	n, err := a.counted.Read(p)
	if a.left -= int64(n); a.left < 0 {
		return n, errAnswer
	}
	if err != nil && err != io.EOF && a.ctx.Err() != nil {
		err = context.Cause(a.ctx)
	}
	return n, err
}

func (a *answerBody) Close() error {
	defer a.cancel()
	return a.counted.Close()
}
