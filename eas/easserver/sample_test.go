package easserver

import (
	"testing"

	"github.com/airlift-eas/airlift/eas"
)

func TestSample(t *testing.T) {
	store := NewStore()
	u := store.AddUser("alice")
	if err := u.Sample(); err != nil {
		t.Fatal(err)
	}
	counts, total := map[eas.Class]int{}, 0
	for _, f := range u.Folders() {
		counts[f.class()] += f.Len()
		total += f.Len()
	}
	if total != 300 || len(counts) != 5 {
		t.Errorf("%d items, by class %v", total, counts)
	}
	for class, n := range counts {
		if n == 0 {
			t.Errorf("no items of class %s", class)
		}
	}
	if err := u.Sample(); err == nil {
		t.Error("a mailbox with items was filled again")
	}
	again := NewStore().AddUser("alice")
	if err := again.Sample(); err != nil {
		t.Fatal(err)
	}
	for _, f := range u.Folders() {
		g := again.Folder(f.Path())
		for id, it := range f.Items() {
			for other, same := range g.Items() {
				if id == other && it.Message != nil && string(it.Message.Bytes) != string(same.Message.Bytes) {
					t.Fatalf("%s %s is not the same twice", f.Path(), id)
				}
			}
		}
	}
}
