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

// fetchSource is where items are fetched from, and how the ledger names them.
type fetchSource struct {
	client     *eas.Client
	collection eas.CollectionID
	prefix     string // of the ids in the ledger, for a device that knows the items by other ids than the mailbox's own
}

func (s fetchSource) name(id eas.ServerID) eas.ServerID { return eas.ServerID(s.prefix) + id }

// fetchPending takes by ItemOperations what of the page did not come whole, several requests at a time: first the bodies,
// then the files, which an item that came so may have. The segment is written by one of them at a time.
func (p *pageWriter) fetchPending(ctx context.Context) error {
	var mu sync.Mutex
	bodies, inner := errgroup.WithContext(ctx)
	bodies.SetLimit(fetchParallel)
	pending := p.bodies
	p.bodies = nil // those that are found then to have to come whole
	for batch := range slices.Chunk(pending, fetchBatch) {
		bodies.Go(func() error { return p.fetchBatch(inner, &mu, batch) })
	}
	if err := bodies.Wait(); err != nil {
		return err
	}
	if err := p.settleClaims(ctx, &mu); err != nil {
		return err
	}
	files, inner := errgroup.WithContext(ctx)
	files.SetLimit(fetchParallel)
	lists := p.files
	p.files = nil
	for _, it := range lists {
		files.Go(func() error { return p.fetchFiles(inner, &mu, it) })
	}
	messages := p.apart
	p.apart = nil
	for _, a := range messages {
		files.Go(func() error { return p.fetchCiphertext(inner, &mu, a) })
	}
	return files.Wait()
}

// fetchBatch fetches some items in one request, and halves the batch when the server fails it as a whole.
// QUIRK(SOGo 5.8): one missing id makes the whole batch fail with HTTP 501.
func (p *pageWriter) fetchBatch(ctx context.Context, mu *sync.Mutex, batch []eas.ServerID) error {
	done := map[eas.ServerID]bool{}
	err := p.f.m.retryFetch(ctx, p.f.cp.Path, len(batch) == 1, func() error {
		return p.fetchOnce(ctx, mu, batch, done)
	})
	batch = slices.DeleteFunc(slices.Clone(batch), func(id eas.ServerID) bool { return done[id] })
	switch {
	case err != nil && (ctx.Err() != nil || isOurs(err) || judge(err).action == actMailbox || judge(err).action == actRun):
		mu.Lock() // the error says which page it is, and a part may be committed now
		defer mu.Unlock()
		return p.f.fail(Source, err)
	case len(batch) == 0:
		return nil // each came whole, whatever became of the rest of the answer
	case err == nil:
		err = errors.New("ItemOperations: the answer does not hold the item")
	}
	if len(batch) > 1 {
		half := len(batch) / 2
		if err := p.fetchBatch(ctx, mu, batch[:half]); err != nil {
			return err
		}
		return p.fetchBatch(ctx, mu, batch[half:])
	}
	mu.Lock()
	defer mu.Unlock()
	if err := p.quarantine(ctx, p.from.name(batch[0]), err, rawAnswer(err)...); err != nil {
		return err
	}
	return p.split(ctx)
}

// rawAnswer is what the server sent instead of an item, as far as it was kept.
func rawAnswer(err error) []sinks.Content {
	var he *eas.HTTPError
	if !errors.As(err, &he) || len(he.Body) == 0 {
		return nil
	}
	return []sinks.Content{bytesContent(".answer", he.Body)}
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

func (p *pageWriter) fetchOnce(ctx context.Context, mu *sync.Mutex, batch []eas.ServerID, done map[eas.ServerID]bool) error {
	f := p.f
	class := eas.Class(f.cp.Class)
	options := eas.ArchiveOptions
	if p.heads {
		options = eas.HeadersOnly
	}
	reqs := make([]eas.Fetch, 0, len(batch))
	for _, id := range batch {
		if !done[id] {
			reqs = append(reqs, eas.Fetch{CollectionID: p.from.collection, ServerID: id, Options: options(class, f.m.client.Version())})
		}
	}
	if len(reqs) == 0 {
		return nil // the try before this one brought all, and then its answer broke off
	}
	return f.m.fetch(ctx, p.from.client, "ItemOperations", reqs, func(res *eas.FetchResult) error {
		if done[res.ServerID] || !slices.Contains(batch, res.ServerID) {
			return nil // not what was asked for
		}
		mu.Lock()
		defer mu.Unlock()
		if err := p.fetched(ctx, res); err != nil {
			return err
		}
		done[res.ServerID] = true
		return p.split(ctx)
	})
}

// fetch sends one ItemOperations, in a turn of its own, and goes through what is answered. Its kind tells latencies apart.
func (m *mailboxRun) fetch(
	ctx context.Context, client *eas.Client, kind string, reqs []eas.Fetch, each func(*eas.FetchResult) error,
) (outcome error) {
	turn, err := m.governor.turn(ctx, kind)
	if err != nil {
		return err
	}
	defer func() { turn.done(outcome) }()
	files := reqs[0].FileReference != "" // as they are, and not in base64
	resp, err := client.Fetch(ctx, reqs, files)
	if err != nil {
		return err
	}
	turn.answered()
	defer resp.Close()
	for res, err := range resp.Results() {
		if err == nil {
			err = each(res)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fetched stores one item that came by ItemOperations.
func (p *pageWriter) fetched(ctx context.Context, res *eas.FetchResult) error {
	if res.Err != nil {
		if isMissing(res.Err) {
			return p.missing(ctx, p.from.name(res.ServerID))
		}
		return p.quarantine(ctx, p.from.name(res.ServerID), res.Err)
	}
	id := p.from.name(res.ServerID)
	known, err := p.lookupLive(ctx, id)
	if err != nil {
		return err
	}
	e, size := p.describe(id, res.Item)
	e.Via = p.via
	known, wait, err := p.reissued(ctx, known, e, res.Item, !p.heads)
	if wait || err != nil {
		return err
	}
	if why := p.f.m.Select.item(e.Received, size); why != "" && (known == nil || known.State == checkpoints.Excluded) {
		return p.exclude(ctx, known, e, why)
	}
	if p.heads {
		return p.message(ctx, known, e, res.Item)
	}
	if res.Item.Body != nil && res.Item.Body.Truncated {
		return p.quarantine(ctx, id, errTruncated, bytesContent(".eas.xml", res.Item.XML()))
	}
	if eas.Class(p.f.cp.Class) != eas.ClassEmail {
		return p.personal(ctx, known, e, res.Item, true)
	}
	if b := res.Item.Body; b == nil || b.Data == nil || b.Type != eas.BodyMIME {
		return p.withoutMIME(ctx, known, e, res.Item)
	}
	return p.message(ctx, known, e, res.Item)
}

// missing handles an item that was asked for and that the server does not have: it was deleted since the page was made, and
// the server will say so. Of one that was set aside it may have said nothing, since it never delivered it.
func (p *pageWriter) missing(ctx context.Context, id eas.ServerID) error {
	known, err := p.lookup(ctx, id)
	if err != nil || known == nil || known.State != checkpoints.Quarantined {
		return err
	}
	return p.leave(ctx, []checkpoints.Item{*known}, "not on the server: it was asked for again")
}

// withoutMIME stores a message that the server has no MIME of: its lossless form, and a message built from its
// properties that says so.
func (p *pageWriter) withoutMIME(ctx context.Context, known *checkpoints.Item, e sinks.Event, it *eas.Item) error {
	lossless := it.XML()
	built, err := item.Message(it.Properties)
	if err != nil && e.Kind == "" {
		return p.quarantine(ctx, eas.ServerID(e.ServerID), fmt.Errorf("no MIME, and %w", err))
	}
	if err != nil {
		e.Reason = "not converted: " + err.Error()
		return p.store(ctx, known, e, bytesContent(".eas.xml", lossless))
	}
	e.Reason = "the server has no MIME of it: built from its properties"
	contents := []sinks.Content{bytesContent(".eml", built), bytesContent(".eas.xml", lossless)}
	if made, ok := meetingOf(it); ok {
		contents = append(contents, made)
	}
	return p.store(ctx, known, e, contents...)
}
