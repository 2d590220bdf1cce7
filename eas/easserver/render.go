package easserver

import (
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// renderer writes the properties of items in the form of a protocol version.
type renderer struct {
	enc      *wbxml.Encoder
	protocol protocol
	opts     options
	folder   *Folder
	device   *device
	spoil    spoil  // what a fault does to the item
	parts    *parts // not nil: bodies and attachments go into parts of a multipart answer
}

// source is a value of an answer: a text, or what open yields.
type source struct {
	size   int64
	text   string
	open   func() (io.ReadCloser, error) // nil: text is it
	opaque bool
}

func textSource(s string) source { return source{size: int64(len(s)), text: s} }

// maxAtOnce is the size up to which a message is written at once; streaming has a
// buffer for each.
const maxAtOnce = 64 << 10

func (c *Content) source() source {
	if c.Open == nil && c.Size <= maxAtOnce {
		return source{size: c.Size, text: string(c.Bytes), opaque: c.Opaque}
	}
	return source{size: c.Size, open: c.open, opaque: c.Opaque}
}

func (s source) reader() (io.ReadCloser, error) {
	if s.open == nil {
		return io.NopCloser(strings.NewReader(s.text)), nil
	}
	return s.open()
}

// cut returns the first n bytes of s.
func (s source) cut(n int64) source {
	if n >= s.size {
		return s
	}
	if s.open == nil {
		s.size, s.text = n, s.text[:n]
		return s
	}
	whole := s.open
	s.size, s.open = n, func() (io.ReadCloser, error) {
		r, err := whole()
		if err != nil {
			return nil, err
		}
		return struct {
			io.Reader
			io.Closer
		}{io.LimitReader(r, n), r}, nil
	}
	return s
}

// item writes the children of ApplicationData or Properties.
func (r *renderer) item(v *version) {
	if v.Message != nil {
		r.mail(v)
		return
	}
	r.properties(v)
}

// command writes an item of a Sync page. Changes of flags alone are sent alone.
func (r *renderer) change(o op) {
	if o.v.Message != nil && o.kind == opChange && !o.full {
		r.flags(o.v)
		return
	}
	r.item(o.v)
}

// value writes an element with the value of s.
func (r *renderer) value(tag wbxml.Tag, s source) {
	r.enc.Start(tag)
	if s.size > 0 {
		r.stream(s)
	}
	r.enc.End()
}

func (r *renderer) stream(s source) {
	if s.open == nil && s.opaque {
		r.enc.Opaque([]byte(s.text))
		return
	}
	if s.open == nil {
		r.enc.String(s.text)
		return
	}
	in, err := s.open()
	if err != nil {
		r.enc.StringFrom(errorReader{err}) // fails the document: the connection is cut
		return
	}
	defer in.Close()
	if s.opaque {
		r.enc.OpaqueFrom(in, s.size)
	} else {
		r.enc.StringFrom(in)
	}
}

type errorReader struct{ err error }

func (e errorReader) Read([]byte) (int, error) { return 0, e.err }

// optional writes an element unless its text is empty.
func (r *renderer) optional(tag wbxml.Tag, text string) {
	if text != "" {
		r.enc.Text(tag, text)
	}
}

func (r *renderer) number(tag wbxml.Tag, n int64) { r.enc.Text(tag, strconv.FormatInt(n, 10)) }

func (r *renderer) bool(tag wbxml.Tag, b bool) {
	if b {
		r.enc.Text(tag, "1")
	} else {
		r.enc.Text(tag, "0")
	}
}

// body is the body of an item in one format.
type body struct {
	typ   int
	data  source
	cut   func(limit int64) source // a prefix
	plain func() string            // in plain text, for the preview
}

// bodyOfText returns a body that is text, which is cut between characters.
func bodyOfText(typ int, s string, plain func() string) body {
	return body{
		typ: typ, data: textSource(s), plain: plain,
		cut: func(limit int64) source { return textSource(cutBytes(s, limit)) },
	}
}

// writeBody writes AirSyncBase:Body, MS-ASAIRS 2.2.2.9, of a body in a format that is
// preferred; ok is false if none is.
func (r *renderer) writeBody(p bodyPreference, b body, ok bool) {
	r.enc.Start(wbxml.AirSyncBaseBody)
	defer r.enc.End()
	r.number(wbxml.AirSyncBaseType, int64(b.typ))
	r.number(wbxml.AirSyncBaseEstimatedDataSize, b.data.size)
	if r.spoil&spoilCut != 0 && ok {
		p.limit, p.allOrNone = min(p.limit, b.data.size/2), false
	}
	truncated := b.data.size > p.limit
	if !ok {
		// Nothing was preferred: the client learns what there is.
		r.bool(wbxml.AirSyncBaseTruncated, b.data.size > 0)
		return
	}
	r.bool(wbxml.AirSyncBaseTruncated, truncated)
	sent := !truncated || !p.allOrNone && p.limit > 0
	if sent {
		r.bodyData(b.cut(p.limit))
	}
	if p.preview > 0 && r.protocol >= 140 && (p.typ != typePlain || !sent) {
		r.enc.Text(wbxml.AirSyncBasePreview, cutRunes(b.plain(), p.preview))
	}
}

func (r *renderer) bodyData(s source) {
	if r.parts != nil {
		r.number(wbxml.ItemOperationsPart, int64(r.parts.add(s)))
		return
	}
	r.value(wbxml.AirSyncBaseData, s)
}

// prefer chooses the format of a body: the native one if it is among those wanted, or
// else the first that can be had. A format that would be truncated, but is wanted all
// or none, gives way to the next. convert returns the body in a format, and whether it
// can be had so. MS-ASAIRS 2.2.2.3.2.
func (r *renderer) prefer(native int, convert func(typ int) (body, bool)) (bodyPreference, body, bool) {
	var candidates []bodyPreference
	for _, first := range []bool{true, false} {
		for _, p := range r.opts.bodies {
			if (p.typ == native) == first {
				candidates = append(candidates, p)
			}
		}
	}
	var last *bodyPreference
	var lastBody body
	for i, p := range candidates {
		b, ok := convert(p.typ)
		if !ok {
			continue
		}
		if !p.allOrNone || b.data.size <= p.limit {
			return p, b, true
		}
		last, lastBody = &candidates[i], b
	}
	if last != nil {
		return *last, lastBody, true
	}
	b, _ := convert(native)
	// Only formats that cannot be had were wanted, such as MIME without
	// MIMESupport: the native one is sent, as servers do.
	return bodyPreference{typ: native, limit: noLimit}, b, len(r.opts.bodies) > 0
}

// cutRunes returns the first n characters of s.
func cutRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// cutBytes returns the longest prefix of s of at most n bytes that ends with a
// whole character.
func cutBytes(s string, n int64) string {
	if int64(len(s)) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
