package s3

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/airlift-eas/airlift/sinks"
)

// List implements sinks.Bucket, by a request for each 1000 objects. Keys below the prefix that are no object's name by
// sinks.CheckName are left out: the markers that some tools make for folders, and the canaries of Check.
func (b *Bucket) List(ctx context.Context, prefix, after string) iter.Seq2[sinks.ObjectInfo, error] {
	return func(yield func(sinks.ObjectInfo, error) bool) {
		for o, err := range b.keys(ctx, prefix, after) {
			if err == nil && sinks.CheckName(o.Name) != nil {
				continue
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

// keys yields everything below the prefix, in order.
func (b *Bucket) keys(ctx context.Context, prefix, after string) iter.Seq2[sinks.ObjectInfo, error] {
	return func(yield func(sinks.ObjectInfo, error) bool) {
		in := &s3.ListObjectsV2Input{Bucket: &b.opts.Bucket, Prefix: b.key(prefix)}
		if after != "" {
			in.StartAfter = b.key(after)
		}
		op := Operation{Op: OpList, Name: prefix}
		last, empty := after, 0
		for {
			out, err := b.page(ctx, op, in)
			if err != nil {
				yield(sinks.ObjectInfo{}, err)
				return
			}
			for _, o := range out.Contents {
				name, ok := strings.CutPrefix(aws.ToString(o.Key), b.opts.Prefix)
				if !ok || !strings.HasPrefix(name, prefix) || (name <= last && last != "") {
					yield(sinks.ObjectInfo{}, fmt.Errorf("%s: list: the store answered %q after %q: its listings are not in order", b.full(prefix), short(name, 200), last))
					return
				}
				if err := ctx.Err(); err != nil {
					yield(sinks.ObjectInfo{}, err)
					return
				}
				last = name
				if !yield(sinks.ObjectInfo{Name: name, Size: aws.ToInt64(o.Size), ETag: plainETag(o.ETag)}, nil) {
					return
				}
			}
			if !aws.ToBool(out.IsTruncated) {
				return
			}
			if empty++; len(out.Contents) > 0 {
				empty = 0
			}
			token := aws.ToString(out.NextContinuationToken)
			if token == "" || token == aws.ToString(in.ContinuationToken) || empty > maxEmptyPages {
				yield(sinks.ObjectInfo{}, fmt.Errorf("%s: list: %w", b.full(prefix), errStuck))
				return
			}
			in.ContinuationToken = &token
		}
	}
}

// page asks for one page of a listing.
func (b *Bucket) page(ctx context.Context, op Operation, in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	out, err := call(ctx, b, op, 0, b.client.ListObjectsV2, in)
	if err == nil {
		err = b.isListing(op, out.Name)
	}
	return out, err
}

// isListing returns an error for the answer to a listing that does not name a bucket, as each one does: it is of something in
// between, or cut off before it began. The SDK reads it as a listing of nothing, and nothing is what an archive without
// holds and changes of recipients has.
func (b *Bucket) isListing(op Operation, bucket *string) error {
	if aws.ToString(bucket) != "" {
		return nil
	}
	return fmt.Errorf("%s: %s: the answer is no listing of a store: %w", b.full(op.Name), op.Op, sinks.ErrUnavailable)
}

// maxEmptyPages bounds the pages in a row that promise more and list nothing. Some are seen where many objects were deleted.
const maxEmptyPages = 1000

var errStuck = errors.New("the store says that there is more, and not where")
