package imapdst

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

const flagRecent imap.Flag = `\Recent` // RFC 3501; a session's, not a message's

// Values of sinks.Event.
const (
	flagActive = "active"
	flagNone   = "none"

	verbReply    = "reply"
	verbReplyAll = "reply-all"
	verbForward  = "forward"
)

// A flagSet is flags as they are compared: without regard to case (RFC 9051 2.3.2).
type flagSet map[string]imap.Flag

func flagsOf(flags []imap.Flag) flagSet {
	s := make(flagSet, len(flags))
	for _, f := range flags {
		if f != flagRecent {
			s.add(f)
		}
	}
	return s
}

func fold(f imap.Flag) string { return strings.ToLower(string(f)) }

func (s flagSet) add(f imap.Flag) {
	if !s.has(f) {
		s[fold(f)] = f
	}
}

func (s flagSet) remove(f imap.Flag) { delete(s, fold(f)) }

func (s flagSet) has(f imap.Flag) bool {
	_, ok := s[fold(f)]
	return ok
}

func (s flagSet) set(f imap.Flag, on bool) {
	if on {
		s.add(f)
	} else {
		s.remove(f)
	}
}

// without returns the flags that the other set has not, in order.
func (s flagSet) without(other flagSet) []imap.Flag {
	var flags []imap.Flag
	for key, f := range s {
		if _, ok := other[key]; !ok {
			flags = append(flags, f)
		}
	}
	slices.Sort(flags)
	return flags
}

// state is the State of a message with these flags.
func (s flagSet) state() string {
	keys := make([]string, 0, len(s))
	for key := range s {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	sum := sha256.Sum256([]byte(strings.Join(keys, " ")))
	return hex.EncodeToString(sum[:8])
}

// apply makes of the flags that a message has those that it shall have: what the event says is changed, and all else stays.
// named are the categories by their keywords.
func (s flagSet) apply(e *sinks.Event, draft bool) (named map[imap.Flag]string) {
	if e.Read != nil {
		s.set(imap.FlagSeen, *e.Read)
	}
	if e.Flag != "" {
		s.set(imap.FlagFlagged, e.Flag == flagActive)
	}
	switch e.Verb {
	case verbReply, verbReplyAll:
		s.add(imap.FlagAnswered)
	case verbForward:
		s.add(imap.FlagForwarded)
	}
	if draft {
		s.add(imap.FlagDraft)
	}
	if e.Categories != nil {
		for _, f := range s {
			if _, ok := category(f); ok {
				s.remove(f)
			}
		}
		named = map[imap.Flag]string{}
		for _, c := range e.Categories {
			if c == "" {
				continue
			}
			k := keyword(c)
			s.add(k)
			named[k] = c
		}
	}
	return named
}

// unsaid is what an event says of a message and IMAP has no place for.
func unsaid(e *sinks.Event) (lost []sinks.Alteration) {
	if e.Flag != "" && e.Flag != flagActive && e.Flag != flagNone {
		lost = append(lost, sinks.Alteration{Property: "flag", Sent: cut(e.Flag), Why: "IMAP knows flagged and not flagged only"})
	}
	if f := e.FollowUp; f != nil && e.Flag == flagActive {
		text := []string{}
		for _, d := range []struct {
			name string
			time *time.Time
		}{{"start", f.Start}, {"due", f.Due}, {"reminder", f.Reminder}} {
			if d.time != nil {
				text = append(text, d.name+" "+d.time.UTC().Format(time.RFC3339))
			}
		}
		if len(text) > 0 {
			lost = append(lost, sinks.Alteration{Property: "follow_up", Sent: strings.Join(text, ", "), Why: "a flag of IMAP has no dates"})
		}
	}
	return lost
}

// permitted takes out of the flags those that the folder does not keep. permanent is its PERMANENTFLAGS, RFC 9051 7.1: none = it did
// not say, and keeps all.
func permitted(s flagSet, permanent []imap.Flag, named map[imap.Flag]string) (lost []sinks.Alteration) {
	if len(permanent) == 0 || slices.Contains(permanent, imap.FlagWildcard) {
		return nil
	}
	for _, f := range s.without(flagsOf(permanent)) {
		s.remove(f)
		a := flagAlteration(f, named)
		a.Why = "the folder does not keep it"
		lost = append(lost, a)
	}
	return lost
}

// flagAlteration says that a flag is not there.
func flagAlteration(f imap.Flag, named map[imap.Flag]string) sinks.Alteration {
	if c, ok := named[f]; ok {
		return sinks.Alteration{Property: "categories", Sent: cut(c)}
	}
	return sinks.Alteration{Property: "flag", Sent: cut(string(f))}
}

// readMarks says what flags mean.
func readMarks(s flagSet, e *sinks.Event) {
	read := s.has(imap.FlagSeen)
	e.Read = &read
	e.Flag = flagNone
	if s.has(imap.FlagFlagged) {
		e.Flag = flagActive
	}
	switch {
	case s.has(imap.FlagAnswered):
		e.Verb = verbReply
	case s.has(imap.FlagForwarded):
		e.Verb = verbForward
	}
	e.Categories = []string{}
	for _, f := range s.without(nil) {
		if c, ok := category(f); ok {
			e.Categories = append(e.Categories, c)
		}
	}
}
