package item

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-vcard"
)

// cardSaid is what one property of a vCard says, in words that are the same however it
// is written: what another name or version of vCard has for it.
type cardSaid struct {
	about string // "TEL", "ADR home", "RELATED spouse"
	value string
	name  string // of the property that said it
	field *vcard.Field
}

// cardSays lists what a vCard says.
func cardSays(c vcard.Card, old bool) (all []cardSaid) {
	for name, fields := range c {
		for _, f := range fields {
			for _, s := range fieldSays(c, name, f, old) {
				if s.value = strings.TrimSpace(strings.ReplaceAll(s.value, "\r\n", "\n")); s.value != "" {
					s.name, s.field = name, f
					all = append(all, s)
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b cardSaid) int { return strings.Compare(a.about+"\x00"+a.value, b.about+"\x00"+b.value) })
	return slices.CompactFunc(all, func(a, b cardSaid) bool { return a.about == b.about && a.value == b.value }) // said twice is said once
}

func fieldSays(c vcard.Card, name string, f *vcard.Field, old bool) []cardSaid {
	one := func(about, value string) []cardSaid { return []cardSaid{{about: about, value: value}} }
	text := fieldText(f)
	label := ""
	for _, l := range c["X-ABLABEL"] {
		if f.Group != "" && l.Group == f.Group {
			label = strings.ToLower(strings.Trim(fieldText(l), "_$!<>"))
		}
	}
	if about, ok := synonyms()[name]; ok {
		switch about {
		case "IMPP":
			if scheme, ok := chatSchemes()[name]; ok {
				text = scheme + ":" + text
			}
		case "ANNIVERSARY":
			text = dayDigits(text)
		}
		return one(about, text)
	}
	switch name {
	case "VERSION", "PRODID", "PROFILE":
		return nil
	case "KIND":
		if text == "individual" {
			return nil // the default
		}
	case "N":
		if f.Params.Get("DERIVED") != "" {
			return nil
		}
		return nameSays(f, old)
	case "BDAY":
		return one(name, dayDigits(text))
	case "ADR":
		kind := "other"
		if fieldIs(f, "work") {
			kind = "work"
		}
		if fieldIs(f, "home") {
			kind = "home"
		}
		parts := strings.Split(f.Value, ";")
		for i, p := range parts {
			parts[i] = strings.TrimSpace(unshielded(p))
		}
		return one("ADR "+kind, strings.Trim(strings.Join(parts, "|"), "|"))
	case "TEL", "X-MS-TEL":
		return one("TEL", strings.TrimPrefix(text, "tel:")+" "+dialKind(append(fieldTypes(f), label)))
	case "RELATED":
		for _, kind := range []string{"spouse", "child", "assistant", "manager"} {
			if fieldIs(f, kind, "x-"+kind) {
				return one("RELATED "+kind, text)
			}
		}
	case "X-ABRELATEDNAMES":
		return one("RELATED "+label, text)
	case "X-ABDATE":
		if label == "anniversary" {
			return one("ANNIVERSARY", dayDigits(text))
		}
	case "X-ABLABEL":
		if strings.HasPrefix(text, "_$!<") || labels(c["X-ABRELATEDNAMES"], f) || labels(c["X-ABDATE"], f) {
			return nil // what is labeled says it
		}
	case "CATEGORIES", "NICKNAME":
		var list []cardSaid
		for _, s := range strings.Split(f.Value, ",") {
			list = append(list, cardSaid{about: name, value: unshielded(s)})
		}
		return list
	case "PHOTO":
		if _, data, ok := strings.Cut(text, ";base64,"); ok {
			text = data
		}
		if b, err := decodeBase64(text); err == nil {
			text = fmt.Sprintf("%x", sha256.Sum256(b))
		}
	case "SOUND":
		if fieldIs(f, "x-irmc-n") {
			last, first, _ := strings.Cut(f.Value, ";")
			return append(one("X-PHONETIC-LAST-NAME", unshielded(last)), one("X-PHONETIC-FIRST-NAME", unshielded(first))...)
		}
	case "ORG":
		return one(name, strings.Trim(unshielded(f.Value), ";"))
	}
	if strings.HasPrefix(name, "X-FCENCODED-") {
		name = "X-FCENCODED"
	}
	return one(name, text)
}

func labels(fields []*vcard.Field, label *vcard.Field) bool {
	return slices.ContainsFunc(fields, func(f *vcard.Field) bool { return f.Group == label.Group })
}

func nameSays(f *vcard.Field, old bool) (list []cardSaid) {
	abouts := []string{"N family", "N given", "N additional", "N prefix", "N suffix"}
	if f.Params.Get("PHONETIC") != "" {
		abouts = []string{"X-PHONETIC-LAST-NAME", "X-PHONETIC-FIRST-NAME"}
	}
	for i, part := range strings.Split(f.Value, ";") {
		if !old {
			part = strings.ReplaceAll(part, ",", " ") // between several names
		}
		if i < len(abouts) {
			list = append(list, cardSaid{about: abouts[i], value: unshielded(part)})
		}
	}
	return list
}

// synonyms are properties that say what others say.
func synonyms() map[string]string {
	return map[string]string{
		"X-MS-SPOUSE": "RELATED spouse", "X-EVOLUTION-SPOUSE": "RELATED spouse", "X-SPOUSE": "RELATED spouse",
		"X-MS-ASSISTANT": "RELATED assistant", "X-EVOLUTION-ASSISTANT": "RELATED assistant",
		"X-MS-MANAGER": "RELATED manager", "X-EVOLUTION-MANAGER": "RELATED manager", "X-MS-CHILD": "RELATED child",
		"ANNIVERSARY": "ANNIVERSARY", "X-MS-ANNIVERSARY": "ANNIVERSARY", "X-ANNIVERSARY": "ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY": "ANNIVERSARY",
		"X-EAS-FILEAS": "X-EAS-FILEAS", "X-EVOLUTION-FILE-AS": "X-EAS-FILEAS",
		"IMPP": "IMPP", "X-MS-IMADDRESS": "IMPP", "X-AIM": "IMPP", "X-ICQ": "IMPP", "X-GTALK": "IMPP", "X-JABBER": "IMPP", "X-MSN": "IMPP",
		"X-YAHOO": "IMPP", "X-SKYPE": "IMPP", "X-QQ": "IMPP",
	}
}

func chatSchemes() map[string]string {
	return map[string]string{
		"X-MS-IMADDRESS": "im", "X-AIM": "aim", "X-ICQ": "icq", "X-GTALK": "xmpp", "X-JABBER": "xmpp", "X-MSN": "msnim",
		"X-YAHOO": "ymsgr", "X-SKYPE": "skype", "X-QQ": "qq",
	}
}

// dayDigits is a date without what else stands in it.
func dayDigits(s string) string {
	s, _, _ = strings.Cut(s, "T")
	if digits := strings.ReplaceAll(s, "-", ""); len(digits) == 8 || len(digits) == 4 {
		return strings.Replace("/"+digits, "/1604", "/", 1)
	}
	return s
}

// dialKind is what a number is for, of all that its types say.
func dialKind(types []string) string {
	var kinds []string
	for _, t := range types {
		switch t = strings.TrimPrefix(t, "x-"); t {
		case "main":
			t = "company"
		case "assistantphone":
			t = "assistant"
		}
		if slices.Contains([]string{"home", "work", "cell", "fax", "pager", "car", "radio", "assistant", "company"}, t) {
			kinds = append(kinds, t)
		}
	}
	slices.Sort(kinds)
	kinds = slices.Compact(kinds)
	for _, kind := range []string{"company", "cell", "pager", "car"} { // a mobile at work is a mobile
		if slices.Contains(kinds, kind) {
			kinds = []string{kind}
		}
	}
	if slices.Equal(kinds, []string{"fax"}) {
		kinds = append(kinds, "work") // who says no more has one in the office
	}
	return strings.Join(kinds, "+")
}
