package autodiscover

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"
)

// srv looks up which hosts have Autodiscover for a domain.
func (s *search) srv(ctx context.Context, domain, address string) ([]string, error) {
	name := "_autodiscover._tcp." + domain
	st := &Step{Method: MethodSRV, Address: address, URL: name, Outcome: Nothing}
	if s.requests++; s.requests > maxRequests {
		return nil, ErrLimit
	}
	began := time.Now()
	lookup, cancel := s.timed(ctx)
	_, records, err := s.Resolver.LookupSRV(lookup, "autodiscover", "tcp", domain)
	err = whose(lookup, err)
	cancel()
	st.Duration = time.Since(began)
	if len(records) == 0 {
		var dns *net.DNSError
		if st.Err = err; err != nil && (!errors.As(err, &dns) || !dns.IsNotFound) {
			st.Outcome = Failed
		}
		s.done(st)
		return nil, ctx.Err()
	}
	var urls []string
	for _, r := range records[:min(len(records), maxRecords)] {
		one := *st
		host, ok := canonical(r.Target)
		if !ok {
			continue // "." says that there is no such service; RFC 2782
		}
		to := "https://" + host
		if r.Port != 443 {
			to = "https://" + net.JoinHostPort(host, strconv.Itoa(int(r.Port)))
		}
		if err := s.trusted(to+pathXML, name); err != nil {
			one.Outcome, one.To, one.Err = Refused, host, err
			s.done(&one)
			continue
		}
		one.Outcome, one.To = Redirected, to
		s.done(&one)
		urls = append(urls, to+pathXML)
	}
	return urls, nil
}
