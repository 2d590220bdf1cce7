package export

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

func none(*archive.Item) bool { return false }

// TestDamaged: an item that the archive has damaged is named and left out, and the others are exported. What an earlier export
// has of it stays.
func TestDamaged(t *testing.T) {
	for _, format := range formats {
		l := newLab(t)
		f := l.folder("Inbox", "Email", 2)
		big := strings.Repeat("From 0123456789\n", 100_000) // frames of its own, of which the last is damaged
		l.put(f, mail(1, "one\n"), mail(2, big), mail(3, "three\n"))
		good, _ := l.run("", Options{Format: format})

		segment := filepath.Join(l.path, l.a.SegmentName(sinktest.Mailbox, f.Dir, 1))
		data, err := os.ReadFile(segment)
		if err != nil {
			t.Fatal(err)
		}
		frames := bytes.Split(data, []byte("\x28\xb5\x2f\xfd"))
		if len(frames) < 5 {
			t.Fatalf("%d frames", len(frames))
		}
		frames[3][len(frames[3])-1] ^= 1
		if err := os.WriteFile(segment, bytes.Join(frames, []byte("\x28\xb5\x2f\xfd")), 0o600); err != nil {
			t.Fatal(err)
		}
		var problems []Problem
		out, sum := l.run("", Options{Format: format, Problem: func(p Problem) { problems = append(problems, p) }})
		_, items, _ := manifest(t, out)
		if sum.Items != 2 || len(items) != 2 || sum.Problems != 1 || sum.Damaged != 1 || len(problems) != 1 || !errors.Is(problems[0].Why, sinks.ErrCorrupt) {
			t.Errorf("%s: %+v, %+v", format, sum, problems)
		}
		if format == Mbox {
			got := readMboxes(t, out, map[string]string{sinktest.Mailbox + "/Inbox.mbox": "Inbox"})
			if want := sorted([]string{sumText("one\n"), sumText("three\n")}); !cmp.Equal(got["Inbox"], want) {
				t.Errorf("%v, want %v", got, want)
			}
		}
		before := treeOf(t, good)
		if _, sum := l.run(good, Options{Format: format}); sum.Problems != 0 || sum.Kept != sum.Files {
			t.Errorf("%s: the export from before the damage: %+v", format, sum)
		}
		if diff := cmp.Diff(before, treeOf(t, good)); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
		if format == Mbox {
			// One that lacked something is not taken for the whole when the archive was repaired.
			frames[3][len(frames[3])-1] ^= 1
			if err := os.WriteFile(segment, bytes.Join(frames, []byte("\x28\xb5\x2f\xfd")), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, sum := l.run(out, Options{Format: format}); sum.Items != 3 || sum.Problems != 0 {
				t.Errorf("repaired: %+v", sum)
			}
		}
	}
}

// TestLostPages: what the pages that are left come to is exported, and each page that is lost is named, also the last one.
func TestLostPages(t *testing.T) {
	for _, lost := range []int{1, 2, 3} {
		l := newLab(t)
		f, other := l.folder("Inbox", "Email", 2), l.folder("Other", "Email", 12)
		var segments []sinks.Segment
		for n := range 3 {
			l.put(f, mail(n, "x"))
			segments = append(segments, l.last[f.Dir].Segment)
		}
		l.put(other, mail(9, "x"))
		run := sinktest.NewRun("run1")
		run.Folders, run.Segments = nil, append(segments, l.last[other.Dir].Segment)
		if err := l.a.Record(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		earlier, _ := l.run("", Options{Format: EML})
		if err := os.Remove(filepath.Join(l.path, segments[lost-1].Name)); err != nil {
			t.Fatal(err)
		}
		var problems []Problem
		out, sum := l.run("", Options{Format: EML, Problem: func(p Problem) { problems = append(problems, p) }})
		manifest(t, out)
		if sum.Items != 3 || sum.Folders != 2 || sum.Damaged != 1 || len(problems) != 1 || problems[0].Folder != f.Dir || !errors.Is(problems[0].Why, sinks.ErrCorrupt) {
			t.Errorf("page %d: %+v, %+v", lost, sum, problems)
		}
		// What an earlier export has stays, and is named.
		_, sum = l.run(earlier, Options{Format: EML})
		if files, _, _ := manifest(t, earlier); len(files) != 4 || sum.Removed != 0 || sum.Damaged != 1 {
			t.Errorf("page %d, over an earlier export: %+v, %d files", lost, sum, len(files))
		}
	}
}
