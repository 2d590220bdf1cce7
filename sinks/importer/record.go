package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// Results of a run record, as those of a run that archives.
const (
	resultOK          = "ok"
	resultPartial     = "partial"
	resultFailed      = "failed"
	resultInterrupted = "interrupted"
)

// record writes the run record, which names the segments, of an import that did not come to its end too. One that stored nothing
// leaves none. What the record before says of folders that a server knows is said again: who has lost the checkpoints reads
// the newest record.
func (w *writer) record(ctx context.Context, cause error) error {
	if len(w.segments) == 0 {
		return nil
	}
	result := resultOK
	switch {
	case ctx.Err() != nil:
		result = resultInterrupted
	case cause != nil:
		result = resultFailed
	case w.sum.Problems > 0:
		result = resultPartial
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	last, err := w.a.LastRun(ctx, w.Mailbox)
	if err != nil && !errors.Is(err, sinks.ErrNotExist) {
		return err
	}
	rec := sinks.Run{
		ID: w.run, Mailbox: w.Mailbox, Server: last.Server, DeviceID: last.DeviceID, EAS: last.EAS,
		Started: w.started, Ended: w.Now(), Result: result, Tool: w.Tool, Segments: w.segments,
	}
	if cause != nil {
		rec.Reason = cause.Error()
	}
	for _, in := range w.order {
		rec.Folders = append(rec.Folders, in.state())
	}
	for _, f := range last.Folders {
		if slices.ContainsFunc(w.order, func(in *folder) bool { return in.Dir == f.Dir }) {
			continue
		}
		f.Stored, f.Changed, f.Deleted, f.Resyncs, f.Recovered, f.Vanished = 0, 0, 0, 0, 0, 0
		f.Audited, f.PathBefore = false, ""
		rec.Folders = append(rec.Folders, f)
	}
	if err := w.a.Record(ctx, rec); err != nil {
		return fmt.Errorf("run record: %w", err)
	}
	return nil
}
