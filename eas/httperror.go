package eas

import (
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// The HTTP status codes of the protocol that are none of RFC 9110's, or mean something else here. MS-ASHTTP 2.2.2.1.1.
const (
	httpNeedProvisioning = 449 // MS-ASPROV 3.1.5.1
	httpRedirect         = 451
	httpAccountBlocked   = 456
	httpPasswordExpired  = 457
)

// NewHTTPError makes an error of an answer that is no 200. It reads the beginning of the body, at most 4 KiB, and leaves it to
// the caller to close it. A command of the protocol makes its own; this is for requests beside them, such as Autodiscover.
func NewHTTPError(command string, resp *http.Response) *HTTPError {
	return newHTTPError(command, resp, resp.Body)
}

func newHTTPError(command string, resp *http.Response, body io.Reader) *HTTPError {
	h := resp.Header
	e := &HTTPError{
		Command: command, Code: resp.StatusCode,
		Status:     strings.TrimSpace(strings.TrimPrefix(resp.Status, strconv.Itoa(resp.StatusCode))),
		RetryAfter: retryAfter(h, time.Now()), Throttle: h.Get("X-MS-ASThrottle"),
		Location: h.Get("X-MS-Location"), PasswordURL: h.Get("X-MS-Credential-Service-Url"),
	}
	if resp.Request != nil {
		e.Method = resp.Request.Method
	}
	if e.Code == http.StatusUnauthorized {
		e.Offered = Challenges(h)
	}
	if e.Location == "" {
		e.Location = h.Get("Location")
	}
	if strings.Contains(strings.ToLower(h.Get("Content-Encoding")), "gzip") {
		z, err := gzip.NewReader(body)
		if err != nil {
			return e
		}
		body = z
	}
	text, _ := io.ReadAll(io.LimitReader(body, snippetRead)) // what is missing of an error page is no error of its own
	e.Body, e.Snippet = text, snippet(text)
	return e
}

// longestDelay is all the seconds that a time.Duration holds.
const longestDelay = math.MaxInt64 / int64(time.Second)

// retryAfter reads a Retry-After header: seconds or a date. RFC 9110 10.2.3.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
		return time.Duration(min(max(int64(s), 0), longestDelay)) * time.Second
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date // the server's clock made both
	}
	return max(at.Sub(now), 0)
}

// Moved is the endpoint at which a 451 says that the mailbox is, "" for any other answer, and for a URL that no client may
// use: of another scheme than https, without a host, with credentials in it. MS-ASHTTP 3.1.5.2.2. It is what the server says
// and no more: whether credentials may go to that host is the caller's to decide. A 451 that names no URL asks for Autodiscover.
func (e *HTTPError) Moved() string {
	if e.Code != httpRedirect {
		return ""
	}
	u, err := endpoint(e.Location, false)
	if err != nil || u.Scheme != "https" {
		return ""
	}
	return u.String()
}

// Hint is what an operator can do about it, "" if the answer says nothing in particular.
func (e *HTTPError) Hint() string {
	switch e.Code {
	case httpAccountBlocked: // MS-ASHTTP 3.1.5.2.4: stop, and contact the administrator
		return "the account is blocked: ask the administrator of the server to unblock it; further attempts do not help"
	case httpPasswordExpired:
		if u, err := url.Parse(e.PasswordURL); err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil {
			return "the password has expired: set a new one at " + u.String()
		}
		return "the password has expired: set a new one, and give it to airlift"
	case http.StatusInsufficientStorage:
		return "the mailbox is full: make room in it, or ask the administrator for more"
	}
	return ""
}
