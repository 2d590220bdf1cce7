package migrate

import "hash/maphash"

// maxSeen bounds the memory of a seen set: 200,000 entries take about 8 MiB.
const maxSeen = 200_000

// seen remembers which ids a folder has in its ledger when the ledger was empty at the start of the run, so that the
// first pass through a large folder need not ask the ledger about every item. It may say yes to an id that it does not
// have, never no to one that it has.
type seen struct {
	seed   maphash.Seed
	ids    map[uint64]struct{}
	misses bool // it does not remember all of them
}

func newSeen() *seen { return &seen{seed: maphash.MakeSeed(), ids: map[uint64]struct{}{}} }

func (s *seen) add(id string) {
	if len(s.ids) >= maxSeen {
		s.misses = true
		return
	}
	s.ids[maphash.String(s.seed, id)] = struct{}{}
}

func (s *seen) mayHave(id string) bool {
	if s.misses {
		return true
	}
	_, ok := s.ids[maphash.String(s.seed, id)]
	return ok
}
