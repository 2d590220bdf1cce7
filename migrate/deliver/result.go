package deliver

import (
	"cmp"
	"slices"
)

// maxListed bounds each list of a result. The observer is told everything.
const maxListed = 1000

// Result is what a run did and left, folder by folder in the order of their paths.
type Result struct {
	Folders []FolderResult
	// Excess counts what is not in the lists since they are full.
	Excess int
}

// FolderResult is what a run did in a folder and left there. Counted is the sum of Put, Kept, Found, Taken, Changed, Conflicts, Refused
// and Lost, when there is no Problem; Updated and Moved are of the Kept.
type FolderResult struct {
	ID, Path  string // of the source's folder
	Class     string
	Target    string // path at the target; "" = it has none
	Made      bool   // the target's folder was made for the migration
	Unfitting bool   // no target takes the class

	Counted   int // live items of the source, as far as they are wanted
	Put       int // by this run
	Kept      int // were put before, and are as the source has them now
	Updated   int // were brought up to date by this run
	Moved     int // were moved by this run
	Found     int // the target had them before
	Taken     int // were put, and removed or moved at the target since
	Changed   int // were put, and changed at the target since
	Conflicts int // were changed on both sides, and are left
	Refused   int // the target does not have them, or not their newest version
	TooLarge  int // of the Refused those that are larger than what it takes
	Lost      int // it is not known whether the target has them
	Removed   int // were put, left the source, and were removed by this run
	Altered   int // of those put or updated by this run: the target holds them otherwise than it was told
	Bytes     int64

	Problem string // why the folder was not finished
	Listed  []Listed
}

// Listed is an item that needs to be looked at.
type Listed struct {
	Item   string // its id in the archive
	Kind   Kind
	Reason string
}

// Total adds up the folders.
func (r *Result) Total() (t FolderResult) {
	for i := range r.Folders {
		f := &r.Folders[i]
		t.Counted += f.Counted
		t.Put += f.Put
		t.Kept += f.Kept
		t.Updated += f.Updated
		t.Moved += f.Moved
		t.Found += f.Found
		t.Taken += f.Taken
		t.Changed += f.Changed
		t.Conflicts += f.Conflicts
		t.Refused += f.Refused
		t.TooLarge += f.TooLarge
		t.Lost += f.Lost
		t.Removed += f.Removed
		t.Altered += f.Altered
		t.Bytes += f.Bytes
	}
	return t
}

// Written counts what a run wrote to the target.
func (f *FolderResult) Written() int { return f.Put + f.Updated + f.Moved + f.Removed }

// count notes the state in which an item is.
func (f *FolderResult) count(k Kind, n int) {
	switch k {
	case KindPut:
		f.Put += n
	case KindFound:
		f.Found += n
	case KindTaken:
		f.Taken += n
	case KindLeft:
		f.Changed += n
	case KindConflict:
		f.Conflicts += n
	case KindRefused:
		f.Refused += n
	case KindLost:
		f.Lost += n
	case KindUpdated:
		f.Updated += n
	case KindMoved:
		f.Moved += n
	case KindRemoved:
		f.Removed += n
	}
}

// finish sorts the folders.
func (r *Result) finish() {
	slices.SortFunc(r.Folders, func(a, b FolderResult) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Class, b.Class), cmp.Compare(a.ID, b.ID))
	})
}

// resultOf returns the result of a folder, which is changed under d.mu only.
func (d *delivery) resultOf(f *Folder) *FolderResult {
	r := d.results[f.ID]
	if r == nil {
		r = &FolderResult{ID: f.ID, Path: f.Path, Class: f.Class}
		d.results[f.ID] = r
	}
	return r
}

func (d *delivery) note(f *Folder, change func(*FolderResult)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d.resultOf(f))
}

// item notes what became of an item, and tells it.
func (d *delivery) item(f *Folder, item *Item, e Event) {
	e.Folder, e.Class, e.Target = f.Path, f.Class, d.place(f.ID).At
	e.Item, e.Subject = item.ID, item.Subject
	d.note(f, func(r *FolderResult) {
		r.count(e.Kind, 1)
		if len(e.Altered) > 0 {
			r.Altered++
		}
		if e.Kind == KindPut || e.Kind == KindUpdated {
			r.Bytes += e.Bytes
		}
		switch e.Kind {
		case KindRefused, KindConflict, KindLeft, KindLost, KindTaken:
			if len(r.Listed) >= maxListed {
				d.excess++
				return
			}
			r.Listed = append(r.Listed, Listed{Item: item.ID, Kind: e.Kind, Reason: e.Reason})
		}
	})
	d.tell(e)
}

func (d *delivery) result() Result {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := Result{Excess: d.excess}
	for _, f := range d.results {
		r.Folders = append(r.Folders, *f)
	}
	r.finish()
	return r
}
