package easserver

import (
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas"
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
	if err := x.protocol.obeys(queryRules, equal); err != nil || equal.Value(wbxml.SearchValue) == "" {
		x.violation("MS-ASDOC 3.1.5.2", "a search of documents without a link")
		x.searchStatus(2)
		return
	}
	o := store.Child(wbxml.SearchOptions)
	user, password := o.Value(wbxml.SearchUserName), o.Value(wbxml.SearchPassword)
	switch {
	case x.cfg.DocumentPassword == "" && user != "":
		x.violation("MS-ASCMD 2.2.3.125.5", "credentials that nobody asked for")
		x.searchStatus(2)
		return
	case x.cfg.DocumentPassword != "" && (user != x.user.name || password != x.cfg.DocumentPassword):
		x.searchStatus(credentialsRequired)
		return
	}
	link := equal.Value(wbxml.SearchValue)
	at := slices.IndexFunc(x.cfg.Documents, func(d eas.Document) bool { return d.LinkID == link })
	if at < 0 {
		x.searchStatus(noDocument)
		return
	}
	found := []eas.Document{x.cfg.Documents[at]}
	for _, d := range x.cfg.Documents {
		if found[0].IsFolder && inLibraryFolder(d.LinkID, link) {
			found = append(found, d)
		}
	}
	x.searchAnswer(from, to, len(found), maxDocuments, func(enc *wbxml.Encoder, i int) {
		enc.Start(wbxml.SearchProperties)
		writeDocument(enc, &found[i])
		enc.End()
	})
}

// inLibraryFolder tells whether a document, or a folder, is in a folder itself.
func inLibraryFolder(link, folder string) bool {
	name, ok := strings.CutPrefix(link, folder)
	return ok && len(name) > 1 && (name[0] == '/' || name[0] == '\\') && !strings.ContainsAny(name[1:], `/\`)
}

// writeDocument writes the properties of a document, of which IsFolder and IsHidden
// are there in any case.
func writeDocument(enc *wbxml.Encoder, d *eas.Document) {
	isFolder, isHidden := d.IsFolder, d.IsHidden
	e := *d
	e.IsFolder, e.IsHidden = false, false
	writeFields(enc, e)
	enc.Text(wbxml.DocumentLibraryIsFolder, flagText(isFolder))
	enc.Text(wbxml.DocumentLibraryIsHidden, flagText(isHidden))
}

func flagText(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
