package auth

import "net/http"

// Basic adds HTTP Basic credentials (RFC 7617). MS-ASHTTP 2.2.1.1.2.
type Basic struct {
	User     string
	Password string
	// Origin is the server that the credential is for: a URL, of which scheme, host and port count, or a host, which
	// means https. It is needed.
	Origin string
	// Base sends the request; nil is http.DefaultTransport.
	Base http.RoundTripper
}

// RoundTrip sends a request, with the credential if it is for the origin.
func (b Basic) RoundTrip(req *http.Request) (*http.Response, error) {
	ours, err := belongs(b.Origin, req)
	if err != nil {
		return abandon(req, err)
	}
	if ours {
		req = req.Clone(req.Context()) // a RoundTripper must not change its request
		req.SetBasicAuth(b.User, b.Password)
	}
	return transportOf(b.Base).RoundTrip(req)
}

// String shows no password, whatever prints it.
func (b Basic) String() string { return "auth.Basic{" + b.User + "}" }

// GoString shows no password.
func (b Basic) GoString() string { return b.String() }
