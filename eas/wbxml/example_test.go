package wbxml_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// A Sync response is walked; every item becomes a tree, its body a stream.
func ExampleDecoder() {
	page := wbxml.E(wbxml.AirSyncSync,
		wbxml.T(wbxml.AirSyncStatus, "1"),
		wbxml.E(wbxml.AirSyncCommands,
			wbxml.E(wbxml.AirSyncAdd,
				wbxml.T(wbxml.AirSyncServerId, "5:1"),
				wbxml.E(wbxml.AirSyncApplicationData,
					wbxml.T(wbxml.EmailSubject, "Budget"),
					wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseData, "From: …\r\n\r\nHello"))))))
	doc, err := wbxml.Marshal(&page)
	if err != nil {
		panic(err)
	}

	saveBody := func(_ *wbxml.Element, tag wbxml.Tag, r io.Reader) (bool, error) {
		if tag != wbxml.AirSyncBaseData {
			return false, nil
		}
		n, err := io.Copy(io.Discard, r)
		fmt.Println("body of", n, "bytes")
		return true, err
	}
	d := wbxml.NewDecoder(bytes.NewReader(doc), wbxml.Limits{})
	if _, err := d.Root(); err != nil {
		panic(err)
	}
	for tag := range d.Children() {
		switch tag {
		case wbxml.AirSyncStatus:
			fmt.Println("status", d.Text())
		case wbxml.AirSyncCommands:
			for range d.Children() {
				item, err := d.Element(saveBody)
				if err != nil {
					break // d.Close has it too
				}
				fmt.Println(item.Tag, item.Value(wbxml.AirSyncServerId), item.Value(wbxml.AirSyncApplicationData, wbxml.EmailSubject))
			}
		}
	}
	fmt.Println("error:", d.Close())
	// Output:
	// status 1
	// body of 18 bytes
	// AirSync:Add 5:1 Budget
	// error: <nil>
}

func ExampleEncode() {
	type appointment struct {
		DtStamp    time.Time `wbxml:"Calendar:DtStamp,compact"`
		Subject    string    `wbxml:"Calendar:Subject"`
		Reminder   *int      `wbxml:"Calendar:Reminder"`
		Categories []string  `wbxml:"Calendar:Categories>Calendar:Category"`
	}
	e, err := wbxml.Encode(wbxml.AirSyncApplicationData, appointment{
		DtStamp:    time.Date(2000, 12, 25, 8, 35, 0, 0, time.UTC),
		Subject:    "Breakfast",
		Reminder:   new(int),
		Categories: []string{"Family"},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(strings.ReplaceAll(string(e.AppendXML(nil)), "><", ">\n<"))

	var back appointment
	if err := wbxml.Decode(&e, &back); err != nil {
		panic(err)
	}
	fmt.Println(back.Subject, back.DtStamp, *back.Reminder)
	// Output:
	// <ApplicationData xmlns="AirSync">
	// <DtStamp xmlns="Calendar">20001225T083500Z</DtStamp>
	// <Subject xmlns="Calendar">Breakfast</Subject>
	// <Reminder xmlns="Calendar">0</Reminder>
	// <Categories xmlns="Calendar">
	// <Category>Family</Category>
	// </Categories>
	// </ApplicationData>
	// Breakfast 2000-12-25 08:35:00 +0000 UTC 0
}

func ExampleWriteXML() {
	doc := "\x03\x01\x6A\x00\x45\x00\x11\x4A\x46\x034\x00\x01\x01\x00\x00\x14\x01"
	d := wbxml.NewDecoder(strings.NewReader(doc), wbxml.Limits{})
	if err := wbxml.WriteXML(os.Stdout, d, wbxml.XMLOptions{Indent: true}); err != nil {
		panic(err)
	}
	// Output:
	// <?xml version="1.0" encoding="utf-8"?>
	// <Sync xmlns="AirSync">
	//   <Body xmlns="AirSyncBase">
	//     <Type>4</Type>
	//   </Body>
	//   <MoreAvailable/>
	// </Sync>
}
