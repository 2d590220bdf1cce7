package eas

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Download is a large attachment, or a document, that is fetched in pieces.
type Download struct {
	Fetch  Fetch // with a FileReference or a LinkID; its Range is not used
	Offset int64 // where to begin, to go on with one that broke off
	Chunk  int64 // bytes of a piece; 0 = 4 MiB

	total int64 // as the server last said; 0 = it did not
}

const defaultChunk = 4 << 20

// Download writes what is to be had from Offset on to w, piece by piece, each with a request of its own. It returns the offset
// behind the last byte written, with an error too: a download with that Offset goes on there. A server that ignores ranges sends
// the whole each time; what was there before is left out then.
func (c *Client) Download(ctx context.Context, d Download, w io.Writer) (next int64, err error) {
	if d.Fetch.item() {
		return d.Offset, errors.New("ItemOperations: ranges are for attachments and documents")
	}
	if d.Chunk <= 0 {
		d.Chunk = defaultChunk
	}
	for done := false; !done && err == nil; {
		done, err = c.piece(ctx, &d, w)
	}
	return d.Offset, err
}

// Statuses of a Fetch with a Range. MS-ASCMD 2.2.3.177.8.
const badRange, emptyFile = 8, 10

// piece fetches the next piece and moves Offset behind it.
func (c *Client) piece(ctx context.Context, d *Download, w io.Writer) (done bool, err error) {
	d.Fetch.Range = &[2]int64{d.Offset, d.Offset + d.Chunk - 1}
	r, err := c.Fetch(ctx, []Fetch{d.Fetch}, true)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	found := false
	for res, err := range r.Results() {
		if err != nil {
			return false, err
		}
		if found {
			continue // one was asked for; the document must close all the same
		}
		found = true
		if done, err = d.take(res, w); err != nil {
			return false, err
		}
	}
	if !found {
		return false, &ResponseError{Command: "ItemOperations", Err: errors.New("no result")}
	}
	return done, nil
}

// take writes what a result has from Offset on. The range in it counts, not the one that was asked for.
func (d *Download) take(res *FetchResult, w io.Writer) (done bool, err error) {
	d.total = max(d.total, res.Total)
	var st *StatusError
	if errors.As(res.Err, &st) && (st.Code == emptyFile && d.Offset == 0 || st.Code == badRange && d.Offset > 0 && d.Offset >= d.total) {
		return true, nil // without a Total, the end is where there is nothing more
	}
	if res.Err != nil {
		return false, res.Err
	}
	if res.Data == nil {
		return false, &ResponseError{Command: "ItemOperations", Err: errors.New("no data")}
	}
	begin, whole := int64(0), res.Range == nil
	if !whole {
		begin = res.Range[0]
	}
	skip := d.Offset - begin
	if skip < 0 {
		return false, &ResponseError{Command: "ItemOperations", Err: fmt.Errorf("bytes from %d on, not from %d", begin, d.Offset)}
	}
	n, err := res.Data.copyFrom(w, skip)
	d.Offset += n
	if err != nil {
		return false, err
	}
	switch {
	case whole:
		return true, nil
	case d.total > 0:
		done = d.Offset >= d.total
	default:
		done = res.Data.Size() < d.Chunk
	}
	if n == 0 && !done {
		return false, &ResponseError{Command: "ItemOperations", Err: fmt.Errorf("nothing from byte %d on, of %d", d.Offset, d.total)}
	}
	return done, nil
}

// copyFrom writes the content from an offset on.
func (b *Blob) copyFrom(w io.Writer, offset int64) (int64, error) {
	if offset >= b.Size() {
		return 0, nil
	}
	r, err := b.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, offset); err != nil {
		return 0, err
	}
	return io.Copy(w, r)
}
