package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// digestWriter hashes and counts what it passes on.
type digestWriter struct {
	w    io.Writer
	hash hash.Hash
	size int64
}

func newDigestWriter(w io.Writer) *digestWriter { return &digestWriter{w: w, hash: sha256.New()} }

func (d *digestWriter) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	d.hash.Write(p[:n])
	d.size += int64(n)
	return n, err
}

// sum returns the SHA-256 of what was written, in hex.
func (d *digestWriter) sum() string { return hex.EncodeToString(d.hash.Sum(nil)) }
