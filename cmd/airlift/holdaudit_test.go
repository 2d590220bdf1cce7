package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/s3"
)

func TestShortOf(t *testing.T) {
	now := time.Now()
	made := now.Add(-24 * time.Hour)
	week := s3.Lock{Mode: s3.LockCompliance, Days: 7}
	end := made.Add(7 * 24 * time.Hour)
	for name, c := range map[string]struct {
		lock  s3.Lock
		p     s3.Protection
		short string
	}{
		"as asked":             {week, s3.Protection{Created: made, Mode: s3.LockCompliance, Until: end}, ""},
		"for longer":           {week, s3.Protection{Created: made, Mode: s3.LockCompliance, Until: end.Add(time.Hour)}, ""},
		"other clocks":         {week, s3.Protection{Created: made, Mode: s3.LockCompliance, Until: end.Add(-59 * time.Second)}, ""},
		"too short":            {week, s3.Protection{Created: made, Mode: s3.LockCompliance, Until: end.Add(-61 * time.Second)}, "ends at"},
		"the weaker mode":      {week, s3.Protection{Created: made, Mode: s3.LockGovernance, Until: end}, "of the mode governance, not compliance"},
		"the stricter mode":    {s3.Lock{Mode: s3.LockGovernance, Days: 7}, s3.Protection{Created: made, Mode: s3.LockCompliance, Until: end}, ""},
		"none":                 {week, s3.Protection{Created: made}, "it has no retention"},
		"a hold is none":       {week, s3.Protection{Created: made, Hold: true}, "it has no retention"},
		"it would have passed": {s3.Lock{Mode: s3.LockCompliance, Days: 1}, s3.Protection{Created: made.Add(-time.Second)}, ""},
	} {
		if got := shortOf(c.lock, c.p, now); !strings.Contains(got, c.short) || (got == "") != (c.short == "") {
			t.Errorf("%s: %q, want %q", name, got, c.short)
		}
	}
}

// TestAuditAsOthers: where nothing is said of retentions, none is missing as long as nothing has one.
func TestAuditAsOthers(t *testing.T) {
	var out bytes.Buffer
	now := time.Now()
	u := &audit{c: &console{out: &out, err: &out}, state: new(archive.HoldState), now: now}
	kept := s3.Protection{Created: now, Mode: s3.LockGovernance, Until: now.Add(time.Hour)}
	for range 2 {
		u.object("a", s3.Protection{Created: now})
	}
	if u.sum.Problems != 0 || out.Len() != 0 {
		t.Errorf("none has one: %s", &out)
	}
	u.object("b", kept)
	if u.sum.Problems != 2 || strings.Count(out.String(), "a: it has no retention") != 2 {
		t.Errorf("those before the first that has one: %s", &out)
	}
	u.object("c", s3.Protection{Created: now})
	kept.Mode, kept.Until = s3.LockCompliance, now.Add(time.Minute)
	u.object("d", kept)
	kept.Until = now.Add(-time.Minute)
	u.object("e", kept)
	u.object("f", s3.Protection{Created: now, Hold: true})
	s := u.sum
	if s.Problems != 4 || s.Objects != 7 || s.Governance != 1 || s.Compliance != 1 || s.Held != 1 || s.Notes != 1 || s.ToHold != 0 ||
		!s.Ends.Equal(now.Add(time.Minute)) {
		t.Errorf("sum %+v\n%s", s, &out)
	}
	if !strings.Contains(out.String(), "note: f: it has a legal hold that no open matter asks for") {
		t.Errorf("a hold of nobody's: %s", &out)
	}
}

// TestAuditBound: what is kept until the first retention is seen has a limit, and the rest is counted.
func TestAuditBound(t *testing.T) {
	var out bytes.Buffer
	now := time.Now()
	u := &audit{c: &console{out: &out, err: &out}, state: new(archive.HoldState), now: now}
	for i := range maxBare + 5 {
		u.object(fmt.Sprint("n", i), s3.Protection{Created: now})
	}
	u.object("x", s3.Protection{Created: now, Mode: s3.LockGovernance, Until: now.Add(time.Hour)})
	last := fmt.Sprintf("n%d: it is the first of 5 more that have no retention\n", maxBare)
	if u.sum.Problems != maxBare+5 || strings.Count(out.String(), "\n") != maxBare+1 || !strings.HasSuffix(out.String(), last) {
		t.Errorf("%d problems, %d lines", u.sum.Problems, strings.Count(out.String(), "\n"))
	}
}
