package migrate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// Side is whose fault an error is.
type Side string

// The sides.
const (
	Source      Side = "source"
	Destination Side = "destination"
	State       Side = "state"
)

// Error says where in a run something went wrong. It reads as a path:
//
//	alice@example.com: Inbox/Projects: page 42: source: Sync: status 5 (server error)
type Error struct {
	Mailbox string
	Folder  string // display path; "" = the mailbox as a whole
	Page    int    // 0 = no page in particular
	Side    Side
	Err     error
}

func (e *Error) Error() string {
	parts := []string{e.Mailbox}
	if e.Folder != "" {
		parts = append(parts, e.Folder)
	}
	if e.Page > 0 {
		parts = append(parts, fmt.Sprintf("page %d", e.Page))
	}
	parts = append(parts, string(e.Side), e.Err.Error())
	return strings.Join(parts, ": ")
}

func (e *Error) Unwrap() error { return e.Err }

// action is what an error means for the run.
type action int

const (
	actRetry     action = iota // the same request again, after a delay
	actResync                  // the folder restarts at key 0
	actHierarchy               // the server does not know the folder: the tree is read again, then the folder
	actFolder                  // this folder cannot be had in this run; the others go on
	actMailbox                 // this mailbox cannot be had in this run
	actRun                     // the whole run stops
)

// verdict is the outcome of judge.
type verdict struct {
	action action
	delay  time.Duration // what the server asked for; 0 = the engine's own backoff
	// refused says that the server did not act on the request: a SyncKey in it was not used up.
	refused bool
	// unmade says that the server may have failed to make this very answer: another way to the same may work.
	unmade bool
	// strained says that the server had too much to do.
	strained bool
}

// judge is the one place that decides what an error means. It is total: what it does not know fails the folder.
func judge(err error) verdict {
	switch {
	case errors.Is(err, context.Canceled), isOver(err):
		return verdict{action: actRun}
	case errors.Is(err, sinks.ErrFull), errors.Is(err, checkpoints.ErrFull), errors.Is(err, sinks.ErrFormat),
		errors.Is(err, checkpoints.ErrUnusable):
		return verdict{action: actRun}
	case errors.Is(err, sinks.ErrFenced), errors.Is(err, checkpoints.ErrConflict), errors.Is(err, checkpoints.ErrLocked):
		return verdict{action: actMailbox}
	case errors.Is(err, sinks.ErrCorrupt):
		return verdict{action: actFolder}
	case errors.Is(err, sinks.ErrUnavailable):
		return verdict{action: actRetry}
	case errors.Is(err, eas.ErrNotReady):
		return verdict{action: actRetry, refused: true}
	case errors.Is(err, eas.ErrUnauthorized), errors.Is(err, eas.ErrBlocked), errors.Is(err, eas.ErrRemoteWipe),
		errors.Is(err, eas.ErrNotEAS), errors.Is(err, eas.ErrRedirect), errors.Is(err, eas.ErrMailboxFull),
		errors.Is(err, eas.ErrUpgraded):
		return verdict{action: actMailbox}
	}
	if errors.Is(err, eas.ErrNoCollection) {
		return verdict{action: actHierarchy}
	}
	if errors.Is(err, eas.ErrPolicyRequired) {
		// The client has provisioned and was asked for it again: the policy changed meanwhile, or another request's did.
		return verdict{action: actRetry, refused: true}
	}
	if v, ok := judgeStatus(err); ok {
		return v
	}
	if v, ok := judgeHTTP(err); ok {
		return v
	}
	var malformed *eas.ResponseError
	if isNetwork(err) {
		return verdict{action: actRetry, refused: isUnsent(err), unmade: !isUnsent(err), strained: isTimeout(err)}
	}
	if errors.As(err, &malformed) {
		return verdict{action: actRetry, unmade: true}
	}
	return verdict{action: actFolder}
}

// isUnsent tells that there was no connection to send a request by.
func isUnsent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// Temporary tells whether the same run may succeed later with nobody doing anything about it.
func Temporary(err error) bool { return judge(err).action == actRetry }

func judgeStatus(err error) (verdict, bool) {
	var st *eas.StatusError
	if !errors.As(err, &st) {
		return verdict{}, false
	}
	switch {
	case st.Command == "Sync" && st.Code == 3:
		return verdict{action: actResync}, true
	case st.Command == "Sync" && st.Code == 13:
		// "The request is not complete: send it whole." Ours always is.
		// QUIRK(SOGo 5.8): answers so, without a reason, to one of several requests that come at the same moment.
		return verdict{action: actRetry, refused: true}, true
	case st.Command == "Sync" && (st.Code == 5 || st.Code == 16), st.Command == "FolderSync" && st.Code == 6,
		st.Code == 110, st.Code == 111: // server errors that pass (MS-ASCMD 2.2.2)
		return verdict{action: actRetry, refused: st.Code == 111, unmade: st.Code != 111, strained: st.Code == 111}, true
	}
	return verdict{action: actFolder}, true
}

func judgeHTTP(err error) (verdict, bool) {
	var he *eas.HTTPError
	if !errors.As(err, &he) {
		return verdict{}, false
	}
	switch he.Code {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return verdict{action: actRetry, delay: he.RetryAfter, refused: true, strained: true}, true
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusRequestTimeout,
		http.StatusNotImplemented: // QUIRK(SOGo 5.8): 501 for whatever went wrong inside
		overload := he.Code == http.StatusBadGateway || he.Code == http.StatusGatewayTimeout
		return verdict{action: actRetry, delay: he.RetryAfter, unmade: true, strained: overload}, true
	}
	return verdict{action: actFolder}, true
}

// isNetwork tells whether an answer was lost on the way: cut, timed out, or the document did not close.
func isNetwork(err error) bool {
	if errors.Is(err, eas.ErrTruncatedPage) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNREFUSED) || isTimeout(err) {
		return true
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.IsTemporary || dns.IsTimeout
	}
	var op *net.OpError
	return errors.As(err, &op)
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout() && !isOver(err)
}

// isOver tells that the time of a context was over. errors.Is says the same of a dialer and an http.Client that waited for as long as
// they may.
func isOver(err error) bool {
	if err == context.DeadlineExceeded { //nolint:errorlint // itself, and not what says that it is like it
		return true
	}
	switch w := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() error }:
		return isOver(w.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(w.Unwrap(), isOver)
	}
	return false
}
