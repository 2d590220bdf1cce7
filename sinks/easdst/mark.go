package easdst

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// short is a name of 8 bytes, never 0.
func short(kind, s string) uint64 {
	sum := sha256.Sum256([]byte(kind + "\x00" + s))
	return max(binary.BigEndian.Uint64(sum[:]), 1)
}

func hashUID(uid string) uint64 {
	if uid == "" {
		return 0
	}
	return short("uid", uid)
}

func hashID(id eas.ServerID) uint64 { return short("id", string(id)) }

// mark is a set of ids, 8 bytes for each in their order, in base64.
func mark(held map[eas.ServerID]content) string {
	all := make([]uint64, 0, len(held))
	for id := range held {
		all = append(all, hashID(id))
	}
	slices.Sort(all)
	b := make([]byte, 0, 8*len(all))
	for _, n := range all {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return base64.RawStdEncoding.EncodeToString(b)
}

// parseMark reads what mark wrote.
func parseMark(s string) (map[uint64]bool, error) {
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil || len(b)%8 != 0 {
		return nil, fmt.Errorf("mark of %d bytes: %w", len(s), sinks.ErrFormat)
	}
	set := make(map[uint64]bool, len(b)/8)
	for ; len(b) > 0; b = b[8:] {
		set[binary.BigEndian.Uint64(b)] = true
	}
	return set, nil
}
