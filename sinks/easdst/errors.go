package easdst

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

var (
	// ErrNotStored is why an item was not placed: the server said that it stored it, and when it was asked for it did not have it.
	ErrNotStored = errors.New("the server said that it stored it, and does not have it")
	// ErrTooMany says that a folder lists more than Options.MaxItems, or pages without an end.
	ErrTooMany = errors.New("the folder has too many items")
)

// told gives an error of the server the meaning that it has for a caller of a Target. What package eas said of it stays inside: how long
// to wait (eas.HTTPError.RetryAfter), for one.
func told(err error) error {
	meaning := meaningOf(err)
	if meaning == nil {
		return err
	}
	return fmt.Errorf("%w: %w", meaning, err)
}

// meaningOf is nil for what has no other meaning, and for what was told before.
func meaningOf(err error) (meaning error) {
	var st *eas.StatusError
	var he *eas.HTTPError
	toldBefore := func(known error) bool { return errors.Is(err, known) }
	switch {
	case err == nil, slices.ContainsFunc(meanings, toldBefore):
	case errors.Is(err, eas.ErrUnauthorized), errors.Is(err, eas.ErrBlocked), errors.Is(err, eas.ErrRemoteWipe):
		meaning = sinks.ErrDenied
	case errors.Is(err, eas.ErrMailboxFull):
		meaning = sinks.ErrFull
	case errors.Is(err, eas.ErrNoCollection):
		meaning = sinks.ErrNotExist
	case errors.Is(err, eas.ErrThrottled), errors.As(err, &st) && st.Action() == eas.ActionRetry, lostKey(err),
		errors.As(err, &he) && he.Code >= http.StatusInternalServerError:
		meaning = sinks.ErrUnavailable
	case st != nil, he != nil, errors.Is(err, eas.ErrUpgraded), errors.Is(err, ErrTooMany): // it will be so again
	default: // of the connection, or of something between here and the server
		meaning = sinks.ErrUnavailable
	}
	return meaning
}

// meanings are those of errors that were told, and of those that are what they are.
var meanings = []error{
	sinks.ErrDenied, sinks.ErrFull, sinks.ErrNotExist, sinks.ErrUnavailable, sinks.ErrRefused, sinks.ErrChanged, sinks.ErrUncertain, sinks.ErrNotEmpty,
	sinks.ErrFormat, errSource, context.Canceled, context.DeadlineExceeded, errors.ErrUnsupported,
}

// sent is told for a request that changes something: it is sinks.ErrUncertain, too, where the server may have carried it out.
func sent(err error) error {
	if carriedOut(err) {
		return fmt.Errorf("%w: %w", sinks.ErrUncertain, told(err))
	}
	return told(err)
}

// carriedOut tells whether a request that ended with err may have been carried out: always, unless the server said that it did
// not, or never got it.
func carriedOut(err error) bool {
	var st *eas.StatusError
	var he *eas.HTTPError
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case err == nil, errors.As(err, &st), errors.Is(err, errNotSent), errors.Is(err, eas.ErrNotReady), errors.Is(err, eas.ErrRemoteWipe), errors.Is(err, errors.ErrUnsupported):
		return false
	case errors.As(err, &he):
		// A 500 may come after everything was done (Z-Push 2.7, SOGo 5.8), and so may what a proxy says.
		return he.Code >= http.StatusInternalServerError && he.Code != http.StatusServiceUnavailable && he.Code != http.StatusInsufficientStorage
	case errors.As(err, &certificate), errors.As(err, &op) && op.Op == "dial":
		return false
	}
	return true
}

// errSource marks what goes wrong on the side of whoever gives an item.
var errSource = errors.New("its content cannot be read")

// errNotSent marks what went wrong before the request that changes something.
var errNotSent = errors.New("nothing was sent")

func notSent(err error) error { return fmt.Errorf("%w: %w", errNotSent, told(err)) }

// lostKey tells whether nothing was carried out since the server does not know the key. MS-ASCMD 2.2.3.177.17; 132 and 134: MS-ASCMD
// 2.2.2. QUIRK(SOGo 5.8): 13 is what some requests get while others of the device are under way.
func lostKey(err error) bool {
	var st *eas.StatusError
	return errors.As(err, &st) && st.Command == "Sync" && (st.Code == 3 || st.Code == busy || st.Code == 132 || st.Code == 134)
}

const busy = 13

// broken tells whether one of the commands may have broken the request: the rules of the protocol, or the server.
func broken(err error) bool {
	var st *eas.StatusError
	var he *eas.HTTPError
	return !lostKey(err) && errors.As(err, &st) && (st.Action() == eas.ActionFix || st.Command == "Sync" && st.Code == 6) ||
		errors.As(err, &he) && (he.Code == 400 || he.Code == 413 || he.Code == 500 || he.Code == 501)
}

// status is the number of a StatusError, 0 for any other error.
func status(err error) int {
	var st *eas.StatusError
	if errors.As(err, &st) {
		return st.Code
	}
	return 0
}

// ofItem is what the server said of one item, told as the reason for which it is not placed.
func ofItem(err error) error {
	var st *eas.StatusError
	switch {
	case errors.Is(err, eas.ErrMailboxFull):
		return fmt.Errorf("%w: %w", sinks.ErrFull, err)
	case errors.As(err, &st) && st.Action() == eas.ActionRetry:
		return fmt.Errorf("%w: %w", sinks.ErrUnavailable, err)
	}
	return fmt.Errorf("%w: %w", sinks.ErrRefused, err)
}

// ofOne tells an error of one item, after which others can be asked for.
func ofOne(err error) bool {
	return errors.Is(err, sinks.ErrRefused) || errors.Is(err, sinks.ErrChanged) || errors.Is(err, sinks.ErrNotExist)
}
