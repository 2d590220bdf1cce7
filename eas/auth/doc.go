// Package auth adds credentials to requests: each kind is an http.RoundTripper around another one.
//
//	Basic        user and password in every request; what MS-ASHTTP 2.2.1.1.2 asks every server to take
//	NTLM         user and password, which do not travel; a handshake for every connection
//	Bearer       an OAuth 2.0 access token, from a TokenFile that renews it
//	Certificate  a client certificate, and no Authorization header beside it
//	Auto         Basic, NTLM or Bearer, whichever the server offers of what there is
//
// A credential belongs to one origin (scheme, host and port), and is sent nowhere else: a redirect, or a request for another
// server through the same client, goes without it. No error or trace holds a secret.
//
// # OAuth 2.0
//
// A Provider is what issues tokens: Entra has its own function, any other is found by Discover. A Login gets the first ones, by
// device code (RFC 8628) or by a browser that comes back to this machine (RFC 8252, with PKCE). What it returns is a Grant, the
// content of a token file; from then on the TokenFile keeps it fresh:
//
//	a token is renewed a minute before its end, a short-lived one when four fifths of its life are over, or when the server refuses it
//	one goroutine renews, the others wait for it; so do other processes, by a lock on FILE.lock
//	the file is replaced as a whole, with mode 0600, before the new token is used
//
// A renewal that has begun is finished even if whoever asked for it gives up: providers that hand out a new refresh token with
// every access token have forgotten the old one.
//
// Errors that ask for somebody to do something answer to eas.ErrUnauthorized, those that pass to eas.ErrNotReady.
package auth
