package fidelity

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"
)

// bodies are the body hashes that a message's DKIM signatures want, each made once.
type bodies struct {
	forms  [2]*canonical // simple, relaxed
	wanted []wantedHash
}

// wantedHash is one signature and the hash that it is about; nil = it cannot be made.
type wantedHash struct {
	DKIM
	sum  []byte
	key  hashKey
	hash *bodyHash
}

// hashKey tells hashes of one body apart.
type hashKey struct {
	relaxed bool
	name    string
	length  int64 // l=; -1 = the whole
}

// reset makes it ready for another message.
func (b *bodies) reset() {
	b.wanted = b.wanted[:0]
	for _, f := range b.forms {
		if f != nil {
			f.hashes, f.cr, f.space, f.empty, f.any, f.staged = f.hashes[:0], false, false, 0, false, 0
		}
	}
}

// want adds a signature: the raw value of its field.
func (b *bodies) want(raw []byte) {
	w := parseDKIM(raw)
	if w.Result == "" {
		w.hash = b.hashFor(w.key)
	}
	b.wanted = append(b.wanted, w)
}

func (b *bodies) hashFor(key hashKey) *bodyHash {
	for _, w := range b.wanted {
		if w.hash != nil && w.key == key {
			return w.hash
		}
	}
	h := &bodyHash{hash: sha256.New(), left: key.length, all: key.length < 0}
	if key.name == "sha1" {
		h.hash = sha1.New()
	}
	form := &b.forms[0]
	if key.relaxed {
		form = &b.forms[1]
	}
	if *form == nil {
		*form = &canonical{}
	}
	(*form).relaxed = key.relaxed
	(*form).hashes = append((*form).hashes, h)
	return h
}

func (b *bodies) write(p []byte) {
	for _, f := range b.forms {
		if f != nil && len(f.hashes) > 0 {
			_, _ = f.Write(p) // it never fails
		}
	}
}

// results ends the body and compares.
func (b *bodies) results() (all []DKIM) {
	for _, f := range b.forms {
		if f != nil && len(f.hashes) > 0 {
			f.end()
		}
	}
	for _, w := range b.wanted {
		if w.hash != nil {
			w.Result = Fail
			// RFC 6376 3.5: a body shorter than l= is none that was signed.
			if subtle.ConstantTimeCompare(w.hash.hash.Sum(nil), w.sum) == 1 && (w.hash.all || w.hash.left == 0) {
				w.Result = Pass
			}
		}
		all = append(all, w.DKIM)
	}
	return all
}

// parseDKIM reads the tags of a signature that say how the body was hashed. RFC 6376 3.2, 3.5.
func parseDKIM(raw []byte) wantedHash {
	w := wantedHash{key: hashKey{length: -1}, DKIM: DKIM{Canon: "simple"}}
	for tag := range strings.SplitSeq(unfold(raw), ";") {
		name, value, _ := strings.Cut(tag, "=")
		name = strings.TrimSpace(name)
		if len(name) > 2 || name == "b" || name == "h" {
			continue // the longest are not about the body
		}
		value = withoutSpace(value)
		switch name {
		case "v":
			if value != "1" {
				w.Result = Unknown
			}
		case "d":
			w.Domain = domain(value)
		case "a":
			_, w.Hash, _ = strings.Cut(strings.ToLower(value), "-")
		case "c":
			if _, body, ok := strings.Cut(strings.ToLower(value), "/"); ok { // RFC 6376 3.5: without it, simple
				w.Canon = body
			}
		case "l":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil || n < 0 {
				w.Result = Unknown
			}
			w.key.length = n
		case "bh":
			w.sum, _ = base64.StdEncoding.DecodeString(value) // what is none has the wrong length
		}
	}
	w.key.relaxed, w.key.name = w.Canon == "relaxed", w.Hash
	size := map[string]int{"sha1": sha1.Size, "sha256": sha256.Size}[w.Hash]
	if size == 0 {
		w.Result, w.Hash = Unknown, ""
	}
	if w.Canon != "simple" && w.Canon != "relaxed" {
		w.Result, w.Canon = Unknown, ""
	}
	if len(w.sum) == 0 {
		w.Result = Unknown
	}
	return w
}

func withoutSpace(s string) string {
	if s = strings.TrimSpace(s); strings.IndexByte(s, ' ') < 0 && strings.IndexByte(s, '\t') < 0 {
		return s
	}
	return strings.Join(strings.Fields(s), "")
}

// domain leaves of a d= what may be in a domain.
func domain(s string) string {
	if len(s) > 253 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, strings.ToLower(s))
}
