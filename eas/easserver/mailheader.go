package easserver

import (
	"bytes"
	"io"
	"mime"
	"net/mail"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/encoding/htmlindex"
)

// maxHeader bounds how much of a message is searched for the end of its headers.
const maxHeader = 256 << 10

// mailSummary is what the properties of a message are made of, read from its
// headers when it is first served.
type mailSummary struct {
	once sync.Once
	h    mailHeader
}

// mailHeader holds the header fields that become properties, decoded.
type mailHeader struct {
	from, to, cc, replyTo, sender string
	displayTo                     string
	subject, topic                string
	messageID, thread             string // thread is the Message-ID of the first message of the conversation
	contentType                   string
	importance                    string
	meeting                       *meeting
}

func (v *version) header() *mailHeader {
	v.mail.once.Do(func() {
		v.mail.h = parseHeader(v.Message.header())
		v.mail.h.meeting = v.Message.meetingOf()
	})
	return &v.mail.h
}

// date returns when the message was sent as its headers say, or else fallback.
func (c *Content) date(fallback time.Time) time.Time {
	for name, value := range headerFields(c.header()) {
		if name != "date" {
			continue
		}
		if t, err := mail.ParseDate(value); err == nil {
			return t.UTC()
		}
	}
	return fallback
}

func parseHeader(b []byte) mailHeader {
	h := mailHeader{importance: "1"}
	var references, inReplyTo string
	for name, value := range headerFields(b) {
		switch name {
		case "from":
			h.from, _ = addresses(value)
		case "to":
			h.to, h.displayTo = addresses(value)
		case "cc":
			h.cc, _ = addresses(value)
		case "reply-to":
			h.replyTo, _ = addresses(value)
		case "sender":
			h.sender, _ = addresses(value)
		case "subject":
			h.subject = decodeWords(value)
		case "message-id":
			h.messageID = value
		case "references":
			references = value
		case "in-reply-to":
			inReplyTo = value
		case "content-type":
			h.contentType = value
		case "importance", "x-priority":
			h.importance = importance(value)
		}
	}
	h.topic = threadTopic(h.subject)
	for _, ids := range []string{references, inReplyTo, h.messageID, h.topic} {
		if f := strings.Fields(ids); len(f) > 0 {
			h.thread = f[0]
			break
		}
	}
	return h
}

// headerFields yields the fields with their names in lower case and their values
// unfolded.
func headerFields(b []byte) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for len(b) > 0 {
			end := fieldEnd(b)
			field := b[:end]
			b = b[end:]
			if name, value, ok := bytes.Cut(field, []byte(":")); ok {
				v := strings.Map(unfold, strings.TrimSpace(string(value)))
				if !yield(strings.ToLower(strings.TrimSpace(string(name))), v) {
					return
				}
			}
		}
	}
}

// fieldEnd returns the length of the first field with its continuation lines.
func fieldEnd(b []byte) int {
	for i := 0; ; {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return len(b)
		}
		i += n + 1
		if i == len(b) || b[i] != ' ' && b[i] != '\t' {
			return i
		}
	}
}

// unfold drops line breaks and what has no place in the text of a property.
func unfold(r rune) rune {
	if r < ' ' && r != '\t' {
		return -1
	}
	return r
}

// decodeWords decodes the encoded words of RFC 2047. What cannot be decoded
// stays as it is.
func decodeWords(s string) string {
	d := mime.WordDecoder{CharsetReader: charsetReader}
	if t, err := d.DecodeHeader(s); err == nil {
		s = t
	}
	return strings.Map(unfold, strings.ToValidUTF8(s, "\uFFFD"))
}

func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	e, err := htmlindex.Get(charset)
	if err != nil {
		return nil, err
	}
	return e.NewDecoder().Reader(r), nil
}

// addresses returns an address list as Email:To has it, `"Name" <address>` parted
// by commas, and the names alone as DisplayTo has them.
func addresses(value string) (full, display string) {
	p := mail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: charsetReader}}
	list, err := p.ParseList(value)
	if err != nil {
		s := decodeWords(value)
		return s, s
	}
	var names []string
	for i, a := range list {
		name := a.Name
		if name == "" {
			name = a.Address
		}
		names = append(names, name)
		if i > 0 {
			full += ", "
		}
		full += `"` + strings.ReplaceAll(name, `"`, `'`) + `" <` + a.Address + `>`
	}
	clean := func(s string) string { return strings.Map(unfold, strings.ToValidUTF8(s, "\uFFFD")) }
	return clean(full), clean(strings.Join(names, "; "))
}

// importance maps Importance and X-Priority to Email:Importance, 0 low to 2 high.
func importance(value string) string {
	switch v := strings.ToLower(value); {
	case strings.HasPrefix(v, "high"), strings.HasPrefix(v, "1"), strings.HasPrefix(v, "2"):
		return "2"
	case strings.HasPrefix(v, "low"), strings.HasPrefix(v, "4"), strings.HasPrefix(v, "5"):
		return "0"
	}
	return "1"
}

// threadTopic returns the subject without its prefixes. MS-ASEMAIL 2.2.2.75.
func threadTopic(subject string) string {
	for {
		prefix, rest, ok := strings.Cut(subject, ":")
		switch strings.ToLower(strings.TrimSpace(prefix)) {
		case "re", "fw", "fwd", "aw", "wg":
		default:
			ok = false
		}
		if !ok {
			return strings.TrimSpace(subject)
		}
		subject = rest
	}
}
