package item

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// State returns a short text that changes with the item, to tell a change from a repetition: servers send an item again for
// reasons of their own. Of a mail it is made of the marks on it, since its text never changes; a listing and an answer with
// the body give the same. Of other items it is a hash of everything, but for what differs between two answers of the same
// item: the order of elements, line ends, sizes that are estimates, and what servers fill with noise.
func State(class string, props *wbxml.Element) string {
	if class == "Email" {
		return StateAfter("", props)
	}
	sum := digest(props)
	return hex.EncodeToString(sum[:8])
}

// StateAfter is the state of a mail after a change, which may name only the marks that changed (MS-ASCMD 2.2.3.24), given the
// state before.
func StateAfter(before string, props *wbxml.Element) string {
	state := map[string]string{}
	for field := range strings.FieldsSeq(before) {
		mark, hash, _ := strings.Cut(field, "=")
		state[mark] = hash
	}
	for i := range props.Children {
		c := &props.Children[i]
		mark, ok := marks[c.Tag]
		switch {
		case !ok:
		case c.Text == "" && len(c.Children) == 0:
			delete(state, mark) // servers leave out what is not set, or send it empty
		default:
			sum := digest(c)
			state[mark] = hex.EncodeToString(sum[:4])
		}
	}
	var fields []string
	for mark, hash := range state {
		fields = append(fields, mark+"="+hash)
	}
	slices.Sort(fields)
	return strings.Join(fields, " ")
}

// marks are the properties of a mail that change while the mail stays, and how a state names them.
var marks = map[wbxml.Tag]string{
	wbxml.EmailRead: "read", wbxml.EmailFlag: "flag", wbxml.EmailCategories: "categories", wbxml.EmailImportance: "importance",
	wbxml.Email2IsDraft: "draft", wbxml.Email2LastVerbExecuted: "verb", wbxml.Email2LastVerbExecutionTime: "verbtime",
}

// contentUUID names an item by what it contains, for items that carry no
// identifier of their own: equal content gives equal names (RFC 9562 5.8).
func contentUUID(props *wbxml.Element) string {
	u := digest(props)
	u[6] = u[6]&0x0F | 0x80
	u[8] = u[8]&0x3F | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

// digest is a hash of what an element says.
func digest(e *wbxml.Element) [sha256.Size]byte {
	var children [][sha256.Size]byte
	for i := range e.Children {
		if c := &e.Children[i]; !isNoise(c.Tag) {
			children = append(children, digest(c))
		}
	}
	slices.SortFunc(children, func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) })
	text := strings.ReplaceAll(e.Text, "\r\n", "\n")
	if e.Tag == wbxml.CalendarTimezone {
		text = zoneMeaning(text)
	}
	b := binary.BigEndian.AppendUint16(nil, uint16(e.Tag))
	b = binary.BigEndian.AppendUint64(b, uint64(len(text)))
	b = append(b, text...)
	for _, c := range children {
		b = append(b, c[:]...)
	}
	return sha256.Sum256(b)
}

// isNoise tells elements that say nothing of an item but how this answer has it.
func isNoise(tag wbxml.Tag) bool {
	switch tag {
	case wbxml.AirSyncBaseEstimatedDataSize, wbxml.AirSyncBaseTruncated, wbxml.AirSyncBasePreview, wbxml.AirSyncBaseNativeBodyType,
		wbxml.ContactsBodySize, wbxml.ContactsBodyTruncated, wbxml.CalendarBodyTruncated, wbxml.TasksBodySize, wbxml.TasksBodyTruncated:
		return true
	}
	return false
}

// zoneMeaning says what a time zone means, and leaves out the bytes that mean nothing.
func zoneMeaning(blob string) string {
	z, ok := parseZone(blob)
	switch {
	case !ok:
		return "zone?"
	case z == nil:
		return "zone UTC"
	}
	if z.toStd.month == 0 { // whose names are noise, or say no more than the offset
		z.stdName, z.dstName = "", ""
		z.id = z.name()
	}
	return fmt.Sprintf("zone %+v", *z)
}
