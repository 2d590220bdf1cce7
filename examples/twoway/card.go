package main

import (
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// card is the content of a vCard (RFC 6350), line by line. Lines that say what a contact of EAS has are read and written; all
// others stay as they are, character by character.
type card []line

// line is one property. Its tags are the properties of EAS that its value has the parts of; none if it is not for us.
type line struct {
	raw  string // unfolded
	tags []wbxml.Tag
}

// mapped are the lines that are for us. A kind of line that may come several times is there as often.
var mapped = []struct {
	name, kind string
	tags       []wbxml.Tag
}{
	{"FN", "", []wbxml.Tag{wbxml.ContactsFileAs}},
	{"N", "", []wbxml.Tag{wbxml.ContactsLastName, wbxml.ContactsFirstName, wbxml.ContactsMiddleName, wbxml.ContactsTitle, wbxml.ContactsSuffix}},
	{"ORG", "", []wbxml.Tag{wbxml.ContactsCompanyName, wbxml.ContactsDepartment}},
	{"TITLE", "", []wbxml.Tag{wbxml.ContactsJobTitle}},
	{"EMAIL", "", []wbxml.Tag{wbxml.ContactsEmail1Address}},
	{"EMAIL", "", []wbxml.Tag{wbxml.ContactsEmail2Address}},
	{"EMAIL", "", []wbxml.Tag{wbxml.ContactsEmail3Address}},
	{"TEL", "CELL", []wbxml.Tag{wbxml.ContactsMobilePhoneNumber}},
	{"TEL", "WORK", []wbxml.Tag{wbxml.ContactsBusinessPhoneNumber}},
	{"TEL", "HOME", []wbxml.Tag{wbxml.ContactsHomePhoneNumber}},
	{"NOTE", "", []wbxml.Tag{wbxml.AirSyncBaseBody}},
}

// supported are the properties that the program knows; the server keeps all others as they are.
func supported() (tags []wbxml.Tag) {
	for _, m := range mapped {
		tags = append(tags, m.tags...)
	}
	return tags
}

func parse(text string) card {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.NewReplacer("\n ", "", "\n\t", "").Replace(text)
	var c card
	used := make([]bool, len(mapped))
	for raw := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		l := line{raw: raw}
		head, _, _ := strings.Cut(raw, ":")
		name, params, _ := strings.Cut(strings.ToUpper(head), ";")
		if _, after, grouped := strings.Cut(name, "."); grouped {
			name = after
		}
		for i, m := range mapped {
			if !used[i] && name == m.name && strings.Contains(params, m.kind) && !strings.Contains(params, "FAX") {
				used[i], l.tags = true, m.tags
				break
			}
		}
		c = append(c, l)
	}
	return c
}

// parts are the values of a line for its tags.
func (l line) parts() []string {
	_, value, _ := strings.Cut(l.raw, ":")
	if len(l.tags) == 1 {
		return []string{unescape(value)}
	}
	parts := make([]string, len(l.tags))
	for i, p := range split(value) {
		if i < len(parts) {
			parts[i] = unescape(p)
		}
	}
	return parts
}

// properties are those of the contact.
func (c card) properties() *wbxml.Element {
	e := wbxml.E(wbxml.AirSyncApplicationData)
	for _, l := range c {
		if len(l.tags) == 0 {
			continue
		}
		for i, value := range l.parts() {
			switch tag := l.tags[i]; {
			case value == "":
			case tag == wbxml.AirSyncBaseBody:
				e.Append(wbxml.E(tag, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, value)))
			default:
				e.Append(wbxml.T(tag, value))
			}
		}
	}
	return &e
}

// set takes over the properties of a contact. A line that says the same as before stays as it is, with its parameters.
func (c *card) set(props *wbxml.Element) {
	old := *c
	if len(old) == 0 {
		old = card{{raw: "BEGIN:VCARD"}, {raw: "VERSION:4.0"}, {raw: "END:VCARD"}}
	}
	var ours card
	for _, m := range mapped {
		values := make([]string, len(m.tags))
		for i, tag := range m.tags {
			if values[i] = props.Value(tag); tag == wbxml.AirSyncBaseBody {
				values[i] = props.Value(tag, wbxml.AirSyncBaseData)
			}
		}
		if m.name == "FN" && values[0] == "" { // a card must have one
			values[0] = strings.TrimSpace(props.Value(wbxml.ContactsFirstName) + " " + props.Value(wbxml.ContactsLastName))
		}
		i := slices.IndexFunc(old, func(l line) bool { return len(l.tags) > 0 && l.tags[0] == m.tags[0] })
		switch {
		case i >= 0 && slices.Equal(old[i].parts(), values):
			ours = append(ours, old[i])
		case strings.Join(values, "") != "" || m.name == "FN":
			raw := m.name
			if m.kind != "" {
				raw += ";TYPE=" + strings.ToLower(m.kind)
			}
			for i := range values {
				values[i] = escape(values[i])
			}
			ours = append(ours, line{raw: raw + ":" + strings.Join(values, ";"), tags: m.tags})
		}
	}
	others := slices.DeleteFunc(slices.Clone(old), func(l line) bool { return len(l.tags) > 0 })
	at := min(2, len(others)) // behind BEGIN and VERSION
	*c = slices.Concat(others[:at], ours, others[at:])
}

func (c card) text() []byte {
	var b strings.Builder
	for _, l := range c {
		b.WriteString(l.raw + "\r\n")
	}
	return []byte(b.String())
}

// RFC 6350 3.4.
var escaper, unescaper = strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`, "\r\n", `\n`, "\n", `\n`),
	strings.NewReplacer(`\\`, `\`, `\,`, ",", `\;`, ";", `\n`, "\n", `\N`, "\n")

func escape(s string) string   { return escaper.Replace(s) }
func unescape(s string) string { return unescaper.Replace(s) }

// split divides a value with several parts at the semicolons that are not escaped.
func split(s string) (parts []string) {
	begin := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ';':
			parts = append(parts, s[begin:i])
			begin = i + 1
		}
	}
	return append(parts, s[begin:])
}
