package deliver

import (
	"encoding/json"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// wasHere notes in the Reason of a row in Sending that the target had the item before it was put.
const wasHere = "it was there before, and was replaced"

// Reasons of rows that are Placed.
const (
	changedThere = "it was changed at the target"
	changedBoth  = "it was changed on both sides, and what the target has stays"
	changedLeft  = "it left the source, and was changed at the target"
)

// isChanged tells of a row that the target's version of its item is somebody's.
func isChanged(row checkpoints.Receipt) bool {
	return row.Reason == changedThere || row.Reason == changedBoth || row.Reason == changedLeft
}

// lostPrefix begins the Reason of a row of which nobody can find out any more whether the target has the item.
const lostPrefix = "it is not known whether the target has it, and what was sent cannot be read any more: "

// fromPrefix begins the Reason of a row in Sending that is being moved; the item follows that it was before.
const fromPrefix = "from "

// newRow begins the receipt of an item.
func newRow(f *Folder, target string, item *Item) checkpoints.Receipt {
	return checkpoints.Receipt{
		Item: item.ID, Folder: f.ID, Target: target, SHA256: item.SHA256, Size: item.Size, Marks: marksOf(f.Class, &item.Event),
	}
}

// placedRow is what a row becomes by what was put.
func placedRow(row checkpoints.Receipt, p sinks.Placed) checkpoints.Receipt {
	row.State, row.ID, row.Holds, row.Reason = checkpoints.Placed, p.ID, p.State, ""
	row.Altered = alteredJSON(p.Altered)
	return row
}

func alteredJSON(all []sinks.Alteration) string {
	if len(all) == 0 {
		return ""
	}
	data, err := json.Marshal(all[:min(len(all), maxAlterations)])
	if err != nil {
		return "" // it is nothing but strings
	}
	return string(data)
}

// maxAlterations bounds what a receipt keeps of an item's alterations.
const maxAlterations = 200

// alterations reads what a receipt has of them.
func alterations(row checkpoints.Receipt) []sinks.Alteration {
	var all []sinks.Alteration
	if row.Altered != "" {
		_ = json.Unmarshal([]byte(row.Altered), &all) // what cannot be read was never written here
	}
	return all
}

// merged adds what came of an item's marks to what its contents came to.
func merged(before, now []sinks.Alteration) []sinks.Alteration {
	for _, a := range before {
		known := false
		for _, b := range now {
			known = known || a.Property == b.Property
		}
		if !known {
			now = append(now, a)
		}
	}
	return now
}
