package easserver

import (
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Statuses of the search of a document library. MS-ASCMD 2.2.3.177.13.
const (
	noDocument          = 6
	credentialsRequired = 14
)

// searchDocuments says what there is at a link: the document, or the folder with what
// it has. MS-ASDOC 3.2.5.2, MS-ASCMD 2.2.3.155.3.
func (x *exchange) searchDocuments(store *wbxml.Element, from, to int) {
	query := store.Child(wbxml.SearchQuery)
	if len(query.Children) != 1 || query.Children[0].Tag != wbxml.SearchEqualTo {
		x.violation("MS-ASCMD 2.2.3.62", "a search of documents without EqualTo")
		x.searchStatus(2)
		return
	}
	equal := &query.Children[0]
	link := equal.Value(wbxml.SearchValue)
	if err := x.protocol.obeys(queryRules, equal); err != nil || link == "" {
		x.violation("MS-ASDOC 3.1.5.2", "a search of documents without a link")
		x.searchStatus(2)
		return
	}
	o := store.Child(wbxml.SearchOptions)
	user, password := o.Value(wbxml.SearchUserName), o.Value(wbxml.SearchPassword)
	d, _ := x.server.store.document(link)
	switch {
	case d == nil:
		x.searchStatus(noDocument)
		return
	case d.Password == "" && user != "":
		x.violation("MS-ASCMD 2.2.3.125.5", "credentials that nobody asked for")
		x.searchStatus(2)
		return
	case d.Password != "" && (user != d.UserName || password != d.Password):
		x.searchStatus(credentialsRequired)
		return
	}
	found := x.server.store.at(d)
	x.searchAnswer(from, to, len(found), maxDocuments, func(enc *wbxml.Encoder, i int) {
		enc.Start(wbxml.SearchProperties)
		found[i].write(enc)
		enc.End()
	})
}

// at returns a document, and what it has when it is a folder.
func (s *Store) at(d *Document) []*Document {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := []*Document{d}
	for _, e := range s.documents {
		name, ok := strings.CutPrefix(e.LinkID, d.LinkID)
		if d.IsFolder && ok && len(name) > 1 && strings.LastIndexAny(name, `/\`) == 0 {
			found = append(found, e)
		}
	}
	return found
}

// write writes the properties of a document. MS-ASDOC 2.2.2.
func (d *Document) write(enc *wbxml.Encoder) {
	enc.Text(wbxml.DocumentLibraryLinkId, d.LinkID)
	enc.Text(wbxml.DocumentLibraryDisplayName, d.LinkID[strings.LastIndexAny(d.LinkID, `/\`)+1:])
	enc.Text(wbxml.DocumentLibraryIsFolder, flagText(d.IsFolder))
	enc.Text(wbxml.DocumentLibraryCreationDate, d.Created.UTC().Format(wbxml.DateTime))
	enc.Text(wbxml.DocumentLibraryLastModifiedDate, d.Modified.UTC().Format(wbxml.DateTime))
	enc.Text(wbxml.DocumentLibraryIsHidden, flagText(d.Hidden))
	if d.IsFolder {
		return
	}
	enc.Text(wbxml.DocumentLibraryContentLength, strconv.Itoa(len(d.Content)))
	if d.ContentType != "" {
		enc.Text(wbxml.DocumentLibraryContentType, d.ContentType)
	}
}

func flagText(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
