package item

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// A round trip is there and back again. What came back is compared with what went
// in, property by property: kept, changed, or lost. The tables of testdata say how
// many of each there must be, so that nothing that is kept can be lost unseen; a
// test prints its table, and AIRLIFT_ROUND=write writes it anew.

type contactFate struct{ kept, changed, lost int }

type contactFates map[string]*contactFate

func (all contactFates) of(about string) *contactFate {
	if all[about] == nil {
		all[about] = &contactFate{}
	}
	return all[about]
}

func (all contactFates) String() string {
	var b strings.Builder
	b.WriteString("property\tkept\tchanged\tlost\n")
	var sum contactFate
	for _, about := range slices.Sorted(maps.Keys(all)) {
		f := all[about]
		fmt.Fprintf(&b, "%s\t%d\t%d\t%d\n", about, f.kept, f.changed, f.lost)
		sum.kept, sum.changed, sum.lost = sum.kept+f.kept, sum.changed+f.changed, sum.lost+f.lost
	}
	fmt.Fprintf(&b, "all\t%d\t%d\t%d\n", sum.kept, sum.changed, sum.lost)
	return b.String()
}

// check compares a table with the committed one.
func (all contactFates) check(t *testing.T, name string) {
	t.Helper()
	name = filepath.Join("testdata", "contacts", name)
	t.Logf("%s:\n%s", name, all)
	if os.Getenv("AIRLIFT_ROUND") == "write" {
		if err := os.WriteFile(name, []byte(all.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), all.String()); diff != "" {
		t.Errorf("%s (-want +got)\n%s", name, diff)
	}
}

// pairContacts finds for each thing that went in one that came back: an equal one, or one
// about the same.
func pairContacts[T any](in, back []T, about func(T) string, equal func(a, b T) bool) (kept, changed, lost []T) {
	back = slices.Clone(back)
	takeFirst := func(fits func(T) bool) bool {
		i := slices.IndexFunc(back, fits)
		if i >= 0 {
			back = slices.Delete(back, i, i+1)
		}
		return i >= 0
	}
	var rest []T
	for _, x := range in {
		if takeFirst(func(y T) bool { return about(x) == about(y) && equal(x, y) }) {
			kept = append(kept, x)
		} else {
			rest = append(rest, x)
		}
	}
	for _, x := range rest {
		if takeFirst(func(y T) bool { return about(x) == about(y) }) {
			changed = append(changed, x)
		} else {
			lost = append(lost, x)
		}
	}
	return kept, changed, lost
}

// roundVCards takes the vCards of files to EAS and back, in both versions.
func roundVCards(t *testing.T, files []string) contactFates {
	t.Helper()
	all := contactFates{}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for source, err := range SplitVCards(bytes.NewReader(b)) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			in, _, err := decodeCard(source)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			props, losses, err := ParseVCard(source, ParseOptions{})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			checkAddable(t, props)
			says := cardSays(in, strings.HasPrefix(in.Value("VERSION"), "2."))
			for _, version := range []string{VCard3, VCard4} {
				b, err := VCard(props, Options{VCardVersion: version})
				parseCard(t, b, err)
				out, _, err := decodeCard(b)
				if err != nil {
					t.Fatal(err)
				}
				kept, changed, lost := pairContacts(says, cardSays(out, false), func(s cardSaid) string { return s.about },
					func(a, b cardSaid) bool { return a.value == b.value })
				for _, s := range kept {
					all.of(version+" "+s.about).kept++
				}
				for _, s := range changed {
					all.of(version+" "+s.about).changed++
					t.Logf("%s to %s: %s changed: %.200q", filepath.Base(name), version, s.about, s.value)
				}
				for _, s := range lost {
					all.of(version+" "+s.about).lost++
				}
				for _, s := range slices.Concat(changed, lost) {
					if !isNamed(s, losses) {
						t.Errorf("%s to %s: nobody says that this is lost: %s: %.200q", filepath.Base(name), version, s.about, s.value)
					}
				}
			}
		}
	}
	return all
}

// isNamed tells whether a value that did not come back is among the losses, or one
// of those that the contact has in another form.
func isNamed(s cardSaid, losses []Loss) bool {
	switch s.about {
	case "UID", "REV": // about the card
		return true
	case "FN", "LABEL": // made of N, of ADR
		return true
	case "ADR home", "ADR work", "ADR other", "NOTE", "NICKNAME": // an extended address is in the street; one text of several
		return true
	case "X-ABLABEL": // named with what it labels
		if slices.ContainsFunc(losses, func(l Loss) bool { return strings.HasSuffix(l.Property, strings.ToLower(s.value)) }) {
			return true
		}
	}
	for _, l := range losses {
		name, _, _ := strings.Cut(l.Property, ";")
		if strings.EqualFold(name, s.name) && l.Value == cutText(fieldText(s.field), MaxLossValue) {
			return true
		}
	}
	return false
}

// roundContacts takes contacts to vCard and back, in both versions.
func roundContacts(t *testing.T, contacts []*wbxml.Element, o ParseOptions) contactFates {
	t.Helper()
	all := contactFates{}
	for _, in := range contacts {
		for _, version := range []string{VCard3, VCard4} {
			b, err := VCard(in, Options{VCardVersion: version})
			parseCard(t, b, err)
			out, losses, err := ParseVCard(b, o)
			if err != nil {
				t.Fatal(err)
			}
			checkAddable(t, out)
			for _, l := range losses {
				if l.Why != "only a server says it" {
					t.Errorf("by %s: a vCard of our own loses %+v", version, l)
				}
			}
			about := func(e wbxml.Element) string { return e.Tag.Name() } // protocol 2.5 has a Body of its own
			meant := func(e wbxml.Element) bool { return !isNoise(e.Tag) && contactValue(e) != "" && contactValue(e) != "1" }
			ins := slices.DeleteFunc(slices.Clone(in.Children), func(e wbxml.Element) bool { return !meant(e) })
			kept, changed, lost := pairContacts(ins, out.Children, about, sameContactValue)
			for _, e := range kept {
				all.of(about(e)).kept++
			}
			for _, e := range changed {
				all.of(about(e)).changed++
				t.Logf("by %s: %s changed: %.200q", version, e.Tag, e.AppendXML(nil))
			}
			for _, e := range lost {
				all.of(about(e)).lost++
				t.Logf("by %s: %s lost: %.200q", version, e.Tag, e.AppendXML(nil))
			}
			if _, extra, added := pairContacts(out.Children, ins, about, sameContactValue); len(added) > 0 {
				t.Errorf("by %s: nobody said %s (%d changed)", version, added[0].AppendXML(nil), len(extra))
			}
		}
	}
	return all
}

// sameContactValue compares two properties by what they mean: a day has no time, line
// ends are line ends, an IRI is its URI, a name that is the address is none.
func sameContactValue(a, b wbxml.Element) bool {
	return contactValue(a) == contactValue(b)
}

func contactValue(e wbxml.Element) string {
	text := strings.TrimSpace(strings.ReplaceAll(e.Text, "\r\n", "\n"))
	switch e.Tag {
	case wbxml.ContactsBirthday, wbxml.ContactsAnniversary:
		return text[:min(len(text), len("2006-01-02"))]
	case wbxml.ContactsWebPage, wbxml.Contacts2IMAddress, wbxml.Contacts2IMAddress2, wbxml.Contacts2IMAddress3:
		text = strings.ReplaceAll(uriCharacters(strings.TrimPrefix(text, "im:")), "\r\n", "\n")
		return strings.TrimSpace(text)
	case wbxml.ContactsPicture:
		return strings.Join(strings.Fields(text), "")
	case wbxml.ContactsEmail1Address, wbxml.ContactsEmail2Address, wbxml.ContactsEmail3Address:
		if a, err := mail.ParseAddress(text); err == nil {
			if a.Name == a.Address {
				a.Name = ""
			}
			return a.Name + "\x00" + a.Address
		}
	case wbxml.ContactsBody:
		return "1" + strings.ReplaceAll(e.Text, "\r\n", "\n")
	case wbxml.AirSyncBaseBody:
		return e.Value(wbxml.AirSyncBaseType) + strings.ReplaceAll(e.Value(wbxml.AirSyncBaseData), "\r\n", "\n")
	}
	for _, c := range e.Children {
		text += "\x00" + c.Text
	}
	return text
}

// uriCharacters undoes what is escaped in a URI, and leaves a percent sign that is none.
func uriCharacters(uri string) string {
	return regexp.MustCompile("%[0-9A-Fa-f]{2}").ReplaceAllStringFunc(uri, func(s string) string {
		b, err := hex.DecodeString(s[1:])
		if err != nil {
			return s
		}
		return string(b)
	})
}

// vcards are the files of a folder of vCards and its folders.
func vcards(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.EqualFold(filepath.Ext(path), ".vcf") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d vCards: %v", dir, len(files), err)
	}
	return files
}

// parsedContacts are the contacts that files of vCards become.
func parsedContacts(t *testing.T, files []string, o ParseOptions) (contacts []*wbxml.Element) {
	t.Helper()
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for source, err := range SplitVCards(bytes.NewReader(b)) {
			if err != nil {
				t.Fatal(err)
			}
			props, _, err := ParseVCard(source, o)
			if err != nil {
				t.Fatal(err)
			}
			contacts = append(contacts, props)
		}
	}
	return contacts
}

func TestRoundVCards(t *testing.T) {
	roundVCards(t, vcards(t, filepath.Join("testdata", "contacts"))).check(t, "samples.tsv")
}

func TestRoundVCardsCorpus(t *testing.T) {
	roundVCards(t, vcards(t, filepath.Join(corpus(t), "contacts"))).check(t, "corpus.tsv")
}

// TestRoundContacts: every property that a contact may have, contacts as servers
// send them, and what the samples become.
func TestRoundContacts(t *testing.T) {
	contacts := slices.Concat(everyProperty(), recorded(t, "contacts-v14.1"),
		parsedContacts(t, vcards(t, filepath.Join("testdata", "contacts")), ParseOptions{}))
	roundContacts(t, contacts, ParseOptions{}).check(t, "contacts.tsv")
}

func TestRoundContacts25(t *testing.T) {
	o := ParseOptions{Version: "2.5"}
	contacts := slices.Concat(recorded(t, "contacts-v2.5"), parsedContacts(t, vcards(t, filepath.Join("testdata", "contacts")), o))
	roundContacts(t, contacts, o).check(t, "contacts-2.5.tsv")
}

// TestRoundContactsCorpus: what the vCards of the corpus become, and the contacts
// among its recorded documents, of which there are none so far.
func TestRoundContactsCorpus(t *testing.T) {
	dir := corpus(t)
	contacts := parsedContacts(t, vcards(t, filepath.Join(dir, "contacts")), ParseOptions{})
	documents, err := filepath.Glob(filepath.Join(dir, "eas", "*", "*.wbxml"))
	if err != nil || len(documents) == 0 {
		t.Fatal("no documents: ", err)
	}
	for _, name := range documents {
		doc, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if doc[0] != 0x5D { // these are ApplicationData, or its children, without a header
			doc = append(append([]byte{0x5D}, doc...), 0x01)
		}
		if root, err := wbxml.Unmarshal(append([]byte{0x03, 0x01, 0x6A, 0x00}, doc...), wbxml.Limits{}); err == nil {
			contacts = append(contacts, contactsIn(root)...)
		}
	}
	roundContacts(t, contacts, ParseOptions{}).check(t, "contacts-corpus.tsv")
}

// contactsIn returns the elements that have properties of a contact.
func contactsIn(e *wbxml.Element) (found []*wbxml.Element) {
	if slices.ContainsFunc(e.Children, func(c wbxml.Element) bool { return c.Tag.Namespace() == "Contacts" }) {
		return []*wbxml.Element{e}
	}
	for i := range e.Children {
		found = append(found, contactsIn(&e.Children[i])...)
	}
	return found
}

// everyProperty are contacts with all that MS-ASCNTC 2.2.2 has: once with plain
// values, and once with all that vCards need escapes for.
func everyProperty() (contacts []*wbxml.Element) {
	for _, form := range []string{"v-%s", "Ä\U0001F600; %s, a\\b:c \"d\" 'e' ^n^ \\n <f>&\r\n\tg =41 %%20"} {
		var all []wbxml.Element
		for page, last := range map[wbxml.Tag]wbxml.Tag{0x0100: 0x3E, 0x0C00: 0x0E} {
			for tag := page | 5; tag <= page|last; tag++ {
				value := fmt.Sprintf(form, tag.Name())
				switch tag {
				case wbxml.ContactsBody, wbxml.ContactsBodySize, wbxml.ContactsBodyTruncated, wbxml.ContactsRtf,
					wbxml.ContactsCategory, wbxml.ContactsChild: // of protocol 2.5, or inside others
				case wbxml.ContactsBirthday, wbxml.ContactsAnniversary:
					all = append(all, wbxml.T(tag, "1980-02-29T23:59:59.000Z"))
				case wbxml.ContactsCategories:
					all = append(all, wbxml.E(tag, wbxml.T(wbxml.ContactsCategory, value), wbxml.T(wbxml.ContactsCategory, "two")))
				case wbxml.ContactsChildren:
					all = append(all, wbxml.E(tag, wbxml.T(wbxml.ContactsChild, value), wbxml.T(wbxml.ContactsChild, "two")))
				case wbxml.ContactsPicture:
					all = append(all, wbxml.T(tag, "iVBORw0KGgo="))
				case wbxml.ContactsWeightedRank:
					all = append(all, wbxml.T(tag, "7"))
				default:
					all = append(all, wbxml.T(tag, value))
				}
			}
		}
		html := "<html><body><p>" + form + "</p></body></html>"
		for kind, data := range map[string]string{"1": form + "\r\n\r\n  trailing \r\n", "2": html} {
			contacts = append(contacts, properties(append(slices.Clone(all), wbxml.E(wbxml.AirSyncBaseBody,
				wbxml.T(wbxml.AirSyncBaseType, kind), wbxml.T(wbxml.AirSyncBaseData, data)))...))
		}
	}
	exchange := properties( // as Exchange sends them: names beside addresses, a company, a picture of no known type
		wbxml.T(wbxml.ContactsCompanyName, "Contoso"), wbxml.T(wbxml.ContactsFileAs, "Contoso"),
		wbxml.T(wbxml.ContactsEmail1Address, `"info@contoso.com" <info@contoso.com>`),
		wbxml.T(wbxml.ContactsEmail2Address, `"Müller, \"Jörg\"" <jm@contoso.com>`),
		wbxml.T(wbxml.ContactsEmail3Address, "EX:/o=Contoso/cn=Recipients/cn=jm"),
		wbxml.T(wbxml.ContactsWebPage, "http://contoso.com/a%20b?c=d&e=ü"), wbxml.T(wbxml.ContactsDepartment, "Sales;EMEA"),
		wbxml.T(wbxml.ContactsBirthday, "1604-02-29T11:59:00.000Z"), wbxml.T(wbxml.ContactsPicture, "AAECAwQF"),
		wbxml.T(wbxml.ContactsHomeAddressCountry, "Österreich"), wbxml.T(wbxml.ContactsOtherAddressPostalCode, "1010"),
		wbxml.T(wbxml.Contacts2IMAddress3, "third only"), wbxml.T(wbxml.ContactsBusiness2PhoneNumber, "second only"),
		wbxml.T(wbxml.ContactsLastName, "Contoso"), wbxml.T(wbxml.Contacts2NickName, "a, b,c"),
		wbxml.T(wbxml.ContactsOfficeLocation, strings.Repeat("a long way to go, ", 200)),
		wbxml.T(wbxml.ContactsHomePhoneNumber, "one number"), wbxml.T(wbxml.ContactsHome2PhoneNumber, "one number"))
	return append(contacts, exchange)
}
