// Package wbxml reads and writes WBXML 1.3 as Exchange ActiveSync uses it
// (MS-ASWBXML), and the plain XML form of any such document.
//
// # The format
//
// A document is a header and one element. The header is four bytes in practice:
// version 1.3, no public identifier, UTF-8, an empty string table. An element is a
// token of one byte, its content, and END; the token's bit 0x40 says that there is
// content. There are more element names than tokens, so they lie on code pages, one
// for an XML namespace, and SWITCH_PAGE (0x00) changes the page for all that follows.
// A value is an inline string that ends with NUL (STR_I, 0x03) or bytes with a length
// before them (OPAQUE, 0xC3).
//
//	03 01 6A 00          version 1.3, public identifier unknown, UTF-8, no string table
//	45                   <Sync>, page 0 (AirSync), token 0x05 with content
//	   00 11             page 17 (AirSyncBase)
//	   4A                <Body>
//	      46 03 34 00 01 <Type>4</Type>
//	   01                </Body>
//	   00 00 14          page 0, <MoreAvailable/>, a token without content
//	01                   </Sync>
//
// ActiveSync uses no more than this (MS-ASWBXML 2.1.3). The [Decoder] also takes what
// else WBXML allows: string tables, entities, LITERAL tags, several strings in one
// element, and attributes and processing instructions, which it skips. Tags that no
// table has are kept, never an error. Extension tokens are refused: they stand for
// content that nobody could name.
//
// # Reading
//
// A [Decoder] walks the document as it arrives, and holds a buffer of 64 KiB and the
// open elements:
//
//	d := wbxml.NewDecoder(body, wbxml.Limits{})
//	root, err := d.Root()
//	for tag := range d.Children() {
//		switch tag {
//		case wbxml.AirSyncStatus:
//			status = d.Text()
//		case wbxml.AirSyncCollections:
//			for range d.Children() { … }
//		}
//	}
//	err = d.Close()
//
// In the body of a loop over Children the decoder stands in the child. Read it with
// Children, Text, Value (a stream), or Element (a tree; Borrow makes one that lasts
// until the next, and costs no memory of its own), or leave it: it is skipped.
// Errors stay in the decoder and come out of Err and Close. Only a nil Close says
// that the document was whole; servers do break off in the middle of one and go on
// in HTML.
//
// A tree may leave its large values out: a [Divert] takes them as streams on the way.
//
// Everything that the network feeds is bounded by [Limits].
//
// # Writing
//
// An [Encoder] writes the canonical form, and streams large values; [Marshal] writes a
// tree. For a canonical document, encoding what was decoded gives the same bytes.
//
// [Decode] and [Encode] convert between trees and structs.
//
// # XML
//
// [WriteXML] and [ReadXML] convert whole documents as streams, [Element.AppendXML] and
// [ParseXML] trees. The code page is the default namespace, declared where it changes;
// tags without a name are called by number:
//
//	<Sync xmlns="AirSync"><Body xmlns="AirSyncBase"><Type>4</Type></Body><MoreAvailable/></Sync>
//	<tag1F xmlns="page30"/>
//
// What XML cannot say, processing instructions say, so that documents still validate
// against the schemas of the protocol:
//
//	<?opaque?>text              the value came as OPAQUE
//	<?opaque base64?>AAAA       … and is no XML text
//	<?string base64?>AQID       a string that is no XML text: control characters, invalid UTF-8
//	a<?string?>b                a second string in the same element; also before a string
//	                            that is empty or begins with white space
//	…<?continue base64?>…       a long value goes on in the other form; <?continue?> in text
//	<?diverted?>                the value is not here: a Divert took it
//	…<?cut 12345?>              the value had 12,345 bytes: XMLOptions.MaxValue
//	<?strtbl base64?>           before the root: the string table, if there is one
//
// White space alone between two tags is layout and no value. A CR is written &#13;.
// Reading back gives the same elements and values, byte for byte; what is lost are
// the forms that WBXML has several of: string table references and entities come back
// as inline strings, attributes and instructions not at all.
package wbxml
