package eas

import (
	"context"
	"fmt"
	"strconv"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// EstimateRequest asks how many items a Sync of one folder would bring.
type EstimateRequest struct {
	CollectionID CollectionID
	Class        Class      // needed before 14.0
	Key          SyncKey    // that a Sync returned
	FilterType   FilterType // as in the Sync
	MaxItems     int        // of the recipient cache, from 14.0 on; 0 = all
	// ConversationMode counts whole conversations, as in the Sync; of mail folders, from 14.0 on. MS-ASCMD 2.2.3.36.1.
	ConversationMode bool
}

// Estimate is the answer for one folder.
type Estimate struct {
	CollectionID CollectionID
	Class        Class
	Count        int
	// Err is nil, or the *StatusError for this folder: 2 the folder is unknown, 3 the key must come from a Sync,
	// 4 the key is wrong.
	Err error
}

const maxEstimates = 300 // MS-ASCMD 2.2.3.29.1

// GetItemEstimate asks for counts, at most 300 folders at once. MS-ASCMD 2.2.1.9. What is counted are the changes since the key,
// by the specification and in Exchange: with the key that the answer to key 0 brings, that is all items. QUIRK(Z-Push 2.7): the
// items of the folder, whatever the key. QUIRK(SOGo 5.8): in mail folders one more than the changes, except with that first key;
// HTTP 501 for key 0.
func (c *Client) GetItemEstimate(ctx context.Context, reqs []EstimateRequest) ([]Estimate, error) {
	if len(reqs) == 0 {
		return nil, nil
	}
	if len(reqs) > maxEstimates {
		return nil, fmt.Errorf("GetItemEstimate: %d folders in one request, at most %d may be", len(reqs), maxEstimates)
	}
	collections := wbxml.E(wbxml.GetItemEstimateCollections)
	for _, q := range reqs {
		if q.ConversationMode {
			if err := c.needs("ConversationMode", Version140); err != nil {
				return nil, fmt.Errorf("GetItemEstimate: %w", err)
			}
		}
		if q.MaxItems > 0 { // MS-ASCMD 2.2.3.103.1
			if err := c.needs("MaxItems", Version140); err != nil {
				return nil, fmt.Errorf("GetItemEstimate: %w", err)
			}
		}
		collections.Append(q.element(c.Version()))
	}
	doc := wbxml.E(wbxml.GetItemEstimateGetItemEstimate, collections)
	answer, err := c.call(ctx, command{name: "GetItemEstimate", doc: &doc}, func(e *wbxml.Element) error {
		if code := number(e, wbxml.GetItemEstimateStatus); code != absent { // 2.2.3.177.7: only if the whole request failed
			return status("GetItemEstimate", "GetItemEstimate", code)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, &ResponseError{Command: "GetItemEstimate", Err: errEmpty}
	}
	return estimates(answer, reqs), nil
}

// element is a Collection of the request. Before 14.0 it names class and filter itself; from then on there are Options, and
// the SyncKey comes first. MS-ASCMD 2.2.3.29.1, 2.2.3.181.3.
func (q EstimateRequest) element(v Version) wbxml.Element {
	e := wbxml.E(wbxml.GetItemEstimateCollection)
	key := wbxml.T(wbxml.AirSyncSyncKey, string(q.Key))
	id := wbxml.T(wbxml.GetItemEstimateCollectionId, string(q.CollectionID))
	filter := wbxml.T(wbxml.AirSyncFilterType, strconv.Itoa(int(q.FilterType)))
	if !v.AtLeast(Version140) {
		if q.Class != "" {
			e.Append(wbxml.T(wbxml.GetItemEstimateClass, string(q.Class)))
		}
		e.Append(id)
		if q.filters() {
			e.Append(filter)
		}
		e.Append(key)
		return e
	}
	e.Append(key, id)
	if q.ConversationMode {
		e.Append(wbxml.T(wbxml.AirSyncConversationMode, "1"))
	}
	options := wbxml.E(wbxml.AirSyncOptions)
	if q.filters() {
		options.Append(filter)
	}
	if q.MaxItems > 0 {
		options.Append(wbxml.T(wbxml.AirSyncMaxItems, strconv.Itoa(q.MaxItems)))
	}
	if len(options.Children) > 0 {
		e.Append(options)
	}
	return e
}

func (q EstimateRequest) filters() bool { return q.FilterType != FilterAll || q.Class.filterable() }

// estimates reads the Responses. One that names no folder answers the request at its place.
func estimates(answer *wbxml.Element, reqs []EstimateRequest) []Estimate {
	var out []Estimate
	for r := range answer.All(wbxml.GetItemEstimateResponse) {
		collection := r.Child(wbxml.GetItemEstimateCollection)
		est := Estimate{
			CollectionID: CollectionID(collection.Value(wbxml.GetItemEstimateCollectionId)),
			Class:        Class(collection.Value(wbxml.GetItemEstimateClass)),
			Count:        number(collection, wbxml.GetItemEstimateEstimate),
			Err:          status("GetItemEstimate", "Response", number(r, wbxml.GetItemEstimateStatus)),
		}
		if i := len(out); est.CollectionID == "" && i < len(reqs) {
			est.CollectionID = reqs[i].CollectionID
		}
		if est.Err == nil && est.Count < 0 {
			est.Err = &ResponseError{Command: "GetItemEstimate", Err: fmt.Errorf("no number for folder %s", est.CollectionID)}
		}
		out = append(out, est)
	}
	return out
}
