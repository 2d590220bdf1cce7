package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/sinks"
)

const (
	fetchBatch    = 10 // items in one ItemOperations request; MS-ASCMD allows 100
	fetchParallel = 4  // requests at once inside a page
)

// pending is an item of the page whose bytes did not come with it.
type pending struct {
	id eas.ServerID
}

// fetchPending takes the bodies of the page that did not come whole, by ItemOperations, several requests at a time. The
// segment is written by one of them at a time.
func (p *pageWriter) fetchPending(ctx context.Context) error {
	if len(p.pending) == 0 {
		return nil
	}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(fetchParallel)
	for batch := range slices.Chunk(p.pending, fetchBatch) {
		g.Go(func() error { return p.fetchBatch(ctx, &mu, batch) })
	}
	return g.Wait()
}

// fetchBatch fetches some items in one request, and halves the batch when the server fails it as a whole.
// QUIRK(SOGo 5.8): one missing id makes the whole batch fail with HTTP 501.
func (p *pageWriter) fetchBatch(ctx context.Context, mu *sync.Mutex, batch []pending) error {
	done := map[eas.ServerID]bool{}
	err := p.f.m.retryFetch(ctx, p.f.cp.Path, len(batch) == 1, func() error {
		return p.fetchOnce(ctx, mu, batch, done)
	})
	batch = slices.DeleteFunc(slices.Clone(batch), func(it pending) bool { return done[it.id] })
	switch {
	case err == nil && len(batch) == 0:
		return nil
	case err == nil:
		err = errors.New("ItemOperations: the answer does not hold the item")
	case ctx.Err() != nil, isOurs(err), judge(err).action == actMailbox, judge(err).action == actRun:
		return p.f.fail(Source, err)
	}
	if len(batch) > 1 {
		half := len(batch) / 2
		if err := p.fetchBatch(ctx, mu, batch[:half]); err != nil {
			return err
		}
		return p.fetchBatch(ctx, mu, batch[half:])
	}
	if len(batch) == 0 {
		return p.f.fail(Source, err)
	}
	mu.Lock()
	defer mu.Unlock()
	return p.quarantine(ctx, batch[0].id, err)
}

// isMissing tells that the server has no such item (MS-ASCMD 2.2.3.177.8).
func isMissing(err error) bool {
	var st *eas.StatusError
	return errors.As(err, &st) && st.Command == "ItemOperations" && st.Code == 6
}

// isOurs tells an error of the destination or the state from one of the source.
func isOurs(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Side != Source
}

// retryFetch repeats a failing request only when it is about one item: a batch is better halved.
func (m *mailboxRun) retryFetch(ctx context.Context, folder string, single bool, op func() error) error {
	if single {
		return m.retry(ctx, folder, op)
	}
	err := op()
	if err != nil && judge(err).refused {
		return m.retry(ctx, folder, op)
	}
	return err
}

func (p *pageWriter) fetchOnce(ctx context.Context, mu *sync.Mutex, batch []pending, done map[eas.ServerID]bool) error {
	f := p.f
	class := eas.Class(f.cp.Class)
	reqs := make([]eas.Fetch, 0, len(batch))
	for _, it := range batch {
		if !done[it.id] {
			reqs = append(reqs, eas.Fetch{
				CollectionID: eas.CollectionID(f.cp.ServerID), ServerID: it.id, Options: eas.ArchiveOptions(class, f.m.client.Version()),
			})
		}
	}
	resp, err := f.m.client.Fetch(ctx, reqs, false)
	if err != nil {
		return err
	}
	defer resp.Close()
	for res, err := range resp.Results() {
		if err != nil {
			return err
		}
		if done[res.ServerID] || !slices.ContainsFunc(batch, func(it pending) bool { return it.id == res.ServerID }) {
			continue // not what was asked for
		}
		mu.Lock()
		err := p.fetched(ctx, res)
		mu.Unlock()
		if err != nil {
			return err
		}
		done[res.ServerID] = true
	}
	return nil
}

// fetched stores one item that came by ItemOperations.
func (p *pageWriter) fetched(ctx context.Context, res *eas.FetchResult) error {
	if res.Err != nil {
		if isMissing(res.Err) {
			return nil // deleted since the page was made: the server will say so
		}
		return p.quarantine(ctx, res.ServerID, res.Err)
	}
	known, err := p.lookup(ctx, res.ServerID)
	if err != nil {
		return err
	}
	if known != nil && !isLive(known.State) {
		known = nil
	}
	e, size := p.describe(res.ServerID, res.Item)
	e.Via = sinks.ViaFetch
	if why := p.f.m.Select.item(e.Received, size); why != "" && (known == nil || known.State == checkpoints.Excluded) {
		return p.exclude(ctx, known, e, why)
	}
	if res.Item.Body != nil && res.Item.Body.Truncated {
		return p.quarantine(ctx, res.ServerID, errTruncated)
	}
	if eas.Class(p.f.cp.Class) != eas.ClassEmail {
		return p.personal(ctx, known, e, res.Item)
	}
	if b := res.Item.Body; b == nil || b.Data == nil || b.Type != eas.BodyMIME {
		return p.withoutMIME(ctx, known, e, res.Item)
	}
	return p.message(ctx, known, e, res.Item)
}

// quarantine sets an item aside that could not be had, with the reason. The folder goes on.
func (p *pageWriter) quarantine(ctx context.Context, id eas.ServerID, cause error) error {
	known, err := p.lookup(ctx, id)
	if err != nil {
		return err
	}
	e := sinks.Event{Op: sinks.OpQuarantine, ServerID: string(id), Reason: cause.Error()}
	if known != nil {
		if known.State == checkpoints.Archived {
			return nil // an older version of it is safe; the new one will be asked for again
		}
		e.ID = known.ID
	}
	if _, err := p.put(ctx, e); err != nil {
		return err
	}
	p.f.m.emit(Event{
		Event: EventProblem, Mailbox: p.f.m.mb.Address, Folder: p.f.cp.Path, Quarantined: 1,
		Message: fmt.Sprintf("item %s is quarantined: %v", id, cause),
	})
	return nil
}

// withoutMIME stores a message that the server has no MIME of: its lossless form, and a message built from its
// properties that says so.
func (p *pageWriter) withoutMIME(ctx context.Context, known *checkpoints.Item, e sinks.Event, it *eas.Item) error {
	lossless := it.XML()
	built, err := item.Message(it.Properties)
	if err != nil {
		return p.quarantine(ctx, eas.ServerID(e.ServerID), fmt.Errorf("no MIME, and %w", err))
	}
	e.Reason = "the server has no MIME of it: built from its properties"
	return p.store(ctx, known, e, bytesContent(".eml", built), bytesContent(".eas.xml", lossless))
}
