package deliver

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/checkpointtest"
)

// memory keeps receipts for tests that make thousands of runs. It passes the suite, and can fail like a disk.
type memory struct {
	mu     sync.Mutex
	places map[checkpoints.Key]map[string]checkpoints.Place
	rows   map[checkpoints.Key]map[string]checkpoints.Receipt
	// fault is asked before and after each call that stores something.
	fault func(op string, stored bool) error
}

func newMemory() *memory {
	return &memory{places: map[checkpoints.Key]map[string]checkpoints.Place{}, rows: map[checkpoints.Key]map[string]checkpoints.Receipt{}}
}

func TestMemory(t *testing.T) {
	checkpointtest.RunReceipts(t, func(*testing.T) checkpoints.Receipts { return newMemory() })
}

func (m *memory) Deliveries(context.Context) iter.Seq2[checkpoints.Key, error] {
	return func(yield func(checkpoints.Key, error) bool) {
		m.mu.Lock()
		keys := slices.Collect(maps.Keys(m.places))
		for k := range m.rows {
			keys = append(keys, k)
		}
		m.mu.Unlock()
		slices.SortFunc(keys, func(a, b checkpoints.Key) int {
			return cmp.Or(strings.Compare(a.Job, b.Job), strings.Compare(a.Mailbox, b.Mailbox))
		})
		for _, k := range slices.Compact(keys) {
			if !yield(k, nil) {
				return
			}
		}
	}
}

func (m *memory) Places(ctx context.Context, k checkpoints.Key) (map[string]checkpoints.Place, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if all := maps.Clone(m.places[k]); all != nil {
		return all, ctx.Err()
	}
	return map[string]checkpoints.Place{}, ctx.Err()
}

func (m *memory) Receipts(ctx context.Context, k checkpoints.FolderKey) iter.Seq2[checkpoints.Receipt, error] {
	return func(yield func(checkpoints.Receipt, error) bool) {
		m.mu.Lock()
		var all []checkpoints.Receipt
		for _, r := range m.rows[k.Key] {
			if r.Folder == k.Folder {
				all = append(all, r)
			}
		}
		m.mu.Unlock()
		slices.SortFunc(all, func(a, b checkpoints.Receipt) int { return strings.Compare(a.Item, b.Item) })
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (m *memory) Receipt(_ context.Context, k checkpoints.Key, item string) (checkpoints.Receipt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rows[k][item]
	if !ok {
		return r, checkpoints.ErrNotFound
	}
	return r, nil
}

func (m *memory) store(ctx context.Context, op string, do func()) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.fault != nil {
		if err := m.fault(op, false); err != nil {
			return err
		}
	}
	do()
	if m.fault != nil {
		return m.fault(op, true)
	}
	return nil
}

func (m *memory) SavePlace(ctx context.Context, k checkpoints.Key, p checkpoints.Place) error {
	return m.store(ctx, "save place", func() {
		if m.places[k] == nil {
			m.places[k] = map[string]checkpoints.Place{}
		}
		m.places[k][p.Folder] = p
	})
}

func (m *memory) SaveReceipts(ctx context.Context, k checkpoints.Key, rows []checkpoints.Receipt) error {
	for _, r := range rows {
		switch r.State {
		case checkpoints.Sending, checkpoints.Placed, checkpoints.Found, checkpoints.Refused, checkpoints.Taken, checkpoints.Removed:
		default:
			return fmt.Errorf("unknown state %q", r.State)
		}
	}
	return m.store(ctx, "save receipts", func() {
		if m.rows[k] == nil && len(rows) > 0 {
			m.rows[k] = map[string]checkpoints.Receipt{}
		}
		for _, r := range rows {
			m.rows[k][r.Item] = r
		}
	})
}

func (m *memory) DropReceipts(ctx context.Context, k checkpoints.Key, items []string) error {
	return m.store(ctx, "drop receipts", func() {
		for _, item := range items {
			delete(m.rows[k], item)
		}
	})
}
