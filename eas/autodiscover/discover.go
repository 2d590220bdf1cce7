package autodiscover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
)

// Options say whose server is wanted. Address is needed; with the zero value of everything else the search sends no credentials,
// and trusts the domain of the address and Exchange Online.
type Options struct {
	Address string
	// Credentials makes a transport that adds the mailbox's credentials to requests for one origin, as
	// "https://mail.example.com:8443", and to no others. It is asked for origins of trusted hosts only. nil: a server that
	// wants credentials has nothing to say.
	Credentials func(origin string) http.RoundTripper
	// Unasked sends credentials with the first request to a trusted host, and not only when it answered 401: for client
	// certificates, which are no secret, and which some servers ask for by a bare 403.
	Unasked bool
	// Trust is in which hosts; its Domain is taken from Address.
	Trust Trust
	// Base sends the requests without credentials; nil is a transport as eas.NewTransport makes it.
	Base http.RoundTripper
	// Resolver looks up SRV records; nil is net.DefaultResolver.
	Resolver Resolver
	// Trace, if set, is told of every step when it was done.
	Trace func(Step)
	// UserAgent is what servers are told; default "airlift/1".
	UserAgent string
	// Timeout bounds one request with its answer; default 20 seconds. A search takes five times as long at most.
	Timeout time.Duration
}

// Resolver looks into the DNS. *net.Resolver is one.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)
}

// Result is where a mailbox is.
type Result struct {
	URL     string // of the EAS endpoint: https, and of a trusted host
	Address string // of the mailbox, as the server has it; MS-ASCMD 2.2.3.56: to be used from then on
	Method  Method
	Source  string // the URL that said so

	DisplayName string   // of the user, "" if the server did not say
	Culture     string   // the language of the server's messages
	Servers     []Server // all that the answer names

	PasswordDays int    // in how many days the password expires; -1 = the server did not say
	PasswordURL  string // where to set a new one; MS-ASHTTP 2.2.2.1.2.10

	Steps []Step
}

// The bounds of a search.
const (
	maxRedirects = 10 // of URLs and addresses; MS-OXDSCLI has clients stop after ten
	maxRequests  = 40
	maxRecords   = 4 // hosts of an SRV record
	maxPatience  = 5 // times the timeout of a request
)

const (
	defaultTimeout   = 20 * time.Second
	defaultUserAgent = "airlift/1"
	typeMobileSync   = "MobileSync"
)

// search is one Discover.
type search struct {
	Options
	steps     []Step
	requests  int
	redirects int
	asked     map[string]bool // what a redirect must not lead to again
	silent    map[string]bool // origins that could not be reached
}

// Discover finds the server of a mailbox. What it did is in Result.Steps, or in the *Error. 456 and 457 end it at once, as
// MS-ASHTTP 3.1.5.2.4 demands, and so does ctx; whatever else goes wrong at one place, the next one is asked. Errors answer to
// the sentinels here and to those of package eas. It may be repeated; nothing is kept.
func Discover(ctx context.Context, o Options) (*Result, error) {
	s := &search{Options: o, asked: map[string]bool{}, silent: map[string]bool{}}
	if s.Timeout <= 0 {
		s.Timeout = defaultTimeout
	}
	s.UserAgent = cmp.Or(s.UserAgent, defaultUserAgent)
	if s.Resolver == nil {
		s.Resolver = net.DefaultResolver
	}
	if s.Base == nil {
		own := eas.NewTransport()
		defer own.CloseIdleConnections()
		s.Base = own
	}
	domain, err := DomainOf(o.Address)
	if err != nil {
		return nil, &Error{Address: o.Address, Err: err}
	}
	s.Trust.Domain = domain
	all := maxPatience * s.Timeout
	ctx, cancel := context.WithTimeoutCause(ctx, all, &timeoutError{all})
	defer cancel()
	found, err := s.address(ctx, o.Address)
	if err == nil && found == nil {
		err = s.cause()
	}
	err = whose(ctx, err)
	if err != nil {
		return nil, &Error{Address: o.Address, Steps: s.steps, Err: err}
	}
	found.Address = cmp.Or(found.Address, o.Address)
	found.Steps = s.steps
	return found, nil
}

// DomainOf is the domain of an address, in ASCII; an error says that it has none to look for a server in.
func DomainOf(address string) (string, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || strings.ContainsAny(address[:at], "/?#\r\n") {
		return "", fmt.Errorf("%.100q is no address of a mailbox", address)
	}
	domain, ok := canonical(address[at+1:])
	if !ok || isAddress(domain) {
		return "", fmt.Errorf("%.100q has no domain", address)
	}
	return domain, nil
}

// address asks wherever an address may be known. nil and no error: nowhere. An error ends the search.
func (s *search) address(ctx context.Context, address string) (*Result, error) {
	domain, err := DomainOf(address)
	if err != nil {
		return nil, err
	}
	hosts := []string{"https://" + domain, "https://autodiscover." + domain}
	for _, origin := range hosts {
		if r, err := s.json(ctx, jsonURL(origin, address), address); r != nil || err != nil {
			return r, err
		}
	}
	for _, origin := range hosts {
		if r, err := s.xml(ctx, origin+pathXML, address); r != nil || err != nil {
			return r, err
		}
	}
	to, err := s.plain(ctx, domain, address)
	if err != nil {
		return nil, err
	}
	if r, err := s.both(ctx, to, address); r != nil || err != nil {
		return r, err
	}
	urls, err := s.srv(ctx, domain, address)
	if err != nil {
		return nil, err
	}
	for _, to := range urls {
		if r, err := s.both(ctx, to, address); r != nil || err != nil {
			return r, err
		}
	}
	return nil, nil
}

// both asks a host that a redirect or a record named in both ways.
func (s *search) both(ctx context.Context, to, address string) (*Result, error) {
	if to == "" {
		return nil, nil
	}
	if r, err := s.json(ctx, jsonURL(originOf(to), address), address); r != nil || err != nil {
		return r, err
	}
	return s.xml(ctx, to, address)
}

// cause is the most telling of what the steps met.
func (s *search) cause() error {
	var best error
	rank := 0
	for _, st := range s.steps {
		if r := s.telling(st); r > rank {
			best, rank = st.Err, r
			if !errors.Is(best, ErrUnconfirmed) && !errors.Is(best, ErrNotSafe) { // which name it
				best = fmt.Errorf("%s: %w", st.URL, best)
			}
		}
	}
	return cmp.Or(best, ErrNotFound)
}

// telling ranks what a step tells a person who wants to know why there is no server.
func (s *search) telling(st Step) int {
	var answer *AnswerError
	var network net.Error
	var dns *net.DNSError
	switch err := st.Err; {
	case err == nil:
		return 0
	case st.Credentials && (errors.Is(err, eas.ErrUnauthorized) || errors.Is(err, eas.ErrBlocked)):
		return 9
	case errors.Is(err, ErrUnconfirmed):
		return 8
	case errors.Is(err, ErrNotSafe), errors.Is(err, ErrLimit):
		return 7
	case errors.As(err, &answer):
		return 6
	case errors.Is(err, eas.ErrThrottled):
		return 5
	case errors.Is(err, eas.ErrUnauthorized):
		if s.Credentials == nil {
			return 4
		}
		return 0 // of a site that had no reason to see any
	case st.Method == MethodRedirect, st.Method == MethodSRV:
		return 0 // most domains have neither
	case errors.As(err, &dns) && dns.IsNotFound:
		return 1
	case errors.As(err, &network):
		return 3
	case st.Outcome == Failed:
		return 2
	}
	return 0
}
