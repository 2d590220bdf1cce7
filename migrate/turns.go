package migrate

import (
	"cmp"
	"slices"

	"github.com/airlift-eas/airlift/eas"
)

// choose picks the folders that are watched next: all, or as many as the server bears, of which most are those that had news last, and
// the others take turns.
func (w *watcher) choose() []*spot {
	all := w.watched()
	slices.SortFunc(all, func(a, b *spot) int {
		inbox := func(s *spot) int {
			if eas.FolderType(s.cp.Type) == eas.FolderInbox {
				return 0
			}
			return 1
		}
		return cmp.Or(b.news.Compare(a.news), cmp.Compare(inbox(a), inbox(b)), cmp.Compare(a.cp.Path, b.cp.Path), cmp.Compare(a.cp.ID, b.cp.ID))
	})
	if w.most == 0 || len(all) <= w.most {
		return all
	}
	fixed := w.most * 2 / 3
	rest := all[fixed:]
	chosen := slices.Clone(all[:fixed])
	for range w.most - fixed {
		chosen = append(chosen, rest[w.turn%len(rest)])
		w.turn++
	}
	return chosen
}
