package sinks

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// NewRunID makes an id for a Run that sorts by time and that no other run has.
func NewRunID(now time.Time) string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return now.UTC().Format("20060102T150405.000000Z") + "-" + hex.EncodeToString(b[:])
}
