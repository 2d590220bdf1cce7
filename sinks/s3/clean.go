package s3

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithy "github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/airlift-eas/airlift/sinks"
)

// Clean gives up the multipart uploads that dead processes left below the prefix, and returns how many: their parts cost
// money and no listing shows them. To be called when a run starts.
//
// There is no way to ask a store whether an upload's writer lives, perhaps on another host. So what counts is its age, by
// the store's own clock: no upload of this package lasts longer than Options.UploadLimit, and what is more than twice as
// old is nobody's. A younger one stays for a later run; those of this process stay in any case, and so do those of
// objects that this package would not make.
func (b *Bucket) Clean(ctx context.Context) (int, error) {
	removed := 0
	in := &s3.ListMultipartUploadsInput{Bucket: &b.opts.Bucket, Prefix: &b.opts.Prefix}
	for {
		out, err := call(ctx, b, Operation{Op: OpListUploads}, 0, b.client.ListMultipartUploads, in)
		if err != nil {
			return removed, err
		}
		before := answered(out.ResultMetadata).Add(-2 * b.opts.UploadLimit)
		for _, u := range out.Uploads {
			name, ok := b.isStale(u, before)
			if !ok {
				continue
			}
			// Gone already: another host cleans at the same time.
			if err := b.abort(ctx, name, *u.UploadId); err != nil && !isCode(err, "NoSuchUpload") {
				return removed, err
			}
			removed++
		}
		if !aws.ToBool(out.IsTruncated) {
			return removed, nil
		}
		if aws.ToString(out.NextKeyMarker) == aws.ToString(in.KeyMarker) && aws.ToString(out.NextUploadIdMarker) == aws.ToString(in.UploadIdMarker) {
			return removed, fmt.Errorf("%s: list uploads: %w", b.URL(), errStuck)
		}
		in.KeyMarker, in.UploadIdMarker = out.NextKeyMarker, out.NextUploadIdMarker
	}
}

// isStale returns the name of an upload's object, if the upload is nobody's any more.
func (b *Bucket) isStale(u types.MultipartUpload, before time.Time) (string, bool) {
	name, ok := strings.CutPrefix(aws.ToString(u.Key), b.opts.Prefix)
	if !ok || u.UploadId == nil || u.Initiated == nil || !u.Initiated.Before(before) {
		return "", false
	}
	if sinks.CheckName(name) != nil && !isCanary(name) {
		return "", false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return name, !b.live[*u.UploadId]
}

// answered returns the time of an answer by the store's clock; by this machine's, if the store does not tell it.
func answered(m smithy.Metadata) time.Time {
	if raw, ok := middleware.GetRawResponse(m).(*smithyhttp.Response); ok && raw != nil {
		if t, err := http.ParseTime(raw.Header.Get("Date")); err == nil {
			return t
		}
	}
	return time.Now()
}
