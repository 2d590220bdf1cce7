package autodiscover

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Trust says to which hosts the credentials of a mailbox may go. The zero value trusts none but those of wellKnown.
type Trust struct {
	// Domain is that of the mailbox's address: the host of this name, and all below it. Below a public suffix (co.uk,
	// github.io) everybody may have a host: there it is this name alone.
	Domain string
	// Server is the host or URL of a server that a person named: all hosts of its registered domain, the part that
	// somebody bought (example.co.uk). An IP address, or a name that is a public suffix, is this host alone.
	Server string
	// Hosts are confirmed by a person: names of hosts, or ".example.net" for all below it.
	Hosts []string
	// Confirm is asked for every other host; nil = none.
	Confirm func(host string) bool
}

// wellKnown are the hosts of Exchange Online, worldwide, for the United States' government and in China. The domains of its
// customers point there, and no answer could prove that to a client; who serves these names has the mailboxes of
// everybody there anyway.
func wellKnown() []string {
	return []string{
		"outlook.office365.com", "outlook.office.com", "autodiscover-s.outlook.com", "eas.outlook.com",
		"outlook.office365.us", "autodiscover-s.office365.us", "outlook-dod.office365.us", "autodiscover-s-dod.office365.us",
		"partner.outlook.cn", "autodiscover-s.partner.outlook.cn",
	}
}

// Allows tells whether credentials may go to a host. It says nothing of how: by https alone, with a certificate for it.
func (t Trust) Allows(host string) bool {
	host, ok := canonical(host)
	switch {
	case !ok:
		return false
	case t.Domain != "" && below(host, t.Domain), t.Server != "" && sameOwner(host, t.Server):
		return true
	case slices.Contains(wellKnown(), host):
		return true
	case slices.ContainsFunc(t.Hosts, func(h string) bool { return named(host, h) }):
		return true
	}
	return t.Confirm != nil && t.Confirm(host)
}

// below tells a domain itself, and what is below it if it has one owner.
func below(host, domain string) bool {
	domain, ok := canonical(domain)
	if !ok || isAddress(domain) {
		return false
	}
	return host == domain || strings.HasSuffix(host, "."+domain) && !isPublicSuffix(domain)
}

// sameOwner tells whether two hosts are of one registered domain.
func sameOwner(host, server string) bool {
	server, ok := canonical(hostOf(server))
	switch {
	case !ok:
		return false
	case host == server:
		return true
	case isAddress(host) || isAddress(server):
		return false
	}
	mine, err := publicsuffix.EffectiveTLDPlusOne(server)
	return err == nil && below(host, mine)
}

// named tells whether a person's word for hosts means this one.
func named(host, word string) bool {
	if domain, ok := strings.CutPrefix(word, "."); ok {
		domain, ok = canonical(domain)
		return ok && strings.HasSuffix(host, "."+domain)
	}
	word, ok := canonical(word)
	return ok && host == word
}

// canonical writes a host as the DNS does: lower case, ASCII, without a dot at its end. False if no host can be called so.
func canonical(host string) (string, bool) {
	if isAddress(host) {
		return strings.ToLower(host), true
	}
	host = strings.TrimSuffix(host, ".")
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil || ascii == "" || len(ascii) > 253 || ascii[0] == '.' || strings.Contains(ascii, "..") || strings.ContainsFunc(ascii, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && r != '-' && r != '.'
	}) {
		return "", false
	}
	return ascii, true
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

func isPublicSuffix(domain string) bool {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix == domain
}

// hostOf takes the host out of a URL, or of HOST, or HOST:PORT.
func hostOf(server string) string {
	if !strings.Contains(server, "://") {
		server = "https://" + server
	}
	u, err := url.Parse(server)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
