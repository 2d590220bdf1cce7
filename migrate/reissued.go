package migrate

import (
	"context"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// reissued looks whether a message that came by an id of the ledger is the one that the ledger means. A server whose store was built
// anew, or another server of the same address, counts its ids from the beginning; MS-ASCMD 2.2.3.166.8 says that an id is one item's,
// and not for how long. To take the id's word for it would leave messages out while every count agrees. What the listing tells
// of it decides, and where that differs its bytes; they are waited for if they are not here.
//
// The row that is returned is what is known of the message: nil if the id is another's now, and the former one has left. last says
// that no more of it can be had.
func (p *pageWriter) reissued(
	ctx context.Context, known *checkpoints.Item, e sinks.Event, it *eas.Item, last bool,
) (now *checkpoints.Item, wait bool, err error) {
	if eas.Class(p.f.cp.Class) != eas.ClassEmail || !p.stored(known) || p.isDraft(it) {
		return known, false, nil
	}
	was, _ := item.SplitFingerprint(known.Fingerprint)
	is, _ := item.SplitFingerprint(e.Fingerprint)
	whole := isWhole(it)
	switch {
	case was == "" || was == is, whole && hexSum(it.Body.Data) == known.SHA256:
		return known, false, nil
	case !whole && !last && !p.from.canFetch():
		return known, false, nil // nobody can tell
	case !whole && !last:
		p.bodies = append(p.bodies, eas.ServerID(strings.TrimPrefix(e.ServerID, p.from.prefix)))
		return known, true, nil
	}
	p.others++
	return nil, false, p.leave(ctx, []checkpoints.Item{*known}, "the server has another message by its id")
}

// isWhole tells that a message came with all of its MIME.
func isWhole(it *eas.Item) bool {
	return it.Body != nil && it.Body.Data != nil && it.Body.Type == eas.BodyMIME && !it.Body.Truncated
}

// isDraft tells that a message's bytes may change.
func (p *pageWriter) isDraft(it *eas.Item) bool {
	return p.f.cp.Type == int(eas.FolderDrafts) || it.Properties.Value(wbxml.Email2IsDraft) == "1"
}

// others leaves of messages that are listed otherwise than they are known those whose bytes are others than the known ones.
func (f *folderRun) others(ctx context.Context, altered []listed, held map[string]checkpoints.Item) (others []listed, err error) {
	own := fetchSource{client: f.m.client, collection: eas.CollectionID(f.cp.ServerID)}
	if f.cp.Class != string(eas.ClassEmail) || f.cp.Type == int(eas.FolderDrafts) || !own.canFetch() {
		return nil, nil
	}
	for _, l := range altered {
		differs := false
		err := f.m.retry(ctx, f.cp.Path, func() error {
			return f.m.fetch(ctx, own.client, "ItemOperations", []eas.Fetch{{
				CollectionID: own.collection, ServerID: l.id, Options: eas.ArchiveOptions(eas.ClassEmail, own.client.Version()),
			}}, func(res *eas.FetchResult) error {
				differs = res.Err == nil && res.ServerID == l.id && isWhole(res.Item) && hexSum(res.Item.Body.Data) != held[string(l.id)].SHA256
				return nil
			})
		})
		if err != nil {
			return nil, f.fail(Source, err)
		}
		if differs {
			others = append(others, l)
		}
	}
	return others, nil
}
