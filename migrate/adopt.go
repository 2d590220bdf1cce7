package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// errBehind says that an archive has less than its checkpoints know. It is sinks.ErrCorrupt.
var errBehind error = behindError{}

type behindError struct{}

func (behindError) Error() string { return "the archive lost what it had: " + sinks.ErrCorrupt.Error() }

func (behindError) Unwrap() error { return sinks.ErrCorrupt }

// Hint says what an operator can do: airlift verify knows only what run records and later segments name.
func (behindError) Hint() string {
	return "bring back the newest copy of the archive; if there is none move the state directory away: the next run makes the checkpoints again from what is there, and fetches the rest"
}

// adopt reads back the folder's pages that the checkpoints do not have, or that no run record names yet: what a killed
// run committed. It makes the ledger rows again from the ledger that the archive keeps, if all of them are lost, and from the
// manifests behind it, by the way that wrote them first.
func (f *folderRun) adopt(ctx context.Context) error {
	left, lost := f.m.history[f.cp.Dir]
	if lost && f.cp.Seq == 0 && left.Ledger != nil {
		if err := f.adoptLedger(ctx, *left.Ledger); err != nil {
			return err
		}
	}
	if f.m.upTo[f.cp.ID] {
		f.mirrored = f.cp.Seq
	}
	after := min(f.cp.Seq, max(f.cp.Recorded, f.mirrored))
	end := after
	for page, err := range f.m.Sink.Pages(ctx, f.m.mb.Address, f.cp.Dir, after) {
		if err != nil {
			return f.fail(Destination, fmt.Errorf("adopt pages after %d: %w", after, err))
		}
		if !lost || page.Page.Seq > left.Seq { // the last record names the others
			f.m.named(page.Segment)
		}
		if end = page.Page.Seq; end <= f.cp.Seq {
			continue
		}
		if err := f.adoptPage(ctx, page); err != nil {
			return err
		}
	}
	if end < f.cp.Seq { // a sink that lost what it had said to be durable: to go on would leave a gap that no count shows
		return f.fail(Destination, fmt.Errorf("it ends with page %d, and the checkpoints know %d: %w", end, f.cp.Seq, errBehind))
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
	rows := map[string]sinks.Row{}
	err := sinks.Replay(page, rows, func(id string) (sinks.Row, bool, error) {
		found, err := f.m.Checkpoints.Items(ctx, f.key, []string{id})
		row, ok := found[id]
		return archiveRow(row), ok, err
	})
	if err != nil {
		return f.fail(State, err)
	}
	c := checkpoints.Commit{
		Now: checkpoints.Position{Seq: page.Page.Seq, SyncKey: page.KeyAfter}, Last: page.Segment.SHA256, Resync: f.cp.Resync,
	}
	for _, row := range rows {
		c.Items = append(c.Items, itemOf(row, f.cp.Pass))
	}
	if page.KeyAfter == f.cp.SyncKey {
		c.Asked = f.cp.Asked // it may be a part of an answer
	}
	if err := f.mirror(ctx, c); err != nil {
		return err
	}
	f.replayed++
	f.m.emit(Event{Event: EventAdopted, Mailbox: f.m.mb.Address, Folder: f.cp.Path, Page: page.Page.Seq, Segment: page.Segment.Name})
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
	folders = slices.DeleteFunc(folders, sinks.Folder.Imported) // no server knows them: they would be taken for gone
	if err := m.Checkpoints.SaveMailbox(ctx, checkpoints.Mailbox{Key: m.key}); err != nil {
		return err
	}
	last, err := m.recall(ctx)
	if err != nil {
		return err
	}
	m.partner(last.DeviceID, last.EAS, last.Server)
	for _, sf := range folders {
		if last.DeviceID == "" { // there is no record, or not for who reads without an identity
			page, err := m.somePage(ctx, sf.Dir)
			if err != nil {
				return fmt.Errorf("read the archive's pages: %w", err)
			}
			m.partner(page.DeviceID, page.EASVersion, page.Server)
		}
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

// partner takes over a device partnership, as far as it is known.
func (m *mailboxRun) partner(device, version, server string) {
	m.state.DeviceID, m.state.EAS = cmp.Or(device, m.state.DeviceID), cmp.Or(version, m.state.EAS)
	m.state.Server = cmp.Or(m.state.Server, server)
}

// recall reads what the last run left of the mailbox and of each folder, where the sink can tell.
func (m *mailboxRun) recall(ctx context.Context) (last sinks.Run, err error) {
	h, ok := m.Sink.(sinks.Historian)
	if !ok {
		return last, nil
	}
	last, err = h.LastRun(ctx, m.mb.Address)
	if errors.Is(err, sinks.ErrNotExist) {
		return last, nil
	}
	if err != nil {
		return last, err
	}
	m.history = map[string]sinks.FolderState{}
	for _, f := range last.Folders {
		m.history[f.Dir] = f
	}
	return last, nil
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
