package checkpointtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/checkpoints"
)

var ledgerTests = map[string]func(*testing.T, checkpoints.Store){
	"it finds nothing where nothing was written": func(t *testing.T, s checkpoints.Store) {
		for range 3 { // no mailbox, a mailbox without the folder, and another folder beside it
			k := folderKey(alice, "none")
			found := items(t, s, k, "1", "2")
			equal(t, "items", len(found), 0)
			equal(t, "live", len(live(t, s, k)), 0)
			counts, err := s.Counts(t.Context(), k)
			must(t, err)
			equal(t, "counts", len(counts), 0)
			equal(t, "by hash", len(bySHA256(t, s, alice, hash("1"))), 0)
			setUp(t, s, alice)
			setUp(t, s, alice, "f")
		}
	},

	"Items answers for the ids that exist, gone ones included": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		page(t, s, k, oneOfEach()...)
		equal(t, "no ids", len(items(t, s, k)), 0)
		want := make(map[string]checkpoints.Item)
		for _, i := range oneOfEach() {
			i.Folder = "f"
			want[i.ServerID] = i
		}
		delete(want, "excluded 0")
		equal(t, "items", items(t, s, k, "absent", "archived 0", "soft-deleted 0", "archived 0", "quarantined 0",
			"deleted 0", "ARCHIVED 0", "archived"), want)
	},

	"10,000 ids in one call": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		var ids []string
		for p := range 20 {
			var rows []checkpoints.Item
			for i := range 250 {
				id := fmt.Sprintf("%d:%d", i, p)
				ids = append(ids, id, "absent "+id)
				rows = append(rows, checkpoints.Item{ServerID: id, State: checkpoints.Archived, Size: int64(i)})
			}
			page(t, s, k, rows...)
		}
		got := items(t, s, k, ids...)
		equal(t, "rows", len(got), len(ids)/2)
		for id, i := range got {
			if i.ServerID != id {
				t.Errorf("under %q: %q", id, i.ServerID)
			}
		}
	},

	"ServerIds are bytes": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		want := make(map[string]checkpoints.Item)
		var rows []checkpoints.Item
		for i, id := range oddStrings() {
			row := checkpoints.Item{Folder: "f", ServerID: id, State: checkpoints.Archived, Seq: i}
			rows, want[id] = append(rows, row), row
		}
		page(t, s, k, rows...)
		equal(t, "items", items(t, s, k, oddStrings()...), want)
		sorted := oddStrings()
		slices.Sort(sorted)
		equal(t, "live", serverIDs(live(t, s, k)), sorted)
	},

	"other strings are bytes, hex or not": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		for _, text := range append(oddStrings(), hash("1"), strings.ToUpper(hash("a")), "00", "0", "abc", "0x00", "12345678") {
			row := checkpoints.Item{
				Folder: "f", ServerID: "1", State: checkpoints.Archived,
				ID: text, SHA256: text, Properties: text, Fingerprint: text, Reason: text,
			}
			page(t, s, k, row)
			equal(t, "live", live(t, s, k), []checkpoints.Item{row})
			if text != "" {
				equal(t, "by hash", bySHA256(t, s, alice, text), []checkpoints.Item{row})
			}
		}
	},

	"Counts counts by state": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f", "g")
		k := folderKey(alice, "f")
		want := make(map[checkpoints.State]int)
		var rows []checkpoints.Item
		for n, state := range states {
			for i := range n { // of the first state there is none
				rows = append(rows, checkpoints.Item{ServerID: fmt.Sprint(state, i), State: state})
				want[state]++
			}
		}
		page(t, s, k, rows...)
		page(t, s, folderKey(alice, "g"), rows...)
		counts(t, s, k, want)
		for i := range rows {
			rows[i].State = checkpoints.Archived
		}
		page(t, s, k, rows...)
		counts(t, s, k, map[checkpoints.State]int{checkpoints.Archived: len(rows)})
		counts(t, s, folderKey(alice, "g"), want)
	},

	"BySHA256 finds content in any folder and state": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f", "g")
		var want []checkpoints.Item
		for _, f := range []string{"f", "g"} {
			rows := oneOfEach()
			for i := range rows {
				rows[i].Folder, rows[i].SHA256 = f, hash("same")
			}
			page(t, s, folderKey(alice, f), append(rows, others("same")...)...)
			want = append(want, rows...)
		}
		equal(t, "found", sorted(bySHA256(t, s, alice, hash("same"))), sorted(want))
		equal(t, "an unknown hash", len(bySHA256(t, s, alice, hash("unknown"))), 0)
		equal(t, "the beginning of a hash", len(bySHA256(t, s, alice, hash("same")[:32])), 0)
	},

	"BySHA256 finds at most 16, and none for no hash": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		var rows []checkpoints.Item
		for i := range 40 {
			rows = append(rows, checkpoints.Item{ServerID: fmt.Sprint(i), State: checkpoints.Archived, SHA256: hash("same")})
		}
		page(t, s, k, append(rows, checkpoints.Item{ServerID: "excluded", State: checkpoints.Excluded})...)
		found := make(map[string]bool)
		for _, i := range bySHA256(t, s, alice, hash("same")) {
			equal(t, "hash", i.SHA256, hash("same"))
			found[i.ServerID] = true
		}
		equal(t, "rows", len(found), 16)
		equal(t, "no hash", len(bySHA256(t, s, alice, "")), 0)
	},

	"BySHA256 follows a change of content": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		row := checkpoints.Item{Folder: "f", ServerID: "1", State: checkpoints.Archived}
		for _, content := range []string{"a", "b"} {
			row.SHA256 = hash(content)
			page(t, s, folderKey(alice, "f"), row)
		}
		equal(t, "the old content", len(bySHA256(t, s, alice, hash("a"))), 0)
		equal(t, "the new content", bySHA256(t, s, alice, hash("b")), []checkpoints.Item{row})
	},

	"jobs, mailboxes and folders are apart": func(t *testing.T, s checkpoints.Store) {
		var keys []checkpoints.FolderKey
		for _, job := range []string{"job-1", "job-2"} {
			for _, mailbox := range []string{"alice@example.com", "bob@example.com"} {
				k := checkpoints.Key{Job: job, Mailbox: mailbox}
				setUp(t, s, k, "F", "f")
				keys = append(keys, folderKey(k, "F"), folderKey(k, "f"))
			}
		}
		rowOf := func(n int) checkpoints.Item {
			return checkpoints.Item{
				Folder: keys[n].Folder, ServerID: "1", State: states[n%len(states)], Size: int64(n), SHA256: hash("same"),
			}
		}
		for n, k := range keys {
			for range n {
				ask(t, s, k, folder(t, s, k).Asked+1)
			}
			for range n + 1 {
				page(t, s, k, rowOf(n))
			}
		}
		for n, k := range keys {
			equal(t, "position", folder(t, s, k).Seq, n+1)
			equal(t, "live", live(t, s, k), []checkpoints.Item{rowOf(n)})
			equal(t, "items", items(t, s, k, "1"), map[string]checkpoints.Item{"1": rowOf(n)})
			counts(t, s, k, map[checkpoints.State]int{rowOf(n).State: 1})
			first := n - n%2 // the mailbox has two folders
			equal(t, "by hash", sorted(bySHA256(t, s, k.Key, hash("same"))), []checkpoints.Item{rowOf(first), rowOf(first + 1)})
		}
	},

	"a cancelled context answers nothing": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		page(t, s, k, oneOfEach()...)
		ctx := cancelled(t)
		for name, read := range readers(s) {
			if err := read(ctx, k); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got %v, want context.Canceled", name, err)
			}
		}
	},
}

// oneOfEach returns a row in each state, with a hash of its own.
func oneOfEach() []checkpoints.Item {
	var rows []checkpoints.Item
	for _, state := range states {
		id := fmt.Sprint(state, " 0")
		rows = append(rows, checkpoints.Item{ServerID: id, State: state, SHA256: hash(id)})
	}
	return rows
}

// others returns rows whose hashes begin or end like that of content.
func others(content string) []checkpoints.Item {
	var rows []checkpoints.Item
	h := hash(content)
	for _, n := range []int{8, 16, 32, 62, 63} {
		rows = append(rows,
			checkpoints.Item{ServerID: fmt.Sprint("begins ", n), State: checkpoints.Archived, SHA256: h[:n] + flip(h[n:])},
			checkpoints.Item{ServerID: fmt.Sprint("ends ", n), State: checkpoints.Archived, SHA256: flip(h[:n]) + h[n:]})
	}
	return rows
}

func counts(t *testing.T, s checkpoints.Store, k checkpoints.FolderKey, want map[checkpoints.State]int) {
	t.Helper()
	got, err := s.Counts(t.Context(), k)
	must(t, err)
	equal(t, "counts", got, want)
}

func bySHA256(t *testing.T, s checkpoints.Store, k checkpoints.Key, sha256 string) []checkpoints.Item {
	t.Helper()
	found, err := s.BySHA256(t.Context(), k, sha256)
	must(t, err)
	return found
}

func sorted(found []checkpoints.Item) []checkpoints.Item {
	slices.SortFunc(found, func(a, b checkpoints.Item) int {
		return strings.Compare(a.Folder+" "+a.ServerID, b.Folder+" "+b.ServerID)
	})
	return found
}
