package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
)

var deliveryKey = checkpoints.Key{Job: "migration", Mailbox: "alice@example.com"}

func deliveryRows(n int) []checkpoints.Receipt {
	rows := make([]checkpoints.Receipt, n)
	for i := range rows {
		h := benchHash(i)
		rows[i] = checkpoints.Receipt{
			Item: h[:16], Folder: "0a1b2c3d", State: checkpoints.Placed, Target: "INBOX/Projects", ID: fmt.Sprintf("1700000000.%d", i),
			Holds: h[:32], SHA256: benchHash(-i), Size: 1000, Marks: h[32:], Run: "20261127T101112.123456Z-0a1b2c3d",
			Written: time.Date(2026, 11, 27, 10, 11, 12, i, time.UTC),
		}
	}
	return rows
}

// TestReceiptsReopened: receipts are there for the next to open the file, and for who only reads it.
func TestReceiptsReopened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	place := checkpoints.Place{Folder: "0a1b2c3d", Path: "Inbox/Projects", Class: "Email", Target: "INBOX/Projects", At: "INBOX/Projects", Made: true, Mark: "1.2"}
	must(t, s.SavePlace(t.Context(), deliveryKey, place))
	rows := deliveryRows(1)
	must(t, s.SaveReceipts(t.Context(), deliveryKey, rows))
	must(t, s.Close())

	r, err := sqlite.OpenReadOnly(t.Context(), path)
	must(t, err)
	defer r.Close()
	places, err := r.Places(t.Context(), deliveryKey)
	must(t, err)
	got, err := r.Receipt(t.Context(), deliveryKey, rows[0].Item)
	must(t, err)
	if d := cmp.Diff(place, places["0a1b2c3d"]) + cmp.Diff(rows[0], got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	for name, err := range map[string]error{
		"SavePlace":    r.SavePlace(t.Context(), deliveryKey, place),
		"SaveReceipts": r.SaveReceipts(t.Context(), deliveryKey, rows),
		"DropReceipts": r.DropReceipts(t.Context(), deliveryKey, []string{rows[0].Item}),
	} {
		if err == nil || !strings.Contains(err.Error(), "reading only") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := r.Receipt(t.Context(), deliveryKey, "absent"); !errors.Is(err, checkpoints.ErrNotFound) || !strings.Contains(err.Error(), "absent") {
		t.Errorf("got %v", err)
	}
	const query = `SELECT path, at, item, state, id, sha256 FROM delivered`
	want := fmt.Sprintf("Inbox/Projects|INBOX/Projects|%s|placed|%s|%s\n", rows[0].Item, rows[0].ID, rows[0].SHA256)
	if d := cmp.Diff(want, rawQuery(t, path, query)); d != "" {
		t.Errorf("the view: -want +got\n%s", d)
	}
}

// BenchmarkReceipts puts batches of 50 into a folder of so many: their rows before and after.
func BenchmarkReceipts(b *testing.B) {
	for _, n := range []int{0, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "state.db")
			s, err := sqlite.Open(b.Context(), path)
			fail(b, err)
			defer s.Close()
			fail(b, s.SaveReceipts(b.Context(), deliveryKey, deliveryRows(n)))
			all := deliveryRows(n + 50*max(b.N, 10_000))
			at := n
			for b.Loop() {
				rows := all[at : at+50]
				at += 50
				for i := range rows {
					rows[i].State, rows[i].ID, rows[i].Holds = checkpoints.Sending, "", ""
				}
				fail(b, s.SaveReceipts(b.Context(), deliveryKey, rows))
				for i := range rows {
					rows[i].State, rows[i].ID, rows[i].Holds = checkpoints.Placed, fmt.Sprintf("1700000000.%d", i), rows[i].SHA256[:32]
				}
				fail(b, s.SaveReceipts(b.Context(), deliveryKey, rows))
			}
			b.ReportMetric(float64(50*b.N)/b.Elapsed().Seconds(), "items/s")
		})
	}
}
