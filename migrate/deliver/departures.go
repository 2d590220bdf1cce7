package deliver

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// A departure is a receipt of an item that is not where it was put for any longer: its item left its folder in the source, or its folder
// has another place now.
type departure struct {
	row       checkpoints.Receipt
	item      string // the item that was put
	class     string
	spot      spot
	path      string // of the source's folder
	left      bool   // the item left its folder in the source
	successor string // the item that it became; "" = none that was seen
	guessed   bool   // it is known by its bytes alone
}

// departures are those of a run, and how items followed each other.
type departures struct {
	mu      sync.Mutex
	rows    map[string]*departure // by row.Item
	strays  map[string][]string   // row.Items by the item that is still in its folder, but not in the folder's place
	back    map[string]string     // what an item was before
	forward map[string]string     // what an item became
	left    map[string]bool
	same    map[string][]string            // row.Items of what left without a trace, by class and SHA256
	claimed map[spot][]string              // the target's names of what is not in its folder's place
	leaving map[spot]map[string]*departure // what left without a trace, by the target's names
}

// strayPrefix begins the Item of a receipt whose folder has another place now: the item's own follows, and where it is.
const strayPrefix = "was "

// toPrefix begins the Reason of a receipt whose item left without a trace: the item follows that it is known to have become.
const toPrefix = "to "

func strayName(row checkpoints.Receipt) string { return strayPrefix + row.Item + " " + row.Target }

// itemOf is the item of a receipt.
func itemOf(row string) string {
	rest, ok := strings.CutPrefix(row, strayPrefix)
	if !ok {
		return row
	}
	item, _, _ := strings.Cut(rest, " ")
	return item
}

// depart reads what left in the source since it was put, and what has to follow its folder to another place.
func (d *delivery) depart(ctx context.Context) (*departures, error) {
	ds := &departures{
		rows: map[string]*departure{}, strays: map[string][]string{}, back: map[string]string{}, forward: map[string]string{},
		left: map[string]bool{}, same: map[string][]string{}, claimed: map[spot][]string{}, leaving: map[spot]map[string]*departure{},
	}
	for i := range d.folders {
		f := &d.folders[i]
		for l, err := range d.Source.Left(ctx, *f) {
			if err != nil {
				return nil, at(f.Path, sideSource, err)
			}
			ds.left[l.ID] = true
			if l.MovedTo != "" {
				ds.back[l.MovedTo], ds.forward[l.ID] = l.ID, l.MovedTo
			}
			if l.MovedFrom != "" {
				ds.back[l.ID], ds.forward[l.MovedFrom] = l.MovedFrom, l.ID
			}
		}
	}
	for _, p := range d.sortedPlaces() {
		if standsAlone(p) || d.targetOf(p.Class) < 0 || p.Next != "" { // it is not known yet where that one is
			continue
		}
		if err := d.departFrom(ctx, ds, p); err != nil {
			return nil, err
		}
	}
	for item, dep := range ds.rows {
		if !dep.left || dep.row.State != checkpoints.Placed || ds.forward[dep.item] != "" {
			continue
		}
		if ds.leaving[dep.spot] == nil {
			ds.leaving[dep.spot] = map[string]*departure{}
		}
		ds.leaving[dep.spot][dep.row.ID] = dep
		if dep.row.SHA256 != "" {
			key := dep.class + dep.row.SHA256
			ds.same[key] = append(ds.same[key], item)
		}
	}
	for _, items := range ds.same {
		slices.Sort(items)
	}
	return ds, nil
}

func (d *delivery) departFrom(ctx context.Context, ds *departures, p checkpoints.Place) error {
	var strays, others []checkpoints.Receipt
	for row, err := range d.Receipts.Receipts(ctx, checkpoints.FolderKey{Key: d.key, Folder: p.Folder}) {
		if row.Target != p.Target && holds(row) {
			s := spot{d.targetOf(p.Class), row.Target}
			ds.claimed[s] = append(ds.claimed[s], row.ID)
		}
		switch {
		case err != nil:
			return at(p.Path, sideReceipts, err)
		case row.State == checkpoints.Removed:
		case strings.HasPrefix(row.Item, strayPrefix), ds.left[row.Item]:
			ds.add(d, p, row)
		case row.Target == p.Target || p.Target == "":
		case row.State == checkpoints.Placed:
			strays = append(strays, row)
		case row.State == checkpoints.Found:
			others = append(others, row)
		}
	}
	for chunk := range slices.Chunk(others, rowsAtOnce) { // what is there is not the migration's to move
		if err := d.drop(ctx, itemsOf(chunk)...); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(strays, rowsAtOnce) {
		items := itemsOf(chunk)
		for i := range chunk {
			chunk[i].Item = strayName(chunk[i])
			ds.add(d, p, chunk[i])
		}
		if err := d.save(ctx, chunk...); err != nil {
			return err
		}
		if err := d.drop(ctx, items...); err != nil {
			return err
		}
	}
	return nil
}

func itemsOf(rows []checkpoints.Receipt) []string {
	items := make([]string, len(rows))
	for i := range rows {
		items[i] = rows[i].Item
	}
	return items
}

func (ds *departures) add(d *delivery, p checkpoints.Place, row checkpoints.Receipt) {
	item := itemOf(row.Item)
	dep := &departure{row: row, item: item, class: p.Class, spot: spot{d.targetOf(p.Class), row.Target}, path: p.Path, left: ds.left[item]}
	ds.rows[row.Item] = dep
	if to, ok := strings.CutPrefix(row.Reason, toPrefix); ok {
		ds.back[to], ds.forward[item] = item, to
	}
	if item != row.Item {
		ds.strays[item] = append(ds.strays[item], row.Item)
	}
}

// maxHops bounds how often an item is followed back.
const maxHops = 100

// predecessor returns what an item was put as before, and notes that the item is what it became; nil: nothing is known of it. Only an item that
// has no receipt of its own is known by its contents alone.
func (ds *departures) predecessor(item *Item, class string, fresh bool) *departure {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	id, from := item.ID, item.MovedFrom
	for range maxHops {
		for _, name := range ds.strays[id] {
			if dep := ds.rows[name]; dep.free(item.ID, class) {
				return dep
			}
		}
		if from == "" {
			from = ds.back[id]
		}
		if from == "" {
			break
		}
		if dep := ds.rows[from]; dep.free(item.ID, class) {
			dep.guessed = dep.row.Reason == toPrefix+item.ID
			return dep
		}
		id, from = from, ""
	}
	if !fresh || item.SHA256 == "" {
		return nil
	}
	for _, name := range ds.same[class+item.SHA256] {
		if dep := ds.rows[name]; dep.free(item.ID, class) {
			dep.guessed = true
			return dep
		}
	}
	return nil
}

// free takes a departure for an item, unless another one has it.
func (dep *departure) free(item, class string) bool {
	if dep == nil || dep.class != class || dep.successor != "" && dep.successor != item {
		return false
	}
	dep.successor = item
	return true
}

// named returns for an item what left a folder of the target's without a trace and has one of these names there; nil: nothing has.
func (ds *departures) named(item *Item, class string, s spot, names []sinks.Held) *departure {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	for _, h := range names {
		if dep := ds.leaving[s][h.ID]; dep.free(item.ID, class) {
			return dep
		}
	}
	return nil
}

// release gives up a departure that was guessed: the item is a new one. Nobody gets it again in this run.
func (ds *departures) release(dep *departure) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	dep.successor, dep.guessed, dep.row.Reason = "", false, ""
	delete(ds.forward, dep.item)
	key := dep.class + dep.row.SHA256
	ds.same[key] = slices.DeleteFunc(ds.same[key], func(item string) bool { return item == dep.row.Item })
}

// done forgets a departure whose receipt is dropped.
func (ds *departures) done(dep *departure) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	delete(ds.rows, dep.row.Item)
}

// elsewhere tells of an item that left whether it is still somewhere else in the source, as far as that is known.
func (ds *departures) elsewhere(item string) bool {
	for range maxHops {
		next := ds.forward[item]
		if next == "" {
			return false
		}
		if !ds.left[next] {
			return true
		}
		item = next
	}
	return true
}

// claims returns the target's names of all items of a folder that have receipts.
func (d *delivery) claims(ctx context.Context, s spot) (map[string]bool, error) {
	claimed := map[string]bool{}
	for _, p := range d.sortedPlaces() {
		if standsAlone(p) || d.targetOf(p.Class) != s.target {
			continue
		}
		for row, err := range d.Receipts.Receipts(ctx, checkpoints.FolderKey{Key: d.key, Folder: p.Folder}) {
			switch {
			case err != nil:
				return nil, at(p.Path, sideReceipts, err)
			case row.Target == s.id && holds(row):
				claimed[row.ID] = true
			}
		}
	}
	return claimed, nil
}

// holds tells whether the target has an item for a receipt.
func holds(row checkpoints.Receipt) bool {
	return row.ID != "" && (row.State == checkpoints.Placed || row.State == checkpoints.Found || row.State == checkpoints.Sending)
}
