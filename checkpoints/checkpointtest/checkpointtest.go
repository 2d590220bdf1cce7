// Package checkpointtest is the suite that every adapter of package checkpoints passes: each sentence of the contract,
// tried on a store of the adapter's.
//
//	func TestStore(t *testing.T) {
//		checkpointtest.Run(t, func(t *testing.T) checkpoints.Store { ... })
//	}
//
// That what was stored is still there after a reopening, a crash or a power cut is for the adapter's own tests, which
// know how to bring these about.
package checkpointtest

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/checkpoints"
)

// Run runs the suite. It calls open for every test of it; open returns a store that is empty and of its own, and
// arranges for what has to be cleaned up. The suite closes some of the stores itself.
func Run(t *testing.T, open func(t *testing.T) checkpoints.Store) {
	for _, group := range []struct {
		name  string
		tests map[string]func(*testing.T, checkpoints.Store)
	}{
		{"Mailboxes", mailboxTests},
		{"Folders", folderTests},
		{"Commit", commitTests},
		{"Ledger", ledgerTests},
		{"Forget", forgetTests},
		{"Lock", lockTests},
		{"Iteration", iterationTests},
		{"Concurrency", concurrencyTests},
		{"Receipts", ofStores(receiptTests)},
		{"Close", closeTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			for name, test := range group.tests {
				t.Run(name, func(t *testing.T) { test(t, open(t)) })
			}
		})
	}
}

var alice = checkpoints.Key{Job: "job-1", Mailbox: "alice@example.com"}

func folderKey(k checkpoints.Key, folder string) checkpoints.FolderKey {
	return checkpoints.FolderKey{Key: k, Folder: folder}
}

// filled returns a value each of whose fields differs from every other field and from the same field under another
// seed, so that a field that is lost or put in another's place shows.
func filled[T any](seed int) T {
	var v T
	n := 0
	fill(reflect.ValueOf(&v).Elem(), seed, &n)
	return v
}

func fill(v reflect.Value, seed int, n *int) {
	*n++
	if t, ok := v.Addr().Interface().(*time.Time); ok {
		*t = time.Date(2026, 11, 22, 13, *n, seed%60, 123456789, time.FixedZone("", 3600*(seed%12)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), seed, n)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("value %d.%d", seed, *n))
	case reflect.Bool:
		v.SetBool(seed%2 == 1)
	case reflect.Slice: // the rows of a commit are the test's own
	default:
		v.SetInt(int64(1000*seed + *n))
	}
}

// setUp saves alice's mailbox and the given folders, each at its start.
func setUp(t *testing.T, s checkpoints.Store, k checkpoints.Key, folders ...string) {
	t.Helper()
	must(t, s.SaveMailbox(t.Context(), checkpoints.Mailbox{Key: k}))
	for _, id := range folders {
		must(t, s.SaveFolder(t.Context(), k, checkpoints.Folder{ID: id, SyncKey: "0", Estimate: -1}))
	}
}

// page commits rows to a folder, from the position where it stands.
func page(t *testing.T, s checkpoints.Store, k checkpoints.FolderKey, items ...checkpoints.Item) {
	t.Helper()
	must(t, s.Commit(t.Context(), nextPage(t, s, k, items...)))
}

func nextPage(t *testing.T, s checkpoints.Store, k checkpoints.FolderKey, items ...checkpoints.Item) checkpoints.Commit {
	t.Helper()
	f := folder(t, s, k)
	return checkpoints.Commit{
		FolderKey: k,
		After:     checkpoints.Position{Seq: f.Seq, SyncKey: f.SyncKey},
		Now:       checkpoints.Position{Seq: f.Seq + 1, SyncKey: fmt.Sprintf("key %d", f.Seq+1)},
		Items:     items,
	}
}

func folder(t *testing.T, s checkpoints.Store, k checkpoints.FolderKey) checkpoints.Folder {
	t.Helper()
	for _, f := range folders(t, s, k.Key) {
		if f.ID == k.Folder {
			return f
		}
	}
	t.Fatalf("folder %q is not there", k.Folder)
	return checkpoints.Folder{}
}

func folders(t *testing.T, s checkpoints.Store, k checkpoints.Key) []checkpoints.Folder {
	t.Helper()
	found, err := s.Folders(t.Context(), k)
	must(t, err)
	return found
}

func live(t *testing.T, s checkpoints.Store, k checkpoints.FolderKey, states ...checkpoints.State) []checkpoints.Item {
	t.Helper()
	return collect(t, s.Live(t.Context(), k, states...))
}

func items(t *testing.T, s checkpoints.Store, k checkpoints.FolderKey, serverIDs ...string) map[string]checkpoints.Item {
	t.Helper()
	found, err := s.Items(t.Context(), k, serverIDs)
	must(t, err)
	return found
}

func collect[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for v, err := range seq {
		must(t, err)
		all = append(all, v)
	}
	return all
}

func serverIDs(found []checkpoints.Item) []string {
	var ids []string
	for _, i := range found {
		ids = append(ids, i.ServerID)
	}
	return ids
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: -want +got\n%s", what, d)
	}
}

func cancelled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
