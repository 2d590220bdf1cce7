package eas

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// A multipart answer of ItemOperations (MS-ASCMD 2.2.1.10.1): the number of parts, offset and length of each, all 32 bits
// little-endian, then the parts. Part 0 is the WBXML document, whose Part elements name the others.

const (
	maxParts    = 2*MaxFetches + 1 // a document, and a part or two for each result
	maxDocument = 8 << 20          // bytes of part 0, whose results wait in memory for their parts
)

// multipartCount tells a multipart answer by its first bytes. WBXML begins with a version and a public id, which would be a
// count of 257 and more.
func multipartCount(head [4]byte) (int, bool) {
	n := binary.LittleEndian.Uint32(head[:])
	return int(n), n > 0 && n <= maxParts
}

type part struct {
	index        int
	offset, size int64
}

var errParts = errors.New("its table of parts makes no sense")

// readMultipart yields nil once, when part 0 has been read, then the results: first those that are complete with it, then the
// others in the order of their parts.
func (f *FetchResponse) readMultipart(count int, yield func(*FetchResult) bool) {
	f.err = f.multipart(count, yield)
	if !errors.Is(f.err, errAbandoned) {
		f.r.close(f.err)
	}
}

func (f *FetchResponse) multipart(count int, yield func(*FetchResult) bool) error {
	body := &partReader{r: bufio.NewReaderSize(f.r.body, 64<<10)}
	parts, err := body.table(count)
	if err != nil {
		return f.r.broken(err)
	}
	complete, waiting, err := f.partZero(body, parts[0])
	if err != nil {
		return err
	}
	defer func() {
		for _, res := range complete {
			res.free()
		}
	}()
	if !yield(nil) {
		return errAbandoned
	}
	for _, res := range complete {
		if !yield(res) {
			return errAbandoned
		}
	}
	for _, p := range parts[1:] {
		res := waiting[p.index]
		if res == nil {
			continue
		}
		delete(waiting, p.index)
		if err := f.fillPart(res, body, p); err != nil {
			return err
		}
		if !yield(res) {
			return errAbandoned
		}
	}
	for n, res := range waiting {
		if res.Err == nil {
			res.Err = f.r.malformed(fmt.Errorf("part %d is missing", n))
		}
		if !yield(res) {
			return errAbandoned
		}
	}
	return f.end(body)
}

// partZero reads the document, which is bounded, and parts what is complete from what waits for a part.
func (f *FetchResponse) partZero(body *partReader, p part) (complete []*FetchResult, waiting map[int]*FetchResult, err error) {
	r, err := body.part(p)
	if err != nil {
		return nil, nil, f.r.broken(err)
	}
	f.r.skipTrace(p.offset)
	f.d = wbxml.NewDecoder(r, f.r.c.cfg.Limits)
	waiting = map[int]*FetchResult{}
	f.document(func(res *FetchResult) bool {
		if res == nil {
			return true
		}
		f.own(res)
		if n := res.part; n > 0 && waiting[n] == nil {
			waiting[n] = res
		} else {
			complete = append(complete, res)
		}
		return true
	})
	if f.err != nil {
		return nil, nil, f.err
	}
	if err := f.d.Close(); err != nil {
		return nil, nil, f.r.broken(err)
	}
	return complete, waiting, nil
}

// own makes a result outlive the next one.
func (f *FetchResponse) own(res *FetchResult) {
	if res.Item != nil {
		res.Item = res.Item.clone()
	}
	f.items.detach()
}

// free gives back what the caller did not keep.
func (res *FetchResult) free() {
	if res.Item != nil && res.Item.Body != nil && res.Item.Body.Data != nil {
		res.Item.Body.Data.recycle()
	}
	if res.Data != nil {
		res.Data.recycle()
	}
}

// fillPart spools a part into the result that waits for it.
func (f *FetchResponse) fillPart(res *FetchResult, body *partReader, p part) error {
	r, err := body.part(p)
	if err != nil {
		return f.r.broken(err)
	}
	b := f.items.blob()
	if err := b.fill(r); err != nil {
		return f.r.broken(err)
	}
	if b.Size() != p.size {
		return f.r.broken(io.ErrUnexpectedEOF)
	}
	if res.Item != nil && res.Item.Body != nil {
		res.Item.Body.Data = b
	} else {
		res.Data = b
	}
	return nil
}

// end reads what is behind the last part, which should be nothing, so that the connection can be used again.
func (f *FetchResponse) end(body *partReader) error {
	if _, err := io.Copy(io.Discard, io.LimitReader(body.r, 64<<10)); err != nil {
		return f.r.broken(err)
	}
	return nil
}

// partReader reads parts in the order of their offsets.
type partReader struct {
	r  io.Reader
	at int64
}

func (b *partReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.at += int64(n)
	return n, err
}

// table reads the table and returns the parts: the document, then the others by offset. It refuses one that would make the
// reader go back, or hold a document of any size.
func (b *partReader) table(count int) ([]part, error) {
	raw := make([]byte, 4+8*count)
	if _, err := io.ReadFull(b, raw); err != nil {
		return nil, unexpected(err)
	}
	parts := make([]part, count)
	for i := range parts {
		entry := raw[4+8*i:]
		parts[i] = part{i, int64(binary.LittleEndian.Uint32(entry)), int64(binary.LittleEndian.Uint32(entry[4:]))}
	}
	slices.SortStableFunc(parts[1:], func(a, b part) int { return cmp.Compare(a.offset, b.offset) })
	end := int64(len(raw))
	for _, p := range parts {
		if p.offset < end {
			return nil, errParts
		}
		end = p.offset + p.size
	}
	if parts[0].size > maxDocument {
		return nil, &wbxml.LimitError{Limit: "Document", Max: maxDocument}
	}
	return parts, nil
}

// part skips to a part and reads no further than its end.
func (b *partReader) part(p part) (io.Reader, error) {
	if _, err := io.CopyN(io.Discard, b, p.offset-b.at); err != nil {
		return nil, unexpected(err)
	}
	return io.LimitReader(b, p.size), nil
}

// unexpected says that the end came too early.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
