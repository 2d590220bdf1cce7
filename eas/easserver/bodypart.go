package easserver

import (
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// bodyPartsSupported answers a request for parts of bodies that are not HTML with status
// 164. MS-ASCMD 2.2.2, MS-ASAIRS 2.2.2.41.3.
func (x *exchange) bodyPartsSupported() bool {
	if wrongBodyPart(x.doc) {
		x.fail(164, 400)
		return false
	}
	return true
}

func wrongBodyPart(e *wbxml.Element) bool {
	if e == nil {
		return false
	}
	if e.Tag == wbxml.AirSyncBaseBodyPartPreference {
		return e.Has(wbxml.AirSyncBaseType) && e.Value(wbxml.AirSyncBaseType) != "2"
	}
	for i := range e.Children {
		if wrongBodyPart(&e.Children[i]) {
			return true
		}
	}
	return false
}

// bodyPart writes what is new in a message of a conversation: its lines that quote no
// other. MS-ASAIRS 2.2.2.10.
func (r *renderer) bodyPart(v *version) {
	if len(r.opts.bodyParts) == 0 || r.protocol < 141 {
		return
	}
	p := r.opts.bodyParts[0]
	var own []string
	for line := range strings.Lines(v.Message.body().plain()) {
		if !strings.HasPrefix(line, ">") {
			own = append(own, line)
		}
	}
	text := strings.Join(own, "")
	b := bodyOfText(typeHTML, htmlOfText(text), nil)
	r.enc.Start(wbxml.AirSyncBaseBodyPart)
	defer r.enc.End()
	r.number(wbxml.AirSyncBaseStatus, 1)
	r.number(wbxml.AirSyncBaseType, typeHTML)
	r.number(wbxml.AirSyncBaseEstimatedDataSize, b.data.size)
	truncated := b.data.size > p.limit
	r.bool(wbxml.AirSyncBaseTruncated, truncated)
	if !truncated || !p.allOrNone && p.limit > 0 {
		r.value(wbxml.AirSyncBaseData, b.cut(p.limit))
	}
	if p.preview > 0 {
		r.enc.Text(wbxml.AirSyncBasePreview, cutRunes(text, p.preview))
	}
}
