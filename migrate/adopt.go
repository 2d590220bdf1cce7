package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// adopt reads back the folder's pages that the checkpoints do not have, or that no run record names yet: what a killed
// run committed. It makes the ledger rows again from the manifests, by the way that wrote them first.
func (f *folderRun) adopt(ctx context.Context) error {
	after := min(f.cp.Seq, f.cp.Recorded)
	left, lost := f.m.history[f.cp.Dir]
	for page, err := range f.m.Sink.Pages(ctx, f.m.mb.Address, f.cp.Dir, after) {
		if err != nil {
			return f.fail(Destination, fmt.Errorf("adopt pages after %d: %w", after, err))
		}
		if !lost || page.Page.Seq > left.Seq { // the last record names the others
			f.m.named(page.Segment)
		}
		if page.Page.Seq <= f.cp.Seq {
			continue
		}
		if err := f.adoptPage(ctx, page); err != nil {
			return err
		}
	}
	if lost && f.cp.Seq == left.Seq {
		return f.adoptEnd(ctx, left)
	}
	return nil
}

// adoptEnd takes over from the last run's record what pages do not tell: where the folder stood behind the last of them, and
// how it was. It is not asked when the folder ends at another page than that run left it at.
func (f *folderRun) adoptEnd(ctx context.Context, left sinks.FolderState) error {
	if left.SyncKey != "" && left.SyncKey != f.cp.SyncKey {
		now := checkpoints.Position{Seq: f.cp.Seq, SyncKey: left.SyncKey}
		if err := f.commit(ctx, now, f.cp.Last, f.cp.Resync, nil); err != nil {
			return err
		}
	}
	f.cp.Recorded, f.cp.Balanced, f.cp.Doubted = left.Seq, left.Balanced, !left.Balanced
	if left.Estimated != nil {
		f.cp.Estimate = *left.Estimated
	}
	if err := f.m.Checkpoints.SaveFolder(ctx, f.m.key, f.cp); err != nil {
		return f.fail(State, err)
	}
	return nil
}

func (f *folderRun) adoptPage(ctx context.Context, page sinks.Committed) error {
	if page.Page.KeyBefore == "0" || f.cp.Pass == 0 {
		f.cp.Pass++
	}
	rows := map[string]checkpoints.Item{}
	err := replay(page, f.cp.Pass, rows, func(id string) (*checkpoints.Item, error) {
		found, err := f.m.Checkpoints.Items(ctx, f.key, []string{id})
		if row, ok := found[id]; ok {
			return &row, err
		}
		return nil, err
	})
	if err != nil {
		return f.fail(State, err)
	}
	c := checkpoints.Commit{
		Now: checkpoints.Position{Seq: page.Page.Seq, SyncKey: page.KeyAfter}, Last: page.Segment.SHA256, Resync: f.cp.Resync,
		Items: slices.Collect(maps.Values(rows)),
	}
	if page.KeyAfter == f.cp.SyncKey {
		c.Asked = f.cp.Asked // it may be a part of an answer
	}
	if err := f.mirror(ctx, c); err != nil {
		return err
	}
	f.m.emit(Event{Event: EventAdopted, Mailbox: f.m.mb.Address, Folder: f.cp.Path, Page: page.Page.Seq, Segment: page.Segment.Name})
	return nil
}

// replay makes the ledger rows of a stored page, by the way that wrote them first. before finds a row that rows does not
// have yet.
func replay(page sinks.Committed, pass int, rows map[string]checkpoints.Item, before func(id string) (*checkpoints.Item, error)) error {
	for _, e := range page.Events {
		if e.ServerID == "" {
			continue
		}
		id := cmp.Or(e.ServerIDBefore, e.ServerID)
		var known *checkpoints.Item
		if row, ok := rows[id]; ok {
			known = &row
		} else if e.Op != sinks.OpAdd {
			var err error
			if known, err = before(id); err != nil {
				return err
			}
		}
		rows[e.ServerID] = rowOf(e, known, page.Page.Seq, pass)
		if id != e.ServerID && known != nil {
			rows[id] = formerly(rows[e.ServerID], id)
		}
	}
	return nil
}

// adoptMailbox makes the folders of a mailbox known again whose state was lost, under the DeviceId that the archive
// names: servers tie keys, and some even folder ids, to it. Until the last step the stored mailbox has no DeviceID, so that
// a crash on the way is no half of it.
func (m *mailboxRun) adoptMailbox(ctx context.Context) error {
	folders, err := m.Sink.Folders(ctx, m.mb.Address)
	if err != nil {
		return fmt.Errorf("read the archive's folders: %w", err)
	}
	if err := m.Checkpoints.SaveMailbox(ctx, checkpoints.Mailbox{Key: m.key}); err != nil {
		return err
	}
	if err := m.recall(ctx); err != nil {
		return err
	}
	for _, sf := range folders {
		page, err := m.somePage(ctx, sf.Dir)
		if err != nil {
			return fmt.Errorf("read the archive's pages: %w", err)
		}
		m.state.DeviceID, m.state.EAS = page.DeviceID, page.EASVersion
		m.state.Server = cmp.Or(m.state.Server, page.Server)
		cp := checkpoints.Folder{
			ID: sf.ID, Dir: sf.Dir, Path: sf.Path, ServerID: sf.ServerID, Type: sf.Type, Class: sf.Class, Estimate: -1,
			Options: m.history[sf.Dir].Options, // by which the keys of its pages were made, as far as is known
		}
		if err := m.Checkpoints.SaveFolder(ctx, m.key, cp); err != nil {
			return err
		}
	}
	if len(folders) > 0 {
		m.emit(Event{
			Event: EventWarning, Mailbox: m.mb.Address, Folders: len(folders),
			Message: "no checkpoints for this mailbox: they are made again from the archive",
		})
	}
	return m.Checkpoints.SaveMailbox(ctx, m.state)
}

// recall reads what the last run left of each folder, where the sink can tell.
func (m *mailboxRun) recall(ctx context.Context) error {
	h, ok := m.Sink.(sinks.Historian)
	if !ok {
		return nil
	}
	last, err := h.LastRun(ctx, m.mb.Address)
	if errors.Is(err, sinks.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	m.history = map[string]sinks.FolderState{}
	for _, f := range last.Folders {
		m.history[f.Dir] = f
	}
	return nil
}

// somePage reads a page of a folder, the first that can be read.
func (m *mailboxRun) somePage(ctx context.Context, dir string) (sinks.Page, error) {
	pages := m.Sink.Pages(ctx, m.mb.Address, dir, 0)
	if s, ok := m.Sink.(sinks.Salvager); ok {
		pages = s.Surviving(ctx, m.mb.Address, dir)
	}
	var lost error
	for page, err := range pages {
		if err == nil {
			return page.Page, nil
		}
		lost = err
	}
	return sinks.Page{}, lost
}
