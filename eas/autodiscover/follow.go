package autodiscover

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/airlift-eas/airlift/eas"
)

// take goes on from an answer: with the server that it names, or where it leads.
func (s *search) take(ctx context.Context, st *Step, resp *http.Response, a *answer) (*Result, error) {
	var refused error
	for _, server := range a.servers {
		to := cmp.Or(server.URL, server.Name)
		if !strings.EqualFold(server.Type, typeMobileSync) || to == "" {
			continue
		}
		if refused = s.trusted(to, st.URL); refused != nil {
			continue
		}
		st.Outcome, st.To = Found, to
		s.done(st)
		return &Result{
			URL: to, Method: st.Method, Source: st.URL, Address: cmp.Or(a.address, st.Address), DisplayName: a.displayName, Culture: a.culture,
			Servers: a.servers, PasswordDays: eas.PasswordDays(resp.Header), PasswordURL: resp.Header.Get("X-MS-Credential-Service-Url"),
		}, nil
	}
	switch {
	case refused != nil:
		st.Outcome, st.Err = Refused, refused
	case a.redirectAddress != "":
		return s.otherAddress(ctx, st, a.redirectAddress)
	case a.redirectURL != "":
		return s.otherURL(ctx, st, a.redirectURL)
	case a.err != nil:
		st.Outcome, st.Err = Failed, a.err
	default:
		st.Outcome, st.Err = Nothing, fmt.Errorf("%w: it names no server for mobile devices", ErrNoAutodiscover)
	}
	s.done(st)
	return nil, nil
}

// otherAddress asks for another address of the mailbox. MS-ASCMD 2.2.3.147. The hosts that are trusted stay those of the
// first one.
func (s *search) otherAddress(ctx context.Context, st *Step, address string) (*Result, error) {
	if _, err := DomainOf(address); err != nil {
		return s.ends(st, Failed, err)
	}
	if s.asked["address "+strings.ToLower(address)] || strings.EqualFold(address, st.Address) || strings.EqualFold(address, s.Address) {
		st.Outcome, st.To, st.Err = Failed, address, fmt.Errorf("%w: back to %s", ErrLimit, address)
		s.done(st)
		return nil, nil
	}
	s.asked["address "+strings.ToLower(address)] = true
	if err := s.redirect(st, address); err != nil {
		return nil, err
	}
	return s.address(ctx, address)
}

// moved follows an answer that names another URL: of Autodiscover, or, with 451, of the server itself.
func (s *search) moved(ctx context.Context, st *Step, resp *http.Response) (*Result, error) {
	if resp.StatusCode == statusMoved { // MS-ASHTTP 3.1.5.2.2
		to := eas.NewHTTPError("Autodiscover", resp).Moved()
		if to == "" {
			return s.ends(st, Failed, fmt.Errorf("HTTP 451 names no URL: %w", ErrNotSafe))
		}
		if !strings.Contains(strings.ToLower(to), "/autodiscover/") {
			return s.take(ctx, st, resp, &answer{servers: []Server{{Type: typeMobileSync, URL: to}}})
		}
		return s.otherURL(ctx, st, to)
	}
	to, ok := s.target(st, resp)
	if !ok {
		return nil, nil
	}
	return s.otherURL(ctx, st, to)
}

// target is where a redirect leads to, if one may go there; else the step is over.
func (s *search) target(st *Step, resp *http.Response) (string, bool) {
	to, err := resp.Location()
	if err == nil {
		to.Fragment = ""
		err = s.trusted(to.String(), st.URL)
	}
	if err != nil {
		_, _ = s.ends(st, Refused, err)
		return "", false
	}
	return to.String(), true
}

// otherURL asks another URL in the same way.
func (s *search) otherURL(ctx context.Context, st *Step, to string) (*Result, error) {
	if err := s.trusted(to, st.URL); err != nil {
		return s.ends(st, Refused, err)
	}
	if s.asked[key(st.Method, to, st.Address)] {
		st.Outcome, st.To, st.Err = Failed, to, fmt.Errorf("%w: back to %s", ErrLimit, to)
		s.done(st)
		return nil, nil
	}
	if err := s.redirect(st, to); err != nil {
		return nil, err
	}
	if st.Method == MethodJSON {
		return s.json(ctx, to, st.Address)
	}
	return s.xml(ctx, to, st.Address)
}

// redirect counts, and ends the search when it has led too far.
func (s *search) redirect(st *Step, to string) error {
	st.Outcome, st.To = Redirected, to
	var err error
	if s.redirects++; s.redirects > maxRedirects {
		err = fmt.Errorf("%w: %d redirects", ErrLimit, maxRedirects)
		st.Outcome, st.Err = Failed, err
	}
	s.done(st)
	return err
}

// trusted tells why credentials must not go to a URL.
func (s *search) trusted(to, from string) error {
	u, err := url.Parse(to)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil:
		return fmt.Errorf("%s leads to %.200q: %w", from, to, ErrNotSafe)
	case !s.Trust.Allows(u.Hostname()):
		return &UnconfirmedError{Host: u.Hostname(), URL: to, From: from}
	}
	return nil
}

// originOf is scheme, host and port of a URL.
func originOf(to string) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	return u.Scheme + "://" + u.Host
}

// refusal goes on from an answer that is no 200.
func (s *search) refusal(ctx context.Context, st *Step, resp *http.Response) (*Result, error) {
	if isRedirect(resp.StatusCode) || resp.StatusCode == statusMoved {
		return s.moved(ctx, st, resp)
	}
	he := eas.NewHTTPError("Autodiscover", resp)
	st.Outcome, st.Err = Failed, he
	switch resp.StatusCode {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusBadRequest, http.StatusNotImplemented:
		st.Outcome = Nothing
	case http.StatusUnauthorized, http.StatusForbidden:
		if !st.Credentials {
			st.Outcome = Nothing
		}
	}
	s.done(st)
	// MS-ASHTTP 3.1.5.2.4: stop. Who does not know the user cannot know that of them.
	if st.Credentials && (resp.StatusCode == statusBlocked || resp.StatusCode == statusExpired) {
		return nil, he
	}
	return nil, nil
}

func isRedirect(code int) bool {
	switch code {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// MS-ASHTTP 2.2.2.1.1; to RFC 9110 the first is something else.
const (
	statusMoved   = 451
	statusBlocked = 456
	statusExpired = 457
)
