package migrate

import (
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/fidelity"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// looker reads the bytes of messages for what can be verified of them. Of those that are not in memory, of which the Checker may hold
// some MB, a run looks at one at a time.
type looker struct {
	large   *sync.Mutex // of the run
	checker fidelity.Checker
}

func (l *looker) look(b *eas.Blob) (fidelity.Report, error) {
	if all, ok := b.Bytes(); ok {
		l.checker.Reset()
		_, err := l.checker.Write(all)
		return l.checker.Report(), err
	}
	return l.lookAt(b.Open)
}

func (l *looker) lookAt(open func() (io.ReadCloser, error)) (fidelity.Report, error) {
	l.large.Lock()
	defer l.large.Unlock()
	r, err := open()
	if err != nil {
		return fidelity.Report{}, err
	}
	defer r.Close()
	l.checker.Reset()
	_, err = io.Copy(&l.checker, r)
	report := l.checker.Report()
	l.checker = fidelity.Checker{} // it may hold as much
	return report, err
}

// verified is what a manifest says of a report.
func verified(r fidelity.Report, meeting bool) *sinks.Verified {
	v := &sinks.Verified{Signed: string(r.Signed), Structure: string(r.Structure), Sealed: string(r.Sealed)}
	if len(r.DKIM) > 0 {
		v.DKIM = &sinks.DKIM{Pass: r.Count(fidelity.Pass), Fail: r.Count(fidelity.Fail), Unknown: r.Count(fidelity.Unknown)}
		for _, d := range r.DKIM {
			if d.Result == fidelity.Fail && !slices.Contains(v.DKIM.Failed, d.Domain) {
				v.DKIM.Failed = append(v.DKIM.Failed, d.Domain)
			}
		}
	}
	switch {
	case !meeting || r.Sealed != "":
	case r.Calendar:
		v.Calendar = calendarOK
	default:
		v.Calendar = calendarMissing
	}
	return v
}

// Values of sinks.Verified.
const (
	calendarOK, calendarMissing        = "ok", "missing"
	calendarBeside                     = "beside"
	ciphertextJoined, ciphertextBeside = "joined", "beside"
)

// meetingOf makes the calendar object of a meeting request of what the server says of it.
func meetingOf(it *eas.Item) (sinks.Content, bool) {
	b, ok, err := item.Meeting(it.Properties)
	if err != nil || !ok {
		return sinks.Content{}, false // the properties are in the manifest
	}
	return bytesContent(".meeting.ics", b), true
}

// kindOf names an item that is not of its folder's class. Servers send text messages in mail folders (MS-ASCMD 2.2.3.27.5),
// and where the class is not said, the message class tells (MS-ASEMAIL 2.2.2.49).
func kindOf(it *eas.Item, folder string) string {
	const mobile = "IPM.NOTE.MOBILE."
	if it.Class != "" && string(it.Class) != folder {
		return string(it.Class)
	}
	kind, ok := strings.CutPrefix(strings.ToUpper(it.Properties.Value(wbxml.EmailMessageClass)), mobile)
	if !ok {
		return ""
	}
	kind, _, _ = strings.Cut(kind, ".")
	return kind
}

// followUp is what a manifest says of a flag.
func followUp(f *item.FollowUp) *sinks.FollowUp {
	if f == nil {
		return nil
	}
	return &sinks.FollowUp{
		Type: f.Type, Subject: f.Subject, Start: timeOf(f.Start), Due: timeOf(f.Due), Reminder: timeOf(f.Reminder), Completed: timeOf(f.Completed),
	}
}
