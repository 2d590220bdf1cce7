package main

import (
	"errors"
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

func newSummaryLine(sum migrate.Summary, exit int) summaryLine {
	return summaryLine{Event: eventSummary, Time: now(), Summary: sum, Exit: exit}
}

// end says why a verb did not come to its own end: for programs as a problem and a summary, which is made by line.
func (c *console) end(err error, line func(result migrate.Result, exit int) any) error {
	var e ended
	if err == nil || errors.As(err, &e) || !c.json {
		return err
	}
	result, code := migrate.ResultFailed, exitCode(err)
	if code == exitInterrupted {
		result = migrate.ResultInterrupted
	}
	c.emit(migrate.Event{Event: eventProblem, Time: now(), Message: err.Error(), Hint: hintOf(err)})
	c.emit(line(result, code))
	c.failed(err)
	return ended(code)
}

// endOfRun is the line of a verb whose summary is the engine's.
func endOfRun(result migrate.Result, exit int) any {
	return newSummaryLine(migrate.Summary{Result: result}, exit)
}

// now is the time of a line.
func now() time.Time { return time.Now().UTC() }
