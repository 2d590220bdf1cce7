package main

import "testing"

// TestLooks: each hold record is settled by two looks of a watch one after the other, since of what is on its way to the bucket
// the first one sees nothing, and by no third. One that failed counts for none.
func TestLooks(t *testing.T) {
	l := looks{since: 2, done: 2}
	for n, c := range []struct {
		newest, since int
		fails         bool
	}{
		{2, 2, false}, {3, 2, true}, {4, 2, false}, {4, 2, false}, {4, 4, false}, {5, 4, false}, {6, 4, false}, {6, 5, false}, {6, 6, false},
	} {
		if l.since != c.since {
			t.Errorf("look %d, %d records: it begins after record %d, want %d", n, c.newest, l.since, c.since)
		}
		if !c.fails {
			l.ended(c.newest)
		}
	}
}
