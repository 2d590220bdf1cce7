package archive

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// TestSurvivingSealed: a host without an identity finds what is left of a folder.
func TestSurvivingSealed(t *testing.T) {
	b := newMemory()
	pages, _ := fill(t, createWith(t, b, toOwner()), sinktest.Inbox, madeUp()[:5], 1)
	delete(b.objects, pages[1].Segment.Name)
	b.objects[pages[3].Segment.Name] = []byte("age-encryption.org/v1\n")
	for _, o := range []Options{{}, asOwner()} {
		var seqs []int
		for c, err := range createWith(t, b, o).Surviving(t.Context(), sinktest.Mailbox, pages[0].Page.Folder.Dir) {
			seq := c.Page.Seq
			if err != nil {
				seq = -seq
			}
			if err != nil && !errors.Is(err, sinks.ErrCorrupt) || c.Segment.Name != pages[c.Page.Seq-1].Segment.Name {
				t.Errorf("%s, %v", c.Segment.Name, err)
			}
			seqs = append(seqs, seq)
		}
		if diff := cmp.Diff([]int{1, -2, 3, -4, 5}, seqs); diff != "" {
			t.Errorf("with %d identities (-want +got):\n%s", len(o.Identities), diff)
		}
	}
}
