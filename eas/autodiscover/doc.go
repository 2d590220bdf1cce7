// Package autodiscover finds the server of a mailbox by its address.
//
//	found, err := autodiscover.Discover(ctx, autodiscover.Options{
//		Address: "alice@example.com",
//		Credentials: func(origin string) http.RoundTripper {
//			return auth.Basic{User: "alice@example.com", Password: password, Origin: origin, Base: transport}
//		},
//	})
//	client, err := eas.New(eas.Config{URL: found.URL, …
//
// # Where it asks, in this order
//
//	https://example.com/autodiscover/autodiscover.json               v2, JSON, never with credentials
//	https://autodiscover.example.com/autodiscover/autodiscover.json
//	https://example.com/autodiscover/autodiscover.xml                MS-ASCMD 2.2.1.1, XML
//	https://autodiscover.example.com/autodiscover/autodiscover.xml
//	http://autodiscover.example.com/autodiscover/autodiscover.xml    only where it redirects to, MS-OXDISCO
//	_autodiscover._tcp.example.com                                   the SRV record of DNS
//
// JSON comes first because it needs no credentials; the XML's order is that of MS-OXDISCO. A host that the redirect or the
// record names is asked by both. An answer may lead to another URL (HTTP 3xx, 451 with X-MS-Location, RedirectUrl) or to
// another address (Redirect), whose domain is asked in the same way, ten times altogether.
//
// # Where credentials go
//
// Whoever can answer for a name in the DNS, or sits on the way of plain HTTP, can send a client elsewhere. So credentials go by
// https only, where the certificate is for the host, and only to a host that is confirmed, see [Trust]. The same holds for
// the URL that is found, since the caller will send them there. A host that is not confirmed is not even asked: the search
// goes on without it, and if it finds nothing else it ends with an [UnconfirmedError], which names the host for a person to
// decide. Even a confirmed host gets credentials only when it asks for them: many a domain's web site answers for any path.
//
// Everything is bounded: the size of answers, their depth, the number of requests and redirects, the time.
package autodiscover
