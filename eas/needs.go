package eas

import (
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// needs refuses what the version that is spoken does not have yet.
func (c *Client) needs(command, what string, since Version) error {
	if v := c.Version(); v != "" && !v.AtLeast(since) {
		return fmt.Errorf("%s: %s in version %s, from %s on: %w", command, what, v, since, errors.ErrUnsupported)
	}
	return nil
}

// optional appends a text element, unless the text is empty.
func optional(e *wbxml.Element, tag wbxml.Tag, text string) {
	if text != "" {
		e.Append(wbxml.T(tag, text))
	}
}

// answered is call for a command whose answer is a document in any case.
func answered(command string, answer *wbxml.Element, err error) (*wbxml.Element, error) {
	if err == nil && answer == nil {
		return nil, &ResponseError{Command: command, Err: errEmpty}
	}
	return answer, err
}
