package deliver

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// Reported is what the receipts of a mailbox come to, whichever run wrote them.
type Reported struct {
	Mailbox string
	Folders []ReportedFolder // in the order of their paths
	Last    time.Time        // when the newest receipt was written; zero = there is none
	Excess  int              // items that the lists have no room for
}

// ReportedFolder is what the receipts say of a folder of the source.
type ReportedFolder struct {
	ID, Path, Class string
	Target          string // path at the target; "" = it has none
	Made            bool   // it was made for the migration
	// Items counts the receipts by their states.
	Items map[checkpoints.Delivery]int
	Bytes int64 // of what is Placed
	// Altered counts the items that the target holds otherwise than it was told; Properties does so by the property.
	Altered    int
	Properties map[string]int
	Changed    int            // items that somebody changed at the target
	Failed     int            // items that are Refused, or whose newest version is
	Listed     []ReportedItem // what is altered, changed, failed or taken, or waits to be looked for; at most 1,000 in a folder
}

// ReportedItem is an item that needs to be looked at.
type ReportedItem struct {
	Item    string // its id in the archive
	State   checkpoints.Delivery
	Reason  string
	Altered []sinks.Alteration
	Bytes   int64
	Written time.Time
}

// maxProperties bounds the names that are counted by.
const maxProperties = 1000

// Report reads back what became of the items of a mailbox. It needs neither the source nor the target, and may be called while a run is
// under way.
func Report(ctx context.Context, r checkpoints.Receipts, k checkpoints.Key) (Reported, error) {
	rep := Reported{Mailbox: k.Mailbox}
	places, err := r.Places(ctx, k)
	if err != nil {
		return rep, fmt.Errorf("%s: %w", k.Mailbox, at("", sideReceipts, err))
	}
	for _, p := range places {
		if standsAlone(p) {
			continue
		}
		f := ReportedFolder{
			ID: p.Folder, Path: p.Path, Class: p.Class, Target: p.At, Made: p.Made,
			Items: map[checkpoints.Delivery]int{}, Properties: map[string]int{},
		}
		for row, err := range r.Receipts(ctx, checkpoints.FolderKey{Key: k, Folder: p.Folder}) {
			if err != nil {
				return rep, fmt.Errorf("%s: %w", k.Mailbox, at(p.Path, sideReceipts, err))
			}
			if strings.HasPrefix(row.Item, strayPrefix) {
				continue
			}
			f.add(row, &rep)
		}
		rep.Folders = append(rep.Folders, f)
	}
	slices.SortFunc(rep.Folders, func(a, b ReportedFolder) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Class, b.Class), cmp.Compare(a.ID, b.ID))
	})
	return rep, nil
}

func (f *ReportedFolder) add(row checkpoints.Receipt, rep *Reported) {
	f.Items[row.State]++
	if row.Written.After(rep.Last) {
		rep.Last = row.Written
	}
	if strings.HasPrefix(row.Reason, toPrefix) {
		row.Reason = ""
	}
	item := ReportedItem{Item: row.Item, State: row.State, Reason: row.Reason, Bytes: row.Size, Written: row.Written}
	looked := row.State == checkpoints.Taken || row.State == checkpoints.Sending
	if row.State == checkpoints.Placed {
		f.Bytes += row.Size
		item.Altered = alterations(row)
	}
	if len(item.Altered) > 0 {
		f.Altered++
		looked = true
		seen := map[string]bool{}
		for _, a := range item.Altered {
			if _, known := f.Properties[a.Property]; !seen[a.Property] && (known || len(f.Properties) < maxProperties) {
				seen[a.Property] = true
				f.Properties[a.Property]++
			}
		}
	}
	if row.State == checkpoints.Placed && isChanged(row) {
		f.Changed++
		looked = true
	} else if row.State == checkpoints.Refused || row.State == checkpoints.Placed && row.Reason != "" {
		f.Failed++
		looked = true
	}
	switch {
	case !looked:
	case len(f.Listed) < maxListed:
		f.Listed = append(f.Listed, item)
	default:
		rep.Excess++
	}
}
