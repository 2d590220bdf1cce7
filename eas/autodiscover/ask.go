package autodiscover

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
)

// json asks a URL by Autodiscover v2, without credentials, and follows where it leads.
func (s *search) json(ctx context.Context, to, address string) (*Result, error) {
	st, ask, err := s.step(ctx, MethodJSON, to, address)
	if !ask {
		return nil, err
	}
	resp, err := s.do(ctx, st, http.MethodGet, nil)
	if err != nil {
		return nil, s.failed(ctx, st, err)
	}
	defer s.leave(resp)
	if resp.StatusCode != http.StatusOK && !isJSON(resp) {
		return s.refusal(ctx, st, resp)
	}
	a, err := parseJSON(resp.Body)
	if err != nil {
		return s.ends(st, Nothing, err)
	}
	return s.take(ctx, st, resp, a)
}

func isJSON(resp *http.Response) bool {
	return strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") && !isRedirect(resp.StatusCode)
}

// xml asks a URL by the command Autodiscover. It begins without credentials: most of what answers at a domain is a web site.
func (s *search) xml(ctx context.Context, to, address string) (*Result, error) {
	doc, err := request(address)
	if err != nil {
		return nil, err
	}
	credentials := s.Unasked && s.Credentials != nil
	for {
		st, ask, err := s.step(ctx, MethodXML, to, address)
		if !ask {
			return nil, err
		}
		st.Credentials = credentials
		resp, err := s.do(ctx, st, http.MethodPost, doc)
		challenged := err == nil && resp.StatusCode == http.StatusUnauthorized || wantsCertificate(err)
		if challenged && !credentials && s.Credentials != nil {
			if resp != nil {
				s.leave(resp)
			}
			st.Outcome, credentials = Challenged, true
			s.done(st)
			delete(s.asked, key(MethodXML, to, address))
			continue
		}
		if err != nil {
			return nil, s.failed(ctx, st, err)
		}
		return s.answered(ctx, st, resp)
	}
}

func (s *search) answered(ctx context.Context, st *Step, resp *http.Response) (*Result, error) {
	defer s.leave(resp)
	if resp.StatusCode != http.StatusOK {
		return s.refusal(ctx, st, resp)
	}
	a, err := parseXML(resp.Body)
	if err != nil {
		return s.ends(st, Nothing, err)
	}
	return s.take(ctx, st, resp, a)
}

// wantsCertificate tells of a server that ended TLS with an alert, as one does that wants a certificate. RFC 8446 6.2.
func wantsCertificate(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// plain asks by plain HTTP where to go, with nothing but the domain's name. Its answer counts only as a hint.
func (s *search) plain(ctx context.Context, domain, address string) (string, error) {
	st, ask, err := s.step(ctx, MethodRedirect, "http://autodiscover."+domain+pathXML, address)
	if !ask {
		return "", err
	}
	resp, err := s.do(ctx, st, http.MethodGet, nil)
	if err != nil {
		return "", s.failed(ctx, st, err)
	}
	defer s.leave(resp)
	if !isRedirect(resp.StatusCode) {
		st.Outcome, st.Err = Nothing, fmt.Errorf("HTTP %d, and no redirect", resp.StatusCode)
		s.done(st)
		return "", nil
	}
	to, ok := s.target(st, resp)
	if !ok {
		return "", nil
	}
	return to, s.redirect(st, to)
}
