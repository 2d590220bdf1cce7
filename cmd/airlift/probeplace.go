package main

import (
	"context"
	"errors"
	"time"

	"github.com/airlift-eas/airlift/sinks/s3"
)

// findingLine is what --json says of one thing that an archive counts on.
type findingLine struct {
	Event    string    `json:"event"`
	Time     time.Time `json:"time"`
	Place    string    `json:"place"`
	Name     string    `json:"name"`
	OK       bool      `json:"ok"`
	Accepted bool      `json:"accepted"` // by --s3-accept-weak
	Detail   string    `json:"detail"`
}

// probePlace has a bucket prove what an archive counts on, by an object of a few hundred bytes that stays there. Of a
// directory there is nothing to prove: its system is asked at each step.
func probePlace(ctx context.Context, c *console, p place) (err error) {
	b, err := p.open(ctx, false)
	if err != nil {
		return nothingAt(p.text, err)
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	store, ok := b.(*s3.Bucket)
	if !ok {
		return nil
	}
	findings, err := store.Check(ctx)
	var rows [][]string
	for _, f := range findings {
		if c.json {
			c.emit(findingLine{
				Event: "finding", Time: now(), Place: store.URL(), Name: string(f.Name), OK: f.OK, Accepted: f.Accepted, Detail: f.Detail,
			})
		}
		verdict := "yes"
		switch {
		case f.OK:
		case f.Accepted:
			verdict = "no, accepted"
		default:
			verdict = "NO"
		}
		rows = append(rows, []string{string(f.Name), verdict, f.Detail})
	}
	if !c.json && len(rows) > 0 {
		c.result("%s\n\n%s\n", store.URL(), table([]string{"ARCHIVES COUNT ON", "PROVEN", "WHAT WAS SEEN"}, rows))
	}
	return err
}
