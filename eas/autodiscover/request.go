package autodiscover

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
)

// step begins a step, unless it must not or need not be made: the host is not trusted, could not be reached before, or was asked
// this already. An error ends the search.
func (s *search) step(ctx context.Context, m Method, to, address string) (*Step, bool, error) {
	st := &Step{Method: m, URL: to, Address: address}
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if s.silent[originOf(to)] || s.asked[key(m, to, address)] {
		return nil, false, nil
	}
	if m != MethodRedirect {
		if !s.Trust.Allows(hostOf(to)) {
			st.Outcome, st.Err = Refused, &UnconfirmedError{Host: hostOf(to), URL: to, From: "the address " + address}
			s.done(st)
			s.silent[originOf(to)] = true
			return nil, false, nil
		}
	}
	s.asked[key(m, to, address)] = true
	if s.requests++; s.requests > maxRequests {
		return nil, false, fmt.Errorf("%w: %d requests", ErrLimit, maxRequests)
	}
	return st, true, nil
}

func key(m Method, to, address string) string {
	return string(m) + " " + to + " " + strings.ToLower(address)
}

// do sends the request of a step, and bounds its time together with that of its answer. With credentials it goes by their
// transport, else by the base.
func (s *search) do(ctx context.Context, st *Step, method string, body []byte) (*http.Response, error) {
	ctx, cancel := s.timed(ctx)
	req, err := http.NewRequestWithContext(ctx, method, st.URL, bytes.NewReader(body))
	if err != nil {
		cancel()
		return nil, err
	}
	req.Header.Set("User-Agent", s.UserAgent)
	if body != nil {
		req.Header.Set("Content-Type", "text/xml; charset=utf-8") // MS-ASCMD 2.2.1.1
	}
	transport := s.Base
	if st.Credentials {
		transport = s.Credentials(originOf(st.URL))
	}
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	began := time.Now()
	resp, err := client.Do(req)
	st.Duration = time.Since(began)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		err = whose(ctx, err)
		cancel()
		return nil, err
	}
	st.HTTPStatus = resp.StatusCode
	resp.Body = &bounded{resp.Body, ctx, cancel}
	return resp, nil
}

func (s *search) timed(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, s.Timeout, &timeoutError{s.Timeout})
}

// bounded ends the time of a request with its body.
type bounded struct {
	io.ReadCloser
	ctx    context.Context // of the request
	cancel context.CancelFunc
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = whose(b.ctx, err)
	}
	return n, err
}

func (b *bounded) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// leave closes an answer, and reads a little of what is left, so that the connection can serve again.
func (s *search) leave(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, 16<<10)
	_ = resp.Body.Close() // what was wanted of it has been read
}

// failed ends a step that had no answer. The error is that of the search, if that is over.
func (s *search) failed(ctx context.Context, st *Step, err error) error {
	st.Outcome, st.Err = Failed, err
	s.done(st)
	if !wantsCertificate(err) {
		s.silent[originOf(st.URL)] = true
	}
	return ctx.Err()
}

func (s *search) done(st *Step) {
	s.steps = append(s.steps, *st)
	if s.Trace != nil {
		s.Trace(*st)
	}
}

// ends ends a step at which there is no going on. The search goes on elsewhere, so it is no error.
func (s *search) ends(st *Step, o Outcome, err error) (*Result, error) {
	st.Outcome, st.Err = o, err
	s.done(st)
	return nil, nil
}
