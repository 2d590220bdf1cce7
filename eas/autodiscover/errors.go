package autodiscover

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// What came of a search, beside the sentinels of package eas.
var (
	// ErrNotFound: nothing that was asked knows a server of the mailbox.
	ErrNotFound = errors.New("no server found")
	// ErrUnconfirmed: what was found is not a host that credentials may go to. See UnconfirmedError.
	ErrUnconfirmed = errors.New("host is not confirmed")
	// ErrNotSafe: what was found is no https URL, or has credentials in it.
	ErrNotSafe = errors.New("not a safe URL")
	// ErrLimit: the search led too far, or round in a circle.
	ErrLimit = errors.New("too many redirects or requests")
	// ErrNoAutodiscover: what answers is no Autodiscover.
	ErrNoAutodiscover = errors.New("no Autodiscover answer")
)

// Error is a search that found no server. Its cause is the most telling of what its steps met, and ErrNotFound beside it.
type Error struct {
	Address string
	Steps   []Step
	Err     error
}

func (e *Error) Error() string {
	s := "Autodiscover: " + e.Address
	if !errors.Is(e.Err, ErrNotFound) {
		return fmt.Sprintf("%s: %v", s, e.Err)
	}
	return fmt.Sprintf("%s: %v in %d steps", s, e.Err, len(e.Steps))
}

// Unwrap gives the cause.
func (e *Error) Unwrap() []error { return []error{e.Err, ErrNotFound} }

// UnconfirmedError says that an answer led to a host which nobody confirmed. Nothing was sent to it.
type UnconfirmedError struct {
	Host string
	URL  string // of it, as the answer has it
	From string // the URL or name that led there
}

func (e *UnconfirmedError) Error() string {
	return fmt.Sprintf("%s leads to %s: %v", e.From, e.Host, ErrUnconfirmed)
}

// Is answers to ErrUnconfirmed.
func (e *UnconfirmedError) Is(target error) bool { return target == ErrUnconfirmed }

// AnswerError is an error in an answer: of the mailbox (Status) or of Autodiscover as a whole (Code). MS-ASCMD 2.2.3.63.
type AnswerError struct {
	Code      string // ErrorCode: 600 and 601, MS-ASCMD 2.2.3.64; a word in JSON
	Status    string // MS-ASCMD 2.2.3.177.1
	Message   string // for the user
	DebugData string // for the administrator of the server
	Time, ID  string // when and where the answer was made
}

func (e *AnswerError) Error() string {
	var parts []string
	if e.Code != "" {
		parts = append(parts, "error "+e.Code)
	}
	if e.Status != "" {
		parts = append(parts, "status "+e.Status)
	}
	if len(parts) == 0 {
		parts = append(parts, "an error")
	}
	s := "the answer is " + strings.Join(parts, ", ")
	if m := e.meaning(); m != "" {
		s += " (" + m + ")"
	}
	return s
}

// meaning is what the server says, or the specification: MS-ASCMD 2.2.3.64, 2.2.3.177.1, MS-OXDSCLI 2.2.4.1.1.3.2.
func (e *AnswerError) meaning() string {
	if e.Message != "" {
		return e.Message
	}
	known := map[string]string{
		"500": "the address cannot be found", "501": "the address has no configuration", "600": "invalid request",
		"601": "no provider for the schema", "602": "the configuration of the address has errors", "603": "internal error",
	}
	if m := known[e.Code]; m != "" {
		return m
	}
	if e.Status == "2" {
		return "protocol error"
	}
	return e.DebugData
}

// timeoutError says that a bound of the search itself was reached, and not one of the caller's. It is a net.Error.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string   { return fmt.Sprintf("no answer for %s", e.after) }
func (e *timeoutError) Timeout() bool   { return true }
func (e *timeoutError) Temporary() bool { return true }

// whose puts the bound in the place of an error that came of it: to the caller a deadline is their own.
func whose(ctx context.Context, err error) error {
	var mine *timeoutError
	if err != nil && errors.As(context.Cause(ctx), &mine) {
		return mine
	}
	return err
}
