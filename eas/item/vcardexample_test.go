package item_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/airlift-eas/airlift/eas/item"
)

// A file of vCards becomes contacts, and what they cannot hold is said.
func ExampleParseVCard() {
	file := strings.NewReader(`BEGIN:VCARD
VERSION:4.0
FN:Ada Lovelace
N:Lovelace;Ada;;;
BDAY:18151210
EMAIL:ada@example.com
GENDER:F
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:G=F6del;Kurt
TEL;CELL:+1 555 0100
END:VCARD
`)
	for card, err := range item.SplitVCards(file) {
		if err != nil {
			log.Fatal(err)
		}
		props, losses, err := item.ParseVCard(card, item.ParseOptions{Version: "14.1"})
		if err != nil {
			log.Fatal(err)
		}
		for _, p := range props.Children {
			fmt.Println(p.Tag.Name(), p.Text)
		}
		for _, l := range losses {
			fmt.Println("lost:", l.Property, l.Value, "-", l.Why)
		}
	}
	// Output:
	// Birthday 1815-12-10T11:59:00.000Z
	// Email1Address ada@example.com
	// FileAs Ada Lovelace
	// FirstName Ada
	// LastName Lovelace
	// lost: GENDER F - a contact has no such property
	// FirstName Kurt
	// LastName Gödel
	// MobilePhoneNumber +1 555 0100
}
