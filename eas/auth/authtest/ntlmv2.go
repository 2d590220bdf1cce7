package authtest

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //nolint:staticcheck // NTLM is made of it: MS-NLMP 3.3.2
)

// The flags of MS-NLMP 2.2.2.5 that the server has, and the one without which no password is proven.
const (
	flagUnicode         = 0x00000001
	flagRequestTarget   = 0x00000004
	flagNTLM            = 0x00000200
	flagAlwaysSign      = 0x00008000
	flagTargetServer    = 0x00020000
	flagExtendedSession = 0x00080000
	flagTargetInfo      = 0x00800000
)

const signature = "NTLMSSP\x00"

// messageType tells which message it is; 0 for none. MS-NLMP 2.2.1.
func messageType(m []byte) uint32 {
	if len(m) < 12 || string(m[:8]) != signature {
		return 0
	}
	return binary.LittleEndian.Uint32(m[8:])
}

// challengeMessage makes the second message. MS-NLMP 2.2.1.2.
func challengeMessage(challenge [8]byte, domain, computer string) []byte {
	info := avPair(avPair(nil, 2, wide(domain)), 1, wide(computer)) // MS-NLMP 2.2.2.1
	info = avPair(info, 0, nil)
	name := wide(computer)
	const header = 48
	var b bytes.Buffer
	b.WriteString(signature)
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) } // into memory
	field := func(n, at int) { put(uint16(n)); put(uint16(n)); put(uint32(at)) }
	put(uint32(2))
	field(len(name), header)
	put(uint32(flagUnicode | flagRequestTarget | flagNTLM | flagAlwaysSign | flagTargetServer | flagExtendedSession | flagTargetInfo))
	put(challenge)
	put(uint64(0))
	field(len(info), header+len(name))
	b.Write(name)
	b.Write(info)
	return b.Bytes()
}

func avPair(b []byte, id uint16, value []byte) []byte {
	b = binary.LittleEndian.AppendUint16(b, id)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}

var errNTLM = errors.New("NTLM: user or password is wrong")

// verify checks the third message against the challenge, and returns the user. passwordOf knows the passwords of DOMAIN\USER, or
// of USER where no domain is named. MS-NLMP 2.2.1.3, 3.3.2.
func verify(m []byte, challenge [8]byte, passwordOf func(user string) (string, bool)) (string, error) {
	if messageType(m) != 3 {
		return "", errors.New("NTLM: no AUTHENTICATE message")
	}
	response, err1 := payload(m, 20)
	domain, err2 := payload(m, 28)
	user, err3 := payload(m, 36)
	if err := errors.Join(err1, err2, err3); err != nil {
		return "", err
	}
	name := narrow(user)
	if len(domain) > 0 {
		name = narrow(domain) + `\` + name
	}
	password, ok := passwordOf(name)
	if !ok || len(response) < 16+28 {
		return "", errNTLM
	}
	key := ntowfv2(password, narrow(user), narrow(domain))
	if !hmac.Equal(response[:16], hmacMD5(key, challenge[:], response[16:])) {
		return "", errNTLM
	}
	return name, nil
}

// ntowfv2 is the key of a user. MS-NLMP 3.3.2.
func ntowfv2(password, user, domain string) []byte {
	h := md4.New()
	_, _ = h.Write(wide(password)) // it never fails
	return hmacMD5(h.Sum(nil), wide(strings.ToUpper(user)+domain))
}

func hmacMD5(key []byte, data ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, d := range data {
		_, _ = h.Write(d) // it never fails
	}
	return h.Sum(nil)
}

// payload is what a field of the header points to. MS-NLMP 2.2.1: length, room, offset.
func payload(m []byte, field int) ([]byte, error) {
	if len(m) < field+8 {
		return nil, errors.New("NTLM: the message is cut short")
	}
	n, at := uint64(binary.LittleEndian.Uint16(m[field:])), uint64(binary.LittleEndian.Uint32(m[field+4:]))
	if at+n > uint64(len(m)) {
		return nil, errors.New("NTLM: a field lies outside the message")
	}
	return m[at : at+n], nil
}

// wide is UTF-16, little endian.
func wide(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func narrow(b []byte) string {
	var u []uint16
	for ; len(b) >= 2; b = b[2:] {
		u = append(u, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(u))
}
