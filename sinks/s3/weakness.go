package s3

import (
	"errors"
	"slices"
)

// A Weakness is what a store does not do that an archive counts on.
type Weakness string

// The weaknesses.
const (
	WeakContent   Weakness = "content"   // it does not give back the bytes that it was given
	WeakCondition Weakness = "condition" // it overwrites although it was told not to
	WeakMultipart Weakness = "multipart" // the same for the completion of a multipart upload
	WeakChecksum  Weakness = "checksum"  // it does not keep the SHA-256 of an object
	WeakMark      Weakness = "mark"      // it does not keep the metadata of an object
	WeakSSE       Weakness = "sse"       // it does not confirm the encryption that was asked for
	WeakLock      Weakness = "lock"      // it does not confirm the retention that was asked for
	WeakHold      Weakness = "hold"      // it does not confirm the legal hold that was asked for
)

// Weaknesses returns all of them.
func Weaknesses() []Weakness {
	return []Weakness{WeakContent, WeakCondition, WeakMultipart, WeakChecksum, WeakMark, WeakSSE, WeakLock, WeakHold}
}

func (w Weakness) known() bool { return slices.Contains(Weaknesses(), w) }

// ErrWeak says that a store has a weakness that was not accepted.
var ErrWeak = errors.New("this store is not to be trusted")

// A Finding is what Check found out about one thing that an archive counts on.
type Finding struct {
	Name     Weakness // what the weakness is called if it is one
	OK       bool     // it is none
	Accepted bool     // it is one that Options.AcceptWeak lets pass
	Detail   string   // what was seen
}

// A WeakError is a weakness that was not accepted. It is an ErrWeak.
type WeakError struct {
	Place   string // s3://BUCKET/PREFIX
	Finding Finding
}

func (e *WeakError) Error() string {
	return e.Place + ": " + ErrWeak.Error() + ": " + e.Finding.Detail + " (weakness " + string(e.Finding.Name) + ")"
}

// Is reports whether target is ErrWeak.
func (e *WeakError) Is(target error) bool { return target == ErrWeak }
