package wbxml

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// mailPage is a Sync response of n mails as SOGo answers them, with bodies of size bytes.
func mailPage(tb testing.TB, n, size int) []byte {
	line := "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod.\r\n"
	body := strings.Repeat(line, size/len(line)+1)[:size]
	commands := E(AirSyncCommands)
	for i := range n {
		commands.Append(E(AirSyncAdd,
			T(AirSyncServerId, fmt.Sprint(i+1)),
			E(AirSyncApplicationData,
				T(EmailTo, `"Alice Example" <alice@lab.example>`),
				T(EmailFrom, fmt.Sprintf(`"Sender %d" <x%d@remote.example>`, i, i)),
				T(EmailSubject, fmt.Sprintf("Re: the budget of department %d", i)),
				T(EmailDateReceived, "2026-09-30T16:42:00.000Z"),
				T(EmailDisplayTo, "Alice Example"),
				T(EmailThreadTopic, fmt.Sprintf("the budget of department %d", i)),
				T(EmailImportance, "1"),
				T(EmailRead, "0"),
				T(EmailMessageClass, "IPM.Note"),
				T(EmailContentClass, "urn:content-classes:message"),
				T(EmailInternetCPID, "65001"),
				E(AirSyncBaseBody,
					T(AirSyncBaseType, "4"),
					T(AirSyncBaseTruncated, "0"),
					T(AirSyncBaseData, body),
					T(AirSyncBaseEstimatedDataSize, fmt.Sprint(size))),
				E(EmailFlag, T(EmailStatus, "0")),
				B(Email2ConversationId, []byte(fmt.Sprintf("<m%d.alice@remote.example>", i))),
				T(AirSyncBaseNativeBodyType, "1"))))
	}
	return page(tb, "Email", commands)
}

// contactPage is a Sync response of n contacts of 25 properties.
func contactPage(tb testing.TB, n int) []byte {
	properties := []Tag{
		ContactsFileAs, ContactsFirstName, ContactsMiddleName, ContactsLastName, ContactsTitle, ContactsSuffix,
		ContactsEmail1Address, ContactsEmail2Address, ContactsMobilePhoneNumber, ContactsHomePhoneNumber,
		ContactsBusinessPhoneNumber, ContactsCompanyName, ContactsDepartment, ContactsJobTitle,
		ContactsBusinessAddressStreet, ContactsBusinessAddressCity, ContactsBusinessAddressPostalCode,
		ContactsBusinessAddressCountry, ContactsHomeAddressStreet, ContactsHomeAddressCity,
		ContactsHomeAddressPostalCode, ContactsHomeAddressCountry, ContactsWebPage, Contacts2NickName, Contacts2IMAddress,
	}
	commands := E(AirSyncCommands)
	for i := range n {
		data := E(AirSyncApplicationData)
		for _, p := range properties {
			data.Append(T(p, fmt.Sprintf("%s of %d", p.Name(), i)))
		}
		commands.Append(E(AirSyncAdd, T(AirSyncServerId, fmt.Sprintf("%d.vcf", i)), data))
	}
	return page(tb, "Contacts", commands)
}

func page(tb testing.TB, class string, commands Element) []byte {
	tb.Helper()
	root := E(AirSyncSync, E(AirSyncCollections, E(AirSyncCollection,
		T(AirSyncClass, class), T(AirSyncSyncKey, "61-64"), T(AirSyncCollectionId, "mail%2Fef96e729"), T(AirSyncStatus, "1"),
		commands, Empty(AirSyncMoreAvailable))))
	b, err := Marshal(&root)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// readItems reads a Sync response as a client does: an Element for every command
// of the page, which get gets.
func readItems(d *Decoder, get func(*Decoder) (*Element, error), each func(*Element)) error {
	if _, err := d.Root(); err != nil {
		return err
	}
	for range d.Children() {
		for range d.Children() {
			for tag := range d.Children() {
				if tag != AirSyncCommands {
					_ = d.Text()
					continue
				}
				for range d.Children() {
					e, err := get(d)
					if err != nil {
						return err
					}
					each(e)
				}
			}
		}
	}
	return d.Close()
}

func keep(d *Decoder) (*Element, error) { return d.Element(nil) }

func borrow(divert Divert) func(*Decoder) (*Element, error) {
	return func(d *Decoder) (*Element, error) { return d.Borrow(divert) }
}

func benchmarkItems(b *testing.B, doc []byte, items int, divert Divert) {
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	src := bytes.NewReader(doc)
	d := NewDecoder(src, Limits{})
	for b.Loop() {
		src.Reset(doc)
		d.Reset(src)
		n := 0
		if err := readItems(d, borrow(divert), func(*Element) { n++ }); err != nil || n != items {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkDecodeMails(b *testing.B) {
	benchmarkItems(b, mailPage(b, 100, 10<<10), 100, discardData)
}

// discardData is a Divert for bodies.
func discardData(_ *Element, tag Tag, r io.Reader) (bool, error) {
	if tag != AirSyncBaseData {
		return false, nil
	}
	_, err := io.Copy(io.Discard, r)
	return true, err
}

func BenchmarkDecodeContacts(b *testing.B) {
	benchmarkItems(b, contactPage(b, 512), 512, nil)
}

func BenchmarkEncodeContacts(b *testing.B) {
	doc := contactPage(b, 512)
	root, err := Unmarshal(doc, Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		e := NewEncoder(io.Discard)
		e.Element(root)
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteXML(b *testing.B) {
	doc := contactPage(b, 512)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	src := bytes.NewReader(doc)
	d := NewDecoder(src, Limits{})
	for b.Loop() {
		src.Reset(doc)
		d.Reset(src)
		if err := WriteXML(io.Discard, d, XMLOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadXML(b *testing.B) {
	var text bytes.Buffer
	if err := WriteXML(&text, NewDecoder(bytes.NewReader(contactPage(b, 512)), Limits{}), XMLOptions{}); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		e := NewEncoder(io.Discard)
		if err := ReadXML(bytes.NewReader(text.Bytes()), e); err != nil {
			b.Fatal(err)
		}
	}
}
