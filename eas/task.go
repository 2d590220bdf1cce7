package eas

import "time"

// Task is the typed view of a task. MS-ASTASK 2.2.2. StartDate and DueDate are local times written as if they were UTC; the
// fields that begin with UTC are the same moments in UTC.
type Task struct {
	Subject        string          `wbxml:"Tasks:Subject"`                   // 2.2.2.27
	Importance     *Importance     `wbxml:"Tasks:Importance"`                // 2.2.2.14
	UTCStartDate   time.Time       `wbxml:"Tasks:UtcStartDate"`              // 2.2.2.32
	StartDate      time.Time       `wbxml:"Tasks:StartDate"`                 // 2.2.2.26
	UTCDueDate     time.Time       `wbxml:"Tasks:UtcDueDate"`                // 2.2.2.31
	DueDate        time.Time       `wbxml:"Tasks:DueDate"`                   // 2.2.2.12
	Categories     []string        `wbxml:"Tasks:Categories>Tasks:Category"` // 2.2.2.5
	Recurrence     *TaskRecurrence `wbxml:"Tasks:Recurrence"`                // 2.2.2.20
	Complete       *bool           `wbxml:"Tasks:Complete"`                  // 2.2.2.7
	DateCompleted  time.Time       `wbxml:"Tasks:DateCompleted"`             // 2.2.2.8
	Sensitivity    *Sensitivity    `wbxml:"Tasks:Sensitivity"`               // 2.2.2.24
	ReminderTime   time.Time       `wbxml:"Tasks:ReminderTime"`              // 2.2.2.23
	ReminderSet    *bool           `wbxml:"Tasks:ReminderSet"`               // 2.2.2.22
	OrdinalDate    time.Time       `wbxml:"Tasks:OrdinalDate"`               // 2.2.2.19
	SubOrdinalDate string          `wbxml:"Tasks:SubOrdinalDate"`            // 2.2.2.28
	Body           *InlineBody     `wbxml:"AirSyncBase:Body"`                // 2.2.2.1.1
	NativeBodyType BodyType        `wbxml:"AirSyncBase:NativeBodyType"`      // MS-ASAIRS 2.2.2.32

	// Protocol 2.5.
	LegacyBody          string `wbxml:"Tasks:Body"`
	LegacyBodySize      *int64 `wbxml:"Tasks:BodySize"` // bytes
	LegacyBodyTruncated *bool  `wbxml:"Tasks:BodyTruncated"`
	LegacyRTF           string `wbxml:"Tasks:Rtf"` // base64 of compressed RTF
}

// TaskRecurrence is the pattern of a recurring task. MS-ASTASK 2.2.2.20. Of the numbers, zero means absent.
type TaskRecurrence struct {
	Type           *RecurrenceType `wbxml:"Tasks:Type"`           // 2.2.2.29
	Start          time.Time       `wbxml:"Tasks:Start"`          // 2.2.2.25
	Until          time.Time       `wbxml:"Tasks:Until"`          // 2.2.2.30
	Occurrences    int             `wbxml:"Tasks:Occurrences"`    // 2.2.2.18
	Interval       int             `wbxml:"Tasks:Interval"`       // 2.2.2.15
	DayOfWeek      DaysOfWeek      `wbxml:"Tasks:DayOfWeek"`      // 2.2.2.10
	DayOfMonth     int             `wbxml:"Tasks:DayOfMonth"`     // 2.2.2.9
	WeekOfMonth    int             `wbxml:"Tasks:WeekOfMonth"`    // 2.2.2.33
	MonthOfYear    int             `wbxml:"Tasks:MonthOfYear"`    // 2.2.2.17
	Regenerate     *bool           `wbxml:"Tasks:Regenerate"`     // 2.2.2.21: the next one is counted from the completion of this one
	DeadOccur      *bool           `wbxml:"Tasks:DeadOccur"`      // 2.2.2.11: this instance of the series is done
	CalendarType   *int            `wbxml:"Tasks:CalendarType"`   // 2.2.2.4, from 14.0 on
	IsLeapMonth    *bool           `wbxml:"Tasks:IsLeapMonth"`    // 2.2.2.16, from 14.0 on
	FirstDayOfWeek *int            `wbxml:"Tasks:FirstDayOfWeek"` // 2.2.2.13, from 14.1 on
}

// Pattern is the part of r that a recurring event has too; Start, Regenerate and DeadOccur are left out.
func (r TaskRecurrence) Pattern() Recurrence {
	return Recurrence{
		Type: r.Type, Interval: r.Interval, Until: r.Until, Occurrences: r.Occurrences,
		WeekOfMonth: r.WeekOfMonth, DayOfMonth: r.DayOfMonth, DayOfWeek: r.DayOfWeek, MonthOfYear: r.MonthOfYear,
		CalendarType: r.CalendarType, IsLeapMonth: r.IsLeapMonth, FirstDayOfWeek: r.FirstDayOfWeek,
	}
}
