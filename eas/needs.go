package eas

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// needs refuses what the version that is spoken does not have yet. The command is named by the one that wraps the error.
func (c *Client) needs(what string, since Version) error {
	if v := c.Version(); v != "" && !v.AtLeast(since) {
		return fmt.Errorf("%s in version %s, from %s on: %w", what, v, since, errors.ErrUnsupported)
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

// maxCredentials bounds user and password, each. MS-ASCMD 2.2.3.125.5, 2.2.3.193.
const maxCredentials = 100 // characters

// checkCredentials tells why credentials for another server may not go with a command. They go only over a connection that nobody
// can listen to.
func (c *Client) checkCredentials(user, password string) error {
	switch {
	case c.url.Scheme != "https" && !loopback(c.url.Hostname()):
		return errors.New("credentials are not sent over plain HTTP")
	case utf8.RuneCountInString(user) > maxCredentials || utf8.RuneCountInString(password) > maxCredentials:
		return fmt.Errorf("credentials: at most %d characters each may be", maxCredentials)
	}
	return c.needs("UserName", Version121)
}
