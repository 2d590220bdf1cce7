package migrate

import (
	"fmt"
	"strings"

	"github.com/airlift-eas/airlift/eas/fidelity"
	"github.com/airlift-eas/airlift/sinks"
)

// Finding is something to be said of a stored message: it does not hold what its sender made, that could not be seen, or
// nobody here can read it.
type Finding struct {
	What   string `json:"what"` // dkim, signature, structure, sealed, ciphertext, calendar, class, mime
	Detail string `json:"detail"`
}

// Findings says what the event of a stored item tells of it, in words. An item of which nothing is to be said has none.
func Findings(e *sinks.Event) (all []Finding) {
	say := func(what, detail string) { all = append(all, Finding{what, detail}) }
	if e.Kind != "" {
		say("class", "it is of class "+e.Kind+", and stored with all that the server sent of it")
	}
	v := e.Verified
	if v == nil {
		if e.Reason != "" && e.Name != "" {
			say("mime", e.Reason)
		}
		return all
	}
	if d := v.DKIM; d != nil && d.Fail > 0 {
		say("dkim", "the body is not the one that was hashed for "+strings.Join(d.Failed, ", ")+": it was changed before it came here, or by the server")
	}
	if d := v.DKIM; d != nil && d.Unknown > 0 {
		say("dkim", fmt.Sprintf("signatures that could not be checked: %d", d.Unknown))
	}
	switch fidelity.Signed(v.Signed) {
	case "", fidelity.SignedOK:
	case fidelity.SignedBroken:
		say("signature", "the bytes are not those that were signed")
	case fidelity.SignedNoKey:
		say("signature", "no key for it is in the message")
	case fidelity.SignedTooLarge:
		say("signature", "what is signed is too large to be checked")
	default:
		say("signature", "it asks for what is not known here, or is no signature")
	}
	if v.Structure != string(fidelity.StructureOK) {
		say("structure", v.Structure)
	}
	if v.Sealed != "" {
		say("sealed", "it is stored as it is and cannot be read here: "+sealedText(v.Sealed))
	}
	switch v.Ciphertext {
	case ciphertextJoined:
		say("ciphertext", "the server keeps it apart: it was put together again with the header, and what the server sent is beside")
	case ciphertextBeside:
		say("ciphertext", "the server keeps it apart: it is beside the message")
	}
	switch v.Calendar {
	case calendarMissing:
		say("calendar", "the message has no calendar part, and the server says nothing of the meeting")
	case calendarBeside:
		say("calendar", "the message has no calendar part: one made of what the server says of the meeting is beside it")
	}
	return all
}

func sealedText(kind string) string {
	switch fidelity.Sealed(kind) {
	case fidelity.SealedSMIME:
		return "S/MIME"
	case fidelity.SealedPGP:
		return "OpenPGP"
	case fidelity.SealedRights:
		return "rights management"
	}
	return kind
}

// Fidelity counts messages that a run stored, by what was verified of them.
type Fidelity struct {
	Messages       int `json:"messages"`        // that were looked at
	DKIMPass       int `json:"dkim_pass"`       // messages, not signatures: one body hash at least is right
	DKIMFail       int `json:"dkim_fail"`       // none is, and one is wrong
	SignedOK       int `json:"signed_ok"`       //
	SignedBroken   int `json:"signed_broken"`   //
	SignedUnsaid   int `json:"signed_unsaid"`   // no key is there, too large, or not known
	StructureWrong int `json:"structure_wrong"` //
	Sealed         int `json:"sealed"`          // ciphertext
	Joined         int `json:"joined"`          // put together again with their ciphertext
	Beside         int `json:"beside"`          // with their ciphertext beside
	NoCalendar     int `json:"no_calendar"`     // meeting requests that came without their calendar part
	NoMIME         int `json:"no_mime"`         // built from properties
	OtherClass     int `json:"other_class"`     // text messages and the like
}

// count adds the event of a stored item.
func (f *Fidelity) count(e *sinks.Event) {
	if e.Kind != "" {
		f.OtherClass++
	}
	if e.Verified != nil {
		f.countMessage(e.Verified)
	}
}

func (f *Fidelity) countMessage(v *sinks.Verified) {
	add := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	f.Messages++
	if d := v.DKIM; d != nil {
		add(&f.DKIMPass, d.Pass > 0)
		add(&f.DKIMFail, d.Pass == 0 && d.Fail > 0)
	}
	add(&f.SignedOK, v.Signed == string(fidelity.SignedOK))
	add(&f.SignedBroken, v.Signed == string(fidelity.SignedBroken))
	add(&f.SignedUnsaid, v.Signed != "" && v.Signed != string(fidelity.SignedOK) && v.Signed != string(fidelity.SignedBroken))
	add(&f.StructureWrong, v.Structure != string(fidelity.StructureOK))
	add(&f.Sealed, v.Sealed != "")
	add(&f.Joined, v.Ciphertext == ciphertextJoined)
	add(&f.Beside, v.Ciphertext == ciphertextBeside)
	add(&f.NoCalendar, v.Calendar == calendarMissing || v.Calendar == calendarBeside)
}

// plus adds what others counted.
func (f *Fidelity) plus(g Fidelity) {
	for _, c := range []struct {
		to *int
		n  int
	}{
		{&f.Messages, g.Messages},
		{&f.DKIMPass, g.DKIMPass},
		{&f.DKIMFail, g.DKIMFail},
		{&f.SignedOK, g.SignedOK},
		{&f.SignedBroken, g.SignedBroken},
		{&f.SignedUnsaid, g.SignedUnsaid},
		{&f.StructureWrong, g.StructureWrong},
		{&f.Sealed, g.Sealed},
		{&f.Joined, g.Joined},
		{&f.Beside, g.Beside},
		{&f.NoCalendar, g.NoCalendar},
		{&f.NoMIME, g.NoMIME},
		{&f.OtherClass, g.OtherClass},
	} {
		*c.to += c.n
	}
}
