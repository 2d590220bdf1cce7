package archive

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

func TestExtents(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	var want []Extent
	for i, pages := range []int{3, 1} {
		f := sinks.Folder{ID: []string{"0000000a", "0000000b"}[i], Path: "Box", Class: "Email", ServerID: "5"}
		f.Dir = a.Place(f.Path, f.ID)
		e, prev := Extent{Dir: f.Dir, Segments: pages}, ""
		for seq := 1; seq <= pages; seq++ {
			s := sinktest.Commit(t, a, sinktest.NewPage(f, seq, prev), sinktest.Mail(seq)).Segment
			e.Bytes, e.Last, prev = e.Bytes+s.Size, s.Size, s.SHA256
		}
		want = append(want, e)
	}
	got, err := a.Extents(t.Context(), sinktest.Mailbox)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("extents (-want +got):\n%s%v", diff, err)
	}
	if none, err := a.Extents(t.Context(), "nobody@example.com"); err != nil || len(none) > 0 {
		t.Errorf("of nobody: %v, %v", none, err)
	}
}
