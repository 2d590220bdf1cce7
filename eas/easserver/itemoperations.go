package easserver

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxItemOperations is the limit of MS-ASCMD 3.1.5.10.
const maxItemOperations = 100

// itemOperations answers ItemOperations. MS-ASCMD 2.2.1.10.
func (x *exchange) itemOperations() {
	n := len(x.doc.Children)
	switch {
	case n == 0:
		x.violation("MS-ASCMD 2.2.1.10", "no operation")
		x.status(2)
		return
	case n > maxItemOperations:
		x.violation("MS-ASCMD 3.1.5.10", strconv.Itoa(n)+" operations in one request")
		x.status(11)
		return
	}
	if err := x.protocol.operationsWellFormed(x.doc); err != nil {
		x.violation("MS-ASCMD 2.2.3.94", err.Error())
		x.status(2)
		return
	}
	if !x.bodyPartsSupported() {
		return
	}
	if code := x.brokenFetch(); code != 0 {
		http.Error(x.w, http.StatusText(code), code)
		return
	}
	if x.query.acceptMultiPart {
		x.multipart(x.doc.Children)
		return
	}
	x.stream(func(enc *wbxml.Encoder) { x.writeOperations(enc, x.doc.Children, nil) })
}

// writeOperations carries out the operations in their order, and writes what became of
// them in the order of the schema. A Fetch finds its item at its place, too.
func (x *exchange) writeOperations(enc *wbxml.Encoder, operations []wbxml.Element, p *parts) {
	var moves, empties []wbxml.Element
	var fetches []fetched
	for i := range operations {
		switch e := &operations[i]; e.Tag {
		case wbxml.ItemOperationsFetch:
			f := x.find(e)
			f.request = e
			fetches = append(fetches, f)
		case wbxml.ItemOperationsEmptyFolderContents:
			status := x.emptyFolder(e)
			empties = append(empties, wbxml.E(e.Tag, wbxml.T(wbxml.ItemOperationsStatus, strconv.Itoa(status)),
				wbxml.T(wbxml.AirSyncCollectionId, x.device.shown(e.Value(wbxml.AirSyncCollectionId)))))
		case wbxml.ItemOperationsMove:
			status := x.moveConversation(e)
			moves = append(moves, wbxml.E(e.Tag, wbxml.T(wbxml.ItemOperationsStatus, strconv.Itoa(status)),
				wbxml.B(wbxml.ItemOperationsConversationId, []byte(e.Value(wbxml.ItemOperationsConversationId)))))
		}
	}
	enc.Start(wbxml.ItemOperationsItemOperations)
	enc.Text(wbxml.ItemOperationsStatus, "1")
	enc.Start(wbxml.ItemOperationsResponse)
	for _, e := range append(moves, empties...) {
		enc.Element(&e)
	}
	for _, f := range fetches {
		x.writeFetched(enc, f, p)
	}
	enc.End()
	enc.End()
}

// fetched is what a Fetch found: an item, or an attachment of one.
type fetched struct {
	status     int
	folder     *Folder
	v          *version
	request    *wbxml.Element
	attachment *attachment
	document   *Document
	lost       bool // by a fault
	options    options
	from, to   int64 // Range; to is noLimit without one
}

// writeFetched answers one Fetch. The item was found before anything of it is written,
// so that what is missing is this item's status and nothing more. The order of the
// elements is that of the schema.
func (x *exchange) writeFetched(enc *wbxml.Encoder, f fetched, p *parts) {
	e := f.request
	if f.lost {
		x.cfg.Faults.count(FaultLostItem)
	}
	enc.Start(wbxml.ItemOperationsFetch)
	defer enc.End()
	enc.Text(wbxml.ItemOperationsStatus, strconv.Itoa(f.status))
	if c := e.Child(wbxml.AirSyncCollectionId); c != nil {
		enc.Text(c.Tag, x.device.shown(c.Text))
	}
	for _, tag := range []wbxml.Tag{wbxml.AirSyncServerId, wbxml.SearchLongId} {
		if c := e.Child(tag); c != nil {
			enc.Text(tag, x.device.shownItem(c.Text))
		}
	}
	if f.v != nil && f.attachment == nil && f.status == 1 {
		enc.Text(wbxml.AirSyncClass, string(f.folder.class()))
	}
	if c := e.Child(wbxml.DocumentLibraryLinkId); c != nil {
		enc.Text(c.Tag, c.Text)
	}
	if c := e.Child(wbxml.AirSyncBaseFileReference); c != nil {
		enc.Text(c.Tag, x.device.shownItem(c.Text))
	}
	if f.status != 1 {
		return
	}
	enc.Start(wbxml.ItemOperationsProperties)
	defer enc.End()
	r := &renderer{enc: enc, protocol: x.protocol, device: x.device, opts: f.options, folder: f.folder, parts: p, spoil: x.spoil(f.folder, f.v)}
	switch schema := e.Child(wbxml.ItemOperationsOptions).Child(wbxml.ItemOperationsSchema); {
	case f.document != nil:
		r.documentData(f)
	case f.attachment != nil:
		r.attachmentData(f)
	case schema != nil:
		r.only(schema, f.v)
	default:
		r.item(f.v)
	}
}

// find finds what a Fetch asks for, and the status if it is not there. MS-ASCMD
// 2.2.3.177.8.
func (x *exchange) find(e *wbxml.Element) fetched {
	opts, err := parseOptions(e.Child(wbxml.ItemOperationsOptions))
	f := fetched{status: 1, options: opts, to: noLimit}
	if text := e.Value(wbxml.ItemOperationsOptions, wbxml.ItemOperationsRange); err == nil && text != "" {
		f.from, f.to, err = parseRange(text)
	}
	store := e.Value(wbxml.ItemOperationsStore)
	ref := e.Child(wbxml.AirSyncBaseFileReference)
	id, longID := e.Value(wbxml.AirSyncServerId), e.Value(wbxml.SearchLongId)
	switch {
	case err != nil:
		x.violation("MS-ASCMD 2.2.3.125.3", err.Error())
		f.status = 2
	case documentStore(store):
		x.findDocument(&f, e)
	case store != "Mailbox":
		f.status = 9
	case ref != nil:
		x.findAttachment(&f, ref.Text)
	case id != "" || longID != "":
		if id == "" {
			id = longID
		}
		folder, _, _ := strings.Cut(id, ":")
		if want := e.Value(wbxml.AirSyncCollectionId); longID == "" && want != folder {
			folder = ""
		}
		if f.folder, f.v = x.lookup(folder, id); f.v != nil && x.isMarked(FaultLostItem, f.folder, f.v) {
			f.lost, f.v = true, nil
		}
		if f.v == nil {
			f.status = 6
		}
	default:
		x.violation("MS-ASCMD 2.2.3.67.1", "a Fetch of nothing")
		f.status = 2
	}
	return f
}

// lookup finds an item by the ids that the client has.
func (x *exchange) lookup(folderID, serverID string) (*Folder, *version) {
	x.user.mu.Lock()
	defer x.user.mu.Unlock()
	f := x.user.byID(folderID)
	if f == nil {
		return nil, nil
	}
	return f, f.item(serverID)
}

func (x *exchange) findAttachment(f *fetched, ref string) {
	f.status = 15
	i := strings.LastIndexByte(ref, ':')
	if i < 0 {
		return
	}
	index, err := strconv.Atoi(ref[i+1:])
	folder, _, _ := strings.Cut(ref, ":")
	if f.folder, f.v = x.lookup(folder, ref[:i]); err != nil || f.v == nil || f.v.Message == nil {
		f.v = nil
		return
	}
	for _, a := range f.v.Message.body().attachments {
		if a.index != index {
			continue
		}
		f.attachment, f.status = &a, 1
		if f.from > max(a.size-1, 0) {
			f.status = 8
		}
		f.to = min(f.to, a.size-1)
		return
	}
}

// attachmentData writes the Properties of an attachment. MS-ASCMD 2.2.3.39.2.
func (r *renderer) attachmentData(f fetched) {
	a := f.attachment
	r.rangeOf(f, a.size)
	r.enc.Text(wbxml.AirSyncBaseContentType, a.contentType)
	r.data(f, func() (io.ReadCloser, error) { return f.v.Message.openAttachment(a.index, f.from, f.to) })
}

// rangeOf says which part of a file is sent, unless it is all.
func (r *renderer) rangeOf(f fetched, size int64) {
	if f.from > 0 || f.to < size-1 {
		r.enc.Text(wbxml.ItemOperationsRange, fmt.Sprintf("%d-%d", f.from, f.to))
		r.number(wbxml.ItemOperationsTotal, size)
	}
}

// data writes the bytes of a file: in base64 when they are inline.
func (r *renderer) data(f fetched, open func() (io.ReadCloser, error)) {
	s := source{size: f.to - f.from + 1, opaque: true, open: open}
	if r.parts != nil {
		r.number(wbxml.ItemOperationsPart, int64(r.parts.add(s)))
		return
	}
	r.value(wbxml.ItemOperationsData, s.base64())
}

// base64 returns the source as text.
func (s source) base64() source {
	open := s.reader
	return source{size: int64(base64.StdEncoding.EncodedLen(int(s.size))), open: func() (io.ReadCloser, error) {
		in, err := open()
		if err != nil {
			return nil, err
		}
		return pipe(in, func(w io.Writer) error {
			enc := base64.NewEncoder(base64.StdEncoding, w)
			if _, err := io.Copy(enc, in); err != nil {
				return err
			}
			return enc.Close()
		}), nil
	}}
}
