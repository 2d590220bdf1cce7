package checkpointtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
)

// RunReceipts runs the part of the suite that is about receipts, for what keeps nothing else. Run has it for a store that is a
// checkpoints.Receipts, too.
func RunReceipts(t *testing.T, open func(t *testing.T) checkpoints.Receipts) {
	for name, test := range receiptTests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// ofStores are the same tests for a store.
func ofStores(tests map[string]func(*testing.T, checkpoints.Receipts)) map[string]func(*testing.T, checkpoints.Store) {
	all := map[string]func(*testing.T, checkpoints.Store){}
	for name, test := range tests {
		all[name] = func(t *testing.T, s checkpoints.Store) {
			r, ok := s.(checkpoints.Receipts)
			if !ok {
				t.Skip("the store keeps no receipts")
			}
			test(t, r)
		}
	}
	return all
}

var deliveries = []checkpoints.Delivery{
	checkpoints.Sending, checkpoints.Placed, checkpoints.Found, checkpoints.Refused, checkpoints.Taken, checkpoints.Removed,
}

// receiptTests are for a store that is a checkpoints.Receipts.
var receiptTests = map[string]func(*testing.T, checkpoints.Receipts){
	"it finds nothing where nothing was written": func(t *testing.T, s checkpoints.Receipts) {
		found, err := s.Places(t.Context(), alice)
		must(t, err)
		equal(t, "places", len(found), 0)
		equal(t, "receipts", len(receipts(t, s, "f")), 0)
		if _, err := s.Receipt(t.Context(), alice, "1"); !errors.Is(err, checkpoints.ErrNotFound) {
			t.Errorf("a receipt: got %v, want ErrNotFound", err)
		}
		must(t, s.DropReceipts(t.Context(), alice, []string{"1"}))
		must(t, s.SaveReceipts(t.Context(), alice, nil))
	},

	"Deliveries yields what has places or receipts, in order": func(t *testing.T, s checkpoints.Receipts) {
		equal(t, "of nothing", len(collect(t, s.Deliveries(t.Context()))), 0)
		var want []checkpoints.Key
		for job := range 3 {
			for mailbox := range 600 {
				k := checkpoints.Key{Job: fmt.Sprint("job ", job), Mailbox: fmt.Sprintf("%03d@example.com", mailbox)}
				want = append(want, k)
				if mailbox%2 == 0 {
					must(t, s.SavePlace(t.Context(), k, checkpoints.Place{Folder: "f"}))
				} else {
					must(t, s.SaveReceipts(t.Context(), k, []checkpoints.Receipt{{Item: "1", Folder: "f", State: checkpoints.Placed}}))
				}
			}
		}
		must(t, s.SaveReceipts(t.Context(), checkpoints.Key{Job: "a", Mailbox: "nothing was saved"}, nil))
		must(t, s.DropReceipts(t.Context(), checkpoints.Key{Job: "a", Mailbox: "nothing is there"}, []string{"1"}))
		equal(t, "deliveries", collect(t, s.Deliveries(t.Context())), want)
	},

	"places are kept field by field and replaced as a whole": func(t *testing.T, s checkpoints.Receipts) {
		want := map[string]checkpoints.Place{}
		for seed := range 4 {
			p := filled[checkpoints.Place](seed)
			p.Folder = fmt.Sprint(seed % 3)
			want[p.Folder] = p
			must(t, s.SavePlace(t.Context(), alice, p))
		}
		got, err := s.Places(t.Context(), alice)
		must(t, err)
		equal(t, "places", got, want)
	},

	"rows are kept field by field and replaced as a whole": func(t *testing.T, s checkpoints.Receipts) {
		for seed, state := range deliveries {
			row := filled[checkpoints.Receipt](seed)
			row.Item, row.State, row.Folder = "1", state, "f"
			must(t, s.SaveReceipts(t.Context(), alice, []checkpoints.Receipt{row}))
			row.Written = row.Written.UTC()
			equal(t, "receipts", receipts(t, s, "f"), []checkpoints.Receipt{row})
			got, err := s.Receipt(t.Context(), alice, "1")
			must(t, err)
			equal(t, "receipt", got, row)
		}
		bare := checkpoints.Receipt{Item: "1", Folder: "f", State: checkpoints.Refused}
		must(t, s.SaveReceipts(t.Context(), alice, []checkpoints.Receipt{bare}))
		equal(t, "receipts", receipts(t, s, "f"), []checkpoints.Receipt{bare})
	},

	"a row that comes to another folder leaves its own": func(t *testing.T, s checkpoints.Receipts) {
		row := checkpoints.Receipt{Item: "1", Folder: "f", State: checkpoints.Placed}
		must(t, s.SaveReceipts(t.Context(), alice, []checkpoints.Receipt{row}))
		row.Folder = "g"
		must(t, s.SaveReceipts(t.Context(), alice, []checkpoints.Receipt{row}))
		equal(t, "rows of the folder that it left", len(receipts(t, s, "f")), 0)
		equal(t, "rows of the other", receipts(t, s, "g"), []checkpoints.Receipt{row})
	},

	"the later of two rows of an item stays": func(t *testing.T, s checkpoints.Receipts) {
		early := checkpoints.Receipt{Item: "1", Folder: "f", State: checkpoints.Sending}
		late := checkpoints.Receipt{Item: "1", Folder: "g", State: checkpoints.Placed}
		must(t, s.SaveReceipts(t.Context(), alice, []checkpoints.Receipt{early, late}))
		equal(t, "rows", append(receipts(t, s, "f"), receipts(t, s, "g")...), []checkpoints.Receipt{late})
	},

	"what is dropped is gone, and nothing else": func(t *testing.T, s checkpoints.Receipts) {
		saveMany(t, s, "f", 10)
		must(t, s.DropReceipts(t.Context(), alice, []string{manyID(3), "absent", manyID(7), manyID(3)}))
		var got []string
		for _, r := range receipts(t, s, "f") {
			got = append(got, r.Item)
		}
		equal(t, "rows", len(got), 8)
		if slices.Contains(got, manyID(3)) || slices.Contains(got, manyID(7)) {
			t.Errorf("still there: %q", got)
		}
	},

	"rows come in byte order, each once, more than are read at once": func(t *testing.T, s checkpoints.Receipts) {
		saveMany(t, s, "f", many)
		must(t, s.SaveReceipts(t.Context(), alice, []checkpoints.Receipt{{Item: "another folder's", Folder: "g", State: checkpoints.Placed}}))
		var want, got []string
		for i := range many {
			want = append(want, manyID(i))
		}
		slices.Sort(want)
		for _, r := range receipts(t, s, "f") {
			got = append(got, r.Item)
		}
		equal(t, "items", got, want)
	},

	"rows may be written and dropped from the body of an iteration": func(t *testing.T, s checkpoints.Receipts) {
		saveMany(t, s, "f", 1200)
		n := 0
		for r, err := range s.Receipts(t.Context(), folderKey(alice, "f")) {
			must(t, err)
			if n++; n%2 == 0 {
				must(t, s.DropReceipts(t.Context(), alice, []string{r.Item}))
				continue
			}
			r.State = checkpoints.Taken
			must(t, s.SaveReceipts(t.Context(), alice, []checkpoints.Receipt{r}))
		}
		equal(t, "rows seen", n, 1200)
		equal(t, "rows left", len(receipts(t, s, "f")), 600)
	},

	"names are bytes": func(t *testing.T, s checkpoints.Receipts) {
		var rows []checkpoints.Receipt
		for _, text := range oddStrings() {
			rows = append(rows, checkpoints.Receipt{
				Item: text, Folder: "f", State: checkpoints.Placed, Target: text, ID: text, Holds: text, SHA256: text, Marks: text,
				Altered: text, Reason: text, Run: text,
			})
			must(t, s.SavePlace(t.Context(), alice, checkpoints.Place{Folder: text, Target: text, At: text, Want: text, Next: text, Mark: text}))
		}
		must(t, s.SaveReceipts(t.Context(), alice, rows))
		slices.SortFunc(rows, func(a, b checkpoints.Receipt) int {
			if a.Item < b.Item {
				return -1
			}
			return 1
		})
		equal(t, "receipts", receipts(t, s, "f"), rows)
		for _, row := range rows {
			got, err := s.Receipt(t.Context(), alice, row.Item)
			must(t, err)
			equal(t, "receipt", got, row)
		}
		places, err := s.Places(t.Context(), alice)
		must(t, err)
		equal(t, "places", len(places), len(rows))
		for _, text := range oddStrings() {
			equal(t, "mark", places[text].Mark, text)
		}
	},

	"jobs and mailboxes see nothing of each other": func(t *testing.T, s checkpoints.Receipts) {
		keys := []checkpoints.Key{alice, {Job: alice.Job, Mailbox: "bob@example.com"}, {Job: "job-2", Mailbox: alice.Mailbox}}
		for i, k := range keys {
			must(t, s.SavePlace(t.Context(), k, checkpoints.Place{Folder: "f", Target: fmt.Sprint(i)}))
			must(t, s.SaveReceipts(t.Context(), k, []checkpoints.Receipt{{Item: "1", Folder: "f", State: checkpoints.Placed, ID: fmt.Sprint(i)}}))
		}
		must(t, s.DropReceipts(t.Context(), keys[1], []string{"1"}))
		for i, k := range keys {
			places, err := s.Places(t.Context(), k)
			must(t, err)
			equal(t, "place", places["f"].Target, fmt.Sprint(i))
			rows := collect(t, s.Receipts(t.Context(), folderKey(k, "f")))
			if i == 1 {
				equal(t, "rows that were dropped", len(rows), 0)
				continue
			}
			equal(t, "id", rows[0].ID, fmt.Sprint(i))
		}
		if m, ok := s.(checkpoints.Mailboxes); ok {
			for m, err := range m.List(t.Context()) {
				t.Errorf("a migration is listed as a mailbox: %v, %v", m, err)
			}
		}
	},

	"rows that cannot be stored change nothing": func(t *testing.T, s checkpoints.Receipts) {
		for _, state := range []checkpoints.Delivery{"", "lost"} {
			rows := []checkpoints.Receipt{{Item: "1", Folder: "f", State: checkpoints.Placed}, {Item: "2", Folder: "f", State: state}}
			if err := s.SaveReceipts(t.Context(), alice, rows); err == nil {
				t.Errorf("state %q was stored", state)
			}
			equal(t, "receipts", len(receipts(t, s, "f")), 0)
		}
	},

	"a cancelled context changes nothing": func(t *testing.T, s checkpoints.Receipts) {
		saveMany(t, s, "f", 3)
		for name, err := range map[string]error{
			"SavePlace":    s.SavePlace(cancelled(t), alice, checkpoints.Place{Folder: "f"}),
			"SaveReceipts": s.SaveReceipts(cancelled(t), alice, []checkpoints.Receipt{{Item: "9", Folder: "f", State: checkpoints.Placed}}),
			"DropReceipts": s.DropReceipts(cancelled(t), alice, []string{manyID(0)}),
		} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got %v, want context.Canceled", name, err)
			}
		}
		equal(t, "receipts", len(receipts(t, s, "f")), 3)
		places, err := s.Places(t.Context(), alice)
		must(t, err)
		equal(t, "places", len(places), 0)
	},

	"a context that is cancelled at any moment stores all rows or none": func(t *testing.T, s checkpoints.Receipts) {
		rows := make([]checkpoints.Receipt, 200)
		started := time.Now()
		for i := range rows {
			rows[i] = checkpoints.Receipt{Item: manyID(i), Folder: "f", State: checkpoints.Placed, Run: "0"}
		}
		must(t, s.SaveReceipts(t.Context(), alice, rows))
		whole, last := time.Since(started), "0"
		for n := range 30 {
			for i := range rows {
				rows[i].Run = fmt.Sprint(n + 1)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*whole*time.Duration(n)/30)
			err := s.SaveReceipts(ctx, alice, rows)
			cancel()
			if err == nil {
				last = fmt.Sprint(n + 1)
			} else if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("got %v, want context.DeadlineExceeded", err)
			}
			for _, r := range receipts(t, s, "f") {
				if r.Run != last {
					t.Fatalf("row %s is of run %s, want %s", r.Item, r.Run, last)
				}
			}
		}
	},

	"it forgets them with the mailbox": func(t *testing.T, s checkpoints.Receipts) {
		f, ok := s.(checkpoints.Forgetter)
		if !ok {
			t.Skip("the store forgets nothing")
		}
		saveMany(t, s, "f", 3)
		must(t, s.SavePlace(t.Context(), alice, checkpoints.Place{Folder: "f"}))
		bob := checkpoints.Key{Job: alice.Job, Mailbox: "bob@example.com"}
		must(t, s.SavePlace(t.Context(), bob, checkpoints.Place{Folder: "f"}))
		must(t, f.Forget(t.Context(), alice))
		places, err := s.Places(t.Context(), alice)
		must(t, err)
		equal(t, "what is left", len(receipts(t, s, "f"))+len(places), 0)
		places, err = s.Places(t.Context(), bob)
		must(t, err)
		equal(t, "another's places", len(places), 1)
	},

	"after Close every method reports fs.ErrClosed": func(t *testing.T, s checkpoints.Receipts) {
		c, ok := s.(io.Closer)
		if !ok {
			t.Skip("it cannot be closed")
		}
		saveMany(t, s, "f", 3)
		must(t, c.Close())
		var deliveries error
		for _, err := range s.Deliveries(t.Context()) {
			deliveries = err
		}
		_, places := s.Places(t.Context(), alice)
		_, receipt := s.Receipt(t.Context(), alice, manyID(0))
		var rows error
		for _, err := range s.Receipts(t.Context(), folderKey(alice, "f")) {
			rows = err
		}
		for name, err := range map[string]error{
			"Deliveries": deliveries, "Places": places, "Receipt": receipt, "Receipts": rows,
			"SavePlace":    s.SavePlace(t.Context(), alice, checkpoints.Place{Folder: "f"}),
			"SaveReceipts": s.SaveReceipts(t.Context(), alice, []checkpoints.Receipt{{Item: "1", State: checkpoints.Placed}}),
			"DropReceipts": s.DropReceipts(t.Context(), alice, []string{"1"}),
		} {
			if !errors.Is(err, fs.ErrClosed) {
				t.Errorf("%s: got %v, want fs.ErrClosed", name, err)
			}
		}
	},
}

func receipts(t *testing.T, s checkpoints.Receipts, folder string) []checkpoints.Receipt {
	t.Helper()
	found := collect(t, s.Receipts(t.Context(), folderKey(alice, folder)))
	for i := range found {
		if !found[i].Written.IsZero() {
			found[i].Written = found[i].Written.UTC()
		}
	}
	return found
}

func saveMany(t *testing.T, s checkpoints.Receipts, folder string, n int) {
	t.Helper()
	var rows []checkpoints.Receipt
	for i := range n {
		rows = append(rows, checkpoints.Receipt{Item: manyID(i), Folder: folder, State: checkpoints.Placed})
	}
	must(t, s.SaveReceipts(t.Context(), alice, rows))
}
