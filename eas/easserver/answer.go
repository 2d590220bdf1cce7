package easserver

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

const (
	contentTypeWBXML     = "application/vnd.ms-sync.wbxml"
	contentTypeMultipart = "application/vnd.ms-sync.multipart"
)

// httpError answers with an HTTP status to a request that breaks a rule. It returns
// false, so that a check may return it.
func (x *exchange) httpError(code int, rule, detail string) bool {
	x.violation(rule, detail)
	http.Error(x.w, http.StatusText(code), code)
	return false
}

// refuse answers a request that breaks a rule of all commands: with the status
// from 14.0 on, and HTTP 400 before. MS-ASCMD 2.2.2.
func (x *exchange) refuse(status int, rule, detail string) bool {
	x.violation(rule, detail)
	return x.fail(status, http.StatusBadRequest)
}

// fail answers with a common status, or an HTTP status to versions that have none.
func (x *exchange) fail(status, code int) bool {
	if x.protocol < 140 {
		http.Error(x.w, http.StatusText(code), code)
		return false
	}
	x.status(status)
	return false
}

// status answers with the command's status alone.
func (x *exchange) status(status int) {
	path := x.command.status
	e := wbxml.T(path[len(path)-1], strconv.Itoa(status))
	for i := len(path) - 2; i >= 0; i-- {
		e = wbxml.E(path[i], e)
	}
	x.reply(wbxml.E(x.command.root, e))
}

func (x *exchange) violation(rule, detail string) {
	if x.cfg.OnViolation != nil {
		x.cfg.OnViolation(Violation{Request: x.request, Rule: rule, Detail: detail})
	}
}

// reply answers with a document.
func (x *exchange) reply(e wbxml.Element) {
	x.stream(func(enc *wbxml.Encoder) { enc.Element(&e) })
}

// empty answers with HTTP 200 and no body.
func (x *exchange) empty() {
	x.w.Header().Set("Content-Length", "0")
	x.w.WriteHeader(http.StatusOK)
}

// stream answers with the document that write makes, while it makes it. If the
// document cannot be finished the connection is cut: the client must not take a
// part for the whole.
func (x *exchange) stream(write func(*wbxml.Encoder)) {
	out := x.body(contentTypeWBXML)
	enc := wbxml.NewEncoder(out)
	write(enc)
	if err := enc.Close(); err != nil {
		panic(http.ErrAbortHandler)
	}
	out.finish()
}

// fields returns the elements of a struct's fields. The structs are the client's, whose
// types all have a form.
func fields(v any) []wbxml.Element {
	e, err := wbxml.Encode(0, v)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return e.Children
}

func writeFields(enc *wbxml.Encoder, v any) {
	for _, e := range fields(v) {
		enc.Element(&e)
	}
}

// output is the body of an answer. It is held back as long as it is small, so that
// the answer can say its length.
type output struct {
	w    http.ResponseWriter
	to   io.Writer // set when the body is no longer held back
	gzip bool
	gz   *gzip.Writer
	held []byte
}

// maxHeld is how much of a body is held back.
const maxHeld = 64 << 10

func (x *exchange) body(contentType string) *output {
	x.w.Header().Set("Content-Type", contentType)
	o := &output{w: x.w, gzip: x.cfg.Gzip && strings.Contains(x.http.Header.Get("Accept-Encoding"), "gzip")}
	if o.gzip {
		x.w.Header().Set("Content-Encoding", "gzip")
	}
	return o
}

func (o *output) Write(p []byte) (int, error) {
	if o.to == nil {
		if len(o.held)+len(p) <= maxHeld {
			o.held = append(o.held, p...)
			return len(p), nil
		}
		if err := o.release(); err != nil {
			return 0, err
		}
	}
	return o.to.Write(p)
}

// release sends what was held back.
func (o *output) release() error {
	o.to = o.w
	if o.gzip {
		o.gz = gzip.NewWriter(o.w)
		o.to = o.gz
	}
	_, err := o.to.Write(o.held)
	o.held = nil
	return err
}

func (o *output) finish() {
	if o.to == nil {
		if !o.gzip {
			o.w.Header().Set("Content-Length", strconv.Itoa(len(o.held)))
		}
		// An error means that the client has gone.
		_ = o.release()
	}
	if o.gz != nil {
		_ = o.gz.Close()
	}
}
