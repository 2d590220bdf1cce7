package easserver

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Faults of the line, and of what is between client and server.
const (
	FaultCutConnection Fault = "cut-connection"
	FaultSlowDrip      Fault = "slow-drip"
	FaultBrokenGzip    Fault = "broken-gzip"
	FaultHalfDocument  Fault = "half-document"
	FaultHTTP501       Fault = "http-501"
	FaultHTTP502       Fault = "http-502"
	FaultLoginPage     Fault = "login-page"
)

var transportFaults = []FaultInfo{
	{FaultCutConnection, "the request is carried out and the connection cut after some bytes of the answer, or before it"},
	{FaultSlowDrip, "the answer comes in small pieces with pauses between them"},
	{FaultBrokenGzip, "a compressed answer ends in the middle of its compressed data, with all well as far as HTTP goes"},
	{FaultHalfDocument, "HTTP 500 with the beginning of the WBXML document and then HTML; the request is carried out (Z-Push 2.7)"},
	{FaultHTTP501, "HTTP 501 for whatever went wrong inside; the request is not carried out (SOGo 5.8)"},
	{FaultHTTP502, "HTTP 502: the request is carried out, then the worker dies (SOGo 5.8)"},
	{FaultLoginPage, "HTTP 200 with an HTML page to log in with, of a proxy that lost its session"},
}

// perform carries out the command. What a fault does to the answer it does to one
// that is held back.
func (x *exchange) perform() {
	if x.cfg.Faults == nil {
		x.command.run(x)
		return
	}
	scope := x.scope()
	if code := x.refusedAdds(scope); code != 0 {
		http.Error(x.w, http.StatusText(code), code)
		return
	}
	switch {
	case x.throttled(scope):
	case x.hit(FaultHTTP501, scope) != nil:
		http.Error(x.w, "Not Implemented", http.StatusNotImplemented)
	case x.hit(FaultLoginPage, scope) != nil:
		x.page(http.StatusOK, "<html><body><form>Please log in</form></body></html>")
	default:
		x.performOnBadLine(scope)
	}
}

func (x *exchange) performOnBadLine(scope string) {
	if i := x.hit(FaultSlowDrip, scope); i != nil {
		x.w = &dripWriter{ResponseWriter: x.w, x: x, pause: cmpDelay(i.Delay, 100*time.Millisecond)}
	}
	for _, f := range []struct {
		fault Fault
		send  func(*exchange, *heldAnswer, *injection)
	}{
		{FaultCutConnection, (*exchange).sendCut},
		{FaultBrokenGzip, (*exchange).sendBrokenGzip},
		{FaultHalfDocument, (*exchange).sendHalf},
		{FaultHTTP502, (*exchange).sendBadGateway},
	} {
		if f.fault == FaultBrokenGzip && !strings.Contains(x.http.Header.Get("Accept-Encoding"), "gzip") {
			continue
		}
		if i := x.draw(f.fault, scope); i != nil {
			w := x.w
			held := &heldAnswer{header: w.Header(), code: http.StatusOK}
			x.w = held
			x.command.run(x)
			x.w = w
			f.send(x, held, i)
			return
		}
	}
	x.command.run(x)
}

// scope names what the request is about, so that decisions do not depend on what else
// is asked for at the same time.
func (x *exchange) scope() string {
	if x.doc == nil || len(x.doc.Children) == 0 {
		return ""
	}
	e := &x.doc.Children[0]
	for len(e.Children) > 0 {
		if id := collectionOf(e); id != "" {
			return id
		}
		e = &e.Children[0]
	}
	return ""
}

func cmpDelay(d, seen time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return seen
}

// page answers with a page of HTML.
func (x *exchange) page(code int, html string) {
	x.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	x.w.Header().Set("Content-Length", strconv.Itoa(len(html)))
	x.w.WriteHeader(code)
	_, _ = x.w.Write([]byte(html)) // an error means that the client has gone
}

// maxHeldAnswer is how much of an answer is held back; the rest would not be sent anyway.
const maxHeldAnswer = 1 << 20

// heldAnswer is an answer that is complete before any of it is sent.
type heldAnswer struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (h *heldAnswer) Header() http.Header  { return h.header }
func (h *heldAnswer) WriteHeader(code int) { h.code = code }
func (h *heldAnswer) Write(p []byte) (int, error) {
	h.body.Write(p[:min(len(p), maxHeldAnswer-h.body.Len())])
	return len(p), nil
}

// pass sends the answer as it is, where there is nothing to break.
func (h *heldAnswer) pass(w http.ResponseWriter) {
	w.WriteHeader(h.code)
	_, _ = w.Write(h.body.Bytes()) // an error means that the client has gone
}

// offset is where an answer of size bytes breaks off: before its last byte. -1: before
// its first line.
func (i *injection) offset(size int) int {
	n := i.Offset
	if n == 0 {
		n = i.rng.IntN(size+1) - 1
	}
	return min(n, size-1)
}

// sendCut sends the beginning of the answer and cuts the connection.
func (x *exchange) sendCut(h *heldAnswer, i *injection) {
	i.happened()
	if n := i.offset(h.body.Len()); n >= 0 {
		x.w.WriteHeader(h.code)
		_, _ = x.w.Write(h.body.Bytes()[:n]) // an error means that the client has gone
		_ = http.NewResponseController(x.w).Flush()
	}
	panic(http.ErrAbortHandler)
}

func (x *exchange) sendBrokenGzip(h *heldAnswer, i *injection) {
	body := h.body.Bytes()
	if len(body) == 0 || h.code != http.StatusOK {
		h.pass(x.w)
		return
	}
	if h.header.Get("Content-Encoding") == "" {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body) // a bytes.Buffer takes it all
		_ = z.Close()
		body = b.Bytes()
		h.header.Set("Content-Encoding", "gzip")
	}
	i.happened()
	body = body[:max(i.offset(len(body)), 1)]
	h.header.Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(http.StatusOK)
	_, _ = x.w.Write(body) // an error means that the client has gone
}

func (x *exchange) sendHalf(h *heldAnswer, i *injection) {
	i.happened()
	h.header.Del("Content-Encoding")
	half := h.body.Bytes()[:h.body.Len()/2]
	html := "<br />\n<b>Fatal error</b>: Allowed memory size exhausted"
	h.header.Set("Content-Length", strconv.Itoa(len(half)+len(html)))
	x.w.WriteHeader(http.StatusInternalServerError)
	_, _ = x.w.Write(append(bytes.Clone(half), html...)) // an error means that the client has gone
}

func (x *exchange) sendBadGateway(h *heldAnswer, i *injection) {
	i.happened()
	h.header.Del("Content-Encoding")
	x.page(http.StatusBadGateway, "<html><body><h1>Proxy Error</h1></body></html>")
}

// dripPiece is how much comes at once of a dripping answer.
const dripPiece = 64

// dripWriter sends an answer in small pieces.
type dripWriter struct {
	http.ResponseWriter
	x     *exchange
	pause time.Duration
}

func (d *dripWriter) Write(p []byte) (int, error) {
	sent := 0
	for len(p) > 0 {
		n, err := d.ResponseWriter.Write(p[:min(len(p), dripPiece)])
		sent += n
		if err == nil {
			err = http.NewResponseController(d.ResponseWriter).Flush()
		}
		if err != nil {
			return sent, err
		}
		p = p[n:]
		d.x.linger(d.pause)
	}
	return sent, nil
}

// linger lets time pass, as long as somebody waits for the answer.
func (x *exchange) linger(d time.Duration) {
	w := newWaiter(x, d)
	defer w.stop()
	w.wait(nil)
}
