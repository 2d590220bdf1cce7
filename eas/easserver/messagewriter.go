package easserver

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// messageWriter writes a message. unique parts its boundaries from those of messages
// in it.
type messageWriter struct {
	unique     string
	boundaries int
	buf        bytes.Buffer
}

func (m *messageWriter) boundary() string {
	m.boundaries++
	return fmt.Sprintf("=_%s_%d", m.unique, m.boundaries)
}

// header writes a header field, unless it is empty. Names in address lists and
// other texts are encoded as RFC 2047 says.
func (m *messageWriter) header(name, value string) {
	if value == "" {
		return
	}
	switch name {
	case "From", "To", "Cc", "Bcc":
		if list, err := mail.ParseAddressList(value); err == nil {
			var all []string
			for _, a := range list {
				all = append(all, a.String())
			}
			value = strings.Join(all, ",\r\n ")
		}
	case "Subject":
		value = mime.QEncoding.Encode("utf-8", strings.Map(unfold, value))
	}
	fmt.Fprintf(&m.buf, "%s: %s\r\n", name, value)
}

// body ends the header section and writes the body: one text, both as alternatives,
// and with files a multipart/mixed around.
func (m *messageWriter) body(text, html string, files []file) {
	if len(files) == 0 {
		m.texts(text, html)
		return
	}
	boundary := m.boundary()
	fmt.Fprintf(&m.buf, "Content-Type: multipart/mixed; boundary=%q\r\n\r\n--%s\r\n", boundary, boundary)
	m.texts(text, html)
	for _, f := range files {
		fmt.Fprintf(&m.buf, "\r\n--%s\r\n", boundary)
		m.file(f)
	}
	fmt.Fprintf(&m.buf, "\r\n--%s--\r\n", boundary)
}

func (m *messageWriter) texts(text, html string) {
	switch {
	case html == "":
		m.text("text/plain", text)
	case text == "":
		m.text("text/html", html)
	default:
		boundary := m.boundary()
		fmt.Fprintf(&m.buf, "Content-Type: multipart/alternative; boundary=%q\r\n\r\n--%s\r\n", boundary, boundary)
		m.text("text/plain", text)
		fmt.Fprintf(&m.buf, "\r\n--%s\r\n", boundary)
		m.text("text/html", html)
		fmt.Fprintf(&m.buf, "\r\n--%s--\r\n", boundary)
	}
}

func (m *messageWriter) text(contentType, text string) {
	fmt.Fprintf(&m.buf, "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", contentType)
	q := quotedprintable.NewWriter(&m.buf)
	_, _ = q.Write([]byte(text)) // a bytes.Buffer takes it all
	_ = q.Close()
	m.buf.WriteString("\r\n")
}

func (m *messageWriter) file(f file) {
	contentType := f.contentType
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	m.buf.WriteString("Content-Type: " + contentType + "\r\n")
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": f.name})
	fmt.Fprintf(&m.buf, "Content-Disposition: %s\r\n", disposition)
	if contentType == "message/rfc822" {
		m.buf.WriteString("\r\n" + f.content)
		return
	}
	m.buf.WriteString("Content-Transfer-Encoding: base64\r\n\r\n")
	encoded := base64.StdEncoding.EncodeToString([]byte(f.content))
	for len(encoded) > 76 {
		m.buf.WriteString(encoded[:76] + "\r\n")
		encoded = encoded[76:]
	}
	m.buf.WriteString(encoded + "\r\n")
}

func (m *messageWriter) bytes() []byte { return m.buf.Bytes() }
