package fidelity

// Report is what was found of a message.
type Report struct {
	// DKIM has the signatures in the order of the header, at most 20.
	DKIM []DKIM
	// Signed is what came of the signatures over parts: the worst, where there are several; "" = there is none.
	Signed Signed
	// Structure is OK, or the first thing that is wrong.
	Structure Structure
	// Sealed is how the message, or a part of it, is encrypted; "" = it is not.
	Sealed Sealed
	// Hollow tells that a part announces ciphertext and is empty: a server that keeps the ciphertext apart sends it so.
	Hollow bool
	// Calendar tells that there is a text/calendar part.
	Calendar bool
	// Received counts the Received fields, one of each server that had the message (RFC 5321 4.4): who makes a message anew may lose
	// them, and does not invent any.
	Received int
	Size     int64 // bytes
}

// Result is what came of a body hash.
type Result string

// The results.
const (
	Pass    Result = "pass"
	Fail    Result = "fail"
	Unknown Result = "unknown" // the signature makes no sense, or asks for what is not known
)

// DKIM is one DKIM-Signature (RFC 6376 3.5).
type DKIM struct {
	Domain string // d=
	Hash   string // sha1 or sha256
	Canon  string // of the body: simple or relaxed
	Result Result
}

// Count counts the signatures with a result.
func (r *Report) Count(result Result) (n int) {
	for _, d := range r.DKIM {
		if d.Result == result {
			n++
		}
	}
	return n
}

// Signed is what came of a signature over a part.
type Signed string

// What comes of signatures.
const (
	SignedOK        Signed = "ok"
	SignedBroken    Signed = "broken"      // the bytes are not those that were signed
	SignedNoKey     Signed = "no key"      // no key or certificate for it is in the message
	SignedTooLarge  Signed = "too large"   // signed data as a whole, and more than is held
	SignedUnchecked Signed = "not checked" // it asks for what is not known, or is no signature
)

// worse returns the one that says more of what is wrong.
func (s Signed) worse(t Signed) Signed {
	rank := map[Signed]int{"": 0, SignedOK: 1, SignedNoKey: 2, SignedUnchecked: 3, SignedTooLarge: 4, SignedBroken: 5}
	if rank[t] > rank[s] {
		return t
	}
	return s
}

// Structure is what is wrong with the structure of a message.
type Structure string

// The structures.
const (
	StructureOK         Structure = "ok"
	StructureNoHeader   Structure = "no header"        // it begins with an empty line, or is empty
	StructureLongHeader Structure = "header too long"  // more than 256 KiB: nothing else was looked at
	StructureNoBoundary Structure = "no boundary"      // a multipart that does not say what its parts are separated by
	StructureNoParts    Structure = "no parts"         // a multipart without any
	StructureUnclosed   Structure = "unclosed"         // a multipart without its end: something was cut off
	StructureHollow     Structure = "ciphertext apart" // a part that announces ciphertext and is empty
	StructureDeep       Structure = "too deep"         // parts in parts, more than 50: the inner ones were not looked at
)

// Sealed is the kind of ciphertext.
type Sealed string

// The kinds.
const (
	SealedSMIME  Sealed = "smime"
	SealedPGP    Sealed = "pgp"
	SealedRights Sealed = "rights" // rights management: message.rpmsg
)
