package eas

import "time"

// Email is the typed view of a mail. MS-ASEMAIL 2.2.2.
type Email struct {
	To                      string                   `wbxml:"Email:To"`                                 // 2.2.2.79: addresses as in RFC 5322, separated by commas
	Cc                      string                   `wbxml:"Email:Cc"`                                 // 2.2.2.18
	From                    string                   `wbxml:"Email:From"`                               // 2.2.2.36
	Subject                 string                   `wbxml:"Email:Subject"`                            // 2.2.2.75.1
	ReplyTo                 string                   `wbxml:"Email:ReplyTo"`                            // 2.2.2.66
	DateReceived            time.Time                `wbxml:"Email:DateReceived"`                       // 2.2.2.24
	DisplayTo               string                   `wbxml:"Email:DisplayTo"`                          // 2.2.2.29: names, separated by semicolons
	ThreadTopic             string                   `wbxml:"Email:ThreadTopic"`                        // 2.2.2.77
	Importance              *Importance              `wbxml:"Email:Importance"`                         // 2.2.2.38
	Read                    *bool                    `wbxml:"Email:Read"`                               // 2.2.2.58
	MessageClass            string                   `wbxml:"Email:MessageClass"`                       // 2.2.2.49
	MeetingRequest          *MeetingRequest          `wbxml:"Email:MeetingRequest"`                     // 2.2.2.48
	InternetCPID            *int                     `wbxml:"Email:InternetCPID"`                       // 2.2.2.40: the Windows code page the message was written in
	Flag                    *Flag                    `wbxml:"Email:Flag"`                               // 2.2.2.34, from 12.0 on
	ContentClass            string                   `wbxml:"Email:ContentClass"`                       // 2.2.2.20
	Categories              []string                 `wbxml:"Email:Categories>Email:Category"`          // 2.2.2.16, from 14.0 on
	Attachments             *Attachments             `wbxml:"AirSyncBase:Attachments"`                  // 2.2.2.4.1
	Body                    *InlineBody              `wbxml:"AirSyncBase:Body"`                         // 2.2.2.10.1
	BodyPart                *BodyPart                `wbxml:"AirSyncBase:BodyPart"`                     // 2.2.2.11
	NativeBodyType          BodyType                 `wbxml:"AirSyncBase:NativeBodyType"`               // 2.2.2.54: the format in which the server stores it
	UmCallerID              string                   `wbxml:"Email2:UmCallerID"`                        // 2.2.2.83
	UmUserNotes             string                   `wbxml:"Email2:UmUserNotes"`                       // 2.2.2.84
	ConversationID          []byte                   `wbxml:"Email2:ConversationId,opaque"`             // 2.2.2.21, from 14.0 on
	ConversationIndex       []byte                   `wbxml:"Email2:ConversationIndex,opaque"`          // 2.2.2.22
	LastVerbExecuted        *Verb                    `wbxml:"Email2:LastVerbExecuted"`                  // 2.2.2.44
	LastVerbExecutionTime   time.Time                `wbxml:"Email2:LastVerbExecutionTime"`             // 2.2.2.45
	ReceivedAsBcc           *bool                    `wbxml:"Email2:ReceivedAsBcc"`                     // 2.2.2.59
	Sender                  string                   `wbxml:"Email2:Sender"`                            // 2.2.2.70
	AccountID               string                   `wbxml:"Email2:AccountId"`                         // 2.2.2.1
	IsDraft                 *bool                    `wbxml:"Email2:IsDraft"`                           // 2.2.2.42, from 16.0 on
	Bcc                     string                   `wbxml:"Email2:Bcc"`                               // 2.2.2.9
	RightsManagementLicense *RightsManagementLicense `wbxml:"RightsManagement:RightsManagementLicense"` // 2.2.2.68

	// Protocol 2.5, as the schema still lists it.
	LegacyBody          string            `wbxml:"Email:Body"`
	LegacyBodySize      *int64            `wbxml:"Email:BodySize"` // bytes
	LegacyBodyTruncated *bool             `wbxml:"Email:BodyTruncated"`
	MIMEData            string            `wbxml:"Email:MIMEData"`
	MIMESize            *int64            `wbxml:"Email:MIMESize"` // bytes
	MIMETruncated       *bool             `wbxml:"Email:MIMETruncated"`
	LegacyAttachments   []EmailAttachment `wbxml:"Email:Attachments>Email:Attachment"`
}

// Importance of a mail (MS-ASEMAIL 2.2.2.38) or task (MS-ASTASK 2.2.2.14).
type Importance int

const (
	ImportanceLow    Importance = 0
	ImportanceNormal Importance = 1
	ImportanceHigh   Importance = 2
)

// Verb is what was last done with a mail. MS-ASEMAIL 2.2.2.44.
type Verb int

const (
	VerbUnknown  Verb = 0
	VerbReply    Verb = 1
	VerbReplyAll Verb = 2
	VerbForward  Verb = 3
)

// Flag is the follow-up flag of a mail, with the properties of a task. MS-ASEMAIL 2.2.2.34. An empty Flag element means that
// no flag is set.
type Flag struct {
	Subject        string      `wbxml:"Tasks:Subject"`        // 2.2.2.75.2
	Status         *FlagStatus `wbxml:"Email:Status"`         // 2.2.2.74
	FlagType       string      `wbxml:"Email:FlagType"`       // 2.2.2.35
	DateCompleted  time.Time   `wbxml:"Tasks:DateCompleted"`  // 2.2.2.23
	CompleteTime   time.Time   `wbxml:"Email:CompleteTime"`   // 2.2.2.19
	StartDate      time.Time   `wbxml:"Tasks:StartDate"`      // 2.2.2.72
	DueDate        time.Time   `wbxml:"Tasks:DueDate"`        // 2.2.2.31
	UTCStartDate   time.Time   `wbxml:"Tasks:UtcStartDate"`   // 2.2.2.87
	UTCDueDate     time.Time   `wbxml:"Tasks:UtcDueDate"`     // 2.2.2.86
	ReminderSet    *bool       `wbxml:"Tasks:ReminderSet"`    // 2.2.2.64
	ReminderTime   time.Time   `wbxml:"Tasks:ReminderTime"`   // 2.2.2.65
	OrdinalDate    time.Time   `wbxml:"Tasks:OrdinalDate"`    // 2.2.2.56
	SubOrdinalDate string      `wbxml:"Tasks:SubOrdinalDate"` // 2.2.2.76
}

// FlagStatus of a mail. MS-ASEMAIL 2.2.2.74.
type FlagStatus int

const (
	FlagCleared  FlagStatus = 0
	FlagComplete FlagStatus = 1
	FlagActive   FlagStatus = 2
)

// MeetingRequest is the meeting that a mail invites to, answers or cancels. MS-ASEMAIL 2.2.2.48.
type MeetingRequest struct {
	AllDayEvent             *bool             `wbxml:"Email:AllDayEvent"`                            // 2.2.2.2
	StartTime               time.Time         `wbxml:"Email:StartTime"`                              // 2.2.2.73
	DtStamp                 time.Time         `wbxml:"Email:DtStamp"`                                // 2.2.2.30
	EndTime                 time.Time         `wbxml:"Email:EndTime"`                                // 2.2.2.32
	InstanceType            *InstanceType     `wbxml:"Email:InstanceType"`                           // 2.2.2.39
	Location                string            `wbxml:"Email:Location"`                               // 2.2.2.46, to 14.1
	LocationDetail          *Location         `wbxml:"AirSyncBase:Location"`                         // MS-ASAIRS 2.2.2.28, from 16.0 on
	Organizer               string            `wbxml:"Email:Organizer"`                              // 2.2.2.57
	RecurrenceID            time.Time         `wbxml:"Email:RecurrenceId"`                           // 2.2.2.61
	Reminder                *int              `wbxml:"Email:Reminder"`                               // 2.2.2.63, seconds (minutes in calendar items)
	ResponseRequested       *bool             `wbxml:"Email:ResponseRequested"`                      // 2.2.2.67
	Recurrences             []EmailRecurrence `wbxml:"Email:Recurrences>Email:Recurrence"`           // 2.2.2.62
	Sensitivity             *Sensitivity      `wbxml:"Email:Sensitivity"`                            // 2.2.2.71
	BusyStatus              *BusyStatus       `wbxml:"Email:BusyStatus"`                             // 2.2.2.14
	TimeZone                []byte            `wbxml:"Email:TimeZone"`                               // 2.2.2.78: MS-ASDTYPE 2.7.4, decoded from base64
	GlobalObjID             []byte            `wbxml:"Email:GlobalObjId"`                            // 2.2.2.37, decoded from base64; to 14.1
	DisallowNewTimeProposal *bool             `wbxml:"Email:DisallowNewTimeProposal"`                // 2.2.2.27
	MeetingMessageType      *int              `wbxml:"Email2:MeetingMessageType"`                    // 2.2.2.47
	UID                     string            `wbxml:"Calendar:UID"`                                 // MS-ASCAL 2.2.2.46, from 16.0 on
	ProposedStartTime       time.Time         `wbxml:"MeetingResponse:ProposedStartTime,compact"`    // MS-ASCMD 2.2.3.141, 16.1
	ProposedEndTime         time.Time         `wbxml:"MeetingResponse:ProposedEndTime,compact"`      // MS-ASCMD 2.2.3.140, 16.1
	Forwardees              []Forwardee       `wbxml:"ComposeMail:Forwardees>ComposeMail:Forwardee"` // MS-ASCMD 2.2.3.79, from 16.0 on
}

// Forwardee is somebody to whom a meeting request was forwarded. MS-ASCMD 2.2.3.78.
type Forwardee struct {
	Name  string `wbxml:"ComposeMail:Name"`
	Email string `wbxml:"ComposeMail:Email"`
}

// InstanceType says what a meeting request is about. MS-ASEMAIL 2.2.2.39.
type InstanceType int

const (
	InstanceSingle     InstanceType = 0
	InstanceMaster     InstanceType = 1
	InstanceOccurrence InstanceType = 2
	InstanceException  InstanceType = 3
	InstanceOrphan     InstanceType = 4 // an orphan instance of a recurring meeting, from 16.0 on
)

// EmailRecurrence is the recurrence of a meeting request: field for field a Recurrence of the Calendar class, so that
// Recurrence(r) converts it. MS-ASEMAIL 2.2.2.60.
type EmailRecurrence struct {
	Type           *RecurrenceType `wbxml:"Email:Type"`            // 2.2.2.80
	Interval       int             `wbxml:"Email:Interval"`        // 2.2.2.41
	Until          time.Time       `wbxml:"Email:Until,compact"`   // 2.2.2.85
	Occurrences    int             `wbxml:"Email:Occurrences"`     // 2.2.2.55
	WeekOfMonth    int             `wbxml:"Email:WeekOfMonth"`     // 2.2.2.88
	DayOfMonth     int             `wbxml:"Email:DayOfMonth"`      // 2.2.2.25
	DayOfWeek      DaysOfWeek      `wbxml:"Email:DayOfWeek"`       // 2.2.2.26
	MonthOfYear    int             `wbxml:"Email:MonthOfYear"`     // 2.2.2.53
	CalendarType   *int            `wbxml:"Email2:CalendarType"`   // 2.2.2.15
	IsLeapMonth    *bool           `wbxml:"Email2:IsLeapMonth"`    // 2.2.2.43
	FirstDayOfWeek *int            `wbxml:"Email2:FirstDayOfWeek"` // 2.2.2.33
}

// EmailAttachment is an attachment of a mail in protocol 2.5. Its AttName is what the GetAttachment command takes.
type EmailAttachment struct {
	DisplayName string           `wbxml:"Email:DisplayName"`
	AttName     string           `wbxml:"Email:AttName"`
	AttMethod   AttachmentMethod `wbxml:"Email:AttMethod"`
	AttSize     *int64           `wbxml:"Email:AttSize"` // bytes
	AttOID      string           `wbxml:"Email:AttOid"`  // the Content-ID of an inline attachment
	AttRemoved  *bool            `wbxml:"Email:AttRemoved"`
}
