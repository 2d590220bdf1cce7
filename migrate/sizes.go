package migrate

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// sizesOf lists a folder from key 0, without bodies, and returns what the server says of the sizes of the items that are selected. The
// listing is made once: what it lacks because a server loses the key on the way is told as an error.
func (m *mailboxRun) sizesOf(ctx context.Context, f checkpoints.Folder, class eas.Class, sel Selection) ([]int64, error) {
	const window = 512
	sizes := []int64{}
	seen := map[eas.ServerID]bool{}
	key, empty := eas.InitialKey, 0
	for first := true; ; first = false {
		page, err := m.client.Sync(ctx, eas.SyncRequest{
			Key: key, CollectionID: eas.CollectionID(f.ServerID), Class: class, WindowSize: window, Options: eas.HeadersOnly(class, m.client.Version()),
		})
		if err != nil {
			return nil, err
		}
		n, fresh := 0, false
		for cmd, err := range page.Commands() {
			if err != nil {
				page.Close()
				return nil, err
			}
			n++
			if cmd.Item == nil || seen[cmd.ServerID] {
				continue
			}
			seen[cmd.ServerID], fresh = true, true
			var date *time.Time
			if s := item.Summarize(string(class), cmd.Item.Properties, nil); !s.Date.IsZero() {
				date = &s.Date
			}
			if size := estimatedSize(cmd.Item.Properties); sel.item(date, size) == "" {
				sizes = append(sizes, size)
			}
		}
		next, more := page.Key, page.MoreAvailable
		page.Close()
		switch {
		case next == eas.InitialKey:
			return nil, errFirstKey
		case first, fresh:
			empty = 0
		case n == 0 && !more:
			return sizes, nil
		default:
			if empty++; empty > maxEmptyPages && more {
				return nil, fmt.Errorf("%d pages in a row announced more items and held no new one", empty)
			} else if empty > maxEmptyPages { // it has another change of what is known each time that it is asked
				return sizes, nil
			}
		}
		if next == "" || next == key && n == 0 && !first {
			return sizes, nil
		}
		key = next
	}
}

// estimatedSize is what an item says of its size: of its body and of its attachments. MS-ASAIRS 2.2.2.23.
func estimatedSize(props *wbxml.Element) int64 {
	size, _ := strconv.ParseInt(props.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseEstimatedDataSize), 10, 64) // what is no number is not known
	for _, a := range item.Attachments(props.Children) {
		size += a.Size
	}
	return max(size, 0)
}
