package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/airlift-eas/airlift/sinks"
)

// Open implements sinks.Bucket, by a HEAD request.
func (b *Bucket) Open(ctx context.Context, name string) (sinks.Object, error) {
	if err := errors.Join(ctx.Err(), sinks.CheckName(name)); err != nil {
		return nil, err
	}
	return b.open(ctx, name)
}

func (b *Bucket) open(ctx context.Context, name string) (*object, error) {
	out, err := b.head(ctx, name, false)
	if err != nil {
		return nil, err
	}
	if out.ContentLength == nil || *out.ContentLength < 0 {
		return nil, fmt.Errorf("%s: the store did not say how long it is", b.full(name))
	}
	return &object{b: b, ctx: ctx, name: name, size: *out.ContentLength, etag: out.ETag}, nil
}

var errReplaced = fmt.Errorf("it was replaced while it was read: %w", sinks.ErrCorrupt)

// An object is read by ranges of the one state of it that was there when it was opened.
type object struct {
	b    *Bucket
	ctx  context.Context
	name string
	size int64
	etag *string
}

func (o *object) Size() int64  { return o.size }
func (o *object) Close() error { return nil }

// ETag implements sinks.Tagged.
func (o *object) ETag() string { return plainETag(o.etag) }

// plainETag is an ETag without its quotes, which some stores leave out in listings. A weak one tells nothing of bytes.
func plainETag(tag *string) string {
	s := aws.ToString(tag)
	if strings.HasPrefix(s, "W/") {
		return ""
	}
	return strings.Trim(s, `"`)
}

// ReadAt implements io.ReaderAt by one request, and another one from where an answer was cut. Reading ahead is the
// caller's business.
func (o *object) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("%s: read at %d: negative offset", o.b.full(o.name), off)
	}
	if err := o.ctx.Err(); err != nil {
		return 0, err
	}
	if off >= o.size {
		return 0, io.EOF
	}
	want := int(min(int64(len(p)), o.size-off))
	done := 0
	for try := 1; done < want; try++ {
		n, err := o.get(p[done:want], off+int64(done))
		done += n
		if err == nil {
			continue
		}
		if isFinal(err) || try >= o.b.opts.Attempts || o.ctx.Err() != nil {
			return done, err
		}
		if waitErr := o.b.pause(o.ctx, try, err); waitErr != nil {
			return done, errors.Join(waitErr, err)
		}
	}
	if want < len(p) {
		return want, io.EOF
	}
	return want, nil
}

// isFinal reports whether a read that failed so would fail so again. The SDK has repeated the others already, but for
// those that fail in the middle of the body.
func isFinal(err error) bool {
	var e *RequestError
	return errors.As(err, &e) || errors.Is(err, sinks.ErrCorrupt)
}

// get fills p from off, as far as the answer goes.
func (o *object) get(p []byte, off int64) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	op := Operation{Op: OpGet, Name: o.name}
	err = o.b.step(op, func() error {
		n, err = o.getRange(p, off)
		return err
	})
	if err == nil && n < len(p) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return n, o.b.requestError(o.ctx, op, err)
	}
	return n, nil
}

func (o *object) getRange(p []byte, off int64) (int, error) {
	last := off + int64(len(p)) - 1
	ctx, cancel := context.WithCancel(expect(o.ctx, int64(len(p))))
	defer cancel() // of what else may come
	out, err := o.b.client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &o.b.opts.Bucket, Key: o.b.key(o.name), IfMatch: o.etag, Range: aws.String(fmt.Sprintf("bytes=%d-%d", off, last)),
	})
	if err != nil {
		return 0, err
	}
	defer out.Body.Close()
	if err := o.checkRange(out, off, last); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(out.Body, p)
	if err != nil {
		return n, fmt.Errorf("%d of %d bytes from %d: %w", n, len(p), off, err)
	}
	return n, nil
}

// checkRange holds an answer to what was asked for. A store that does not know ranges sends the whole.
func (o *object) checkRange(out *s3.GetObjectOutput, off, last int64) error {
	want := fmt.Sprintf("bytes %d-%d/%d", off, last, o.size)
	got := aws.ToString(out.ContentRange)
	whole := got == "" && off == 0 && last == o.size-1
	if got != want && !whole {
		return fmt.Errorf("asked for %s, the store answered %q", want, short(got, 90))
	}
	if n := out.ContentLength; n != nil && *n != last-off+1 {
		return fmt.Errorf("asked for %s, the store answered %d bytes", want, *n)
	}
	if out.ETag != nil && o.etag != nil && *out.ETag != *o.etag {
		return errReplaced
	}
	return nil
}
