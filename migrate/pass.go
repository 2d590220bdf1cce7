package migrate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/sinks"
)

// finishPass ends a pass from key 0 that had a ledger to be matched against: what the pass did not show, and the server
// does not have when asked for it, has left the folder. The reason of the pass is written even when nothing had to be
// stored. A pass that did not show what the server has is not at its end: it goes on with the next run.
func (f *folderRun) finishPass(ctx context.Context) error {
	if !f.cp.Resync {
		return nil
	}
	notShown := func(row checkpoints.Item) bool { return row.Pass != f.cp.Pass }
	unseen, err := f.collect(f.living(), notShown)
	if err != nil {
		return err
	}
	own := fetchSource{client: f.m.client, collection: eas.CollectionID(f.cp.ServerID)}
	gone, err := f.absent(ctx, unseen, own, false)
	if err != nil {
		return err
	}
	end := len(gone) == len(unseen)
	outside, err := f.leftServer(ctx, own, notShown)
	if err != nil {
		return err
	}
	p := f.newPage(ctx, f.cp.SyncKey)
	defer p.abort()
	if err := p.refresh(ctx, unseen, gone); err != nil {
		return err
	}
	return f.closePass(ctx, p, append(gone, outside...), end)
}

// refresh takes the state of items that a pass did not show and that the server has: what hides an item hides its changes.
// The pass has still not shown them.
func (p *pageWriter) refresh(ctx context.Context, unseen, gone []checkpoints.Item) error {
	left := map[string]bool{}
	p.hidden = map[string]int{}
	for _, row := range gone {
		left[row.ServerID] = true
	}
	if len(unseen) > maxDoubts || !p.from.canFetch() {
		return nil
	}
	for _, row := range unseen {
		p.hidden[row.ServerID] = row.Pass
		if !left[row.ServerID] && !strings.HasPrefix(row.ServerID, auditPrefix) {
			p.bodies = append(p.bodies, eas.ServerID(row.ServerID))
		}
	}
	p.heads = p.f.cp.Class == string(eas.ClassEmail) // of a message that is stored the marks are enough
	if err := p.fetchPending(ctx); err != nil {
		return err
	}
	p.heads = false // of one that turned out not to be, the body
	return p.fetchPending(ctx)
}

// leftServer finds those of the items outside of the filter's window that the server does not have any more: it says nothing
// of them when they are deleted.
func (f *folderRun) leftServer(ctx context.Context, from fetchSource, doubtful func(checkpoints.Item) bool) ([]checkpoints.Item, error) {
	outside, err := f.collect(f.softDeleted(), doubtful)
	if err != nil || len(outside) > maxDoubts || !from.canFetch() {
		return nil, err
	}
	there := map[string]bool{}
	for batch := range slices.Chunk(outside, askBatch) {
		if err := f.present(ctx, batch, from, there); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(outside, func(row checkpoints.Item) bool { return there[row.ServerID] }), nil
}

// collect takes the rows that are wanted.
func (f *folderRun) collect(all rows, wanted func(checkpoints.Item) bool) (found []checkpoints.Item, _ error) {
	for row, err := range all() {
		if err != nil {
			return nil, f.fail(State, err)
		}
		if wanted(row) {
			found = append(found, row)
		}
	}
	return found, nil
}

// softDeleted are the rows of the ledger that left the filter's window.
func (f *folderRun) softDeleted() rows {
	return func() iter.Seq2[checkpoints.Item, error] {
		return f.m.Checkpoints.Live(context.Background(), f.key, checkpoints.SoftDeleted)
	}
}

// living are the rows of the ledger that are on the server.
func (f *folderRun) living() rows {
	return func() iter.Seq2[checkpoints.Item, error] {
		return f.m.Checkpoints.Live(context.Background(), f.key, checkpoints.Archived, checkpoints.Excluded, checkpoints.Quarantined)
	}
}

const (
	maxDoubts = 5000 // items that an enumeration did not show and that are asked for
	askBatch  = 50   // in one request
	sample    = 500  // of more than maxDoubts, where the server's count says too that they are gone
)

// absent leaves of the items that an enumeration did not show those that the server does not have when it is asked for them:
// an enumeration can skip items while its status says success. Of more items than can be asked for some are, if the server
// counted no more than it showed: where it has none of those, all are gone, and else all are kept as living.
func (f *folderRun) absent(ctx context.Context, unseen []checkpoints.Item, from fetchSource, counted bool) ([]checkpoints.Item, error) {
	if !from.canFetch() {
		return f.unasked(unseen, counted), nil
	}
	ask := unseen
	if len(unseen) > maxDoubts && counted {
		ask = nil
		for i := range sample {
			ask = append(ask, unseen[i*len(unseen)/sample])
		}
	} else if len(unseen) > maxDoubts {
		f.warn(len(unseen), fmt.Sprintf("an enumeration did not show %d items of the ledger: they are kept as living", len(unseen)))
		return nil, nil
	}
	there := map[string]bool{}
	for batch := range slices.Chunk(ask, askBatch) {
		if err := f.present(ctx, batch, from, there); err != nil {
			return nil, err
		}
	}
	has := func(row checkpoints.Item) bool { return there[row.ServerID] }
	if len(ask) < len(unseen) && slices.ContainsFunc(ask, has) {
		return f.absent(ctx, unseen, from, false)
	}
	gone := slices.DeleteFunc(slices.Clone(unseen), has)
	if n := len(unseen) - len(gone); n > 0 {
		f.warn(n, fmt.Sprintf("an enumeration did not show %d items that the server still has", n))
	}
	return gone, nil
}

func (f *folderRun) warn(items int, message string) {
	f.m.emit(Event{Event: EventWarning, Mailbox: f.m.mb.Address, Folder: f.cp.Path, Live: items, Message: message})
}

// present asks for items without their bodies and marks those that the server has.
func (f *folderRun) present(ctx context.Context, batch []checkpoints.Item, from fetchSource, there map[string]bool) error {
	askable := slices.DeleteFunc(slices.Clone(batch), func(row checkpoints.Item) bool {
		foreign := from.prefix == "" && strings.HasPrefix(row.ServerID, auditPrefix)
		there[row.ServerID] = there[row.ServerID] || foreign // it cannot be asked for here
		return foreign
	})
	if len(askable) == 0 {
		return nil
	}
	err := f.m.retryFetch(ctx, f.cp.Path, false, func() error { return f.ask(ctx, askable, from, there) })
	var he *eas.HTTPError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &he) || he.Code != http.StatusNotImplemented && he.Code != http.StatusInternalServerError:
		return f.fail(Source, err)
	case len(askable) == 1:
		return f.refused(ctx, askable, from, there)
	}
	// QUIRK(SOGo 5.8): one missing id makes the whole batch fail.
	for half := range slices.Chunk(askable, (len(askable)+1)/2) {
		if err := f.present(ctx, half, from, there); err != nil {
			return err
		}
	}
	return nil
}

// ask sends one request of present. What comes is held against the ledger.
// QUIRK(SOGo 5.8): for a message that is gone it answers status 1 with an empty stub.
func (f *folderRun) ask(ctx context.Context, batch []checkpoints.Item, from fetchSource, there map[string]bool) error {
	byID := map[eas.ServerID]checkpoints.Item{}
	var reqs []eas.Fetch
	for _, row := range batch {
		id := eas.ServerID(strings.TrimPrefix(row.ServerID, from.prefix))
		byID[id] = row
		reqs = append(reqs, eas.Fetch{
			CollectionID: from.collection, ServerID: id, Options: eas.HeadersOnly(eas.Class(f.cp.Class), f.m.client.Version()),
		})
	}
	var others []checkpoints.Item
	err := f.m.fetch(ctx, from.client, "ItemOperations without bodies", reqs, func(res *eas.FetchResult) error {
		row, asked := byID[res.ServerID]
		switch key, _ := item.SplitFingerprint(row.Fingerprint); {
		case res.Err != nil && isMissing(res.Err), !asked:
		case res.Err != nil:
			return res.Err
		case key == "" || f.cp.Class != string(eas.ClassEmail) || identify(f.cp.Class, res.Item).key == key:
			there[row.ServerID] = true
		default:
			others = append(others, row)
		}
		return nil
	})
	for _, row := range others {
		if err == nil {
			there[row.ServerID], err = f.hasBody(ctx, row, from)
		}
	}
	return err
}

// hasBody tells whether there are bytes of a message that answers without them do not show to be the one that is meant.
func (f *folderRun) hasBody(ctx context.Context, row checkpoints.Item, from fetchSource) (has bool, err error) {
	err = f.m.fetch(ctx, from.client, "ItemOperations", []eas.Fetch{{
		CollectionID: from.collection, ServerID: eas.ServerID(strings.TrimPrefix(row.ServerID, from.prefix)),
		Options: eas.ArchiveOptions(eas.Class(f.cp.Class), f.m.client.Version()),
	}}, func(res *eas.FetchResult) error {
		if res.Err == nil {
			has = res.Item.Body != nil && res.Item.Body.Data != nil && res.Item.Body.Data.Size() > 0
		}
		return nil
	})
	var he *eas.HTTPError
	if errors.As(err, &he) && he.Code == http.StatusNotImplemented {
		return false, nil // QUIRK(SOGo 5.8): its way to say that there is no such item
	}
	return has, err
}

// refused decides what it means that the server fails to answer for a single item.
// QUIRK(SOGo 5.8): HTTP 501 is its way to say that there is no such item. It says the same of much else, so the item is taken
// for missing only if, again and again, the server answers for another one and not for this.
func (f *folderRun) refused(ctx context.Context, single []checkpoints.Item, from fetchSource, there map[string]bool) error {
	rounds := 5
	if f.m.countsTheDeleted(f) {
		rounds = 1 // here it is the usual answer
	}
	other, err := f.another(single[0], from)
	if err != nil {
		return err
	}
	for range rounds {
		if len(other) > 0 {
			if err := f.ask(ctx, other, from, map[string]bool{}); err != nil {
				there[single[0].ServerID] = true // nobody can tell now
				return ctx.Err()
			}
		}
		if err := f.ask(ctx, single, from, there); err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// another finds an item that the pass showed, to be asked for by way of comparison; none if there is no other.
func (f *folderRun) another(than checkpoints.Item, from fetchSource) ([]checkpoints.Item, error) {
	for row, err := range f.living()() {
		if err != nil {
			return nil, f.fail(State, err)
		}
		if row.Pass == f.cp.Pass && row.ServerID != than.ServerID && strings.HasPrefix(row.ServerID, from.prefix) {
			return []checkpoints.Item{row}, nil
		}
	}
	return nil, nil
}

// closePass writes the deletions that a pass showed and, at its end, its reason if no segment carried it yet.
func (f *folderRun) closePass(ctx context.Context, p *pageWriter, gone []checkpoints.Item, end bool) error {
	if err := p.leave(ctx, gone, "not shown by a pass from key 0"); err != nil {
		return err
	}
	if end && len(f.carry) > 0 && f.cp.Seq > 0 { // a folder that never held anything has nothing to say
		if err := p.begin(ctx); err != nil {
			return err
		}
	}
	f.cp.Resync = !end
	return p.commit(ctx, f.cp.SyncKey)
}

// leave notes items that have left the folder.
func (p *pageWriter) leave(ctx context.Context, gone []checkpoints.Item, reason string) error {
	for _, row := range gone {
		p.keep(row)
		e := sinks.Event{Op: sinks.OpDelete, ID: row.ID, ServerID: row.ServerID, Reason: reason}
		if row.SHA256 != "" {
			e.MovedTo = p.f.m.moves.remove(row.SHA256, p.f.cp.ID, row.ID)
		}
		if _, err := p.put(ctx, e); err != nil {
			return err
		}
		if err := p.split(ctx); err != nil {
			return err
		}
	}
	return nil
}

// retire notes once that a folder is gone from the server, and its items with it.
func (f *folderRun) retire(ctx context.Context) error {
	all := func(checkpoints.Item) bool { return true }
	gone, err := f.collect(f.living(), all)
	if err != nil {
		return err
	}
	outside, err := f.collect(f.softDeleted(), all)
	if err != nil {
		return err
	}
	gone = append(gone, outside...)
	f.balanced = true
	if len(gone) == 0 {
		return nil
	}
	p := f.newPage(ctx, f.cp.SyncKey)
	defer p.abort()
	return f.closePass(ctx, p, gone, true)
}
