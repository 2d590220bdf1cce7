package fidelity

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"
)

// leaf is a part without parts that something is wanted of.
type leaf struct {
	kind     leafKind
	sealed   Sealed // it is ciphertext
	filled   bool   // and there is some
	encoding string
	buf      []byte // as it came, still encoded
	over     bool   // it is longer than what is held
}

type leafKind byte

const (
	leafPlain     leafKind = iota
	leafSignature          // of the part before it
	leafKey                // of OpenPGP
	leafCMS                // what kind of CMS it is its beginning says
	leafOpaque             // a CMS of signed data
)

// newLeaf looks at a type, kind, which is the beginning of a value.
func newLeaf(kind, value string, h header) leaf {
	l := leaf{encoding: strings.ToLower(unfold(h.encoding))}
	switch kind {
	case "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature":
		l.kind = leafSignature
	case "application/pgp-keys":
		l.kind = leafKey
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		_, params, _ := mime.ParseMediaType(value)
		switch strings.ToLower(params["smime-type"]) { // RFC 8551 3.2.2
		case "enveloped-data", "authenveloped-data":
			l.sealed = SealedSMIME
		case "signed-data":
			l.kind = leafOpaque
		case "certs-only", "compressed-data":
		default:
			l.kind = leafCMS
		}
	case "application/x-microsoft-rpmsg-message":
		l.sealed = SealedRights
	case "application/octet-stream":
		names := strings.ToLower(value + " " + unfold(h.disposition))
		switch {
		case strings.Contains(names, ".p7m"):
			l.kind = leafCMS
		case strings.Contains(names, "message.rpmsg"):
			l.sealed = SealedRights
		}
	}
	return l
}

// take takes a piece of the leaf's content.
func (l *leaf) take(p []byte, t *tree) {
	if l.kind == leafPlain && (l.sealed == "" || l.filled) {
		return
	}
	l.filled = l.filled || len(bytes.TrimSpace(p)) > 0
	room := maxLeaf - len(l.buf)
	switch l.kind {
	case leafPlain:
		return
	case leafCMS:
		n := min(len(p), cmsHead-len(l.buf))
		l.buf = append(l.buf, p[:n]...)
		if len(l.buf) == cmsHead {
			l.settle(t)
			l.take(p[n:], t)
		}
		return
	case leafOpaque:
		room = int(min(t.room, int64(len(p))))
		t.room -= int64(room)
	}
	switch {
	case l.over:
	case len(p) > room:
		l.over, l.buf = true, nil
	default:
		l.buf = append(l.buf, p...)
	}
}

// cmsHead is how much of a CMS, in base64, tells what kind it is.
const cmsHead = 128

// The object identifiers of CMS contents in DER. RFC 5652 5.1, 6.1; RFC 5083 2.
var (
	oidSigned        = []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
	oidEnveloped     = []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03")
	oidAuthEnveloped = []byte("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17")
)

// settle decides what a CMS is whose type the header does not say.
func (l *leaf) settle(t *tree) {
	if l.kind != leafCMS {
		return
	}
	l.kind = leafPlain
	head := l.decoded()
	head = head[:min(len(head), 32)]
	switch {
	case bytes.Contains(head, oidSigned):
		l.kind = leafOpaque
		t.room -= int64(len(l.buf))
	case !l.filled, bytes.Contains(head, oidEnveloped), bytes.Contains(head, oidAuthEnveloped):
		l.sealed, l.buf = SealedSMIME, nil
		t.seal(l.sealed)
	}
}

// decoded is the content without its encoding, as far as it makes sense.
func (l *leaf) decoded() []byte {
	switch l.encoding {
	case "base64":
		return decodeBase64(l.buf)
	case "quoted-printable":
		b, _ := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(l.buf)))
		return b
	}
	return l.buf
}

func decodeBase64(b []byte) []byte {
	out, _ := io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(b)))
	return out
}
