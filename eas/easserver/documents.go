package easserver

import (
	"bytes"
	"io"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Document is a file, or a folder, of a document library, such as a file server.
type Document struct {
	LinkID            string // its URL, or its UNC name as one
	Content           []byte
	ContentType       string
	Created, Modified time.Time
	IsFolder, Hidden  bool

	// UserName and Password are what the library wants; empty: nothing.
	UserName, Password string
}

// AddDocument puts a document into the library, which all users see.
func (s *Store) AddDocument(d Document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.documents = append(s.documents, &d)
}

// document finds a document; there is none at all if library is false.
func (s *Store) document(link string) (d *Document, library bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, d := range s.documents {
		if strings.EqualFold(d.LinkID, link) {
			return d, true
		}
	}
	return nil, len(s.documents) > 0
}

// documentStore tells whether a Store is the document library, which MS-ASCMD writes in
// several ways.
func documentStore(name string) bool {
	return strings.EqualFold(strings.ReplaceAll(name, " ", ""), "DocumentLibrary")
}

// findDocument finds the document that a Fetch asks for, or its status: 4 no URL, 5
// access denied, 6 not there, 8 a range beyond its end, 9 there is no library, 10 it is
// empty, 18 it wants credentials. MS-ASCMD 2.2.3.177.8.
func (x *exchange) findDocument(f *fetched, e *wbxml.Element) {
	link, o := e.Value(wbxml.DocumentLibraryLinkId), e.Child(wbxml.ItemOperationsOptions)
	d, library := x.server.store.document(link)
	switch {
	case !library:
		f.status = 9
	case !strings.Contains(link, "://") && !strings.HasPrefix(link, `\\`):
		f.status = 4
	case d == nil:
		f.status = 6
	case d.Password != "" && !o.Has(wbxml.ItemOperationsUserName):
		f.status = 18
	case d.Password != "" && (o.Value(wbxml.ItemOperationsUserName) != d.UserName || o.Value(wbxml.ItemOperationsPassword) != d.Password):
		f.status = 5
	case len(d.Content) == 0:
		f.status = 10
	case f.from >= int64(len(d.Content)):
		f.status = 8
	default:
		f.document = d
		f.to = min(f.to, int64(len(d.Content))-1)
	}
}

// documentData writes the Properties of a document. MS-ASCMD 2.2.3.139.2.
func (r *renderer) documentData(f fetched) {
	d := f.document
	r.rangeOf(f, int64(len(d.Content)))
	r.data(f, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(d.Content[f.from : f.to+1])), nil })
	r.enc.Text(wbxml.ItemOperationsVersion, d.Modified.UTC().Format(wbxml.DateTime))
}

// only writes the properties of an item that a Schema names. MS-ASCMD 2.2.3.158.
func (r *renderer) only(schema *wbxml.Element, v *version) {
	var whole bytes.Buffer
	enc := wbxml.NewEncoder(&whole)
	all := *r
	all.enc = enc
	enc.Start(wbxml.ItemOperationsProperties)
	all.item(v)
	enc.End()
	if err := enc.Close(); err != nil {
		r.stream(source{open: func() (io.ReadCloser, error) { return nil, err }}) // fails the document, too
		return
	}
	e, err := wbxml.Unmarshal(whole.Bytes(), wbxml.Limits{})
	if err != nil {
		return
	}
	for i := range e.Children {
		if schema.Has(e.Children[i].Tag) {
			r.enc.Element(&e.Children[i])
		}
	}
}
