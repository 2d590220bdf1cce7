package auth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas"
)

// OfferError says that a server offers no way to sign in for which there are credentials. None was sent. It answers to
// eas.ErrUnauthorized.
type OfferError struct {
	Offered []string // by the server
	Have    []string // what there are credentials for
}

func (e *OfferError) Error() string {
	offered := "nothing"
	if len(e.Offered) > 0 {
		offered = strings.Join(e.Offered, ", ")
	}
	return fmt.Sprintf("the server offers %s to sign in, and not %s; no credential was sent", offered, strings.Join(e.Have, " or "))
}

// Is answers to eas.ErrUnauthorized.
func (e *OfferError) Is(target error) bool { return target == eas.ErrUnauthorized }

// Hint tells what can be done.
func (e *OfferError) Hint() string {
	switch {
	case e.offers("Bearer"):
		return "get a token with airlift login, and name its file with --token-file"
	case e.offers("Basic"), e.offers("NTLM"), e.offers("Negotiate"):
		return "give user and password (--user, --password-file), or send what there is all the same by naming it with --auth"
	}
	return "airlift signs in by Basic, NTLM, OAuth or a client certificate: ask the server's administrator for one of them"
}

// offers tells whether a scheme is among those that the server offers.
func (e *OfferError) offers(scheme string) bool {
	return slices.ContainsFunc(e.Offered, func(o string) bool { return strings.EqualFold(o, scheme) })
}
