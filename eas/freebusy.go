package eas

import (
	"fmt"
	"strconv"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// FreeBusy says whether somebody has time. MS-ASCMD 2.2.3.107.
type FreeBusy int

const (
	Free         FreeBusy = 0
	Tentative    FreeBusy = 1
	Busy         FreeBusy = 2
	OutOfOffice  FreeBusy = 3
	FreeBusyNone FreeBusy = 4 // the server has no data
)

func (f FreeBusy) String() string {
	names := [...]string{"free", "tentative", "busy", "out of office", "no data"}
	if f >= 0 && int(f) < len(names) {
		return names[f]
	}
	return "free/busy " + strconv.Itoa(int(f))
}

// Availability says when a recipient, or somebody of a distribution list, has time.
type Availability struct {
	Err   error // a *StatusError: 160 too many recipients, 161 the list is too large, 162 try again, 163 not to be had
	Slots []FreeBusySlot
}

// FreeBusySlot is a time between two moments, as a rule 30 minutes: what is in it for a part of the time counts for all of it.
// The first begins with the time that was asked for; the last ends with it. All are UTC: a local day may have more or less than 48.
type FreeBusySlot struct {
	Start, End time.Time
	Status     FreeBusy
}

const (
	freeBusyInterval = 30 * time.Minute
	maxFreeBusy      = 32 << 10 // digits. MS-ASCMD 2.2.3.107
)

func (q *ResolveRequest) availability(e *wbxml.Element) *Availability {
	a := &Availability{Err: status("ResolveRecipients", "Availability", number(e, wbxml.ResolveRecipientsStatus))}
	if a.Err == nil {
		a.Slots, a.Err = freeBusySlots(q.Start.UTC(), q.End.UTC(), e.Value(wbxml.ResolveRecipientsMergedFreeBusy))
	}
	return a
}

// freeBusySlots reads MergedFreeBusy: a digit for each interval since start. MS-ASCMD 2.2.3.107.
func freeBusySlots(start, end time.Time, digits string) ([]FreeBusySlot, error) {
	if len(digits) > maxFreeBusy {
		return nil, inAnswer("ResolveRecipients", &wbxml.LimitError{Limit: "MergedFreeBusy", Max: maxFreeBusy})
	}
	slots := make([]FreeBusySlot, 0, len(digits))
	for i, digit := range []byte(digits) {
		if digit < '0' || digit > '4' {
			return nil, inAnswer("ResolveRecipients", fmt.Errorf("MergedFreeBusy has %q", digit))
		}
		s := FreeBusySlot{Start: start, End: start.Add(freeBusyInterval), Status: FreeBusy(digit - '0')}
		if last := i == len(digits)-1; last && s.Start.Before(end) && s.End.After(end) {
			s.End = end
		}
		slots = append(slots, s)
		start = s.End
	}
	return slots, nil
}
