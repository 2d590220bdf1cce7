package eas

import "time"

// Appointment is the typed view of an event. MS-ASCAL 2.2.2. Its times are UTC; TimeZone says where it was planned.
type Appointment struct {
	TimeZone                  []byte         `wbxml:"Calendar:Timezone"`                      // 2.2.2.44: the structure of MS-ASDTYPE 2.7.4, decoded from base64
	AllDayEvent               *bool          `wbxml:"Calendar:AllDayEvent"`                   // 2.2.2.1
	BusyStatus                *BusyStatus    `wbxml:"Calendar:BusyStatus"`                    // 2.2.2.9
	OrganizerName             string         `wbxml:"Calendar:OrganizerName"`                 // 2.2.2.36
	OrganizerEmail            string         `wbxml:"Calendar:OrganizerEmail"`                // 2.2.2.35
	DtStamp                   time.Time      `wbxml:"Calendar:DtStamp,compact"`               // 2.2.2.18
	EndTime                   time.Time      `wbxml:"Calendar:EndTime,compact"`               // 2.2.2.20
	Location                  string         `wbxml:"Calendar:Location"`                      // 2.2.2.27, to 14.1
	LocationDetail            *Location      `wbxml:"AirSyncBase:Location"`                   // MS-ASAIRS 2.2.2.28, from 16.0 on
	Reminder                  *int           `wbxml:"Calendar:Reminder"`                      // 2.2.2.38, minutes before the start
	Sensitivity               *Sensitivity   `wbxml:"Calendar:Sensitivity"`                   // 2.2.2.41
	Subject                   string         `wbxml:"Calendar:Subject"`                       // 2.2.2.43
	StartTime                 time.Time      `wbxml:"Calendar:StartTime,compact"`             // 2.2.2.42
	UID                       string         `wbxml:"Calendar:UID"`                           // 2.2.2.46
	ClientUID                 string         `wbxml:"Calendar:ClientUid"`                     // 2.2.2.13, from 16.0 on: makes an Add idempotent
	MeetingStatus             *MeetingStatus `wbxml:"Calendar:MeetingStatus"`                 // 2.2.2.28
	Attendees                 []Attendee     `wbxml:"Calendar:Attendees>Calendar:Attendee"`   // 2.2.2.4
	Categories                []string       `wbxml:"Calendar:Categories>Calendar:Category"`  // 2.2.2.11
	Recurrence                *Recurrence    `wbxml:"Calendar:Recurrence"`                    // 2.2.2.37
	Exceptions                []Exception    `wbxml:"Calendar:Exceptions>Calendar:Exception"` // 2.2.2.22
	ResponseRequested         *bool          `wbxml:"Calendar:ResponseRequested"`             // 2.2.2.39, from 14.0 on
	AppointmentReplyTime      time.Time      `wbxml:"Calendar:AppointmentReplyTime,compact"`  // 2.2.2.2
	ResponseType              *ResponseType  `wbxml:"Calendar:ResponseType"`                  // 2.2.2.40
	DisallowNewTimeProposal   *bool          `wbxml:"Calendar:DisallowNewTimeProposal"`       // 2.2.2.17
	OnlineMeetingConfLink     string         `wbxml:"Calendar:OnlineMeetingConfLink"`         // 2.2.2.33, from 14.1 on
	OnlineMeetingExternalLink string         `wbxml:"Calendar:OnlineMeetingExternalLink"`     // 2.2.2.34
	Body                      *InlineBody    `wbxml:"AirSyncBase:Body"`                       // 2.2.2.7.1
	Attachments               *Attachments   `wbxml:"AirSyncBase:Attachments"`                // MS-ASAIRS 2.2.2.8, from 16.0 on
	NativeBodyType            BodyType       `wbxml:"AirSyncBase:NativeBodyType"`             // 2.2.2.31

	// Protocol 2.5.
	LegacyBody          string                  `wbxml:"Calendar:Body"`
	LegacyBodyTruncated *bool                   `wbxml:"Calendar:BodyTruncated"`
	LegacyRTF           string                  `wbxml:"Calendar:Rtf"` // base64 of compressed RTF
	LegacyAttachments   []AppointmentAttachment `wbxml:"Calendar:Attachments>Calendar:Attachment"`
}

// Attendee of an event. MS-ASCAL 2.2.2.3.
type Attendee struct {
	Email             string          `wbxml:"Calendar:Email"`                            // 2.2.2.19
	Name              string          `wbxml:"Calendar:Name"`                             // 2.2.2.30
	AttendeeStatus    *AttendeeStatus `wbxml:"Calendar:AttendeeStatus"`                   // 2.2.2.5
	AttendeeType      *AttendeeType   `wbxml:"Calendar:AttendeeType"`                     // 2.2.2.6
	ProposedStartTime time.Time       `wbxml:"MeetingResponse:ProposedStartTime,compact"` // MS-ASCMD 2.2.3.141, 16.1
	ProposedEndTime   time.Time       `wbxml:"MeetingResponse:ProposedEndTime,compact"`   // MS-ASCMD 2.2.3.140, 16.1
}

// Recurrence is the pattern of a recurring event. MS-ASCAL 2.2.2.37. Of the numbers, zero means absent.
type Recurrence struct {
	Type           *RecurrenceType `wbxml:"Calendar:Type"`           // 2.2.2.45
	Interval       int             `wbxml:"Calendar:Interval"`       // 2.2.2.25
	Until          time.Time       `wbxml:"Calendar:Until,compact"`  // 2.2.2.47
	Occurrences    int             `wbxml:"Calendar:Occurrences"`    // 2.2.2.32
	WeekOfMonth    int             `wbxml:"Calendar:WeekOfMonth"`    // 2.2.2.48: 5 is the last
	DayOfMonth     int             `wbxml:"Calendar:DayOfMonth"`     // 2.2.2.14
	DayOfWeek      DaysOfWeek      `wbxml:"Calendar:DayOfWeek"`      // 2.2.2.15
	MonthOfYear    int             `wbxml:"Calendar:MonthOfYear"`    // 2.2.2.29
	CalendarType   *int            `wbxml:"Calendar:CalendarType"`   // 2.2.2.10, from 14.0 on
	IsLeapMonth    *bool           `wbxml:"Calendar:IsLeapMonth"`    // 2.2.2.26, from 14.0 on
	FirstDayOfWeek *int            `wbxml:"Calendar:FirstDayOfWeek"` // 2.2.2.24, 0 is Sunday, from 14.1 on
}

// Exception is an occurrence of a recurring event that differs from its pattern. MS-ASCAL 2.2.2.21. What is absent is as in
// the event itself.
type Exception struct {
	Deleted                   *bool          `wbxml:"Calendar:Deleted"`                      // 2.2.2.16
	ExceptionStartTime        time.Time      `wbxml:"Calendar:ExceptionStartTime,compact"`   // 2.2.2.23, to 14.1
	InstanceID                time.Time      `wbxml:"AirSyncBase:InstanceId,compact"`        // MS-ASAIRS 2.2.2.25, from 16.0 on
	Subject                   string         `wbxml:"Calendar:Subject"`                      // 2.2.2.43
	StartTime                 time.Time      `wbxml:"Calendar:StartTime,compact"`            // 2.2.2.42
	EndTime                   time.Time      `wbxml:"Calendar:EndTime,compact"`              // 2.2.2.20
	Body                      *InlineBody    `wbxml:"AirSyncBase:Body"`                      // 2.2.2.7.1
	Location                  string         `wbxml:"Calendar:Location"`                     // 2.2.2.27
	LocationDetail            *Location      `wbxml:"AirSyncBase:Location"`                  // MS-ASAIRS 2.2.2.28
	Attachments               *Attachments   `wbxml:"AirSyncBase:Attachments"`               // MS-ASAIRS 2.2.2.8
	Categories                []string       `wbxml:"Calendar:Categories>Calendar:Category"` // 2.2.2.11
	Sensitivity               *Sensitivity   `wbxml:"Calendar:Sensitivity"`                  // 2.2.2.41
	BusyStatus                *BusyStatus    `wbxml:"Calendar:BusyStatus"`                   // 2.2.2.9
	AllDayEvent               *bool          `wbxml:"Calendar:AllDayEvent"`                  // 2.2.2.1
	Reminder                  *int           `wbxml:"Calendar:Reminder"`                     // 2.2.2.38, minutes
	DtStamp                   time.Time      `wbxml:"Calendar:DtStamp,compact"`              // 2.2.2.18
	MeetingStatus             *MeetingStatus `wbxml:"Calendar:MeetingStatus"`                // 2.2.2.28
	Attendees                 []Attendee     `wbxml:"Calendar:Attendees>Calendar:Attendee"`  // 2.2.2.4
	AppointmentReplyTime      time.Time      `wbxml:"Calendar:AppointmentReplyTime,compact"` // 2.2.2.2
	ResponseType              *ResponseType  `wbxml:"Calendar:ResponseType"`                 // 2.2.2.40
	OnlineMeetingConfLink     string         `wbxml:"Calendar:OnlineMeetingConfLink"`        // 2.2.2.33
	OnlineMeetingExternalLink string         `wbxml:"Calendar:OnlineMeetingExternalLink"`    // 2.2.2.34

	LegacyBody          string `wbxml:"Calendar:Body"` // 2.5
	LegacyBodyTruncated *bool  `wbxml:"Calendar:BodyTruncated"`
}

// BusyStatus of an event. MS-ASCAL 2.2.2.9.
type BusyStatus int

const (
	BusyFree             BusyStatus = 0
	BusyTentative        BusyStatus = 1
	BusyBusy             BusyStatus = 2
	BusyOutOfOffice      BusyStatus = 3
	BusyWorkingElsewhere BusyStatus = 4 // from 16.0 on
)

// Sensitivity of an event (MS-ASCAL 2.2.2.41), task (MS-ASTASK 2.2.2.24) or meeting request (MS-ASEMAIL 2.2.2.71).
type Sensitivity int

const (
	SensitivityNormal       Sensitivity = 0
	SensitivityPersonal     Sensitivity = 1
	SensitivityPrivate      Sensitivity = 2
	SensitivityConfidential Sensitivity = 3
)

// MeetingStatus says whether an event is a meeting, and whose. MS-ASCAL 2.2.2.28: a set of bits.
type MeetingStatus int

const (
	MeetingIsMeeting MeetingStatus = 1
	MeetingReceived  MeetingStatus = 2 // the user is not the organizer
	MeetingCancelled MeetingStatus = 4
)

// AttendeeStatus is an attendee's answer. MS-ASCAL 2.2.2.5.
type AttendeeStatus int

const (
	AttendeeUnknown      AttendeeStatus = 0
	AttendeeTentative    AttendeeStatus = 2
	AttendeeAccepted     AttendeeStatus = 3
	AttendeeDeclined     AttendeeStatus = 4
	AttendeeNotResponded AttendeeStatus = 5
)

// AttendeeType is an attendee's role. MS-ASCAL 2.2.2.6.
type AttendeeType int

const (
	AttendeeRequired AttendeeType = 1
	AttendeeOptional AttendeeType = 2
	AttendeeResource AttendeeType = 3
)

// ResponseType is the user's own answer to a meeting. MS-ASCAL 2.2.2.40.
type ResponseType int

const (
	ResponseNone         ResponseType = 0
	ResponseOrganizer    ResponseType = 1
	ResponseTentative    ResponseType = 2
	ResponseAccepted     ResponseType = 3
	ResponseDeclined     ResponseType = 4
	ResponseNotResponded ResponseType = 5
)

// RecurrenceType says how an item recurs. MS-ASCAL 2.2.2.45; 4 is not used.
type RecurrenceType int

const (
	RecursDaily      RecurrenceType = 0
	RecursWeekly     RecurrenceType = 1
	RecursMonthly    RecurrenceType = 2
	RecursMonthlyNth RecurrenceType = 3 // on the n-th day of a kind
	RecursYearly     RecurrenceType = 5
	RecursYearlyNth  RecurrenceType = 6
)

// DaysOfWeek is a set of days. MS-ASCAL 2.2.2.15; 127 stands for the last day of the month in a monthly pattern.
type DaysOfWeek int

const (
	Sunday DaysOfWeek = 1 << iota
	Monday
	Tuesday
	Wednesday
	Thursday
	Friday
	Saturday
)

// AppointmentAttachment is an attachment of an event in protocol 2.5. Its AttName is what the GetAttachment command takes.
type AppointmentAttachment struct {
	DisplayName string           `wbxml:"Calendar:DisplayName"`
	AttName     string           `wbxml:"Calendar:AttName"`
	AttMethod   AttachmentMethod `wbxml:"Calendar:AttMethod"`
	AttSize     *int64           `wbxml:"Calendar:AttSize"` // bytes
	AttOID      string           `wbxml:"Calendar:AttOid"`  // the Content-ID of an inline attachment
	AttRemoved  *bool            `wbxml:"Calendar:AttRemoved"`
}
