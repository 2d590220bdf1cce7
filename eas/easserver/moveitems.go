package easserver

import (
	"strconv"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxMoves is the limit of MS-ASCMD 3.1.5.10.
const maxMoves = 1000

// moveItems answers MoveItems, where 3 is success. MS-ASCMD 2.2.1.12.
func (x *exchange) moveItems() {
	x.batch(wbxml.MoveMove, maxMoves, 103, func(move *wbxml.Element) wbxml.Element {
		id := move.Value(wbxml.MoveSrcMsgId)
		moved, status := x.move(id, move)
		r := wbxml.E(wbxml.MoveResponse, wbxml.T(wbxml.MoveSrcMsgId, x.device.shownItem(id)), wbxml.T(wbxml.MoveStatus, strconv.Itoa(status)))
		if status == 3 {
			r.Append(wbxml.T(wbxml.MoveDstMsgId, x.device.shownItem(moved)))
		}
		return r
	})
}

// move moves an item. The device learns of it by this answer, and by the Delete and
// the Add of the two folders' next Sync. Statuses: MS-ASCMD 2.2.3.177.10.
func (x *exchange) move(id string, e *wbxml.Element) (moved string, status int) {
	from, to := x.user.byID(e.Value(wbxml.MoveSrcFldId)), x.user.byID(e.Value(wbxml.MoveDstFldId))
	targets := 0
	for range e.All(wbxml.MoveDstFldId) {
		targets++
	}
	switch {
	case targets > 1:
		return "", 5
	case from == nil || from.item(id) == nil:
		return "", 1
	case to == nil || to.class() != from.class():
		return "", 2
	case to == from:
		return "", 4
	}
	v := from.item(id)
	from.remove(v, nil)
	return to.serverID(to.add(v.Item, nil).num), 3
}
