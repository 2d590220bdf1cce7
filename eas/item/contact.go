package item

import (
	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// VCard returns the vCard of a contact (MS-ASCNTC): of version 4.0 (RFC 6350), or
// of 3.0 (RFC 2426) if o.VCardVersion asks for it. What a version has no property
// for is in the extensions that Outlook writes (MS-OXVCARD 2.1.3.9), and what no
// program has a property for is X-EAS- and its name. ParseVCard is the way back.
//
// Contacts of EAS carry no identifier: UID is o.UID, or made of the content. The
// error is ErrNoProperties.
func VCard(props *wbxml.Element, o Options) ([]byte, error) {
	if err := checkProperties(props); err != nil {
		return nil, err
	}
	v := viewOf(props)
	c := card{Card: vcard.Card{}, old: o.VCardVersion == VCard3}
	if c.old {
		c.add(vcard.FieldVersion, VCard3)
	} else {
		c.add(vcard.FieldVersion, VCard4)
	}
	c.add(vcard.FieldProductID, productID)
	c.add(vcard.FieldUID, firstOf(o.UID, "urn:uuid:"+contentUUID(props)))
	c.names(v)
	c.organization(v)
	c.addresses(v)
	c.telephones(v)
	c.emails(v)
	c.chats(v)
	c.uri(vcard.FieldURL, keepURI(v.value(wbxml.ContactsWebPage)))
	c.dates(v)
	c.people(v)
	c.structured(vcard.FieldCategories, ",", v.list(wbxml.ContactsCategories, wbxml.ContactsCategory))
	c.note(findBody(v))
	c.photo(v.first(wbxml.ContactsPicture))
	for _, tag := range [...]wbxml.Tag{
		wbxml.ContactsFileAs, wbxml.ContactsOfficeLocation, wbxml.ContactsAlias, wbxml.ContactsWeightedRank,
		wbxml.Contacts2CustomerId, wbxml.Contacts2GovernmentId, wbxml.Contacts2AccountName, wbxml.Contacts2MMS,
	} {
		c.add(extraName(tag), v.value(tag))
	}
	return c.serialize()
}

// The versions of vCard that VCard writes.
const (
	VCard4 = "4.0" // RFC 6350
	VCard3 = "3.0" // RFC 2426, for programs that know no newer one
)
