package migrate

import "sync"

// moveLog pairs what left one folder of a mailbox with what came to another in the same run: the protocol knows no
// move, it shows a deletion here and an addition there. Items are paired by the hash of their bytes; whichever side is
// seen second gets the link.
type moveLog struct {
	mu      sync.Mutex
	added   map[string][]movedItem
	deleted map[string][]movedItem
}

// maxMoves bounds what a run remembers to pair moves by; beyond it moves are stored as what they are to the protocol.
const maxMoves = 50_000

type movedItem struct{ folder, id string }

// left returns the id of an item with these bytes that left another folder, if one did, and forgets it.
func (l *moveLog) left(sha, folder string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	from, _ := take(l.deleted, sha, folder)
	return from
}

// came notes an item that came to a folder. If one with these bytes left another folder since [moveLog.left] was asked, it
// returns that one's id instead.
func (l *moveLog) came(sha, folder, id string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if from, ok := take(l.deleted, sha, folder); ok {
		return from
	}
	note(&l.added, sha, folder, id)
	return ""
}

// remove notes a deletion and returns the id of the item that came to another folder, if one did.
func (l *moveLog) remove(sha, folder, id string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if to, ok := take(l.added, sha, folder); ok {
		return to
	}
	note(&l.deleted, sha, folder, id)
	return ""
}

func take(m map[string][]movedItem, sha, folder string) (string, bool) {
	for i, it := range m[sha] {
		if it.folder != folder {
			m[sha] = append(m[sha][:i:i], m[sha][i+1:]...)
			return it.id, true
		}
	}
	return "", false
}

func note(m *map[string][]movedItem, sha, folder, id string) {
	if *m == nil {
		*m = map[string][]movedItem{}
	}
	if len(*m) >= maxMoves {
		return
	}
	(*m)[sha] = append((*m)[sha], movedItem{folder, id})
}
