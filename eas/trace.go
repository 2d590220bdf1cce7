package eas

import (
	"bytes"
	"regexp"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Exchange is one request and its answer, as Config.Trace is told of it when the answer was read or given up.
type Exchange struct {
	Command       string // of the protocol, or "OPTIONS"
	Start         time.Time
	Duration      time.Duration // to the end of the answer, the caller's work on its items included
	Wait          time.Duration // to the answer's first byte
	RequestBytes  int64         // of the body
	ResponseBytes int64         // of the body, as it came over the wire
	HTTPStatus    int           // 0 = no answer
	Err           error         // what ended the exchange, nil if it was read to its end
	RequestXML    []byte        // with Config.TraceXML, cut
	ResponseXML   []byte        // with Config.TraceXML, cut
}

const (
	traceCapture = 64 << 10 // bytes of an answer that are rendered
	traceValue   = 256      // bytes of one value
)

// traceSecret is the password for a document library (MS-ASCMD 2.2.3.132.1, .2), or of the device (.3): an element of just this
// name, with a namespace or without, that is not empty. Policies have settings whose names only begin so.
var traceSecret = regexp.MustCompile(`(?s)(<Password(?: [^>]*[^/>])?>).*?(</Password>|$)`)

// traceXML renders as much of a document as there is, but for passwords.
func traceXML(doc []byte) []byte {
	var b bytes.Buffer
	d := wbxml.NewDecoder(bytes.NewReader(doc), wbxml.Limits{})
	if err := wbxml.WriteXML(&b, d, wbxml.XMLOptions{Indent: true, MaxValue: traceValue}); err != nil {
		b.WriteString("<!-- cut -->\n")
	}
	return traceSecret.ReplaceAll(b.Bytes(), []byte("$1-$2"))
}

// traceRequest keeps the beginning of a document that is sent, up to the message in it, if there is one: that is not shown, and its
// Source is open already.
func (r *response) traceRequest(cmd *command) {
	if !r.c.cfg.TraceXML || cmd.doc == nil {
		return
	}
	body, err := cmd.body()
	if err != nil {
		return // sending it says why
	}
	r.trace.RequestXML = traceXML(body.head[:min(len(body.head), traceCapture)])
}

// capture keeps the beginning of what is written to it.
type capture struct {
	b    []byte
	skip int64 // bytes before the document
}

func (c *capture) Write(p []byte) (int, error) {
	c.b = append(c.b, p[:min(len(p), traceCapture-len(c.b))]...)
	return len(p), nil
}

func (c *capture) xml() []byte { return traceXML(c.b[min(c.skip, int64(len(c.b))):]) }

// skipTrace says where in a multipart answer the document begins.
func (r *response) skipTrace(n int64) {
	if r.capture != nil {
		r.capture.skip = n
	}
}
