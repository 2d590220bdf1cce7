package archive

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
)

// maxRecipients keeps the stanzas of the recipients small beside the 2 MiB that age gives a header.
const maxRecipients = 64

// recipientSet is who can open what is written.
type recipientSet struct {
	names    []string // sorted, without the comments of ssh keys
	keys     []age.Recipient
	labelled []string // what age wants every recipient of a file to be labelled with
}

// parseRecipients parses public keys: age1…, age1pq1…, ssh-ed25519 and ssh-rsa. One that is there twice counts once.
func parseRecipients(list []string) (set recipientSet, err error) {
	byName := make(map[string]age.Recipient, len(list))
	for _, s := range list {
		name, key, err := parseRecipient(s)
		if err != nil {
			return set, err
		}
		if byName[name] == nil {
			set.names = append(set.names, name)
		}
		byName[name] = key
	}
	if n := len(set.names); n == 0 || n > maxRecipients {
		return set, fmt.Errorf("%d recipients: an archive is encrypted to 1 to %d", n, maxRecipients)
	}
	slices.Sort(set.names)
	for _, name := range set.names {
		set.keys = append(set.keys, byName[name])
	}
	// age refuses to mix keys that resist a quantum computer with those that do not: the file would not.
	if _, err := age.Encrypt(io.Discard, set.keys...); err != nil {
		return set, fmt.Errorf("recipients: %w", err)
	}
	if r, ok := set.keys[0].(age.RecipientWithLabels); ok {
		_, set.labelled, err = r.WrapWithLabels(make([]byte, 16))
	}
	return set, err
}

func parseRecipient(s string) (name string, key age.Recipient, err error) {
	s = strings.TrimSpace(s)
	switch {
	case strings.HasPrefix(s, "age1pq1"):
		r, err := age.ParseHybridRecipient(s)
		if err != nil {
			return "", nil, fmt.Errorf("%w: %w", ErrRecipient, err)
		}
		return r.String(), r, nil
	case strings.HasPrefix(s, "age1"):
		r, err := age.ParseX25519Recipient(s)
		if err != nil {
			return "", nil, fmt.Errorf("%w: %w", ErrRecipient, err)
		}
		return r.String(), r, nil
	case strings.HasPrefix(s, "ssh-ed25519 "), strings.HasPrefix(s, "ssh-rsa "):
		r, err := agessh.ParseRecipient(s)
		if err != nil {
			return "", nil, fmt.Errorf("%w: %w", ErrRecipient, err)
		}
		return strings.Join(strings.Fields(s)[:2], " "), r, nil // the comment is often a person's name
	}
	// What it is must not be said: it may be a private key, given by mistake.
	return "", nil, fmt.Errorf("%w: not age1…, ssh-ed25519 or ssh-rsa", ErrRecipient)
}
