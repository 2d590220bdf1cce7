package checkpointtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/airlift-eas/airlift/checkpoints"
)

// many is more rows than an adapter is likely to read at once.
const many = 2500

var iterationTests = map[string]func(*testing.T, checkpoints.Store){
	"Live yields every row once, in byte order": func(t *testing.T, s checkpoints.Store) {
		k := fillMany(t, s)
		var want []string
		for i := range many {
			want = append(want, manyID(i))
		}
		slices.Sort(want)
		seq := s.Live(t.Context(), k)
		for range 2 { // an iterator may be used again
			equal(t, "live", serverIDs(collect(t, seq)), want)
		}
	},

	"Live yields the states asked for": func(t *testing.T, s checkpoints.Store) {
		k := fillMany(t, s)
		for _, wanted := range [][]checkpoints.State{
			{checkpoints.Archived}, {checkpoints.SoftDeleted}, states[:3], {checkpoints.Deleted, checkpoints.Deleted}, states,
		} {
			n := 0
			for i, err := range s.Live(t.Context(), k, wanted...) {
				must(t, err)
				if !slices.Contains(wanted, i.State) {
					t.Fatalf("%v among %v", i.State, wanted)
				}
				n++
			}
			equal(t, fmt.Sprint(wanted), n, many/len(states)*len(slices.Compact(slices.Clone(wanted))))
		}
	},

	"Live for an unknown state is an error": func(t *testing.T, s checkpoints.Store) {
		k := fillMany(t, s)
		steps := 0
		for _, err := range s.Live(t.Context(), k, checkpoints.Archived, "lost") {
			if steps++; err == nil {
				t.Fatal("a row came")
			}
		}
		equal(t, "steps", steps, 1)
	},

	"it may be left at any row": func(t *testing.T, s checkpoints.Store) {
		k := fillMany(t, s)
		for n := range 50 {
			for range s.Live(t.Context(), k) {
				if n--; n < 0 {
					break
				}
			}
			for range s.List(t.Context()) {
				break
			}
		}
		page(t, s, k)
	},

	"its body may call any method": func(t *testing.T, s checkpoints.Store) {
		k := fillMany(t, s)
		n := 0
		for row, err := range s.Live(t.Context(), k, checkpoints.Archived) {
			must(t, err)
			if n++; n%50 != 0 {
				continue
			}
			equal(t, "items", len(items(t, s, k, row.ServerID)), 1)
			page(t, s, k, checkpoints.Item{ServerID: row.ServerID, State: checkpoints.Deleted})
			must(t, s.SaveMailbox(t.Context(), checkpoints.Mailbox{Key: alice}))
		}
		equal(t, "rows", n, many/len(states))
		counts(t, s, k, map[checkpoints.State]int{
			checkpoints.Archived: many/len(states) - n/50, checkpoints.Excluded: many / len(states),
			checkpoints.Quarantined: many / len(states), checkpoints.Deleted: many/len(states) + n/50,
			checkpoints.SoftDeleted: many / len(states),
		})
	},

	"it may be inside another, and that in another": func(t *testing.T, s checkpoints.Store) {
		k := fillMany(t, s)
		var nest func(depth int) int
		nest = func(depth int) int {
			if depth == 0 {
				return 1
			}
			for _, err := range s.Live(t.Context(), k) {
				must(t, err)
				return nest(depth - 1)
			}
			return 0
		}
		equal(t, "reached the innermost", nest(32), 1)
	},

	"it ends with an error when its context is cancelled": func(t *testing.T, s checkpoints.Store) {
		k := fillMany(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var rows, failures int
		for _, err := range s.Live(ctx, k) {
			if err == nil {
				rows++
				cancel()
				continue
			}
			if failures++; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", err)
			}
		}
		equal(t, "errors", failures, 1)
		if rows == 0 || rows == many {
			t.Errorf("%d rows of %d came", rows, many)
		}
	},
}

// fillMany fills a folder with many rows, as many of each state.
func fillMany(t *testing.T, s checkpoints.Store) checkpoints.FolderKey {
	t.Helper()
	setUp(t, s, alice, "f")
	k := folderKey(alice, "f")
	var rows []checkpoints.Item
	for i := range many {
		rows = append(rows, checkpoints.Item{ServerID: manyID(i), State: states[i%len(states)]})
	}
	for part := range slices.Chunk(rows, 500) {
		page(t, s, k, part...)
	}
	return k
}

// manyID returns ids of which every three follow each other as closely as strings can: whoever reads them in parts has
// to go on at the very next.
func manyID(i int) string {
	return fmt.Sprint(i/3) + []string{"", "\x01", "\x01\x01"}[i%3]
}
