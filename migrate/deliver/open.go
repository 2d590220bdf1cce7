package deliver

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// open opens a folder of a target and lists it.
func (d *delivery) open(ctx context.Context, target int, p sinks.Place) (sinks.TargetFolder, map[string]sinks.Held, error) {
	open, err := d.Targets[target].Open(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	held := map[string]sinks.Held{}
	for h, err := range open.Held(ctx) {
		if err != nil {
			return nil, nil, errors.Join(err, open.Close())
		}
		held[h.ID] = h
	}
	return open, held, nil
}

// confirm adds to what a folder lists what it has besides of the rows: what is not there would be noted as taken, and never be looked at again. It
// counts as what was put; whoever changes or removes it is told if it is not.
func confirm(ctx context.Context, open sinks.TargetFolder, held map[string]sinks.Held, folder string, rows iter.Seq[checkpoints.Receipt]) error {
	asked, ok := open.(sinks.Confirmer)
	if !ok {
		return nil
	}
	missing := map[string]checkpoints.Receipt{}
	for row := range rows {
		if _, listed := held[row.ID]; !listed && row.Target == folder && holds(row) {
			missing[row.ID] = row
		}
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(missing)), max(1, open.Batch())) {
		there, err := asked.Confirm(ctx, ids)
		if err != nil {
			return fmt.Errorf("ask for %d items that are not listed: %w", len(ids), err)
		}
		for _, id := range there {
			held[id] = sinks.Held{ID: id, State: missing[id].Holds}
		}
	}
	return nil
}
