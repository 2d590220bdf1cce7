package eas

import (
	"context"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// MaxMoves is how many items one MoveItems may move. MS-ASCMD 3.1.5.10.
const MaxMoves = 1000

// Move asks for an item to be moved to another folder of the same class.
type Move struct {
	ServerID ServerID
	From, To CollectionID
}

// MoveResult is what became of a Move.
type MoveResult struct {
	ServerID ServerID // in the new folder; "" if the server does not say
	// Err is nil, or the *StatusError of this item: 1 it is not in that folder, 2 there is no such destination, 4 both folders are
	// the same, 5 it could not be moved, 7 it is locked.
	Err error
}

const moved = 3 // the status that says success. MS-ASCMD 2.2.3.177.10

// MoveItems moves items between folders, at most MaxMoves. The results are those of the moves, in their order. The next Sync of
// the two folders brings a Delete and an Add. MS-ASCMD 2.2.1.12.
func (c *Client) MoveItems(ctx context.Context, moves []Move) ([]MoveResult, error) {
	if len(moves) == 0 {
		return nil, nil
	}
	if len(moves) > MaxMoves {
		return nil, fmt.Errorf("MoveItems: %d items in one request: at most %d", len(moves), MaxMoves)
	}
	doc := wbxml.E(wbxml.MoveMoveItems)
	for _, m := range moves {
		doc.Append(wbxml.E(wbxml.MoveMove,
			wbxml.T(wbxml.MoveSrcMsgId, string(m.ServerID)), wbxml.T(wbxml.MoveSrcFldId, string(m.From)), wbxml.T(wbxml.MoveDstFldId, string(m.To))))
	}
	answer, err := c.call(ctx, command{name: "MoveItems", doc: &doc}, func(e *wbxml.Element) error {
		if code := number(e, wbxml.MoveStatus); code != absent && code != moved { // only if the whole request failed
			return &StatusError{Command: "MoveItems", Element: "MoveItems", Code: code}
		}
		return nil
	})
	if answer, err = answered("MoveItems", answer, err); err != nil {
		return nil, err
	}
	return moveResults(answer, moves), nil
}

// moveResults finds the answer to each move. Servers answer in the order of the request; an id may be in it twice, for two
// folders.
func moveResults(answer *wbxml.Element, moves []Move) []MoveResult {
	said := map[ServerID][]*wbxml.Element{}
	for r := range answer.All(wbxml.MoveResponse) {
		id := ServerID(r.Value(wbxml.MoveSrcMsgId))
		said[id] = append(said[id], r)
	}
	results := make([]MoveResult, len(moves))
	for i, m := range moves {
		rest := said[m.ServerID]
		if len(rest) == 0 {
			results[i].Err = &ResponseError{Command: "MoveItems", Err: fmt.Errorf("nothing about item %s", m.ServerID)}
			continue
		}
		said[m.ServerID] = rest[1:]
		switch code := number(rest[0], wbxml.MoveStatus); code {
		case moved:
			results[i].ServerID = ServerID(rest[0].Value(wbxml.MoveDstMsgId))
		case absent:
			results[i].Err = &ResponseError{Command: "MoveItems", Err: errors.New("Response has no status")}
		default:
			results[i].Err = &StatusError{Command: "MoveItems", Element: "Response", Code: code}
		}
	}
	return results
}
