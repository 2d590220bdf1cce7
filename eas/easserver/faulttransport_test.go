package easserver

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// line is a connection to a server with faults.
type line struct {
	*faultTest
	url string
	doc []byte
}

// dial serves the mailbox on a port. The request is a Sync with a key that nobody has.
func (f *faultTest) dial() *line {
	ts := httptest.NewServer(f.c.server)
	f.Cleanup(ts.Close)
	f.c.prime(f.id)
	return &line{f, ts.URL, mustMarshal(f.T, syncDoc(collection("nobody", f.id)))}
}

// send returns what came over the line, and how it ended.
func (l *line) send() (code int, h http.Header, body []byte, err error) {
	l.Helper()
	req, err := http.NewRequestWithContext(l.Context(), http.MethodPost, l.url+"/?Cmd=Sync&User=alice&DeviceId=dev1&DeviceType=test", bytes.NewReader(l.doc))
	if err != nil {
		l.Fatal(err)
	}
	req.SetBasicAuth("alice", "secret")
	req.Header.Set("MS-ASProtocolVersion", "14.1")
	req.Header.Set("Content-Type", contentTypeWBXML)
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, res.Header, body, err
}

// whole is the answer as it should be.
func (l *line) whole() []byte {
	return l.c.post("Sync", l.doc, contentTypeWBXML).Body.Bytes()
}

var transportFaultTests = map[Fault]func(*faultTest){
	FaultCutConnection: func(f *faultTest) {
		f.start(0, FaultRule{Command: "Sync", Skip: 2})
		l := f.dial()
		want := l.whole()
		seen := map[int]bool{}
		for range 20 * len(want) {
			_, _, body, err := l.send()
			if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) || !bytes.HasPrefix(want, body) {
				f.Fatalf("%d bytes, %v", len(body), err)
			}
			seen[len(body)] = true
		}
		if len(seen) != len(want) {
			f.Errorf("cut at %d places of an answer of %d bytes", len(seen), len(want))
		}
	},
	FaultSlowDrip: func(f *faultTest) {
		f.start(100, FaultRule{Command: "Sync", Skip: 1, Delay: time.Millisecond})
		l := f.dial()
		l.doc = mustMarshal(f.T, syncDoc(collection(f.c.prime(f.id), f.id, window("30"), mimeOptions())))
		begun := time.Now()
		code, _, body, err := l.send()
		if took := time.Since(begun); code != 200 || err != nil || took < time.Duration(len(body)/dripPiece)*time.Millisecond {
			f.Errorf("HTTP %d, %v, %d bytes in %s", code, err, len(body), took)
		}
		if _, err := wbxml.Unmarshal(body, wbxml.Limits{}); err != nil {
			f.Error(err)
		}
	},
	FaultBrokenGzip: func(f *faultTest) {
		f.start(0, FaultRule{Command: "Sync"})
		l := f.dial()
		for range 20 {
			code, h, body, err := l.send()
			if code != 200 || err != nil || h.Get("Content-Encoding") != "gzip" {
				f.Fatalf("HTTP %d, %v, %v", code, err, h)
			}
			z, err := gzip.NewReader(bytes.NewReader(body))
			if err == nil {
				_, err = io.ReadAll(z)
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
				f.Fatalf("the gzip stream ends with %v", err)
			}
		}
	},
	FaultHalfDocument: func(f *faultTest) {
		f.start(0, FaultRule{Command: "Sync", Skip: 2})
		l := f.dial()
		want := l.whole()
		code, _, body, err := l.send()
		if code != 500 || err != nil || !bytes.HasPrefix(body, want[:len(want)/2]) || !bytes.Contains(body, []byte("<b>Fatal error</b>")) {
			f.Errorf("HTTP %d, %v: %q", code, err, body)
		}
	},
	FaultHTTP501: func(f *faultTest) {
		f.start(3, FaultRule{Command: "Sync", Skip: 1, Limit: 1})
		key := f.c.prime(f.id)
		f.same("HTTP", f.syncCode(key, "2"), 501)
		f.same("it was not carried out", said(f.page(key, "2")), adds(f.id, 0, 2))
	},
	FaultHTTP502: func(f *faultTest) {
		f.start(3, FaultRule{Command: "Sync", Skip: 2, Limit: 1})
		first := f.page(f.c.prime(f.id), "1")
		f.same("HTTP", f.syncCode(next(first), "1"), 502)
		// The key was used: what it brought is brought again, and the one before it is gone.
		f.same("again", said(f.page(next(first), "1")), adds(f.id, 1, 2))
	},
	FaultLoginPage: func(f *faultTest) {
		f.start(0, FaultRule{})
		w := f.post()
		f.same("HTTP", w.Code, 200)
		f.same("type", w.Header().Get("Content-Type"), "text/html; charset=utf-8")
	},
}

// TestCutOffset: an answer breaks off after just the bytes that the rule says.
func TestCutOffset(t *testing.T) {
	whole := 1
	for n := -1; n < whole; n++ {
		if n == 0 {
			continue // that is drawn
		}
		f := &faultTest{T: t, fault: FaultCutConnection}
		f.start(0, FaultRule{Command: "Sync", Skip: 2, Offset: n})
		l := f.dial()
		whole = len(l.whole())
		code, _, body, err := l.send()
		if err == nil || len(body) != max(n, 0) || (code == 0) != (n < 0) {
			t.Fatalf("cut after %d: HTTP %d, %d bytes, %v", n, code, len(body), err)
		}
	}
}
