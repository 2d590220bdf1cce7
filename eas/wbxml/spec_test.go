package wbxml

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unhex turns "03 01 'a' 'b' 00", the notation of the specifications, into bytes.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	var out []byte
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeft(s, " \n\t") {
		if s[0] == '\'' {
			text, rest, _ := strings.Cut(s[1:], "'")
			out, s = append(out, text...), rest
			continue
		}
		b, err := hex.DecodeString(s[:2])
		if err != nil {
			t.Fatalf("%v in %q", err, s)
		}
		out, s = append(out, b...), s[2:]
	}
	return out
}

// The example of MS-ASWBXML section 3: a contact in a Sync response.
const (
	exampleWBXML = `
03 01 6A 00 45 5C 4F 50 03 43 6F 6E 74 61 63 74 73 00 01 4B 03 32 00 01 52 03 32 00 01 4E 03 31 00 01 56 47 4D 03 32
3A 31 00 01 5D 00 11 4A 46 03 31 00 01 4C 03 30 00 01 4D 03 31 00 01 01 00 01 5E 03 46 75 6E 6B 2C 20 44 6F 6E 00 01
5F 03 44 6F 6E 00 01 69 03 46 75 6E 6B 00 01 00 11 56 03 31 00 01 01 01 01 01 01 01`

	exampleXML = `<?xml version="1.0" encoding="utf-8"?>
<Sync xmlns="AirSync" xmlns:airsyncbase="AirSyncBase" xmlns:contacts="Contacts">
  <Collections>
    <Collection>
      <Class>Contacts</Class>
      <SyncKey>2</SyncKey>
      <CollectionId>2</CollectionId>
      <Status>1</Status>
      <Commands>
        <Add>
          <ServerId>2:1</ServerId>
          <ApplicationData>
            <airsyncbase:Body>
              <airsyncbase:Type>1</airsyncbase:Type>
              <airsyncbase:EstimatedDataSize>0</airsyncbase:EstimatedDataSize>
              <airsyncbase:Truncated>1</airsyncbase:Truncated>
            </airsyncbase:Body>
            <contacts:FileAs>Funk, Don</contacts:FileAs>
            <contacts:FirstName>Don</contacts:FirstName>
            <contacts:LastName>Funk</contacts:LastName>
            <airsyncbase:NativeBodyType>1</airsyncbase:NativeBodyType>
          </ApplicationData>
        </Add>
      </Commands>
    </Collection>
  </Collections>
</Sync>`
)

func TestSpecificationExample(t *testing.T) {
	doc := unhex(t, exampleWBXML)
	fromXML, err := ParseXML(strings.NewReader(exampleXML), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	fromWBXML, err := Unmarshal(doc, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fromXML, fromWBXML); diff != "" {
		t.Errorf("(-XML +WBXML)\n%s", diff)
	}
	var streamed bytes.Buffer
	enc := NewEncoder(&streamed)
	if err := errors.Join(ReadXML(strings.NewReader(exampleXML), enc), enc.Close()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(streamed.Bytes(), doc) {
		t.Errorf("XML encodes to\n%x, want\n%x", streamed.Bytes(), doc)
	}
	if b, err := Marshal(fromWBXML); err != nil || !bytes.Equal(b, doc) {
		t.Errorf("encodes to\n%x, %v; want\n%x", b, err, doc)
	}
}

// The examples of WBXML 1.3 section 8, whose tokens are other names here.
func TestWBXMLExamples(t *testing.T) {
	simple := `01 01 6A 00 47 46 03 ' X & Y' 00 05 03 ' X' 00 02 81 20 03 '=' 00 02 81 20 03 '1 ' 00 01 01`
	expanded := `01 01 6A 12 'abc' 00 ' Enter name: ' 00 47 C5 09 83 00 05 01 88 06 86 08 03 'xyz' 00 85 03 '/s' 00 01
		83 04 86 07 0A 03 'N' 00 01 01 01`
	tests := []struct {
		name, doc string
		want      Element
		xml       string
	}{
		{
			"simple", simple,
			E(AirSyncAdd, Element{Tag: AirSyncResponses, Text: " X & Y X\u00a0=\u00a01 ", Children: []Element{Empty(AirSyncSync)}}),
			`<Add xmlns="AirSync"><Responses><?string?> X &amp; Y<Sync/><?string?> X<?string?>` + "\u00a0" + `<?string?>=<?string?>` + "\u00a0" + `<?string?>1 </Responses></Add>`,
		},
		{
			"string table and attributes", expanded,
			E(AirSyncAdd, Element{Tag: AirSyncSync, Text: " Enter name: ", Children: []Element{Empty(AirSyncChange), Empty(AirSyncResponses)}}),
			`<?strtbl YWJjACBFbnRlciBuYW1lOiAA?><Add xmlns="AirSync"><Sync><Change/><?string?> Enter name: <Responses/></Sync></Add>`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc := unhex(t, test.doc)
			got, err := Unmarshal(doc, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			var xml strings.Builder
			if err := WriteXML(&xml, NewDecoder(bytes.NewReader(doc), Limits{}), XMLOptions{}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(`<?xml version="1.0" encoding="utf-8"?>`+"\n"+test.xml, xml.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	ascii := strings.Replace(simple, "6A", "03", 1)
	if _, err := Unmarshal(unhex(t, ascii), Limits{}); err == nil || !strings.Contains(err.Error(), "charset 3 (US-ASCII)") {
		t.Errorf("charset US-ASCII: error %v", err)
	}
}
