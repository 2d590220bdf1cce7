package eas

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// do sends one request and returns the answer when it is a 200; its body is still to be read, and close is to be called.
func (c *Client) do(ctx context.Context, cmd command) (*response, error) {
	r := &response{c: c, cmd: cmd.name, trace: Exchange{Command: cmd.name, Start: time.Now()}}
	if err := r.send(ctx, cmd); err != nil {
		r.close(err)
		return nil, err
	}
	return r, nil
}

func (r *response) send(ctx context.Context, cmd command) error {
	ctx, r.cancel = context.WithCancelCause(ctx)
	r.cause = func() error { return context.Cause(ctx) }
	limit := r.c.cfg.HeaderTimeout + cmd.wait
	patience := newPatience(limit, func() { r.cancel(&timeoutError{"no answer", limit}) })
	req, err := r.c.request(ctx, cmd, patience)
	if err != nil {
		patience.end()
		return r.wrap(err)
	}
	r.trace.RequestBytes = max(req.ContentLength, 0)
	r.traceRequest(&cmd)
	r.http, err = r.c.http.Do(req) //nolint:bodyclose // response.close does it
	patience.end()
	r.trace.Wait = time.Since(r.trace.Start)
	if err != nil {
		return r.wrap(r.why(bare(err)))
	}
	r.trace.HTTPStatus = r.http.StatusCode
	idle := r.c.cfg.IdleTimeout
	r.idle = time.AfterFunc(idle, func() { r.cancel(&timeoutError{"the answer stopped", idle}) })
	r.idle.Stop()
	if r.http.StatusCode != http.StatusOK {
		return newHTTPError(r.cmd, r.http, wire{r})
	}
	r.c.note(r.http.Header)
	if err := r.c.upgraded(cmd, r.http.Header); err != nil {
		return err
	}
	return r.open()
}

func (r *response) wrap(err error) error { return fmt.Errorf("%s: %w", r.cmd, err) }

// bare takes off what http.Client puts around an error: method and URL, with the user's name in it.
func bare(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}

// response is an answer that is being read.
type response struct {
	c      *Client
	cmd    string
	http   *http.Response
	cancel context.CancelCauseFunc
	cause  func() error
	idle   *time.Timer
	body   io.Reader // uncompressed
	head   [4]byte   // the first bytes of body
	empty  bool      // there is no body
	closed bool

	capture *capture
	trace   Exchange
}

// wire reads the body as it comes over the network, under the idle timeout.
type wire struct{ *response }

func (w wire) Read(p []byte) (int, error) {
	r := w.response
	r.idle.Reset(r.c.cfg.IdleTimeout)
	n, err := r.http.Body.Read(p)
	r.idle.Stop()
	r.trace.ResponseBytes += int64(n)
	if err != nil && err != io.EOF {
		err = r.why(err)
	}
	return n, err
}

// why prefers the reason for which the request was cancelled to the mere fact.
func (r *response) why(err error) error {
	var timeout *timeoutError
	if errors.As(r.cause(), &timeout) {
		return timeout
	}
	return err
}

// open prepares body and reads the first bytes of it.
func (r *response) open() error {
	r.body = wire{r}
	switch enc := strings.ToLower(r.http.Header.Get("Content-Encoding")); enc {
	case "", "identity":
	case "gzip", "x-gzip":
		if r.http.ContentLength == 0 {
			break
		}
		z, err := gzip.NewReader(r.body)
		if err == io.EOF {
			break
		}
		if err != nil {
			return r.broken(fmt.Errorf("gzip: %w", err))
		}
		r.body = z
	default:
		return r.malformed(fmt.Errorf("content encoding %q was not asked for", enc))
	}
	n, err := io.ReadFull(r.body, r.head[:])
	switch {
	case err == io.EOF:
		r.empty = true
		return nil
	case err != nil && err != io.ErrUnexpectedEOF: // fewer bytes than that fail in the decoder, if they are wrong
		return r.broken(err)
	}
	r.body = io.MultiReader(bytes.NewReader(r.head[:n]), r.body)
	if r.c.cfg.TraceXML {
		r.capture = &capture{}
		r.body = io.TeeReader(r.body, r.capture)
	}
	return nil
}

func (r *response) contentType() string { return r.http.Header.Get("Content-Type") }

// close ends the exchange. err is what ended it.
func (r *response) close(err error) {
	if r.closed {
		return
	}
	r.closed = true
	if r.http != nil {
		_ = r.http.Body.Close() // what was wanted of it has been read
	}
	if r.idle != nil {
		r.idle.Stop()
	}
	if r.cancel != nil {
		r.cancel(nil)
	}
	if r.c.cfg.Trace == nil {
		return
	}
	r.trace.Duration = time.Since(r.trace.Start)
	r.trace.Err = err
	if r.capture != nil {
		r.trace.ResponseXML = r.capture.xml()
	}
	r.c.cfg.Trace(r.trace)
}

// timeoutError is a net.Error.
type timeoutError struct {
	what  string
	after time.Duration
}

func (e *timeoutError) Error() string   { return fmt.Sprintf("%s for %s", e.what, e.after) }
func (e *timeoutError) Timeout() bool   { return true }
func (e *timeoutError) Temporary() bool { return true }
