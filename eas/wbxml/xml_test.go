package wbxml

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

const declaration = `<?xml version="1.0" encoding="utf-8"?>` + "\n"

func writeXML(t *testing.T, doc []byte, o XMLOptions) string {
	t.Helper()
	var b strings.Builder
	if err := WriteXML(&b, NewDecoder(bytes.NewReader(doc), Limits{}), o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestXMLForms has for every form its XML, and that it comes back as the same bytes.
func TestXMLForms(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{
			"page as namespace", head + "45 00 11 4A 46 03 '4' 00 01 01 00 00 14 01",
			`<Sync xmlns="AirSync"><Body xmlns="AirSyncBase"><Type>4</Type></Body><MoreAvailable/></Sync>`,
		},
		{"opaque", head + "00 15 45 50 C3 04 'text' 01 01", `<SendMail xmlns="ComposeMail"><Mime><?opaque?>text</Mime></SendMail>`},
		{
			"opaque of bytes", head + "00 15 45 50 C3 03 00 00 00 01 01",
			`<SendMail xmlns="ComposeMail"><Mime><?opaque base64?>AAAA</Mime></SendMail>`,
		},
		{"empty opaque", head + "45 C3 00 01", `<Sync xmlns="AirSync"><?opaque?></Sync>`},
		{"string with a control character", head + "45 03 'a' 01 'b' 00 01", `<Sync xmlns="AirSync"><?string base64?>YQFi</Sync>`},
		{"string that is not UTF-8", head + "45 03 'a' FF 00 01", `<Sync xmlns="AirSync"><?string base64?>Yf8=</Sync>`},
		{"non-character", head + "45 03 EF BF BE 00 01", `<Sync xmlns="AirSync"><?string base64?>77++</Sync>`},
		{"surrogate", head + "45 03 ED A0 80 00 01", `<Sync xmlns="AirSync"><?string base64?>7aCA</Sync>`},
		{"lines", head + "45 03 'a' 0D 0A 'b' 0A 09 'c' 00 01", `<Sync xmlns="AirSync">a&#13;` + "\nb\n\tc</Sync>"},
		{"escapes", head + "45 03 '<a&b>]]>' 00 01", `<Sync xmlns="AirSync">&lt;a&amp;b&gt;]]&gt;</Sync>`},
		{"two strings", head + "45 03 'a' 00 03 'b' 00 01", `<Sync xmlns="AirSync">a<?string?>b</Sync>`},
		{"empty string", head + "45 03 00 01", `<Sync xmlns="AirSync"><?string?></Sync>`},
		{
			"white space", head + "45 4E 03 '  ' 00 01 4E 03 ' x' 00 01 01",
			`<Sync xmlns="AirSync"><Status><?string?>  </Status><Status><?string?> x</Status></Sync>`,
		},
		{"mixed", head + "45 03 'a' 00 0E 03 'b' 00 C3 01 'c' 01", `<Sync xmlns="AirSync">a<Status/><?string?>b<?opaque?>c</Sync>`},
		{"unknown", head + "00 1E 5F 03 'x' 00 00 00 3E 01", `<tag1F xmlns="page30">x<tag3E xmlns="AirSync"/></tag1F>`},
		{"literals", "03 01 6A 04 'New' 00 45 44 00 03 'x' 00 01 01", `<?strtbl TmV3AA==?><Sync xmlns="AirSync"><New>x</New></Sync>`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc := unhex(t, test.doc)
			got := writeXML(t, doc, XMLOptions{})
			if diff := cmp.Diff(declaration+test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for _, o := range []XMLOptions{{}, {Indent: true}} {
				if back := fromXML(t, writeXML(t, doc, o)); !bytes.Equal(back, doc) {
					t.Errorf("indent %v: comes back as\n%x, was\n%x", o.Indent, back, doc)
				}
			}
			e, err := Unmarshal(doc, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			tree, err := ParseXML(bytes.NewReader(e.AppendXML(nil)), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(e, tree); diff != "" {
				t.Errorf("as a tree: (-was +is)\n%s", diff)
			}
		})
	}
}

func TestXMLIndent(t *testing.T) {
	doc := unhex(t, head+"45 5C 4F 4E 03 '1' 00 01 14 01 01 00 11 4A 03 'a' 00 06 03 'b' 00 01 01")
	const want = declaration + `<Sync xmlns="AirSync">
  <Collections>
    <Collection>
      <Status>1</Status>
      <MoreAvailable/>
    </Collection>
  </Collections>
  <Body xmlns="AirSyncBase">a<Type/><?string?>b</Body>
</Sync>
`
	if diff := cmp.Diff(want, writeXML(t, doc, XMLOptions{Indent: true})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestXMLCut(t *testing.T) {
	e := E(AirSyncSync, T(AirSyncStatus, "12345"), T(AirSyncStatus, "123456"), T(AirSyncStatus, "1234ß"), B(AirSyncStatus, []byte("\x00\x01\x02\x03\x04\x05")))
	doc, err := Marshal(&e)
	if err != nil {
		t.Fatal(err)
	}
	got := writeXML(t, doc, XMLOptions{MaxValue: 5})
	const want = declaration + `<Sync xmlns="AirSync"><Status>12345</Status><Status>12345<?cut 6?></Status><Status>1234<?cut 6?></Status>` +
		`<Status><?opaque base64?>AAECAwQ=<?cut 6?></Status></Sync>`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := ParseXML(strings.NewReader(got), Limits{}); err == nil || !strings.Contains(err.Error(), "a value of 6 bytes was cut") {
		t.Errorf("a cut value is read: %v", err)
	}
}

// TestXMLLongValues crosses the windows in which a value is text or base64.
func TestXMLLongValues(t *testing.T) {
	text := strings.Repeat("Grüße, Ωμέγα, 漢字, 😀.\r\n", 3000)
	random := make([]byte, 50001)
	for i := range random {
		random[i] = byte(i * i >> 7)
	}
	values := map[string]string{
		"text":             text,
		"shifted":          "x" + text,
		"bytes":            string(random),
		"text then bytes":  text + string(random),
		"bytes then text":  string(random) + text,
		"a late bad byte":  text + "\xFF" + text + "\x01",
		"cut in a rune":    text[:xmlWindow-1] + "\xF0\x9F",
		"incomplete at 16": strings.Repeat("x", xmlWindow-2) + "\xF0\x9F",
		"exact":            strings.Repeat("x", xmlWindow),
	}
	for name, value := range values {
		e := E(AirSyncSync, B(AirSyncBaseData, []byte(value)), T(AirSyncStatus, "1"))
		if strings.IndexByte(value, 0) < 0 {
			e.Append(T(AirSyncBaseData, value))
		}
		doc, err := Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		text := writeXML(t, doc, XMLOptions{})
		var back bytes.Buffer
		enc := NewEncoder(&back)
		err = errors.Join(ReadXML(iotest.HalfReader(strings.NewReader(text)), enc), enc.Close())
		if err != nil || !bytes.Equal(back.Bytes(), doc) {
			t.Errorf("%s: comes back different, %v", name, err)
		}
		if got := string(e.AppendXML([]byte(declaration))); got != text {
			t.Errorf("%s: AppendXML and WriteXML differ", name)
		}
		if got := plainText(t, text); got != value+"1"+value && !strings.Contains(text, "base64") {
			t.Errorf("%s: another parser reads other text", name)
		}
	}
}

// plainText is all text of a document as encoding/xml reads it.
func plainText(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return strings.TrimPrefix(b.String(), "\n") // behind the declaration
		}
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := token.(xml.CharData); ok {
			b.Write(c)
		}
	}
}

// TestXMLForOthers reads the XML of every capture with encoding/xml.
func TestXMLForOthers(t *testing.T) {
	for _, c := range captures(t) {
		if c.verdict != "decoded" {
			continue
		}
		want, err := Unmarshal(c.body, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(strings.NewReader(writeXML(t, c.body, XMLOptions{})))
		d.Strict = true
		var build treeBuilder
		var root *Element
		lim := Limits{}.withDefaults()
		inBase64 := false
		for root == nil {
			token, err := d.Token()
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			switch x := token.(type) {
			case xml.StartElement:
				tag, ok := Lookup(x.Name.Space, x.Name.Local)
				if !ok {
					t.Fatalf("%s: no tag for %v", c.name, x.Name)
				}
				build.start(tag, "", &lim)
			case xml.ProcInst:
				if len(build.open) > 0 {
					build.top().Opaque = x.Target == "opaque"
					inBase64 = string(x.Inst) == "base64"
				}
			case xml.CharData:
				if len(build.open) == 0 {
					continue
				}
				if inBase64 {
					x, err = base64.StdEncoding.DecodeString(string(x))
				}
				if build.add(x, &lim); err != nil {
					t.Fatal(err)
				}
			case xml.EndElement:
				root, inBase64 = build.end(), false
			}
		}
		if diff := cmp.Diff(want, root); diff != "" {
			t.Errorf("%s: (-want +encoding/xml)\n%s", c.name, diff)
		}
	}
}

// TestXMLByPeople reads what other tools and people write.
func TestXMLByPeople(t *testing.T) {
	const want = `<Sync xmlns="AirSync"><Status>1 &lt; 2</Status><Body xmlns="AirSyncBase"><Data>a` + "\n" + `b &amp; ]] c</Data></Body></Sync>`
	tests := map[string]string{
		"prefixes": `<a:Sync xmlns:a="AirSync" xmlns:b='AirSyncBase' xmlns:unused="http://example.org/"><a:Status>1 &lt; 2</a:Status>` +
			`<b:Body><b:Data>a` + "\r\nb" + ` &#38; ]] c</b:Data></b:Body></a:Sync>`,
		"layout": "\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8' ?>\n<!-- a -- comment --><?xml-stylesheet href=''?>\n<Sync\n xmlns = \"AirSync\" >\n" +
			"\t<Status >1 <!--,--><![CDATA[<]]> &#x32;</Status >\n <Body xmlns='AirSyncBase'>\r\n<Data>a\rb &amp;<![CDATA[ ]]]]> c</Data></Body>\n\n</Sync>\n<!-- end -->\n",
	}
	for name, text := range tests {
		for _, src := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			e, err := ParseXML(src, Limits{})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if diff := cmp.Diff(want, string(e.AppendXML(nil))); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", name, diff)
			}
		}
	}
	e, err := ParseXML(strings.NewReader(`<Sync xmlns="AirSync"><Status>&#32;</Status><Class><![CDATA[ ]]></Class></Sync>`), Limits{})
	if err != nil || e.Value(AirSyncStatus) != " " || e.Value(AirSyncClass) != " " {
		t.Errorf("white space that is no layout: %v, %v", e, err)
	}
}

func TestXMLRefused(t *testing.T) {
	root := func(s string) string { return `<Sync xmlns="AirSync">` + s + `</Sync>` }
	tests := map[string]string{
		"":                                       "ends before its root element",
		"x":                                      `'x' outside of the root element`,
		"<Sync/>":                                "element Sync has no namespace",
		`<Sync xmlns="http://example.org/"/>`:    `namespace "http://example.org/" is no code page`,
		`<Sync xmlns="page0"/>`:                  `namespace "page0" is no code page`,
		`<a:Sync xmlns="AirSync"/>`:              "element a:Sync has no namespace",
		root("<New/>"):                           "namespace AirSync has no tag New",
		root("<tag05/>"):                         "namespace AirSync has no tag tag05",
		root("<Status></Class>"):                 "end tag </Class> does not match",
		root("<Status a='b'/>"):                  "attribute a: there are none",
		root("<Status xmlnsx='b'/>"):             "attribute xmlnsx: there are none",
		root("&nbsp;"):                           "reference &nbsp;",
		root("&#0;"):                             "reference &#0;",
		root("&#xD800;"):                         "reference &#xD800;",
		root("\x01"):                             "character 0x01",
		root("<?string base64?>A"):               "not base64",
		root("<?string base64?>AA==AA=="):        "not base64",
		root("<?string base64?>AA=="):            "NUL in a string",
		root("<?opague?>x"):                      "<?opague?> is not understood",
		root("<?opaque bas64?>x"):                "<?opaque bas64?> is not understood",
		root("<?continue?>x"):                    "<?continue?> without a value",
		root("<?strtbl AAAA?>"):                  "is not understood",
		root("x<?diverted?>"):                    "a diverted value and another",
		root("<?diverted?>x"):                    "a diverted value and another",
		root("<?cut 9?>"):                        "a value of 9 bytes was cut",
		root("") + root(""):                      "a second root element",
		root("") + "x":                           "outside of the root element",
		"<!DOCTYPE x>" + root(""):                "a declaration",
		`<?xml encoding="latin1"?>` + root(""):   "XML in the encoding",
		"<?strtbl x?>" + root(""):                "<?strtbl?> is not one",
		root("<1/>"):                             `"1" is no name`,
		root("<Status/ >"):                       "a / inside of a tag",
		root("")[:20]:                            "ends before its root",
		`<Sync xmlns=AirSync/>`:                  "without quotes",
		`<Sync xmlns/>`:                          "without a value",
		root("</Sync <"):                         "an end tag without its >",
		"\x03\x01\x6A\x00\x05":                   "outside of the root",
		root("<Status>" + "<!-- " + "</Status>"): "ends before its root",
	}
	for text, want := range tests {
		_, err := ParseXML(strings.NewReader(text), Limits{})
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
	enc := NewEncoder(io.Discard)
	if err := ReadXML(strings.NewReader(root("<Status><?diverted?></Status>")), enc); err == nil || !strings.Contains(err.Error(), "was diverted") {
		t.Errorf("a diverted value: %v", err)
	}
}

func TestXMLLimits(t *testing.T) {
	const start = `<Sync xmlns="AirSync">`
	tests := []struct {
		limit string
		lim   Limits
		text  string
	}{
		{"Depth", Limits{}, strings.Repeat(start, 100)},
		{"Memory", Limits{Memory: 1000}, start + strings.Repeat("x", 2000)},
		{"Memory", Limits{Memory: 1000}, strings.Repeat(start, 30)},
		{"Elements", Limits{Elements: 10}, start + strings.Repeat("<Status/>", 30)},
		{"Name", Limits{Name: 1000}, "<?x " + strings.Repeat("x", 9000) + "?>"},
		{"Name", Limits{Name: 1000}, start + "&" + strings.Repeat("x", 9000) + ";"},
		{"Document", Limits{Document: 1000}, "<!--" + strings.Repeat("x", 9000)},
	}
	for _, test := range tests {
		_, err := ParseXML(strings.NewReader(test.text), test.lim)
		var limit *LimitError
		if !errors.As(err, &limit) || limit.Limit != test.limit {
			t.Errorf("%.40s: error %v, want a LimitError for %s", test.text, err, test.limit)
		}
	}
}
