package archive

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

func readLedger(t *testing.T, a *Archive, mailbox string, l sinks.Ledger) (rows []sinks.Row, err error) {
	t.Helper()
	for row, err := range a.LedgerRows(t.Context(), mailbox, l) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// sampleRows are rows of all states.
func sampleRows() (rows []sinks.Row) {
	for i, state := range []sinks.RowState{sinks.RowArchived, sinks.RowExcluded, sinks.RowQuarantined, sinks.RowDeleted, sinks.RowSoftDeleted} {
		rows = append(rows, sinks.Row{
			ServerID: fmt.Sprintf("5:%d", i), ID: fmt.Sprintf("0a1b2c3d-1-%d", i), State: state, SHA256: strings.Repeat("ab", 32), Size: int64(i),
			Properties: "r=1", Fingerprint: "f-1", Seq: 1, Reason: "a private reason <&>",
		})
	}
	return rows
}

func yields(rows []sinks.Row) iter.Seq2[sinks.Row, error] {
	return func(yield func(sinks.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestLedger(t *testing.T) {
	for what, o := range map[string]Options{"plain": {}, "encrypted": toOwner()} {
		t.Run(what, func(t *testing.T) {
			b := newMemory()
			a := createWith(t, b, o)
			want := sampleRows()
			dir := a.Place(sinktest.Inbox.Path, sinktest.Inbox.ID)
			l, err := a.KeepLedger(t.Context(), sinktest.Mailbox, dir, "run1", sinks.Ledger{Seq: 7, Last: "abc", Pass: 2}, yields(want))
			if err != nil {
				t.Fatal(err)
			}
			if l.Seq != 7 || l.Pass != 2 || l.Last != "abc" || l.Rows != len(want) || l.Size != int64(len(b.objects[l.Name])) {
				t.Errorf("%+v", l)
			}
			if _, err := a.KeepLedger(t.Context(), sinktest.Mailbox, dir, "run1", sinks.Ledger{Seq: 8}, yields(want[:1])); !errors.Is(err, sinks.ErrExist) && !errors.Is(err, sinks.ErrFenced) {
				t.Errorf("a second one: %v", err)
			}
			for i := range want {
				if a.Encrypted() {
					want[i].Reason = ""
				}
			}
			for _, reader := range []*Archive{a, createWith(t, b, Options{}), createWith(t, b, Options{Identities: asOwner().Identities})} {
				got, err := readLedger(t, reader, sinktest.Mailbox, l)
				if diff := cmp.Diff(want, got); err != nil || diff != "" {
					t.Errorf("%v (-want +got):\n%s", err, diff)
				}
			}
			if _, err := readLedger(t, a, "bob@example.com", l); !errors.Is(err, sinks.ErrCorrupt) {
				t.Errorf("of another mailbox: %v", err)
			}
			zr, err := zstd.NewReader(bytes.NewReader(b.objects[l.Name]))
			if err != nil {
				t.Fatal(err)
			}
			defer zr.Close()
			var plain bytes.Buffer
			if _, err := zr.WriteTo(&plain); err != nil {
				t.Fatal(err)
			}
			if tells := strings.Contains(plain.String(), "a private reason"); tells == a.Encrypted() {
				t.Errorf("the reason is there: %v", tells)
			}
		})
	}
}

// TestLedgerFails: rows that cannot be had leave no ledger.
func TestLedgerFails(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	bad := errors.New("no row")
	_, err := a.KeepLedger(t.Context(), sinktest.Mailbox, sinktest.Inbox.Dir, "run1", sinks.Ledger{Seq: 1},
		func(yield func(sinks.Row, error) bool) {
			_ = yield(sinks.Row{ServerID: "1"}, nil) && yield(sinks.Row{}, bad)
		})
	if !errors.Is(err, bad) || slices.ContainsFunc(b.names(), func(n string) bool { return strings.Contains(n, ledgersDir) }) {
		t.Errorf("%v, %q", err, b.names())
	}
}

// TestLedgerHostile: what is no ledger is ErrCorrupt, and costs no memory.
func TestLedgerHostile(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	l, err := a.KeepLedger(t.Context(), sinktest.Mailbox, sinktest.Inbox.Dir, "run1", sinks.Ledger{Seq: 1}, yields(sampleRows()))
	if err != nil {
		t.Fatal(err)
	}
	packed := func(text string) []byte {
		w, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		return w.EncodeAll([]byte(text), nil)
	}
	head := fmt.Sprintf(`{"archive":%q,"run":"run1","dir":%q,"seq":1,"last":"","pass":0}`, a.ID(), sinktest.Inbox.Dir) + "\n"
	row := `{"server_id":"1","state":"archived","seq":1}` + "\n"
	for what, data := range map[string][]byte{
		"nothing": {}, "no zstd": []byte("ledger"), "no line": packed(""), "no head": packed(row), "no end": packed(head + row[:9]),
		"a long line": packed(head + `{"server_id":"` + strings.Repeat("a", 64<<20) + "\"}\n"), "too few": packed(head + row),
		"too many": packed(head + strings.Repeat(row, 6)), "no row": packed(head + strings.Repeat("[]\n", 5)),
		"of another page":   packed(strings.Replace(head, `"seq":1`, `"seq":2`, 1) + strings.Repeat(row, 5)),
		"of another folder": packed(strings.Replace(head, sinktest.Inbox.Dir, sinktest.Twin.Dir, 1) + strings.Repeat(row, 5)),
	} {
		forged := newMemory()
		up := create(t, forged)
		up.head.ID = a.ID()
		sum := newDigestWriter(&bytes.Buffer{})
		_, _ = sum.Write(data)
		forged.objects[l.Name] = data
		bad := l
		bad.Size, bad.SHA256 = int64(len(data)), sum.sum()
		if rows, err := readLedger(t, up, sinktest.Mailbox, bad); !errors.Is(err, sinks.ErrCorrupt) {
			t.Errorf("%s: %d rows, %v", what, len(rows), err)
		}
		if rows, err := readLedger(t, up, sinktest.Mailbox, l); !errors.Is(err, sinks.ErrCorrupt) || len(rows) > 0 {
			t.Errorf("%s, and another hash: %d rows, %v", what, len(rows), err)
		}
	}
	delete(b.objects, l.Name)
	if _, err := readLedger(t, a, sinktest.Mailbox, l); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
}

// TestLedgerIsVerified: a ledger that is whole, and says what the pages do not say.
func TestLedgerIsVerified(t *testing.T) {
	for what, o := range map[string]Options{"plain": {}, "encrypted": toOwner()} {
		for change, with := range map[string]func([]sinks.Row) []sinks.Row{
			"nothing":    func(r []sinks.Row) []sinks.Row { return r },
			"a row less": func(r []sinks.Row) []sinks.Row { return r[1:] },
			"a row more": func(r []sinks.Row) []sinks.Row {
				return append(r, sinks.Row{ServerID: "zzz", State: sinks.RowDeleted, Seq: 1})
			},
			"other bytes": func(r []sinks.Row) []sinks.Row { r[2].SHA256 = strings.Repeat("0", 64); return r },
			"deleted":     func(r []sinks.Row) []sinks.Row { r[0].State = sinks.RowDeleted; return r },
		} {
			b := newMemory()
			a := createWith(t, b, o)
			pages, _ := fill(t, a, sinktest.Inbox, madeUp()[:6], 2)
			var rows []sinks.Row
			for row := range rowsOf(pages...) {
				rows = append(rows, row)
			}
			last := pages[len(pages)-1]
			l, err := a.KeepLedger(t.Context(), sinktest.Mailbox, last.Page.Folder.Dir, "run1", sinks.Ledger{Seq: last.Page.Seq, Last: last.Segment.SHA256}, yields(with(rows)))
			if err != nil {
				t.Fatal(err)
			}
			run := sinktest.NewRun("run1", pages...)
			run.Folders = []sinks.FolderState{{Folder: last.Page.Folder, Seq: last.Page.Seq, Ledger: &l}}
			if err := a.Record(t.Context(), run); err != nil {
				t.Fatal(err)
			}
			for _, reader := range []Options{{}, {Identities: asOwner().Identities}} {
				problems, _ := verifyWith(t, b, reader, VerifyOptions{})
				if found := len(problems) == 1 && problems[0].Object == l.Name; found != (change != "nothing") || len(problems) > 1 {
					t.Errorf("%s, %s: %+v", what, change, problems)
				}
			}
		}
	}
}

// TestLedgerIsRemembered: a record names the ledgers of the one before it, until there is a newer one.
func TestLedgerIsRemembered(t *testing.T) {
	a := create(t, newMemory())
	pages, _ := fill(t, a, sinktest.Inbox, madeUp()[:6], 2)
	state := sinks.FolderState{Folder: sinktest.Inbox, Seq: 1, Ledger: keepLedger(t, a, "run1", pages[0])}
	for n, ledger := range []*sinks.Ledger{state.Ledger, nil, nil, keepLedger(t, a, "run4", pages...), nil} {
		run := sinktest.NewRun(fmt.Sprintf("run%d", n+1))
		run.Folders = []sinks.FolderState{{Folder: sinktest.Inbox, Seq: n + 1, Ledger: ledger}, {Folder: sinktest.Twin}}
		if err := a.Record(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		if ledger != nil {
			state.Ledger = ledger
		}
		got, err := a.LastRun(t.Context(), sinktest.Mailbox)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(state.Ledger, got.Folders[0].Ledger); diff != "" || got.Folders[1].Ledger != nil || run.Folders[0].Ledger != ledger {
			t.Errorf("run %d (-want +got):\n%s", n+1, diff)
		}
	}
}
