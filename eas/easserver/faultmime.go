package easserver

import (
	"slices"
	"strings"
)

// Faults of what a server makes of a message. Protocol version 2.5 has it as it is.
const (
	FaultRebuiltMIME     Fault = "rebuilt-mime"
	FaultCiphertextApart Fault = "ciphertext-apart"
	FaultUnlisted25      Fault = "unlisted-2.5"
)

var mimeFaults = []FaultInfo{
	{FaultRebuiltMIME, "from 12.0 on a message is served as MIME made anew of its texts and files, with each header field once; in 2.5 as it is (Z-Push 2.7)"},
	{FaultCiphertextApart, "from 12.0 on an encrypted message is served as its header, and its ciphertext as an attachment; in 2.5 as it is (Z-Push 2.7)"},
	{FaultUnlisted25, "2.5 is not among the versions of the answer to OPTIONS, and is served all the same (Z-Push 2.7)"},
}

// listed are the versions that the server says it has.
func (x *exchange) listed() []string {
	const old = "2.5"
	if !slices.Contains(x.cfg.Versions, old) || x.hit(FaultUnlisted25, "") == nil {
		return x.cfg.Versions
	}
	return slices.DeleteFunc(slices.Clone(x.cfg.Versions), func(v string) bool { return v == old })
}

// mime is what a message is served as.
func (r *renderer) mime(c *Content) source {
	switch {
	case r.spoil&spoilApart != 0:
		head, end := string(c.header()), "\n"
		if strings.HasSuffix(head, "\r\n") {
			end = "\r\n"
		}
		return textSource(head + end)
	case r.spoil&spoilRebuilt != 0:
		return textSource(string(c.rebuilt()))
	}
	return c.source()
}

// rebuilt makes the message anew of what the server keeps of it.
func (c *Content) rebuilt() []byte {
	m := messageWriter{unique: "rebuilt"}
	seen := map[string]bool{}
	for head := c.header(); len(head) > 0; {
		end := fieldEnd(head)
		field := strings.TrimRight(string(head[:end]), "\r\n")
		head = head[end:]
		name, _, ok := strings.Cut(field, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || seen[name] || name == "mime-version" || strings.HasPrefix(name, "content-") {
			continue
		}
		seen[name] = true
		m.buf.WriteString(field + "\r\n")
	}
	m.buf.WriteString("MIME-Version: 1.0\r\n")
	b := c.body()
	var files []file
	if b.calendar != "" {
		files = append(files, file{name: "meeting.ics", contentType: "text/calendar; charset=utf-8; method=" + b.method, content: b.calendar})
	}
	for _, a := range b.attachments {
		files = append(files, file{name: a.name, contentType: a.contentType, content: c.attachment(a)})
	}
	m.body(b.text, b.html, files)
	return m.bytes()
}
