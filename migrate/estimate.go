package migrate

import (
	"context"
	"slices"

	"github.com/airlift-eas/airlift/eas"
)

// estimateBatch is how many folders one GetItemEstimate asks about.
const estimateBatch = 25

// prime asks what the server holds at the beginning of a pass from key 0. Servers differ in what they estimate: SOGo
// and Z-Push count the folder, Exchange counts what the key has still to bring. With the first key the two are one.
func (f *folderRun) prime(ctx context.Context) {
	est, err := f.m.estimates(ctx, f.m.client, []eas.EstimateRequest{f.estimateRequest()})
	if err == nil && len(est) == 1 && est[0].Err == nil {
		f.primed = est[0].Count
		f.m.emit(Event{Event: EventEstimate, Mailbox: f.m.mb.Address, Folder: f.cp.Path, Class: f.cp.Class, Estimated: &f.primed})
	}
}

func (f *folderRun) estimateRequest() eas.EstimateRequest {
	return eas.EstimateRequest{
		Key: eas.SyncKey(f.cp.SyncKey), CollectionID: eas.CollectionID(f.cp.ServerID), Class: eas.Class(f.cp.Class),
	}
}

// estimateAll asks what the server holds of the drained folders and compares it with the ledger.
func (m *mailboxRun) estimateAll(ctx context.Context, folders []*folderRun) error {
	var ask []*folderRun
	for _, f := range folders {
		if f.err == nil && f.drained && f.cp.SyncKey != "" && f.cp.SyncKey != "0" {
			ask = append(ask, f)
		}
	}
	for batch := range slices.Chunk(ask, estimateBatch) {
		if err := m.estimateBatch(ctx, batch); err != nil {
			return m.fail(Source, err)
		}
	}
	for _, f := range ask {
		if err := f.count(ctx); err != nil {
			return err
		}
		if f.estimate >= 0 && f.estimate < f.live {
			m.countsChanges = true
		}
	}
	for _, f := range ask {
		f.balance()
	}
	return nil
}

// estimateBatch asks about several folders in one request, and one by one when the server fails that. A folder that it
// will not count is not an error: the folder is then reported as not estimated.
func (m *mailboxRun) estimateBatch(ctx context.Context, batch []*folderRun) error {
	reqs := make([]eas.EstimateRequest, len(batch))
	for i, f := range batch {
		reqs[i] = f.estimateRequest()
	}
	var ests []eas.Estimate
	err := m.retry(ctx, "", func() (err error) {
		ests, err = m.estimates(ctx, m.client, reqs)
		return err
	})
	if err != nil {
		if a := judge(err).action; ctx.Err() != nil || a == actMailbox || a == actRun {
			return err
		}
		if len(batch) == 1 {
			m.emit(Event{Event: EventWarning, Mailbox: m.mb.Address, Folder: batch[0].cp.Path, Message: "no estimate: " + err.Error()})
			return nil
		}
		for _, f := range batch {
			if err := m.estimateBatch(ctx, []*folderRun{f}); err != nil {
				return err
			}
		}
		return nil
	}
	for _, e := range ests {
		for _, f := range batch {
			if e.Err == nil && string(e.CollectionID) == f.cp.ServerID {
				f.estimate = e.Count
			}
		}
	}
	return nil
}

// estimates asks for counts. A server that only wants to be asked later is; another that fails is not asked again, since there
// are those that cannot count.
func (m *mailboxRun) estimates(ctx context.Context, client *eas.Client, reqs []eas.EstimateRequest) (ests []eas.Estimate, err error) {
	ask := func() error {
		return m.governor.ask(ctx, "GetItemEstimate", func() (err error) {
			ests, err = client.GetItemEstimate(ctx, reqs)
			return err
		})
	}
	if err = ask(); err != nil && judge(err).refused {
		err = m.retry(ctx, "", ask)
	}
	return ests, err
}
