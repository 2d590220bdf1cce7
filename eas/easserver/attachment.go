package easserver

import (
	"io"

	"golang.org/x/sync/errgroup"
)

// openAttachment returns the bytes from first to last of a leaf of the message,
// decoded, without holding it in memory.
func (c *Content) openAttachment(index int, first, last int64) (io.ReadCloser, error) {
	in, err := c.open()
	if err != nil {
		return nil, err
	}
	return pipe(in, func(w io.Writer) (err error) {
		walkMessage(in, func(l leaf) bool {
			if l.index != index {
				return true
			}
			if _, err = io.CopyN(io.Discard, l.body, first); err == nil {
				_, err = io.CopyN(w, l.body, last-first+1)
			}
			return false
		})
		if err == io.EOF {
			err = nil
		}
		return err
	}), nil
}

// attachment returns a whole attachment of a message that is in memory.
func (c *Content) attachment(a attachment) string {
	r, err := c.openAttachment(a.index, 0, a.size-1)
	if err != nil {
		return ""
	}
	defer r.Close()
	b, _ := io.ReadAll(r) // what could be read of a broken one
	return string(b)
}

// text returns the whole message.
func (c *Content) text() string {
	r, err := c.open()
	if err != nil {
		return ""
	}
	defer r.Close()
	b, _ := io.ReadAll(r)
	return string(b)
}

// pipeReader reads what a goroutine writes. Close ends the goroutine and waits for
// it.
type pipeReader struct {
	*io.PipeReader
	in     io.Closer
	writer errgroup.Group
}

// pipe returns what write writes as a stream. in is closed with it.
func pipe(in io.Closer, write func(io.Writer) error) io.ReadCloser {
	r, w := io.Pipe()
	p := &pipeReader{PipeReader: r, in: in}
	p.writer.Go(func() error { return w.CloseWithError(write(w)) })
	return p
}

func (p *pipeReader) Close() error {
	_ = p.PipeReader.Close() // never fails
	_ = p.writer.Wait()      // what write returned was read from the pipe
	return p.in.Close()
}
