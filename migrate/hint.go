package migrate

import (
	"crypto/x509"
	"errors"
	"net"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// Hint tells what an operator can do about an error; "" where there is nothing to do but what the error says.
func Hint(err error) string {
	if h := own(err); h != "" {
		return h
	}
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.Is(err, eas.ErrUnauthorized):
		return "check --user and the password; some servers want DOMAIN\\name, or a password made for this program; who signed in for a token must be allowed to open the mailbox"
	case errors.Is(err, eas.ErrRemoteWipe):
		return "the administrator asked this device to remove the mailbox; the archive was not touched: ask the administrator"
	case errors.Is(err, eas.ErrBlocked):
		return "ask the server's administrator to allow this user and device to use ActiveSync"
	case errors.As(err, &unknown):
		return "the server's certificate is of no authority that this machine knows: name its certificate with --ca-cert"
	case errors.As(err, &host):
		return "use the name in --server that the server's certificate is for"
	case errors.Is(err, eas.ErrRedirect):
		return "the server sends its clients elsewhere: name the server that it sends them to, if it is one of yours"
	case errors.Is(err, eas.ErrNotEAS):
		return "nothing speaks Exchange ActiveSync there: name the mail server's host, or the whole https://HOST/Microsoft-Server-ActiveSync"
	case errors.As(err, &dns):
		return "check the host name of --server and this machine's DNS"
	case errors.Is(err, sinks.ErrFull):
		return "make room at the destination and run the same command again: it goes on where it stopped"
	case errors.Is(err, checkpoints.ErrFull):
		return "make room in the state directory and run the same command again: it goes on where it stopped"
	case errors.Is(err, sinks.ErrFenced), errors.Is(err, checkpoints.ErrConflict), errors.Is(err, checkpoints.ErrLocked):
		return "another run works on this mailbox: let it finish, then run this again"
	case errors.Is(err, sinks.ErrCorrupt):
		return "run airlift verify to see what is damaged, and restore it from a copy of the archive"
	case errors.Is(err, checkpoints.ErrUnusable):
		return "move the state directory away: the checkpoints are made again from the archive by the next run"
	case isNetwork(err):
		return "the server cannot be reached or cuts its answers; run the same command again later: it goes on where it stopped"
	}
	return ""
}

// own is the first hint that an error, or one that it wraps, has itself.
func own(err error) string {
	if hinted, ok := err.(interface{ Hint() string }); ok {
		if h := hinted.Hint(); h != "" {
			return h
		}
	}
	switch w := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() error }:
		return own(w.Unwrap())
	case interface{ Unwrap() []error }:
		for _, e := range w.Unwrap() {
			if h := own(e); h != "" {
				return h
			}
		}
	}
	return ""
}
