package easserver

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// parts are the parts of a multipart answer after the first, which is the document.
type parts struct{ sources []source }

// add appends a part and returns its number.
func (p *parts) add(s source) int {
	p.sources = append(p.sources, s)
	return len(p.sources)
}

// multipart answers ItemOperations with the document first and the bodies behind it,
// where they are not held by anybody. MS-ASCMD 2.2.1.10.1.1.
func (x *exchange) multipart(operations []wbxml.Element) {
	p := &parts{}
	var doc bytes.Buffer
	enc := wbxml.NewEncoder(&doc)
	x.writeOperations(enc, operations, p)
	if err := enc.Close(); err != nil {
		panic(http.ErrAbortHandler)
	}
	all := append([]source{textSource(doc.String())}, p.sources...)
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(all)))
	offset := int64(4 + 8*len(all))
	for _, s := range all {
		if offset+s.size > math.MaxUint32 {
			x.status(11) // the requested data size is too large
			return
		}
		head = binary.LittleEndian.AppendUint32(head, uint32(offset))
		head = binary.LittleEndian.AppendUint32(head, uint32(s.size))
		offset += s.size
	}
	out := x.body(contentTypeMultipart)
	if !out.gzip {
		x.w.Header().Set("Content-Length", strconv.FormatInt(offset, 10))
	}
	if err := writeParts(out, head, all); err != nil {
		panic(http.ErrAbortHandler)
	}
	out.finish()
}

func writeParts(w io.Writer, head []byte, all []source) error {
	if _, err := w.Write(head); err != nil {
		return err
	}
	for i, s := range all {
		in, err := s.reader()
		if err != nil {
			return err
		}
		n, err := io.Copy(w, in)
		if err := errors.Join(err, in.Close()); err != nil {
			return err
		}
		if n != s.size {
			return fmt.Errorf("part %d has %d bytes and not %d", i, n, s.size)
		}
	}
	return nil
}
