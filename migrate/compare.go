package migrate

import (
	"context"
	"hash/maphash"
	"iter"
	"slices"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
)

// comparison is a folder's enumeration held against what is known of its items.
type comparison struct {
	estimate int  // what the server counted before it listed; -1 = it did not say
	listed   int  // items that it listed
	stable   bool // the two devices know the items by the same ids

	elsewhere map[eas.ServerID]bool // listed, and known by another id

	missing []listed           // on the server, and not known
	altered []listed           // known by their ids, and listed otherwise than they are known
	others  int                // of those of altered that were looked at, messages that are others than the known ones
	lacking int                // of missing those that could not be had, where items cannot be fetched
	unseen  []checkpoints.Item // known as living, and not listed
}

// rows are the ledger rows that an enumeration is held against. They are gone through twice.
type rows func() iter.Seq2[checkpoints.Item, error]

// compare enumerates a folder and matches what it shows: by ServerId and fingerprint, then, for devices that know the items
// by other ids, by fingerprint alone, as multisets. Of each row it remembers two hashes and a mark.
func (a *auditor) compare(ctx context.Context, f *folderRun, known rows) (*comparison, error) {
	m := newMatcher()
	for row, err := range known() {
		if err != nil {
			return nil, err
		}
		m.know(row)
	}
	if err := a.list(ctx, f, m); err != nil {
		return nil, err
	}
	c := &comparison{estimate: m.estimate, listed: m.listed, stable: m.same > 0, elsewhere: map[eas.ServerID]bool{}}
	var left []checkpoints.Item
	for row, err := range known() {
		if err != nil {
			return nil, err
		}
		if k := m.rows[m.hash(row.ServerID)]; k != nil && !k.matched {
			left = append(left, row)
		}
	}
	c.settle(m.others, left)
	return c, nil
}

// settle matches what did not match by id and fingerprint.
func (c *comparison) settle(others map[eas.ServerID]listed, left []checkpoints.Item) {
	byKey := map[string][]int{}
	taken := make([]bool, len(left))
	byID := map[string]int{}
	for i, row := range left {
		if key, _ := item.SplitFingerprint(row.Fingerprint); key != "" {
			byKey[key] = append(byKey[key], i)
		}
		byID[row.ServerID] = i
	}
	for _, l := range others {
		if i, ok := byID[string(l.id)]; ok && c.stable && !taken[i] {
			// It is the same item, edited since, or one of which the server tells another date each time; or it is another's id now.
			taken[i] = true
			c.altered = append(c.altered, l)
			continue
		}
		if same := byKey[l.key]; !c.stable && len(same) > 0 {
			byKey[l.key], taken[same[0]] = same[1:], true
			c.elsewhere[l.id] = true
			continue
		}
		c.missing = append(c.missing, l)
	}
	for i, row := range left {
		if !taken[i] {
			c.unseen = append(c.unseen, row)
		}
	}
	for _, all := range [][]listed{c.missing, c.altered} {
		slices.SortFunc(all, func(a, b listed) int { return compareIDs(string(a.id), string(b.id)) })
	}
}

// matcher matches a listing against rows while it comes, and keeps of each row two hashes and a mark.
type matcher struct {
	seed   maphash.Seed
	rows   map[uint64]*mark
	others map[eas.ServerID]listed // listed, and no row has its id and fingerprint

	estimate int
	listed   int
	same     int // matched by id and fingerprint
}

type mark struct {
	key     uint64 // hash of the fingerprint; 0 = any, for a row that has none
	matched bool
}

func newMatcher() *matcher {
	return &matcher{seed: maphash.MakeSeed(), rows: map[uint64]*mark{}, others: map[eas.ServerID]listed{}}
}

func (m *matcher) hash(s string) uint64 { return maphash.String(m.seed, s) }

func (m *matcher) know(row checkpoints.Item) {
	k := &mark{}
	if key, _ := item.SplitFingerprint(row.Fingerprint); key != "" {
		k.key = m.hash(key)
	}
	m.rows[m.hash(row.ServerID)] = k
}

// begin forgets a listing that broke off; the server counts this many items before it lists them.
func (m *matcher) begin(estimate int) {
	m.estimate = estimate
	for _, k := range m.rows {
		k.matched = false
	}
	clear(m.others)
	m.listed, m.same = 0, 0
}

// add matches an item. A page that overlaps another shows it again.
func (m *matcher) add(l listed) {
	k := m.rows[m.hash(string(l.id))]
	if k != nil && (k.key == 0 || k.key == m.hash(l.key)) {
		if !k.matched {
			k.matched = true
			m.listed++
			if k.key != 0 {
				m.same++
			}
		}
		return
	}
	if _, again := m.others[l.id]; !again {
		m.listed++
	}
	m.others[l.id] = l
}

func (m *matcher) gone(id eas.ServerID) {
	if k := m.rows[m.hash(string(id))]; k != nil && k.matched {
		k.matched = false
		m.listed--
	}
	if _, ok := m.others[id]; ok {
		delete(m.others, id)
		m.listed--
	}
}

// compareIDs puts shorter ids first: most are numbers.
func compareIDs(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return slices.Compare([]byte(a), []byte(b))
}
