package easserver

import (
	"fmt"
	"strconv"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

const (
	freeBusyInterval = 30 * time.Minute
	maxFreeBusyDays  = 62 // MS-ASCMD 2.2.3.61.1 leaves the number to the server
	maxMembers       = 20 // of a list whose availability is said. MS-ASCMD 2.2.3.183
)

// group is a distribution list.
type group struct {
	name, address string
	members       []*User
}

// AddGroup adds a distribution list to the directory.
func (s *Store) AddGroup(name, address string, members ...*User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups = append(s.groups, &group{name, address, members})
}

func (s *Store) lists() []*group {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return append([]*group(nil), s.groups...)
}

// span is the time that availability is asked for.
type span struct{ start, end time.Time }

// parseSpan reads an Availability of a request. Without an end it is of seven days.
// MS-ASCMD 2.2.3.61.1.
func parseSpan(e *wbxml.Element) (*span, error) {
	start, err := wbxml.ParseTime(e.Value(wbxml.ResolveRecipientsStartTime))
	if err != nil {
		return nil, err
	}
	end := start.AddDate(0, 0, 7)
	if t := e.Child(wbxml.ResolveRecipientsEndTime); t != nil {
		if end, err = wbxml.ParseTime(t.Text); err != nil {
			return nil, err
		}
	}
	if d := end.Sub(start); d < freeBusyInterval || d > maxFreeBusyDays*24*time.Hour {
		return nil, fmt.Errorf("availability of %s", d)
	}
	return &span{start, end}, nil
}

// availability is an Availability of an answer. MS-ASCMD 2.2.3.16.
func (s *span) availability(members []*User) wbxml.Element {
	status := 1
	switch {
	case len(members) == 0:
		status = 163
	case len(members) > maxMembers:
		status = 161
	}
	e := wbxml.E(wbxml.ResolveRecipientsAvailability, wbxml.T(wbxml.ResolveRecipientsStatus, strconv.Itoa(status)))
	if status == 1 {
		e.Append(wbxml.T(wbxml.ResolveRecipientsMergedFreeBusy, s.merged(members)))
	}
	return e
}

// merged says with a digit for every interval how busy the busiest is. Events that
// recur count once, as they begin. MS-ASCMD 2.2.3.107.
func (s *span) merged(members []*User) string {
	n := int((s.end.Sub(s.start) + freeBusyInterval - 1) / freeBusyInterval)
	digits := make([]byte, n)
	for i := range digits {
		digits[i] = '0'
	}
	for _, u := range members {
		u.mu.Lock()
		for _, f := range u.folders {
			if f.typ != eas.FolderCalendar {
				continue
			}
			for _, v := range f.items {
				if !v.deleted {
					s.mark(digits, v.Properties)
				}
			}
		}
		u.mu.Unlock()
	}
	return string(digits)
}

func (s *span) mark(digits []byte, event []wbxml.Element) {
	from, err := wbxml.ParseTime(itemValue(event, wbxml.CalendarStartTime))
	to, err2 := wbxml.ParseTime(itemValue(event, wbxml.CalendarEndTime))
	busy := itemValue(event, wbxml.CalendarBusyStatus)
	if err != nil || err2 != nil || len(busy) != 1 || busy > "3" {
		return
	}
	for i := range digits {
		begin := s.start.Add(time.Duration(i) * freeBusyInterval)
		end := begin.Add(freeBusyInterval)
		if end.After(s.end) {
			end = s.end
		}
		if from.Before(end) && to.After(begin) {
			digits[i] = max(digits[i], busy[0])
		}
	}
}
