package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/s3"
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
	S3   *traffic `json:"s3,omitempty"`         // of a destination in a bucket
	Plan *plan    `json:"s3_planned,omitempty"` // of a dry run: what a run would ask for
	Exit int      `json:"exit"`
}

// traffic is what a store was asked for, and is paid for: HTTP requests, those that were repeated too.
type traffic struct {
	Puts      int64 `json:"put"` // objects and parts
	Gets      int64 `json:"get"`
	Heads     int64 `json:"head"`
	Lists     int64 `json:"list"`
	Others    int64 `json:"other"` // beginnings, completions and ends of multipart uploads
	BytesUp   int64 `json:"bytes_up"`
	BytesDown int64 `json:"bytes_down"`
}

func newTraffic(s *s3.Stats) *traffic {
	if s == nil {
		return nil
	}
	return &traffic{
		Puts: s.Puts, Gets: s.Gets, Heads: s.Heads, Lists: s.Lists, Others: s.Posts + s.Deletes, BytesUp: s.BytesUp, BytesDown: s.BytesDown,
	}
}

func (t *traffic) String() string {
	return fmt.Sprintf("the store: %d PUT, %d GET, %d HEAD, %d LIST, %d other; %s up, %s down",
		t.Puts, t.Gets, t.Heads, t.Lists, t.Others, bytesText(t.BytesUp), bytesText(t.BytesDown))
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
	c.emit(migrate.Event{Event: eventProblem, Time: now(), Message: reasonOf(err), Hint: hintOf(err)})
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
