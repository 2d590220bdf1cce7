package easserver

import (
	"errors"
	"io"

	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// parseCards makes contacts of vCards, 2.1 to 4.0. What a contact cannot hold of
// them is left out, and a card that has nothing else is no contact.
func parseCards(r io.Reader) (contacts [][]wbxml.Element, err error) {
	for card, err := range item.SplitVCards(r) {
		if err != nil {
			return nil, err
		}
		props, _, err := item.ParseVCard(card, item.ParseOptions{})
		switch {
		case errors.Is(err, item.ErrNoProperties):
		case err != nil:
			return nil, err
		default:
			contacts = append(contacts, props.Children)
		}
	}
	return contacts, nil
}
