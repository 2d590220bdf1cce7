package item

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxPicture is how long a picture may be, in bytes of base64: 36 KB that take 48,
// or the server refuses the contact with status 6. MS-ASCNTC 2.2.2.58.
const maxPicture = 48 << 10

// photo writes PHOTO: as a data URI (RFC 6350 6.2.4), or in the base64 of
// RFC 2426 3.1.4. It comes as base64; bytes are taken too.
func (c card) photo(e *wbxml.Element) {
	if e == nil {
		return
	}
	b, err := decodeBase64(e.Text)
	if err != nil {
		if !e.Opaque {
			return
		}
		b = []byte(e.Text)
	}
	if len(b) == 0 {
		return
	}
	encoded := base64.StdEncoding.EncodeToString(b)
	kind := http.DetectContentType(b)
	if !strings.HasPrefix(kind, "image/") {
		kind = "application/octet-stream"
	}
	if !c.old {
		c.uri(vcard.FieldPhoto, "data:"+kind+";base64,"+encoded)
		return
	}
	_, subtype, _ := strings.Cut(kind, "/")
	if subtype == "octet-stream" {
		subtype = ""
	}
	c.put(vcard.FieldPhoto, encoded, []param{{"ENCODING", "b"}, {"TYPE", strings.ToUpper(subtype)}})
}

func decodeBase64(s string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
}

// photo reads the first picture that is in the card and fits.
func (r *cardReader) photo() {
	for _, f := range r.fields(vcard.FieldPhoto) {
		s := fieldText(f)
		if s == "" {
			continue
		}
		if scheme, rest, ok := strings.Cut(s, ":"); ok {
			if !strings.EqualFold(scheme, "data") {
				r.lose(vcard.FieldPhoto, f, "it is not in the card")
				continue
			}
			head, data, _ := strings.Cut(rest, ",")
			if !strings.HasSuffix(strings.ToLower(head), ";base64") {
				data = ""
			}
			s = data
		}
		b, err := decodeBase64(s)
		encoded := base64.StdEncoding.EncodeToString(b)
		switch {
		case err != nil || len(b) == 0:
			r.lose(vcard.FieldPhoto, f, "not base64")
		case len(encoded) > maxPicture:
			r.lose(vcard.FieldPhoto, f, "over 48 KB")
		case r.set(wbxml.ContactsPicture, encoded), r.value(wbxml.ContactsPicture) == encoded:
			r.take(f)
		default:
			r.lose(vcard.FieldPhoto, f, "a contact has one Picture")
		}
	}
}
