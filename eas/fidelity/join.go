package fidelity

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"
)

// Joined is a message whose ciphertext a server keeps apart, put together again: its header as the server sent it, and the
// ciphertext in base64. What is in the ciphertext is exact; how long its lines were only a DKIM hash can tell.
type Joined struct {
	Size  int64 // bytes
	head  []byte
	apart func() (io.ReadCloser, error)
	width int
	end   string
}

// Widths are lengths of base64 lines that are in use: of RFC 2045 6.8, of OpenSSL and PEM, of BinHex and some gateways.
func Widths() []int { return []int{76, 64, 72, 60} }

// Join puts a message together again. It is not ok where that cannot be done exactly: if the message is more than a header, or one
// that does not announce a CMS in base64.
func Join(served, size int64, open, ciphertext func() (io.ReadCloser, error), width int) (j Joined, ok bool, err error) {
	if served > maxHeader {
		return j, false, nil
	}
	r, err := open()
	if err != nil {
		return j, false, err
	}
	defer r.Close()
	head, err := io.ReadAll(r)
	if err != nil {
		return j, false, err
	}
	var h header
	end, whole := h.scan(head)
	kind, _, _ := strings.Cut(unfold(h.contentType), ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
	default:
		return j, false, nil
	}
	if !strings.EqualFold(unfold(h.encoding), "base64") || len(bytes.TrimSpace(head[end:])) > 0 || size == 0 {
		return j, false, nil
	}
	j = Joined{head: head[:end], apart: ciphertext, width: width, end: "\r\n"}
	if !bytes.HasSuffix(firstLine(j.head), crlf) {
		j.end = "\n"
	}
	if !whole {
		if !bytes.HasSuffix(j.head, []byte("\n")) {
			j.head = append(j.head, j.end...)
		}
		j.head = append(j.head, j.end...)
	}
	encoded := (size + 2) / 3 * 4
	lines := (encoded + int64(width) - 1) / int64(width)
	j.Size = int64(len(j.head)) + encoded + lines*int64(len(j.end))
	return j, true, nil
}

// Open reads the message from its start.
func (j Joined) Open() (io.ReadCloser, error) {
	r, err := j.apart()
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(j.head), &lineEncoder{r: r, raw: make([]byte, j.width/4*3), end: j.end}), r}, nil
}

// lineEncoder reads base64 in lines.
type lineEncoder struct {
	r    io.Reader
	raw  []byte // of a line
	line []byte // what is still to be read of it
	end  string
	err  error
}

func (e *lineEncoder) Read(p []byte) (int, error) {
	if len(e.line) == 0 && e.err == nil {
		var n int
		n, e.err = io.ReadFull(e.r, e.raw)
		if errors.Is(e.err, io.ErrUnexpectedEOF) {
			e.err = io.EOF
		}
		if n > 0 {
			e.line = base64.StdEncoding.AppendEncode(e.line[:0], e.raw[:n])
			e.line = append(e.line, e.end...)
		}
	}
	if len(e.line) == 0 {
		return 0, e.err
	}
	n := copy(p, e.line)
	e.line = e.line[n:]
	return n, nil
}
