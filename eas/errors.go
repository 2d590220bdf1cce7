package eas

import (
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// What an error means, whatever its form. Errors of this package answer to errors.Is with these.
var (
	// ErrUnauthorized: the server does not accept the credentials (HTTP 401, 457; status 124).
	ErrUnauthorized = errors.New("credentials not accepted")
	// ErrPasswordExpired: they were right until the password expired (HTTP 457). It is an ErrUnauthorized, too.
	ErrPasswordExpired = errors.New("password expired")
	// ErrBlocked: the server knows the user and refuses user or device (HTTP 403, 456; statuses 112, 126 to 131, 139, 141,
	// 145, 177).
	ErrBlocked = errors.New("user or device blocked by the server")
	// ErrMailboxFull: the mailbox has no room for what the request needs (HTTP 507; status 113).
	ErrMailboxFull = errors.New("mailbox is full")
	// ErrNotEAS: what answers is no EAS server, or there is no EAS at this URL.
	ErrNotEAS = errors.New("no EAS server")
	// ErrRemoteWipe: the administrator asks that the mailbox's data be removed from this device. See RemoteWipeError.
	ErrRemoteWipe = errors.New("remote wipe requested")
	// ErrRedirect: the mailbox is elsewhere (HTTP 3xx, 451); HTTPError.Location says where, if the server did, and
	// HTTPError.Moved where a client may go.
	ErrRedirect = errors.New("mailbox is at another URL")
	// ErrUpgraded: the server asks that all synchronization begin anew (X-MS-RP). See UpgradedError.
	ErrUpgraded = errors.New("server asks to synchronize anew")
	// ErrThrottled: the server asks to wait (HTTP 429, 503); HTTPError.RetryAfter says how long, if the server did.
	ErrThrottled = errors.New("server asks to wait")
	// ErrPolicyRequired: the server wants Provision (HTTP 449; statuses 142 to 144). The client has tried it once.
	ErrPolicyRequired = errors.New("server wants its policy acknowledged")
	// ErrNoCollection: the server does not know the folder (Sync 12, GetItemEstimate 2, or its own way to say so): the
	// hierarchy has to be read again.
	ErrNoCollection = errors.New("folder unknown to the server")
	// ErrNotReady: the request was not sent, because something that it needs cannot be had for the moment: an access token
	// whose provider does not answer.
	ErrNotReady = errors.New("not ready to ask the server")
	// ErrTruncatedPage: the answer broke off. A page whose document did not close is no page.
	ErrTruncatedPage = errors.New("answer is cut short")
)

// HTTPError is an answer that is no 200.
type HTTPError struct {
	Command    string // of the protocol, or "OPTIONS"
	Method     string
	Code       int
	Status     string        // the reason phrase
	RetryAfter time.Duration // 0 = the server did not say
	Throttle   string        // X-MS-ASThrottle: why the server slows us down, MS-ASHTTP 2.2.2.1.2.13
	Location   string        // X-MS-Location, or Location: a URL
	Offered    []string      // the ways to sign in that a 401 offers, by their HTTP names
	// PasswordURL is where the user sets a new password, as the server has it: X-MS-Credential-Service-Url, which comes
	// with a 457. MS-ASHTTP 2.2.2.1.2.10.
	PasswordURL string
	Snippet     string // the beginning of the answer's text, without tags
	Body        []byte // the beginning of the answer as it came, at most 4 KiB
}

func (e *HTTPError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: HTTP %d", e.Command, e.Code)
	if s := e.Status; s != "" {
		b.WriteString(" " + s)
	}
	if len(e.Offered) > 0 {
		b.WriteString(", the server offers " + strings.Join(e.Offered, ", "))
	}
	if e.Throttle != "" {
		b.WriteString(", throttled: " + e.Throttle)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, ", retry after %s", e.RetryAfter)
	}
	if u, err := url.Parse(e.Location); err == nil && u.Host != "" {
		b.WriteString(", moved to " + u.Host)
	}
	if e.Snippet != "" {
		fmt.Fprintf(&b, ": %q", e.Snippet)
	}
	return b.String()
}

// Is answers to the sentinels.
func (e *HTTPError) Is(target error) bool {
	switch e.Code {
	case http.StatusUnauthorized:
		return target == ErrUnauthorized
	case httpPasswordExpired:
		return target == ErrUnauthorized || target == ErrPasswordExpired
	case http.StatusForbidden, httpAccountBlocked:
		return target == ErrBlocked
	case http.StatusInsufficientStorage:
		return target == ErrMailboxFull
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return target == ErrNotEAS
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return target == ErrThrottled
	case httpNeedProvisioning:
		return target == ErrPolicyRequired
	case httpRedirect:
		return target == ErrRedirect
	}
	return e.Code/100 == 3 && target == ErrRedirect
}

// ResponseError is a 200 whose body is not what the protocol says.
type ResponseError struct {
	Command     string
	ContentType string
	Err         error // of package wbxml, or what is wrong
}

func (e *ResponseError) Error() string {
	s := e.Command + ": malformed answer"
	if e.ContentType != "" && e.ContentType != contentTypeWBXML {
		s += " (" + e.ContentType + ")"
	}
	return s + ": " + e.Err.Error()
}

func (e *ResponseError) Unwrap() error { return e.Err }

// Is answers to the sentinels.
func (e *ResponseError) Is(target error) bool {
	switch target {
	case ErrTruncatedPage:
		return errors.Is(e.Err, io.ErrUnexpectedEOF)
	case ErrNotEAS:
		return errors.Is(e.Err, wbxml.ErrNotWBXML) && strings.HasPrefix(e.ContentType, "text/")
	}
	return false
}

const (
	snippetRead = 4 << 10
	snippetKeep = 200
)

var (
	htmlHidden = regexp.MustCompile(`(?is)<(script|style|head)\b.*?(</(script|style|head)>|$)`)
	htmlTag    = regexp.MustCompile(`(?s)<[^>]*(>|$)`)
)

// snippet makes a line to show of an error page.
func snippet(page []byte) string {
	s := htmlHidden.ReplaceAllString(string(page), " ")
	s = html.UnescapeString(htmlTag.ReplaceAllString(s, " "))
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == 0xFFFD {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > snippetKeep {
		s = strings.ToValidUTF8(s[:snippetKeep], "") + "…"
	}
	return s
}
