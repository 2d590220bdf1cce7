package wbxml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Unmarshal decodes a whole document.
func Unmarshal(doc []byte, lim Limits) (*Element, error) {
	lim = lim.withDefaults()
	if int64(len(doc)) > lim.Document {
		return nil, &LimitError{"Document", lim.Document, lim.Document}
	}
	d := &Decoder{input: input{buf: doc, w: len(doc), srcErr: io.EOF}, lim: lim}
	if _, err := d.Root(); err != nil {
		return nil, err
	}
	e, err := d.Element(nil)
	if err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil {
		return nil, err
	}
	return e, nil
}

// Element returns the element that the decoder stands in, with all below it.
// divert may be nil. An error that it returns ends the document.
func (d *Decoder) Element(divert Divert) (*Element, error) {
	return d.element(divert, false)
}

// Borrow is Element for those who are done with a tree before they read the next:
// the elements, but not their texts, lie in memory that the next Borrow and Reset
// use again. [Element.Clone] keeps one of them.
func (d *Decoder) Borrow(divert Divert) (*Element, error) {
	d.tree.borrowed.again()
	d.tree.borrowed.reuse = true
	return d.element(divert, true)
}

func (d *Decoder) element(divert Divert, borrows bool) (*Element, error) {
	depth := d.at
	if !d.back(depth) {
		if d.err == nil {
			return nil, errors.New("wbxml: this element has been read")
		}
		return nil, d.err
	}
	d.tree.reset()
	d.tree.borrows = borrows
	d.startElement()
	for {
		for d.wholeLeaf(divert) {
		}
		ev := d.next()
		if ev == evValue {
			ev = d.leaf(divert)
		}
		switch ev {
		case evStart:
			d.startElement()
		case evEnd:
			if e := d.tree.end(); e != nil {
				return e, nil
			}
		case evError:
			return nil, d.err
		}
		d.at = depth
	}
}

func (d *Decoder) startElement() {
	if n := len(d.tree.open); n > 0 {
		d.tree.open[n-1].begun = true
	}
	f := &d.stack[len(d.stack)-1]
	if limit := d.tree.start(f.tag, f.literal, &d.lim); limit != "" {
		d.exceed(limit, d.lim.value(limit))
	}
}

// Divert is asked for every value below the element that is being read, before it
// is read; parent is the element around it, whose earlier children are there
// already. It returns true when it took the value: it is then left out of the tree
// ([Element].Diverted is set), and what r still has is skipped. To leave the value
// in the tree it returns false without reading. r is valid during the call, and so
// is parent.
type Divert func(parent *Element, tag Tag, r io.Reader) (bool, error)

var errDivert = errors.New("read the value and did not take it")

// leaf reads the value piece at hand into the innermost open element of the tree.
// It returns evEnd when a Divert took all that was left in the element, else evValue.
func (d *Decoder) leaf(divert Divert) event {
	o := d.tree.top()
	first := !o.begun
	o.begun = true
	if divert != nil && first && len(d.tree.open) > 1 {
		depth := len(d.stack)
		d.at = depth
		d.opaque, d.valueLen = d.piece == pieceOpaque, 0
		d.value = valueReader{d: d}
		took, err := divert(d.tree.parent(len(d.tree.open)-2), o.Tag, &d.value)
		switch {
		case d.err != nil:
			return evError
		case err != nil:
			d.err = fmt.Errorf("wbxml: divert %s: %w", o.Tag, err)
			return evError
		case took:
			o.Diverted, o.Opaque = true, d.opaque
			if !d.unwind(depth - 1) {
				return evError
			}
			return evEnd
		case d.valueLen > 0 || len(d.stack) < depth:
			d.err = fmt.Errorf("wbxml: divert %s: %w", o.Tag, errDivert)
			return evError
		}
	}
	if d.piece == pieceOpaque {
		o.Opaque = true
	}
	for d.piece != pieceNone {
		if limit := d.tree.add(d.chunk(), &d.lim); limit != "" {
			d.exceed(limit, d.lim.value(limit))
		}
		if d.err != nil {
			return evError
		}
	}
	return evValue
}

// wholeLeaf takes the next child if it is one that lies whole in the buffer as most
// do: tag, STR_I, text, NUL, END. It does in one step what next and leaf do in four.
func (d *Decoder) wholeLeaf(divert Divert) bool {
	p := d.buf[d.r:d.w]
	if len(p) > 2 && p[0] == tokSwitchPage && d.err == nil && !d.stack[len(d.stack)-1].empty {
		d.page = p[1]
		d.r += 2
		p = p[2:]
	}
	const leaf = 4 // bytes around the text
	if len(p) < leaf || p[0]&(bitContent|bitAttributes) != bitContent || p[0]&maskTag <= tokLiteral || p[1] != tokStrI {
		return false
	}
	if d.err != nil || d.stack[len(d.stack)-1].empty || len(d.stack) >= d.lim.Depth {
		return false
	}
	n := bytes.IndexByte(p[2:], 0)
	if n < 0 || n+leaf > len(p) || p[n+leaf-1] != tokEnd || int64(n) > d.lim.Value {
		return false
	}
	tag, text := Tag(d.page)<<8|Tag(p[0]&maskTag), p[2:2+n]
	took := false
	if divert != nil {
		d.opaque = false
		d.value = valueReader{d: d, rest: text, whole: true}
		var err error
		if took, err = divert(d.tree.parent(len(d.tree.open)-1), tag, &d.value); err != nil {
			d.err = fmt.Errorf("wbxml: divert %s: %w", tag, err)
			return false
		}
		if took {
			text = nil
		} else if len(d.value.rest) != len(text) {
			d.err = fmt.Errorf("wbxml: divert %s: %w", tag, errDivert)
			return false
		}
	}
	d.r += n + leaf
	if limit := d.tree.leaf(tag, text, took, &d.lim); limit != "" {
		d.exceed(limit, d.lim.value(limit))
		return false
	}
	return true
}
