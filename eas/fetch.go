package eas

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// MaxFetches is how many items one ItemOperations may ask for. MS-ASCMD 2.2.1.10.
const MaxFetches = 100

// FetchResult is one answer to a Fetch. It is valid until the next one; Keep takes a Blob over.
type FetchResult struct {
	CollectionID  CollectionID
	ServerID      ServerID
	LongID        string
	FileReference string
	LinkID        string
	// Err is nil, or why this thing cannot be had: a *StatusError, or a *ResponseError for data that makes no sense, or for a
	// success without any. It says nothing about the others.
	Err         error
	Item        *Item     // of an item; not nil without an Err, if nothing but items was asked for
	Data        *Blob     // of an attachment or a document; nil if it is empty
	ContentType string    // of an attachment, as the server says
	Range       *[2]int64 // what of it Data is; nil = all, or not said. MS-ASCMD 2.2.3.143.2
	Total       int64     // bytes of the whole, when a Range was asked for; 0 = not said
	Modified    time.Time // of a document: its Version. MS-ASCMD 2.2.3.197

	part int // that its data come in, 0 = none
}

// FetchResponse is the answer to Fetch that is being read. It is not safe for concurrent use.
type FetchResponse struct {
	r     *response
	d     *wbxml.Decoder
	items itemReader
	only  bool // items were asked for, and nothing else
	began bool
	err   error
	next  func() (*FetchResult, bool)
	stop  func()
}

// Fetch gets items and attachments with ItemOperations, at most MaxFetches. MS-ASCMD 2.2.1.10. With multipart the server is
// asked to send bodies and attachments as they are beside the document, which spares attachments the base64; a server that
// does not care sends them inline, and both are read alike. The response must be closed.
//
// One thing that cannot be had is an Err in its result, with most servers. SOGo 5.8 answers HTTP 501 to the whole batch.
func (c *Client) Fetch(ctx context.Context, fetches []Fetch, multipart bool) (*FetchResponse, error) {
	switch {
	case !c.Version().AtLeast(Version120):
		return nil, fmt.Errorf("ItemOperations in version %s: %w", c.Version(), errors.ErrUnsupported)
	case len(fetches) == 0 || len(fetches) > MaxFetches:
		return nil, fmt.Errorf("ItemOperations: %d items in one request: 1 to %d may be", len(fetches), MaxFetches)
	}
	doc := wbxml.E(wbxml.ItemOperationsItemOperations)
	support, items := MIMENever, true
	for i := range fetches {
		e, err := fetches[i].element(c)
		if err != nil {
			return nil, fmt.Errorf("ItemOperations: %w", err)
		}
		doc.Append(e)
		support = max(support, fetches[i].Options.MIMESupport)
		items = items && fetches[i].item()
	}
	var f *FetchResponse
	err := c.post(ctx, command{name: "ItemOperations", doc: &doc, multipart: multipart}, func(r *response) (err error) {
		f, err = newFetchResponse(r, support, items)
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

func newFetchResponse(r *response, support MIMESupport, items bool) (*FetchResponse, error) {
	f := &FetchResponse{r: r, only: items}
	if r.empty {
		err := r.malformed(errEmpty)
		r.close(err)
		return nil, err
	}
	f.items.init(r.c, support)
	read := f.readInline
	if parts, ok := multipartCount(r.head); ok {
		read = func(yield func(*FetchResult) bool) { f.readMultipart(parts, yield) }
	}
	f.next, f.stop = iter.Pull(read)
	f.next()
	if f.err != nil {
		err := f.err
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// Results yields what the server answered, in its order; with multipart, what has no part of its own comes first. The sequence
// ends with an error unless the whole answer was read.
func (f *FetchResponse) Results() iter.Seq2[*FetchResult, error] {
	return func(yield func(*FetchResult, error) bool) {
		for {
			res, ok := f.next()
			if !ok {
				break
			}
			if !yield(res, nil) {
				return
			}
		}
		if f.err != nil {
			yield(nil, f.err)
		}
	}
}

// Close ends the response, read to its end or not. It must be called; it may be called again.
func (f *FetchResponse) Close() error {
	f.stop()
	if !f.r.closed { // the rest was not read: Results must not end as if it had been
		f.err = errAbandoned
		f.r.close(f.err)
	}
	if f.d != nil {
		f.r.c.putDecoder(f.d)
		f.d = nil
	}
	f.items.release()
	return nil
}

// readInline yields nil once, when the status of the whole is known, then the results.
func (f *FetchResponse) readInline(yield func(*FetchResult) bool) {
	f.d = f.r.decoder()
	if !f.document(yield) {
		return
	}
	if f.err == nil {
		if err := f.d.Close(); err != nil {
			f.err = f.r.broken(err)
		}
	}
	f.r.close(f.err)
}

// document reads the WBXML document. It is false when the caller stopped.
func (f *FetchResponse) document(yield func(*FetchResult) bool) bool {
	if f.err = f.r.root(f.d, wbxml.ItemOperationsItemOperations); f.err != nil {
		return true
	}
	for tag := range f.d.Children() {
		switch tag {
		case wbxml.ItemOperationsStatus:
			if _, f.err = readStatus(f.d, "ItemOperations", "ItemOperations"); f.err != nil {
				return true
			}
		case wbxml.ItemOperationsResponse:
			if !f.began {
				f.began = true
				if !yield(nil) {
					return false
				}
			}
			for tag := range f.d.Children() {
				if tag != wbxml.ItemOperationsFetch {
					continue
				}
				res := f.result()
				if f.err != nil {
					return true
				}
				if !yield(res) {
					return false
				}
			}
		}
	}
	return true
}

func (f *FetchResponse) result() *FetchResult {
	res := &FetchResult{}
	code := absent
	f.items.used, f.items.data = false, nil
	for tag := range f.d.Children() {
		switch tag {
		case wbxml.ItemOperationsStatus:
			code = atoi(f.d.Text())
		case wbxml.AirSyncCollectionId:
			res.CollectionID = CollectionID(f.d.Text())
		case wbxml.AirSyncServerId:
			res.ServerID = ServerID(f.d.Text())
		case wbxml.SearchLongId:
			res.LongID = f.d.Text()
		case wbxml.AirSyncBaseFileReference:
			res.FileReference = f.d.Text()
		case wbxml.DocumentLibraryLinkId:
			res.LinkID = f.d.Text()
		case wbxml.ItemOperationsProperties:
			item, err := f.items.read(f.d, "")
			if err != nil {
				f.err = f.r.broken(err)
				return nil
			}
			res.Item = item
		}
	}
	if err := f.d.Err(); err != nil {
		f.err = f.r.broken(err)
		return nil
	}
	res.Err = status("ItemOperations", "Fetch", code)
	f.complete(res)
	return res
}

var errNoProperties = errors.New("success, and no Properties")

// complete sorts what came into item and attachment.
func (f *FetchResponse) complete(res *FetchResult) {
	if res.Item == nil {
		if res.Err == nil {
			res.Err = f.r.malformed(errNoProperties)
		}
		return
	}
	p := res.Item.Properties
	if f.only || res.FileReference == "" && res.LinkID == "" && !p.Has(wbxml.ItemOperationsData) {
		res.Item.Class = classOf(p)
		if b := res.Item.Body; b != nil {
			res.part = b.Part
		}
		return
	}
	res.Item = nil
	res.ContentType = p.Value(wbxml.AirSyncBaseContentType)
	res.Range = parseRange(p.Value(wbxml.ItemOperationsRange))
	res.Total = size(p, wbxml.ItemOperationsTotal)
	res.part = max(number(p, wbxml.ItemOperationsPart), 0)
	if t, err := wbxml.ParseTime(p.Value(wbxml.ItemOperationsVersion)); err == nil {
		res.Modified = t
	}
	if f.items.used {
		res.Data = f.items.spool
	}
	if f.items.data != nil && res.Err == nil {
		res.Err = f.r.malformed(f.items.data)
	}
}

// classOf tells the class by the properties' namespace.
func classOf(p *wbxml.Element) Class {
	for i := range p.Children {
		switch p.Children[i].Tag.Namespace() {
		case "Email", "Email2":
			return ClassEmail
		case "Contacts", "Contacts2":
			return ClassContacts
		case "Calendar":
			return ClassCalendar
		case "Tasks":
			return ClassTasks
		case "Notes":
			return ClassNotes
		}
	}
	return ""
}

func parseRange(s string) *[2]int64 {
	from, to, ok := strings.Cut(s, "-")
	a, err1 := strconv.ParseInt(from, 10, 64)
	b, err2 := strconv.ParseInt(to, 10, 64)
	if !ok || err1 != nil || err2 != nil {
		return nil
	}
	return &[2]int64{a, b}
}
