package wbxml

import "io"

// Value returns the value of the element that the decoder stands in as a stream:
// strings and opaque parts one after the other, child elements skipped. It holds
// no more than the decoder's buffer, and is valid until the decoder is used
// otherwise. It is an [io.WriterTo], so that io.Copy moves slices of that buffer
// without another copy.
func (d *Decoder) Value() io.Reader {
	d.beginValue()
	d.value = valueReader{d: d}
	return &d.value
}

type valueReader struct {
	d     *Decoder
	rest  []byte // of the last chunk
	whole bool   // rest is all there is
}

func (v *valueReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(v.rest) == 0 {
		if v.rest = v.next(); v.rest == nil {
			return 0, v.end()
		}
	}
	n := copy(p, v.rest)
	v.rest = v.rest[n:]
	return n, nil
}

func (v *valueReader) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for {
		for len(v.rest) > 0 {
			n, err := w.Write(v.rest)
			total += int64(n)
			v.rest = v.rest[n:]
			if err != nil {
				return total, err
			}
		}
		if v.rest = v.next(); v.rest == nil {
			return total, v.d.err
		}
	}
}

func (v *valueReader) next() []byte {
	if v.whole {
		return nil
	}
	return v.d.nextChunk()
}

func (v *valueReader) end() error {
	if v.d.err != nil {
		return v.d.err
	}
	return io.EOF
}

func (d *Decoder) beginValue() {
	d.back(d.at)
	d.opaque, d.valueLen = false, 0
}

// nextChunk returns the next bytes of the value of the element that the decoder
// stands in, as they lie in the buffer; nil at the end and on an error.
func (d *Decoder) nextChunk() []byte {
	if d.err != nil || len(d.stack) < d.at || d.at == 0 || d.stack[d.at-1].broken {
		return nil
	}
	for {
		for d.piece != pieceNone {
			c := d.chunk()
			if d.valueLen += int64(len(c)); d.valueLen > d.lim.Value {
				d.exceed("Value", d.lim.Value)
			}
			if d.err != nil {
				return nil
			}
			if len(c) > 0 {
				return c
			}
		}
		switch d.next() {
		case evValue:
			d.opaque = d.opaque || d.piece == pieceOpaque
		case evStart:
			if !d.unwind(d.at) {
				return nil
			}
		case evEnd, evError:
			return nil
		}
	}
}
