package sinktest_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

func suite(open func() *sinktest.Target) sinktest.TargetSuite {
	item := func(n int, edited string) sinks.TargetItem {
		return sinktest.Item(fmt.Sprint(n), sinks.Event{}, ".eml", fmt.Appendf(nil, "item %d%s", n, edited))
	}
	return sinktest.TargetSuite{
		Open:  func(*testing.T) sinks.Target { return open() },
		Class: "Email",
		Item:  func(n int) sinks.TargetItem { return item(n, "") },
		Edit:  func(n int) sinks.TargetItem { return item(n, ", edited") },
		Mark:  func(e *sinks.Event) { e.Flag = "active" },
	}
}

// TestTarget: the reference keeps its own contract, in each of its ways.
func TestTarget(t *testing.T) {
	classes := []string{"Email", "Contacts"}
	for name, open := range map[string]func() *sinktest.Target{
		"plain":           func() *sinktest.Target { return &sinktest.Target{Classes: classes} },
		"as IMAP":         func() *sinktest.Target { return &sinktest.Target{Classes: classes, PathIDs: true, Replaces: true} },
		"moves nothing":   func() *sinktest.Target { return &sinktest.Target{Classes: classes, NoMoves: true, BatchSize: 1} },
		"renames nothing": func() *sinktest.Target { return &sinktest.Target{Classes: classes, NoRenames: true, UIDs: true} },
	} {
		t.Run(name, func(t *testing.T) { sinktest.RunTarget(t, suite(open)) })
	}
}

// TestTargetFaults: a fault ends a call where it is, and what was done before it stays.
func TestTargetFaults(t *testing.T) {
	for done := range 4 {
		for _, cause := range []error{sinks.ErrUncertain, sinks.ErrUnavailable} {
			dst := &sinktest.Target{Classes: []string{"Email"}}
			f, err := dst.Open(t.Context(), dst.Folder("Inbox", "Email", 2))
			if err != nil {
				t.Fatal(err)
			}
			dst.Fault = func(_ string, n int) error {
				if n == done {
					return cause
				}
				return nil
			}
			s := suite(nil)
			placed, err := f.Put(t.Context(), []sinks.TargetItem{s.Item(0), s.Item(1), s.Item(2)})
			there := len(dst.Holds())
			switch {
			case there != done:
				t.Errorf("%d items are there after %d", there, done)
			case errors.Is(cause, sinks.ErrUncertain) && (len(placed) != 0 || !errors.Is(err, sinks.ErrUncertain)):
				t.Errorf("uncertain: %d answers, %v", len(placed), err)
			case !errors.Is(cause, sinks.ErrUncertain) && (len(placed) != there || (err == nil) != (done == 3)):
				t.Errorf("unavailable: %d answers for %d items that are there, %v", len(placed), there, err)
			}
		}
	}
}
