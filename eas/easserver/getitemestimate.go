package easserver

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxEstimateCollections is the limit of MS-ASCMD 3.1.5.10.
const maxEstimateCollections = 1000

// getItemEstimate answers GetItemEstimate. MS-ASCMD 2.2.1.9.
func (x *exchange) getItemEstimate() {
	cs := x.doc.Child(wbxml.GetItemEstimateCollections)
	if cs == nil || len(cs.Children) == 0 || len(cs.Children) > maxEstimateCollections {
		x.refuse(103, "MS-ASCMD 3.1.5.10", "no, or too many, collections")
		return
	}
	if err := x.protocol.wellFormed(x.doc); err != nil {
		x.refuse(103, "MS-ASCMD 2.2.3.85", err.Error())
		return
	}
	answer := wbxml.E(wbxml.GetItemEstimateGetItemEstimate)
	for c := range cs.All(wbxml.GetItemEstimateCollection) {
		if err := inOrder(c, x.estimateOrder()); err != nil {
			x.refuse(103, "MS-ASCMD 2.2.3.29.1", err.Error())
			return
		}
		response := wbxml.E(wbxml.GetItemEstimateResponse)
		n, status := x.estimate(c)
		response.Append(wbxml.T(wbxml.GetItemEstimateStatus, strconv.Itoa(status)))
		collection := wbxml.E(wbxml.GetItemEstimateCollection)
		if class := c.Child(wbxml.GetItemEstimateClass); class != nil && x.protocol < 140 {
			collection.Append(*class)
		}
		collection.Append(wbxml.T(wbxml.GetItemEstimateCollectionId, x.device.shown(c.Value(wbxml.GetItemEstimateCollectionId))))
		if status == 1 {
			collection.Append(wbxml.T(wbxml.GetItemEstimateEstimate, strconv.Itoa(n)))
		}
		response.Append(collection)
		answer.Append(response)
	}
	x.reply(answer)
}

// estimateOrder is the order of the elements of a Collection: the SyncKey comes
// first from 14.0 on, and last before. MS-ASCMD 2.2.3.181.3.
func (x *exchange) estimateOrder() []wbxml.Tag {
	if x.protocol >= 140 {
		return []wbxml.Tag{wbxml.AirSyncSyncKey, wbxml.GetItemEstimateCollectionId, wbxml.AirSyncConversationMode, wbxml.AirSyncOptions}
	}
	return []wbxml.Tag{wbxml.GetItemEstimateClass, wbxml.GetItemEstimateCollectionId, wbxml.AirSyncFilterType, wbxml.AirSyncSyncKey, wbxml.AirSyncOptions}
}

// estimate counts the commands that Sync would send.
func (x *exchange) estimate(c *wbxml.Element) (n, status int) {
	x.user.mu.Lock()
	defer x.user.mu.Unlock()
	key := c.Value(wbxml.AirSyncSyncKey)
	id := c.Value(wbxml.GetItemEstimateCollectionId)
	st := x.device.collections[id]
	switch {
	case x.user.byID(id) == nil:
		return 0, 2
	case key == "0" || st == nil && key != "":
		return 0, 3
	case st == nil || key != st.key && key != st.prev:
		return 0, 4
	}
	opts, err := x.estimateOptions(c, st)
	if err == nil {
		err = opts.checkFilter(st.folder.class())
	}
	if err != nil {
		x.violation("MS-ASCMD 2.2.3.68.1", err.Error())
		return 0, 2
	}
	whole := flag(c.Child(wbxml.AirSyncConversationMode), false)
	if whole && st.folder.class() != eas.ClassEmail {
		x.violation("MS-ASCMD 2.2.3.36.1", "ConversationMode in a folder of "+string(st.folder.class()))
		return 0, 2
	}
	p := st.plan(x.device, x.filter(st.folder, opts.filter, whole), math.MaxInt)
	n = len(p.ops) + st.hiddenItems()
	if key == st.prev {
		n += len(st.page.shown())
	}
	return x.misestimate(st, n), 1
}

func (x *exchange) estimateOptions(c *wbxml.Element, st *syncState) (options, error) {
	if o := c.Child(wbxml.AirSyncOptions); o != nil {
		return parseOptions(o)
	}
	opts := st.options
	if f := c.Child(wbxml.AirSyncFilterType); f != nil {
		n, err := number(f, 0, 8)
		if err != nil {
			return opts, fmt.Errorf("GetItemEstimate: %w", err)
		}
		opts.filter = n
	}
	return opts, nil
}

// inOrder returns an error unless the children of e are those of order, in that
// order, each at most once.
func inOrder(e *wbxml.Element, order []wbxml.Tag) error {
	last := -1
	for i := range e.Children {
		tag := e.Children[i].Tag
		at := slices.Index(order, tag)
		switch {
		case at < 0:
			return fmt.Errorf("%s in %s", tag, e.Tag)
		case at <= last:
			return fmt.Errorf("%s in the wrong place in %s", tag, e.Tag)
		}
		last = at
	}
	return nil
}
