package eas

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Fetch names one thing to fetch: an item by folder and ServerID or by LongID, an attachment by FileReference, or a document by
// LinkID.
type Fetch struct {
	CollectionID  CollectionID
	ServerID      ServerID
	LongID        string // of a search result
	FileReference string // of an attachment
	// LinkID is the URL of a document in a library, or its UNC name, as a search found it. UserName and Password are for its
	// server, from 12.1 on; both may be empty. MS-ASCMD 2.2.3.50, 2.2.3.193.1.
	LinkID             string
	UserName, Password string
	// Options say how an item comes: its MIME support, forms of the body and rights management.
	Options SyncOptions
	// Schema names the properties of an item that are wanted; none = all. MS-ASCMD 2.2.3.158.
	Schema []wbxml.Tag
	// Range is the first and the last byte of an attachment or a document that is wanted, counted from 0; nil = the whole. Some
	// servers ignore it. MS-ASCMD 2.2.3.143.2.
	Range *[2]int64
	// RemoveProtection takes a message's protection off for good, if its policy allows that, from 14.1 on. MS-ASRM 2.2.2.11.
	RemoveProtection bool
}

// Values of Store. MS-ASCMD 2.2.3.178.2.
const storeMailbox, storeDocuments = "Mailbox", "DocumentLibrary"

// item tells whether an item of the mailbox is asked for, not an attachment or a document.
func (f *Fetch) item() bool { return f.FileReference == "" && f.LinkID == "" }

func (f *Fetch) check(c *Client) error {
	switch {
	case f.Range != nil && (f.Range[0] < 0 || f.Range[1] < f.Range[0]):
		return fmt.Errorf("bytes %d to %d", f.Range[0], f.Range[1])
	case !f.item() && (len(f.Schema) > 0 || f.RemoveProtection): // MS-ASCMD 2.2.3.158
		return errors.New("a Schema, or a protection to remove, of what is no item")
	}
	if f.RemoveProtection {
		if err := c.needs("RemoveRightsManagementProtection", Version141); err != nil {
			return err
		}
	}
	if f.UserName != "" || f.Password != "" {
		if err := c.checkCredentials(f.UserName, f.Password); err != nil {
			return err
		}
	}
	return f.Options.check(c)
}

// element is a Fetch of the request. No order is prescribed; this is the one in which the servers that are known read it.
// MS-ASCMD 2.2.3.67.1.
func (f *Fetch) element(c *Client) (wbxml.Element, error) {
	if err := f.check(c); err != nil {
		return wbxml.Element{}, err
	}
	store := storeMailbox
	if f.LinkID != "" {
		store = storeDocuments
	}
	e := wbxml.E(wbxml.ItemOperationsFetch, wbxml.T(wbxml.ItemOperationsStore, store))
	optional(&e, wbxml.DocumentLibraryLinkId, f.LinkID)
	optional(&e, wbxml.AirSyncCollectionId, string(f.CollectionID))
	optional(&e, wbxml.AirSyncServerId, string(f.ServerID))
	optional(&e, wbxml.SearchLongId, f.LongID)
	optional(&e, wbxml.AirSyncBaseFileReference, f.FileReference)
	if options := f.options(); len(options.Children) > 0 {
		e.Append(options)
	}
	if f.RemoveProtection {
		e.Append(wbxml.Empty(wbxml.RightsManagementRemoveRightsManagementProtection))
	}
	return e, nil
}

// options are those that what is asked for may have. MS-ASCMD 2.2.3.125.3: with a FileReference only Range is valid.
func (f *Fetch) options() wbxml.Element {
	options := wbxml.E(wbxml.ItemOperationsOptions)
	if len(f.Schema) > 0 {
		schema := wbxml.E(wbxml.ItemOperationsSchema)
		for _, tag := range f.Schema {
			schema.Append(wbxml.Empty(tag))
		}
		options.Append(schema)
	}
	if f.item() {
		if f.Options.MIMESupport != MIMENever {
			options.Append(wbxml.T(wbxml.AirSyncMIMESupport, strconv.Itoa(int(f.Options.MIMESupport))))
		}
		options.Append(f.Options.bodyElements()...)
	}
	if f.Range != nil {
		options.Append(wbxml.T(wbxml.ItemOperationsRange, fmt.Sprintf("%d-%d", f.Range[0], f.Range[1])))
	}
	if f.LinkID != "" {
		optional(&options, wbxml.ItemOperationsUserName, f.UserName)
		optional(&options, wbxml.ItemOperationsPassword, f.Password)
	}
	return options
}
