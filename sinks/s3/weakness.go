package s3

import "slices"

// A Weakness is what a store does not do that an archive counts on.
type Weakness string

// The weaknesses.
const (
	WeakContent   Weakness = "content"   // it does not give back the bytes that it was given
	WeakCondition Weakness = "condition" // it overwrites although it was told not to
	WeakChecksum  Weakness = "checksum"  // it does not keep the SHA-256 of an object
	WeakMark      Weakness = "mark"      // it does not keep the metadata of an object
	WeakSSE       Weakness = "sse"       // it does not confirm the encryption that was asked for
	WeakLock      Weakness = "lock"      // it does not confirm the retention that was asked for
)

func (w Weakness) known() bool {
	return slices.Contains([]Weakness{WeakContent, WeakCondition, WeakChecksum, WeakMark, WeakSSE, WeakLock}, w)
}
