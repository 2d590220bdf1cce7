package eas

import (
	"errors"
	"fmt"
	"io"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// decoder takes a decoder for the body. It goes back with putDecoder.
func (r *response) decoder() *wbxml.Decoder {
	if d, ok := r.c.decoders.Get().(*wbxml.Decoder); ok {
		d.Reset(r.body)
		return d
	}
	return wbxml.NewDecoder(r.body, r.c.cfg.Limits)
}

func (c *Client) putDecoder(d *wbxml.Decoder) {
	d.Reset(nil)
	c.decoders.Put(d)
}

// root enters the document and checks that it answers the command.
func (r *response) root(d *wbxml.Decoder, want wbxml.Tag) error {
	tag, err := d.Root()
	if err != nil {
		return r.broken(err)
	}
	if tag != want {
		return r.malformed(fmt.Errorf("it is a document %s", tag))
	}
	return nil
}

// document reads a whole answer with the root want; nil when there is no body.
func (r *response) document(want wbxml.Tag) (*wbxml.Element, error) { return r.tree(want, nil) }

// tree is document without the values that divert takes.
func (r *response) tree(want wbxml.Tag, divert wbxml.Divert) (*wbxml.Element, error) {
	if r.empty {
		return nil, nil
	}
	d := r.decoder()
	defer r.c.putDecoder(d)
	if err := r.root(d, want); err != nil {
		return nil, err
	}
	e, err := d.Element(divert)
	if err == nil {
		err = d.Close()
	}
	if err != nil {
		return nil, r.broken(err)
	}
	return e, nil
}

// broken says why an answer could not be read: the network's errors as they are, what is wrong in its bytes as a
// ResponseError.
func (r *response) broken(err error) error {
	var timeout *timeoutError
	if errors.As(err, &timeout) {
		return r.wrap(timeout)
	}
	var syntax *wbxml.SyntaxError
	var limit *wbxml.LimitError
	if errors.As(err, &syntax) || errors.As(err, &limit) || errors.Is(err, wbxml.ErrNotWBXML) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.malformed(err)
	}
	return r.wrap(err)
}

func (r *response) malformed(err error) error {
	return &ResponseError{Command: r.cmd, ContentType: r.contentType(), Err: err}
}

// status makes an error of a Status that does not say success, which is 1 in every command that is used here.
func status(command, element string, code int) error {
	switch code {
	case 1:
		return nil
	case absent:
		return &ResponseError{Command: command, Err: fmt.Errorf("%s has no status", element)}
	}
	return &StatusError{Command: command, Element: element, Code: code}
}

// readStatus reads the Status that d stands in. That the document broke off in it is for Close to say.
func readStatus(d *wbxml.Decoder, command, element string) (int, error) {
	code := atoi(d.Text())
	if d.Err() != nil {
		return absent, nil //nolint:nilerr // see above
	}
	return code, status(command, element, code)
}
