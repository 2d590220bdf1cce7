package archive

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// sampleMail is one large message among small ones.
func sampleMail() [][]byte {
	var list [][]byte
	for _, m := range madeUp() {
		if len(list) < 40 && len(m) < 8<<10 || len(m) == largeItem {
			list = append(list, m)
		}
	}
	return list
}

// sample is an archive of two mailboxes with everything in it: several folders and runs, large items, items of several
// files, and a segment that no run names yet.
func sample(t *testing.T) *memory {
	t.Helper()
	b := newMemory()
	fillSample(t, create(t, b))
	return b
}

func fillSample(t *testing.T, a *Archive) {
	t.Helper()
	inbox, _ := fill(t, a, sinktest.Inbox, sampleMail(), 15)
	place := func(f sinks.Folder) sinks.Folder {
		if a.Encrypted() {
			f.Dir = a.Place(f.Path, f.ID)
		}
		return f
	}
	twin := sinktest.Commit(t, a, sinktest.NewPage(place(sinktest.Twin), 1, ""),
		sinktest.Put{Event: sinks.Event{Op: sinks.OpAdd, ServerID: "1"}, Contents: []sinks.Content{sinktest.Text(".ics", "BEGIN:VTODO"), sinktest.Text(".eas.xml", "<x/>")}},
		sinktest.Put{Event: sinks.Event{Op: sinks.OpQuarantine, ServerID: "2"}, Contents: []sinks.Content{sinktest.Text(".bin", "raw")}},
		sinktest.Put{Event: sinks.Event{Op: sinks.OpDelete, ID: "x"}},
	)
	record := func(mailbox, id string, pages ...sinks.Committed) {
		run := sinktest.NewRun(id, pages...)
		run.Mailbox = mailbox
		if id == "run3" {
			last := pages[len(pages)-1].Page
			run.Folders = append(run.Folders, sinks.FolderState{Folder: last.Folder, Seq: last.Seq, Ledger: keepLedger(t, a, id, inbox...)})
		}
		if err := a.Record(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	record(sinktest.Mailbox, "run1", inbox[0])
	record(sinktest.Mailbox, "run2", inbox[1], twin)
	record(sinktest.Mailbox, "run3", inbox[2])
	other := sinktest.NewPage(place(sinktest.Inbox), 1, "")
	other.Mailbox = "Bob@example.com"
	record(other.Mailbox, "run1", sinktest.Commit(t, a, other, sinktest.Mail(1)))
	if len(inbox) != 3 {
		t.Fatalf("%d pages", len(inbox))
	}
}

// keepLedger keeps the ledger of a folder with these pages.
func keepLedger(t *testing.T, a *Archive, run string, pages ...sinks.Committed) *sinks.Ledger {
	t.Helper()
	last := pages[len(pages)-1]
	l := sinks.Ledger{Seq: last.Page.Seq, Last: last.Segment.SHA256, Pass: 1}
	l, err := a.KeepLedger(t.Context(), last.Page.Mailbox, last.Page.Folder.Dir, run, l, rowsOf(pages...))
	if err != nil {
		t.Fatal(err)
	}
	return &l
}

// rowsOf yields the rows that pages come to.
func rowsOf(pages ...sinks.Committed) iter.Seq2[sinks.Row, error] {
	rows := make(map[string]sinks.Row)
	for _, p := range pages {
		_ = sinks.Replay(p, rows, nil)
	}
	return func(yield func(sinks.Row, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(rows)) {
			if !yield(rows[id], nil) {
				return
			}
		}
	}
}

// verify returns the problems of an archive; that it cannot be opened is one.
func verify(t *testing.T, b sinks.Bucket, o VerifyOptions) ([]Problem, Summary) {
	t.Helper()
	return verifyWith(t, b, Options{}, o)
}

func verifyWith(t *testing.T, b sinks.Bucket, with Options, o VerifyOptions) ([]Problem, Summary) {
	t.Helper()
	a, err := OpenWith(t.Context(), b, with)
	if err != nil {
		return []Problem{{Object: headName, Why: err.Error()}}, Summary{}
	}
	var problems []Problem
	o.Problem = func(p Problem) { problems = append(problems, p) }
	sum, err := a.Verify(t.Context(), o)
	if err != nil {
		t.Errorf("Verify: %v", err)
	}
	if sum.Problems != len(problems) {
		t.Errorf("%d problems were told, %d counted", len(problems), sum.Problems)
	}
	return problems, sum
}

// wantProblem: at least one problem, and one of the object's own.
func wantProblem(t *testing.T, b sinks.Bucket, object, what string) {
	t.Helper()
	problems, _ := verify(t, b, VerifyOptions{})
	if !slices.ContainsFunc(problems, func(p Problem) bool { return p.Object == object }) {
		t.Errorf("%s of %s: found %+v", what, object, problems)
	}
}

func TestVerifyGood(t *testing.T) {
	b := sample(t)
	problems, sum := verify(t, b, VerifyOptions{})
	if len(problems) != 0 {
		t.Errorf("problems: %+v", problems)
	}
	bytes := int64(len("BEGIN:VTODO") + len("<x/>") + len("raw") + 28)
	for _, m := range sampleMail() {
		bytes += int64(len(m))
	}
	if want := (Summary{Segments: 5, Items: 44, Bytes: bytes}); sum != want {
		t.Errorf("%+v, want %+v", sum, want)
	}
	if _, sum := verify(t, b, VerifyOptions{Mailbox: "Bob@example.com"}); sum.Segments != 1 || sum.Items != 1 {
		t.Errorf("of one mailbox: %+v", sum)
	}
	if _, sum := verify(t, b, VerifyOptions{Folder: func(dir string) bool { return dir == sinktest.Twin.Dir }}); sum.Segments != 1 || sum.Items != 2 {
		t.Errorf("of one folder: %+v", sum)
	}
	var last Summary
	if _, sum := verify(t, b, VerifyOptions{Done: func(s Summary) { last = s }}); last != sum {
		t.Errorf("the last progress is %+v, the sum %+v", last, sum)
	}
}

// TestVerifyFlips flips one random bit in each of 100 bytes of every object, and the first and last bytes.
func TestVerifyFlips(t *testing.T) {
	b := sample(t)
	r := rand.New(rand.NewPCG(7, 7))
	for _, name := range b.names() {
		t.Run(path.Base(path.Dir(name))+"/"+path.Base(name), func(t *testing.T) {
			size := len(b.objects[name])
			at := []int{0, 1, size - 2, size - 1}
			for range 40 {
				at = append(at, r.IntN(size))
			}
			for _, i := range at {
				damaged := b.copy()
				damaged.objects[name] = bytes.Clone(b.objects[name])
				damaged.objects[name][i] ^= 1 << r.IntN(8)
				wantProblem(t, damaged, name, fmt.Sprintf("flip of byte %d", i))
			}
		})
	}
}

// TestVerifyAnyByte replaces bytes by any others, and cuts and lengthens.
func TestVerifyAnyByte(t *testing.T) {
	b := sample(t)
	r := rand.New(rand.NewPCG(8, 8))
	for _, name := range b.names() {
		data := b.objects[name]
		for i := range 20 {
			at := r.IntN(len(data))
			changed := bytes.Clone(data)
			changed[at] += byte(1 + r.IntN(255))
			for what, bad := range map[string][]byte{
				"another byte": changed, "a cut": data[:at], "more bytes": append(bytes.Clone(data), changed[at]), "a missing byte": slices.Delete(bytes.Clone(data), at, at+1),
			} {
				if i > 3 && what != "another byte" {
					continue
				}
				damaged := b.copy()
				damaged.objects[name] = bad
				wantProblem(t, damaged, name, fmt.Sprintf("%s at %d", what, at))
			}
		}
	}
}

func TestVerifyMissing(t *testing.T) {
	b := sample(t)
	for _, name := range b.names() {
		damaged := b.copy()
		delete(damaged.objects, name)
		switch newest := path.Ext(name) == runExt && !strings.Contains(name, "run2") && !strings.Contains(name, "alice@example.com/runs/run1"); {
		case name == headName:
			if _, err := Open(t.Context(), damaged); err == nil {
				t.Error("an archive without archive.json was opened")
			}
		case newest:
			// Nothing names it yet; what it named is unrecorded again.
			if problems, _ := verify(t, damaged, VerifyOptions{}); len(problems) != 0 {
				t.Errorf("without %s: %+v", name, problems)
			}
		default:
			wantProblem(t, damaged, name, "the loss")
		}
	}
}

// TestVerifySwapped puts every segment in the place of every other, and every run record likewise.
func TestVerifySwapped(t *testing.T) {
	b := sample(t)
	for _, one := range b.names() {
		for _, two := range b.names() {
			if one == two || one == headName || two == headName || path.Ext(one) != path.Ext(two) {
				continue
			}
			damaged := b.copy()
			damaged.objects[one], damaged.objects[two] = b.objects[two], b.objects[one]
			wantProblem(t, damaged, one, "the swap with "+two)
			wantProblem(t, damaged, two, "the swap with "+one)
			replaced := b.copy()
			replaced.objects[one] = b.objects[two]
			wantProblem(t, replaced, one, "the replacement by "+two)
		}
	}
}

// TestVerifyForged replaces each segment by another one that is whole in itself, with the same place and time.
func TestVerifyForged(t *testing.T) {
	b := sample(t)
	a := create(t, b)
	for _, name := range b.names() {
		if !strings.HasSuffix(name, segmentExt) {
			continue
		}
		r, err := a.OpenSegment(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := r.Manifest()
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		forged := b.copy()
		delete(forged.objects, name)
		w := begin(t, create(t, forged), c.Page)
		putBytes(t, w, sinks.Event{Op: sinks.OpAdd, ServerID: "1"}, ".eml", []byte("what was never there"))
		if _, err := w.Commit(t.Context(), c.KeyAfter); err != nil {
			t.Fatal(err)
		}
		wantProblem(t, forged, name, "the forgery")
	}
}

func TestVerifyStray(t *testing.T) {
	b := sample(t)
	for _, name := range []string{
		"notes.txt", "mailboxes/x", "mailboxes/alice@example.com/x", "mailboxes/alice@example.com/folders/x", "mailboxes/alice@example.com/runs/x.txt",
		"mailboxes/alice@example.com/folders/inbox-0a1b2c3d/00000001.tar.zst.bak", "mailboxes/alice@example.com/folders/inbox-0a1b2c3d/1.tar.zst",
		"mailboxes/alice@example.com/folders/inbox-0a1b2c3d/00000000.tar.zst", "mailboxes/alice@example.com/runs/run9.json",
		"mailboxes/alice@example.com/folders/other-0a1b2c3e/00000001.tar.zst",
	} {
		stray := b.copy()
		stray.objects[name] = []byte("x")
		wantProblem(t, stray, name, "the presence")
	}
	another := b.copy()
	for name, data := range sample(t).objects {
		if strings.Contains(name, "Bob") || strings.Contains(name, "%42ob") {
			another.objects[name] = data // a mailbox of another archive: its run record names another archive.json
		}
	}
	wantProblem(t, another, headName, "a mailbox of another archive")
}

// TestVerifyUnrecorded: a segment that nothing names yet has only its own checksums. Every flip that changes what can
// be read is found all the same.
func TestVerifyUnrecorded(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	pages, items := fill(t, a, sinktest.Inbox, madeUp()[:5], 5)
	name := pages[0].Segment.Name
	r := rand.New(rand.NewPCG(9, 9))
	harmless := 0
	for range 300 {
		damaged := b.copy()
		damaged.objects[name] = bytes.Clone(b.objects[name])
		damaged.objects[name][r.IntN(len(damaged.objects[name]))] ^= 1 << r.IntN(8)
		if problems, _ := verify(t, damaged, VerifyOptions{}); len(problems) > 0 {
			continue
		}
		harmless++
		for _, item := range items {
			if got, err := readEntry(t.Context(), create(t, damaged), name, item.entry); err != nil || !bytes.Equal(got, item.data) {
				t.Errorf("Verify found nothing, but %s reads otherwise, %v", item.entry.Name, err)
			}
		}
	}
	if harmless > 10 {
		t.Errorf("%d of 300 flips were not found", harmless)
	}
}
