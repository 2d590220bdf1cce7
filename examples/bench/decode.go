package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// decodeMail decodes a Sync answer of 100 messages of 10 KB; the bodies stream past.
func decodeMail(context.Context, *bench) (string, error) {
	r := rand.New(rand.NewPCG(11, 12))
	return decode(100, discard, func(i int) wbxml.Element {
		return wbxml.E(wbxml.AirSyncApplicationData,
			wbxml.T(wbxml.EmailTo, `"Bench" <bench@example.com>`), wbxml.T(wbxml.EmailFrom, `"Sender" <s@example.org>`),
			wbxml.T(wbxml.EmailSubject, words(r, 5)), wbxml.T(wbxml.EmailDateReceived, "2024-01-02T03:04:05.000Z"),
			wbxml.T(wbxml.EmailImportance, "1"), wbxml.T(wbxml.EmailRead, "1"), wbxml.T(wbxml.EmailMessageClass, "IPM.Note"),
			wbxml.E(wbxml.AirSyncBaseBody,
				wbxml.T(wbxml.AirSyncBaseType, "4"), wbxml.T(wbxml.AirSyncBaseTruncated, "0"),
				wbxml.T(wbxml.AirSyncBaseData, string(generated(r, i, 10_000)))),
		)
	})
}

// decodeContacts decodes a Sync answer of 512 contacts of about 25 properties into trees.
func decodeContacts(context.Context, *bench) (string, error) {
	r := rand.New(rand.NewPCG(13, 14))
	tags := []wbxml.Tag{
		wbxml.ContactsFirstName, wbxml.ContactsLastName, wbxml.ContactsMiddleName, wbxml.ContactsFileAs, wbxml.ContactsCompanyName,
		wbxml.ContactsDepartment, wbxml.ContactsJobTitle, wbxml.ContactsEmail1Address, wbxml.ContactsEmail2Address,
		wbxml.ContactsMobilePhoneNumber, wbxml.ContactsBusinessPhoneNumber, wbxml.ContactsHomePhoneNumber, wbxml.ContactsBusinessFaxNumber,
		wbxml.ContactsWebPage, wbxml.ContactsOfficeLocation, wbxml.ContactsAssistantName, wbxml.ContactsSpouse, wbxml.ContactsBirthday,
		wbxml.Contacts2NickName, wbxml.Contacts2IMAddress, wbxml.Contacts2ManagerName,
	}
	return decode(512, nil, func(int) wbxml.Element {
		e := wbxml.E(wbxml.AirSyncApplicationData)
		for _, t := range tags {
			e.Append(wbxml.T(t, words(r, 2)))
		}
		e.Append(wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, words(r, 12))))
		return e
	})
}

func decode(n int, divert wbxml.Divert, data func(i int) wbxml.Element) (string, error) {
	commands := wbxml.E(wbxml.AirSyncCommands)
	for i := range n {
		commands.Append(wbxml.E(wbxml.AirSyncAdd, wbxml.T(wbxml.AirSyncServerId, fmt.Sprint(i)), data(i)))
	}
	root := wbxml.E(wbxml.AirSyncSync, wbxml.E(wbxml.AirSyncCollections, wbxml.E(wbxml.AirSyncCollection, commands)))
	doc, err := wbxml.Marshal(&root)
	if err != nil {
		return "", err
	}
	// A run has some 30 MiB in use; in an empty heap the collector would run every few documents.
	heap := make([]byte, 32<<20)
	defer runtime.KeepAlive(heap)
	d := wbxml.NewDecoder(nil, wbxml.Limits{})
	res := testing.Benchmark(func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		for b.Loop() {
			d.Reset(bytes.NewReader(doc)) // as the client does
			if got, err := decodeOnce(d, divert); err != nil || got != n {
				b.Fatal(got, err)
			}
		}
	})
	if res.N == 0 {
		return "", fmt.Errorf("decoding the benchmark's own document does not work")
	}
	speed := float64(res.Bytes) * float64(res.N) / res.T.Seconds() / 1e6
	return fmt.Sprintf("%.0f MB/s, %.1f allocations an item", speed, float64(res.AllocsPerOp())/float64(n)), nil
}

// decodeOnce reads a Sync answer as the client does and counts its items.
func decodeOnce(d *wbxml.Decoder, divert wbxml.Divert) (int, error) {
	if _, err := d.Root(); err != nil {
		return 0, err
	}
	items := 0
	for range d.Children() { // Collections
		for range d.Children() { // Collection
			for range d.Children() { // Commands
				for range d.Children() { // Add
					if _, err := d.Borrow(divert); err != nil {
						return items, err
					}
					items++
				}
			}
		}
	}
	return items, d.Close()
}

// discard lets the bodies of messages stream past.
func discard(_ *wbxml.Element, tag wbxml.Tag, r io.Reader) (bool, error) {
	if tag != wbxml.AirSyncBaseData {
		return false, nil
	}
	_, err := io.Copy(io.Discard, r)
	return true, err
}
