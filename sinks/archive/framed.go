package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/airlift-eas/airlift/sinks"
)

// A record is an object of one JSON value and the hash of that value's bytes: {"KIND":{…},"sha256":"…"}. What is around the
// value is always these very bytes, so that a flipped bit in them is seen too.
const (
	framedMiddle = `,"sha256":"`
	framedTail   = "\"}\n"
	framedEnd    = len(framedMiddle) + 2*sha256.Size + len(framedTail)
)

func framedHead(kind string) string { return `{"` + kind + `":` }

// encodeFramed is the inverse of parseFramed.
func encodeFramed(kind string, v any) ([]byte, error) {
	head := framedHead(kind)
	var b bytes.Buffer
	b.WriteString(head)
	if err := writeLine(&b, v); err != nil {
		return nil, err
	}
	b.Truncate(b.Len() - 1) // the newline
	sum := sha256.Sum256(b.Bytes()[len(head):])
	b.WriteString(framedMiddle + hex.EncodeToString(sum[:]) + framedTail)
	return b.Bytes(), nil
}

// parseFramed parses the value of a record of that kind.
func parseFramed(kind string, data []byte, v any) error {
	head := framedHead(kind)
	if len(data) < len(head)+framedEnd {
		return fmt.Errorf("%d bytes are no %s record: %w", len(data), kind, sinks.ErrCorrupt)
	}
	value := data[len(head) : len(data)-framedEnd]
	sum := sha256.Sum256(value)
	end := framedMiddle + hex.EncodeToString(sum[:]) + framedTail
	if string(data[:len(head)]) != head || string(data[len(data)-framedEnd:]) != end {
		return fmt.Errorf("its SHA-256 is not the one it says: %w", sinks.ErrCorrupt)
	}
	if err := json.Unmarshal(value, v); err != nil {
		return fmt.Errorf("%w: %w", sinks.ErrCorrupt, err)
	}
	return nil
}
