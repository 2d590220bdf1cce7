package migrate

import "testing"

// TestMoveLog: whichever half of a move is seen second, and also where they cross, exactly one of them gets the link.
func TestMoveLog(t *testing.T) {
	var l moveLog
	if to := l.remove("sum", "inbox", "inbox-1"); to != "" {
		t.Errorf("the first half knows %q", to)
	}
	if from := l.left("sum", "inbox"); from != "" {
		t.Errorf("an item moved from its own folder: %q", from)
	}
	if from := l.left("sum", "archive"); from != "inbox-1" {
		t.Errorf("it came from %q", from)
	}

	if from := l.came("sum", "archive", "archive-1"); from != "" {
		t.Errorf("one that left was taken twice: %q", from)
	}
	if to := l.remove("sum", "inbox", "inbox-2"); to != "archive-1" {
		t.Errorf("it went to %q", to)
	}

	if from := l.left("sum", "archive"); from != "" {
		t.Errorf("it came from %q", from)
	}
	if to := l.remove("sum", "inbox", "inbox-3"); to != "" { // between the question and the answer
		t.Errorf("it went to %q", to)
	}
	if from := l.came("sum", "archive", "archive-2"); from != "inbox-3" {
		t.Errorf("of two halves that crossed neither knows the other: %q", from)
	}
}
