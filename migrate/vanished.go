package migrate

import (
	"context"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
)

// samples is how many items of a folder that is listed no more are asked for.
const samples = 3

// isThere tells whether the server still has items of a folder that it lists no more. A listing from the first key can lack a folder
// while its status says success, as that of items can; and to believe it is to note all of them as deleted.
func (f *folderRun) isThere(ctx context.Context) (bool, error) {
	own := fetchSource{client: f.m.client, collection: eas.CollectionID(f.cp.ServerID)}
	if !own.canFetch() {
		return false, nil
	}
	there := map[string]bool{}
	for row, err := range f.living()() {
		if err != nil {
			return false, f.fail(State, err)
		}
		if row.SHA256 == "" || strings.HasPrefix(row.ServerID, auditPrefix) {
			continue
		}
		if len(there) == samples {
			return false, nil
		}
		there[row.ServerID] = false
		// One by one. QUIRK(SOGo 5.8): of several it refuses all if one is missing.
		err := f.m.retryFetch(ctx, f.cp.Path, false, func() error { return f.ask(ctx, []checkpoints.Item{row}, own, there) })
		if there[row.ServerID] {
			return true, nil
		}
		if err == nil {
			continue
		}
		if v := judge(err); ctx.Err() != nil || v.action == actMailbox || v.action == actRun || v.refused || isNetwork(err) {
			return false, f.fail(Source, err) // the next run asks again
		}
	}
	return false, nil
}
