package crashtest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
)

// processHeader names the process that a request comes from.
const processHeader = "X-Process"

// wire counts the requests of a process.
type wire struct {
	m    *machine
	name string // of the process
	base http.RoundTripper
}

func httpFault(applied bool) error {
	if applied {
		return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

func (w wire) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	req = req.Clone(req.Context())
	req.Header.Set(processHeader, w.name)
	err = w.m.do(httpEffect, req.Method+" "+req.URL.Query().Get("Cmd"), httpFault, func() (err error) {
		resp, err = w.base.RoundTrip(req)
		return err
	})
	switch {
	case err == nil:
		return resp, nil
	case resp == nil:
		return nil, err
	}
	defer resp.Body.Close()
	if !errors.Is(err, errCut) {
		return nil, err
	}
	b, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(b[:len(b)/2]), cutOff{}))
	return resp, err
}

type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, httpFault(true) }

// inProcess is a connection to a handler in this process.
type inProcess struct{ h http.Handler }

func (c inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	came := req.Clone(req.Context())
	came.Header = http.Header{}
	for name, values := range req.Header { // a server knows them in one spelling
		came.Header[http.CanonicalHeaderKey(name)] = values
	}
	rec := httptest.NewRecorder()
	c.h.ServeHTTP(rec, came)
	resp := rec.Result()
	resp.Request = req
	return resp, nil
}
