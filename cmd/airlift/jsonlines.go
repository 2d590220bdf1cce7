package main

import (
	"time"

	"github.com/airlift-eas/airlift/migrate"
)

// eventSummary and eventProblem are the names of the last line and of a finding; the engine's other events keep theirs.
const (
	eventSummary = migrate.EventSummary
	eventProblem = migrate.EventProblem
)

// summaryLine is the last line of --json.
type summaryLine struct {
	Event string    `json:"event"`
	Time  time.Time `json:"time"`
	migrate.Summary
	Exit int `json:"exit"`
}

func (c *console) emitSummary(sum migrate.Summary, exit int) {
	c.emit(summaryLine{Event: eventSummary, Time: now(), Summary: sum, Exit: exit})
}

// emitProblem is for what went wrong before or after the engine's own work.
func (c *console) emitProblem(err error) {
	c.emit(migrate.Event{Event: eventProblem, Time: now(), Message: err.Error(), Hint: hintOf(err)})
}

// now is the time of a line.
func now() time.Time { return time.Now().UTC() }
