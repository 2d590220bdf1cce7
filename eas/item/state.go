package item

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// State returns a short hash of what can change of an item, to tell a change from a repetition: servers send an item
// again for reasons of their own. Of a mail these are the marks on it, since its text never changes; a listing and an
// answer with the body give the same. Of other items it is everything, but for what servers fill with noise.
func State(class string, props *wbxml.Element) string {
	var b []byte
	for i := range props.Children {
		c := &props.Children[i]
		switch {
		case class == "Email" && !isMark(c.Tag):
		case c.Tag == wbxml.CalendarTimezone:
			b = appendZone(b, c.Text)
		default:
			b = c.AppendXML(b)
		}
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// isMark tells the properties of a mail that change while the mail stays.
func isMark(tag wbxml.Tag) bool {
	switch tag {
	case wbxml.EmailRead, wbxml.EmailFlag, wbxml.EmailCategories, wbxml.EmailImportance, wbxml.Email2IsDraft,
		wbxml.Email2LastVerbExecuted, wbxml.Email2LastVerbExecutionTime:
		return true
	}
	return false
}

// appendZone says what a time zone means, and leaves out the bytes that mean nothing.
func appendZone(b []byte, blob string) []byte {
	z, ok := parseZone(blob)
	switch {
	case !ok:
		return append(b, "zone?"...)
	case z == nil:
		return append(b, "zone UTC"...)
	}
	return fmt.Appendf(b, "zone %+v", *z)
}
