package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// TestRunRecord reads records with nothing but JSON and SHA-256.
func TestRunRecord(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	pages, _ := fill(t, a, sinktest.Inbox, madeUp()[:30], 10)
	estimated := 3
	for i, id := range []string{"20260101T000000Z-aa", "20260102T000000Z-bb", "20260103T000000Z-cc"} {
		run := sinktest.NewRun(id, pages[i])
		run.Reason = "a < b & \u2028"
		run.Folders = []sinks.FolderState{{Folder: sinktest.Inbox, Seq: i + 1, Estimated: &estimated, Live: 3, Stored: 10, Balanced: true}}
		if err := a.Record(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		data := sinktest.Read(t, b, "mailboxes/alice@example.com/runs/"+id+".json")
		var record struct {
			Run    json.RawMessage
			SHA256 string
		}
		if err := json.Unmarshal(data, &record); err != nil {
			t.Fatal(err)
		}
		if record.SHA256 != hexSum(record.Run) {
			t.Errorf("the hash of the run value is %s, the record says %s", hexSum(record.Run), record.SHA256)
		}
		var got struct {
			sinks.Run
			Archive       string
			ArchiveSHA256 string `json:"archive_sha256"`
			Previous      *struct{ Name, SHA256 string }
		}
		if err := json.Unmarshal(record.Run, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(run, got.Run); diff != "" {
			t.Errorf("run (-want +got):\n%s", diff)
		}
		if got.Archive != a.ID() || got.ArchiveSHA256 != hexSum(b.objects["archive.json"]) {
			t.Errorf("of archive %s, %s", got.Archive, got.ArchiveSHA256)
		}
		switch {
		case (got.Previous == nil) != (i == 0):
			t.Errorf("record %d names %v before it", i, got.Previous)
		case got.Previous != nil && got.Previous.SHA256 != hexSum(b.objects["mailboxes/alice@example.com/runs/"+got.Previous.Name]):
			t.Errorf("record %d names %v before it, which has another hash", i, got.Previous)
		}
	}
	var ids []string
	for r, err := range a.Runs(t.Context(), sinktest.Mailbox) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ID)
	}
	if len(ids) != 3 || !slices.IsSorted(ids) {
		t.Errorf("runs %q", ids)
	}
}

func TestRecordRefuses(t *testing.T) {
	a := create(t, newMemory())
	for _, id := range []string{"", "a/b", "..", "x ", "a\x00", strings.Repeat("x", 300)} {
		if err := a.Record(t.Context(), sinktest.NewRun(id)); err == nil {
			t.Errorf("id %q was accepted", id)
		}
	}
	if err := a.Record(t.Context(), sinks.Run{ID: "x"}); err == nil {
		t.Error("a run of no mailbox was accepted")
	}
}

// TestUnrecorded: what a killed run committed is found, and it is so until a record names it.
func TestUnrecorded(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	var pages []sinks.Committed
	for i := range 5 {
		prev := ""
		if i > 0 {
			prev = pages[i-1].Segment.SHA256
		}
		pages = append(pages, sinktest.Commit(t, a, sinktest.NewPage(sinktest.Inbox, i+1, prev), sinktest.Mail(i)))
	}
	twin := sinktest.Commit(t, a, sinktest.NewPage(sinktest.Twin, 1, ""), sinktest.Mail(1))
	want := func(pages ...sinks.Committed) {
		t.Helper()
		segments := []sinks.Segment{}
		for _, c := range pages {
			segments = append(segments, c.Segment)
		}
		got, err := a.Unrecorded(t.Context(), sinktest.Mailbox)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(segments, append([]sinks.Segment{}, got...)); diff != "" {
			t.Errorf("unrecorded (-want +got):\n%s", diff)
		}
	}
	record := func(id string, pages ...sinks.Committed) {
		t.Helper()
		if err := a.Record(t.Context(), sinktest.NewRun(id, pages...)); err != nil {
			t.Fatal(err)
		}
	}
	want(append(slices.Clone(pages), twin)...)
	record("run1", pages[0], pages[1])
	want(pages[2], pages[3], pages[4], twin)
	record("run2") // it failed before it came to the folders
	want(pages[2], pages[3], pages[4], twin)
	record("run3", pages[3], pages[2], twin)
	want(pages[4])
	record("run4", pages[4])
	want()
	if sum, err := a.Verify(t.Context(), VerifyOptions{}); sum.Problems != 0 || err != nil {
		t.Errorf("%+v, %v", sum, err)
	}
}

// TestDamagedRecord: an archive with a damaged run record can be read and written still, and the damage stays known.
func TestDamagedRecord(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	pages, _ := fill(t, a, sinktest.Inbox, madeUp()[:3], 1)
	for i, id := range []string{"run1", "run2"} {
		if err := a.Record(t.Context(), sinktest.NewRun(id, pages[i])); err != nil {
			t.Fatal(err)
		}
	}
	name := layout{}.run(sinktest.Mailbox, "run2")
	b.objects[name] = slices.Clone(b.objects[name])
	b.objects[name][50] ^= 1
	got, err := a.Unrecorded(t.Context(), sinktest.Mailbox)
	if err != nil || len(got) != 2 || got[0] != pages[1].Segment {
		t.Errorf("unrecorded: %v, %v", got, err)
	}
	if folders, err := a.Folders(t.Context(), sinktest.Mailbox); len(folders) != 1 || err != nil {
		t.Errorf("folders: %v, %v", folders, err)
	}
	if err := a.Record(t.Context(), sinktest.NewRun("run3", pages[1:]...)); err != nil {
		t.Errorf("Record: %v", err)
	}
	wantProblem(t, b, name, "the damage")
	if got, err := a.Unrecorded(t.Context(), sinktest.Mailbox); len(got) != 0 || err != nil {
		t.Errorf("unrecorded: %v, %v", got, err)
	}
	last := error(nil)
	for _, err := range a.Runs(t.Context(), sinktest.Mailbox) {
		last = err
	}
	if !errors.Is(last, sinks.ErrCorrupt) {
		t.Errorf("Runs end with %v, want ErrCorrupt", last)
	}
}

func TestMailboxes(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	long := strings.Repeat("a very long name ", 20) + "@example.com"
	longer := long + "x"
	addresses := []string{"Alice@example.com", "alice@example.com", "bob@example.com", "bob@example.comx", long, longer}
	for _, address := range addresses {
		p := sinktest.NewPage(sinktest.Inbox, 1, "")
		p.Mailbox = address
		sinktest.Commit(t, a, p)
	}
	run := sinktest.NewRun("run1")
	run.Mailbox = "no folders@example.com"
	if err := a.Record(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	addresses = append(addresses, run.Mailbox)
	var got []string
	for address, err := range a.Mailboxes(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, address)
	}
	slices.Sort(got)
	slices.Sort(addresses)
	if diff := cmp.Diff(addresses, got); diff != "" {
		t.Errorf("mailboxes (-want +got):\n%s", diff)
	}
	b.objects["mailboxes/%zz/runs/x.json"] = nil
	last := error(nil)
	for _, err := range a.Mailboxes(t.Context()) {
		last = err
	}
	if !errors.Is(last, sinks.ErrCorrupt) {
		t.Errorf("a directory that no mailbox has: %v, want ErrCorrupt", last)
	}
	if _, err := a.Folders(t.Context(), "nobody@example.com"); err != nil {
		t.Errorf("folders of a mailbox that is not there: %v", err)
	}
}
