package eas

import (
	"context"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Operation does something to a whole folder, or to a conversation: EmptyFolder or MoveConversation.
type Operation struct {
	// EmptyFolder deletes all items of a folder for good; with DeleteSubFolders, all folders below it too. MS-ASCMD 2.2.3.58.
	EmptyFolder      CollectionID
	DeleteSubFolders bool
	// MoveConversation moves all messages of a conversation (Email.ConversationID), those that are still to come too, to the mail
	// folder To. From 14.0 on. MS-ASCMD 2.2.3.117.1.
	MoveConversation []byte
	To               CollectionID
}

// Operations carries out operations in their order, at most MaxFetches. The errors are those of the operations: nil, or the
// *StatusError: 6 there is no such folder or conversation, 16 access denied, 17 it was done in part, 156 the folder to move to is
// none for mail. MS-ASCMD 2.2.1.10.
func (c *Client) Operations(ctx context.Context, ops []Operation) ([]error, error) {
	const name = "ItemOperations"
	if len(ops) == 0 {
		return nil, nil
	}
	if err := c.needs("the command", Version120); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(ops) > MaxFetches {
		return nil, fmt.Errorf("%s: %d operations in one request: at most %d", name, len(ops), MaxFetches)
	}
	doc := wbxml.E(wbxml.ItemOperationsItemOperations)
	for i := range ops {
		e, err := ops[i].element(c)
		if err != nil {
			return nil, fmt.Errorf("%s: operation %d: %w", name, i, err)
		}
		doc.Append(e)
	}
	answer, err := c.call(ctx, command{name: name, doc: &doc}, func(e *wbxml.Element) error {
		return status(name, name, number(e, wbxml.ItemOperationsStatus))
	})
	if answer, err = answered(name, answer, err); err != nil {
		return nil, err
	}
	return operationResults(answer.Child(wbxml.ItemOperationsResponse), ops), nil
}

func (o *Operation) element(c *Client) (wbxml.Element, error) {
	switch {
	case (o.EmptyFolder == "") == (len(o.MoveConversation) == 0):
		return wbxml.Element{}, errors.New("it empties a folder or moves a conversation")
	case o.EmptyFolder != "":
		e := wbxml.E(wbxml.ItemOperationsEmptyFolderContents, wbxml.T(wbxml.AirSyncCollectionId, string(o.EmptyFolder)))
		if o.DeleteSubFolders {
			e.Append(wbxml.E(wbxml.ItemOperationsOptions, wbxml.Empty(wbxml.ItemOperationsDeleteSubFolders)))
		}
		return e, nil
	}
	return wbxml.E(wbxml.ItemOperationsMove, wbxml.B(wbxml.ItemOperationsConversationId, o.MoveConversation),
		wbxml.T(wbxml.ItemOperationsDstFldId, string(o.To)),
		// 2.2.3.118: without MoveAlways it is an error.
		wbxml.E(wbxml.ItemOperationsOptions, wbxml.Empty(wbxml.ItemOperationsMoveAlways))), c.needs("Move", Version140)
}

// operationResults finds the answer to each operation: servers group them by kind, in their order. QUIRK(SOGo 5.8): it empties a
// folder and says success of the whole alone.
func operationResults(answer *wbxml.Element, ops []Operation) []error {
	said := map[string][]*wbxml.Element{}
	for e := range answer.All(wbxml.ItemOperationsEmptyFolderContents) {
		key := "folder " + e.Value(wbxml.AirSyncCollectionId)
		said[key] = append(said[key], e)
	}
	for e := range answer.All(wbxml.ItemOperationsMove) {
		key := "conversation " + e.Value(wbxml.ItemOperationsConversationId)
		said[key] = append(said[key], e)
	}
	results := make([]error, len(ops))
	for i, o := range ops {
		key, element := "folder "+string(o.EmptyFolder), "EmptyFolderContents"
		if o.EmptyFolder == "" {
			key, element = "conversation "+string(o.MoveConversation), "Move"
		}
		if answer == nil && o.EmptyFolder != "" {
			continue
		}
		if len(said[key]) == 0 {
			results[i] = &ResponseError{Command: "ItemOperations", Err: fmt.Errorf("nothing about operation %d", i)}
			continue
		}
		results[i] = status("ItemOperations", element, number(said[key][0], wbxml.ItemOperationsStatus))
		said[key] = said[key][1:]
	}
	return results
}
