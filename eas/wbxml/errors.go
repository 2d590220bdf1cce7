package wbxml

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// ErrNotWBXML is wrapped by the error for input that does not begin like a WBXML
// document. The message says what it looks like: HTML of a proxy, a multipart
// body, nothing at all.
var ErrNotWBXML = errors.New("not a WBXML document")

// SyntaxError is input that began as WBXML, or as XML, and broke off or broke
// its rules. Offset counts bytes from the start of the input. A document that
// ends early wraps [io.ErrUnexpectedEOF].
type SyntaxError struct {
	Msg    string
	Offset int64
	Err    error // io.ErrUnexpectedEOF or nil
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("wbxml: offset %d: %s", e.Offset, e.Msg)
}

func (e *SyntaxError) Unwrap() error { return e.Err }

// LimitError is input that passes one of the [Limits]. Limit is the field's
// name, Max its value.
type LimitError struct {
	Limit  string
	Max    int64
	Offset int64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("wbxml: offset %d: more than the limit %s = %d allows", e.Offset, e.Limit, e.Max)
}

// notWBXML describes the first bytes of something else.
func notWBXML(head []byte) error {
	const shown = 64
	if len(head) > shown {
		head = head[:shown]
	}
	text := strings.ToLower(strings.TrimLeft(string(head), " \t\r\n\xEF\xBB\xBF"))
	looks := ""
	switch {
	case len(head) == 0:
		return fmt.Errorf("wbxml: %w: empty", ErrNotWBXML)
	case isMultipart(head):
		looks = "looks like a multipart response: "
	case strings.HasPrefix(text, "<?xml"):
		looks = "looks like XML: "
	case strings.HasPrefix(text, "<"):
		looks = "looks like HTML: "
	case bytes.HasPrefix(head, []byte("\x1F\x8B")):
		looks = "looks like gzip: "
	case strings.HasPrefix(text, "{"):
		looks = "looks like JSON: "
	}
	return fmt.Errorf("wbxml: %w: %s%q", ErrNotWBXML, looks, head)
}

// isMultipart tells whether head begins a multipart ItemOperations response: the
// number of parts, then the offset of the first, both little-endian 32 bit,
// where the first part follows the table of 8 bytes a part.
//
// MS-ASCMD 2.2.1.10.1 (MultiPartResponse).
func isMultipart(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	u32 := func(b []byte) uint64 {
		return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24
	}
	parts := u32(head)
	return parts > 0 && u32(head[4:]) == 4+8*parts
}
