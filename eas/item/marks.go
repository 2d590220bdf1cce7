package item

import (
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// FollowUp is what the flag of a mail asks for. Times that did not come are zero. MS-ASEMAIL 2.2.2.34.
type FollowUp struct {
	Type, Subject                   string
	Start, Due, Reminder, Completed time.Time
}

func followUp(e *wbxml.Element) *FollowUp {
	if e == nil {
		return nil
	}
	f := FollowUp{
		Type: clean(e.Value(wbxml.EmailFlagType), maxCategory), Subject: clean(e.Value(wbxml.TasksSubject), maxSubject),
		Start: firstDate(e, wbxml.TasksUtcStartDate, wbxml.TasksStartDate), Due: firstDate(e, wbxml.TasksUtcDueDate, wbxml.TasksDueDate),
		Completed: firstDate(e, wbxml.EmailCompleteTime, wbxml.TasksDateCompleted),
	}
	if holds(e.Child(wbxml.TasksReminderSet)) {
		f.Reminder = firstDate(e, wbxml.TasksReminderTime)
	}
	if f == (FollowUp{}) {
		return nil
	}
	return &f
}

// verb reads MS-ASEMAIL 2.2.2.44.
func verb(s string) string {
	switch s {
	case "1":
		return "reply"
	case "2":
		return "reply-all"
	case "3":
		return "forward"
	}
	return ""
}

// IsMeeting tells that a mail is a meeting request, an answer to one or its end: by the message class of MS-ASEMAIL 2.2.2.49, or by the request that came with the mail.
func IsMeeting(props *wbxml.Element) bool {
	rest, ok := strings.CutPrefix(strings.ToUpper(props.Value(wbxml.EmailMessageClass)), "IPM.SCHEDULE.MEETING.")
	return props.Child(wbxml.EmailMeetingRequest) != nil ||
		ok && (rest == "REQUEST" || rest == "CANCELED" || strings.HasPrefix(rest, "RESP."))
}
