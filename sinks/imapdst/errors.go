package imapdst

import (
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// ErrLost says that a server answered that it stored a message, and did not have it when it was asked for it.
var ErrLost = errors.New("the target said that it stored the message, and does not have it")

// meaning returns the sentinel of what a server refused: by its response code (RFC 5530, RFC 7889, RFC 9208), never by its text.
// nil = it gave no code, or one that says nothing of the kind.
func meaning(e *imap.Error) error {
	switch e.Code {
	case imap.ResponseCodeOverQuota:
		return sinks.ErrFull
	case imap.ResponseCodeTooBig:
		return errors.Join(sinks.ErrRefused, sinks.ErrTooLarge)
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeServerBug, imap.ResponseCodeContactAdmin, imap.ResponseCodeCorruption:
		return sinks.ErrUnavailable
	case imap.ResponseCodeTryCreate, imap.ResponseCodeNonExistent:
		return sinks.ErrNotExist
	case imap.ResponseCodeAlreadyExists:
		return sinks.ErrExist
	case imap.ResponseCodeAuthenticationFailed, imap.ResponseCodeAuthorizationFailed, imap.ResponseCodeExpired,
		imap.ResponseCodePrivacyRequired, imap.ResponseCodeNoPerm:
		return sinks.ErrDenied
	case imap.ResponseCodeHasChildren:
		return sinks.ErrNotEmpty
	case imap.ResponseCodeLimit, imap.ResponseCodeCannot, imap.ResponseCodeParse, imap.ResponseCodeClientBug:
		return sinks.ErrRefused
	}
	return nil
}

// A said error is a sentinel with what the server said.
type said struct {
	means error // nil = nothing more
	by    *imap.Error
}

func (e *said) Error() string {
	text := string(e.by.Type)
	if e.by.Code != "" {
		text += fmt.Sprintf(" [%s]", e.by.Code)
	}
	if e.by.Text != "" {
		text += " " + cut(e.by.Text)
	}
	return text
}

func (e *said) Unwrap() []error {
	if e.means == nil {
		return []error{e.by}
	}
	return []error{e.means, e.by}
}

// understand gives an answer of the server its meaning. otherwise is that of a refusal without a code.
func understand(err, otherwise error) error {
	var e *imap.Error
	var done *said
	if err == nil || errors.As(err, &done) || !errors.As(err, &e) {
		return err
	}
	means := meaning(e)
	if means == nil {
		means = otherwise
	}
	return &said{means: means, by: e}
}

// cut shortens text for an error or an Alteration.
func cut(text string) string {
	const limit = 256
	if len(text) <= limit {
		return text
	}
	n := limit
	for n > 0 && text[n]&0xC0 == 0x80 { // within a rune
		n--
	}
	return text[:n]
}
