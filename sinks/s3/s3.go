// Package s3 keeps objects in a bucket of AWS S3 or of a compatible store: a [sinks.Bucket] over the network.
//
// An object is spooled first, in memory or in a temporary file that has no name, and its SHA-256 is computed on the way.
// Commit sends it in one conditional create: a PutObject with If-None-Match, or, of more than one part, a multipart
// upload whose completion carries the condition. So an object is either there, whole and durable, or it is not there;
// and of several writers of one name, wherever they run, exactly one wins.
//
// An answer can get lost, and then nobody has said whether the object is there. Each upload therefore carries a random
// id in its metadata, and Commit reads it back when it has to: it tells its own object from another writer's, and tries
// again where there is none. The creation itself is never repeated blindly.
//
// No request of this package deletes or overwrites an object; credentials without s3:DeleteObject do. They need
// s3:PutObject, s3:GetObject, s3:ListBucket (without it a store answers "forbidden" where nothing is),
// s3:AbortMultipartUpload, s3:ListBucketMultipartUploads, and for what only some callers use: s3:PutObjectRetention,
// s3:GetBucketObjectLockConfiguration, s3:PutObjectLegalHold, s3:GetObjectLegalHold, s3:GetObjectRetention,
// s3:ListBucketVersions, and, where objects are encrypted by a key of KMS, kms:GenerateDataKey and kms:Decrypt, without which
// the store does not tell an object's checksum.
//
// Directory buckets (S3 Express) are not supported: they do not list in the order of the names.
package s3

import (
	"context"
	"errors"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/airlift-eas/airlift/sinks"
)

// A Bucket is a prefix in a bucket of a store. Its methods may be called from many goroutines.
type Bucket struct {
	opts   Options // complete: no zero value that stands for another one
	client *s3.Client
	wire   *wire
	idle   func() // closes the connections that are not in use

	mu   sync.Mutex
	live map[string]bool // ids of the multipart uploads that this process is at
}

var _ sinks.Bucket = (*Bucket)(nil)

// Open prepares the use of a bucket and asks it for one listing, so that a wrong name, region or key shows itself before
// there is anything to lose. Errors: ErrCredentials, ErrNoBucket, ErrRegion, ErrNoLock. Close the bucket after use.
func Open(ctx context.Context, o Options) (*Bucket, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	b := &Bucket{opts: o, live: make(map[string]bool)}
	if err := b.connect(ctx); err != nil {
		return nil, err
	}
	_, err = b.page(ctx, Operation{Op: OpList}, &s3.ListObjectsV2Input{Bucket: &o.Bucket, Prefix: &o.Prefix, MaxKeys: aws.Int32(1)})
	if err == nil && o.Lock.Mode != "" {
		err = b.CanLock(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Close lets go of the connections. Objects and uploads that are open must be ended first.
func (b *Bucket) Close() error {
	b.idle()
	return nil
}

// URL returns the place as s3://BUCKET/PREFIX, without the "/" at the end.
func (b *Bucket) URL() string {
	if b.opts.Prefix == "" {
		return "s3://" + b.opts.Bucket
	}
	return "s3://" + b.opts.Bucket + "/" + b.opts.Prefix[:len(b.opts.Prefix)-1]
}

// Endpoint returns the URL of the store, from Options or from the SDK's configuration; "" = AWS.
func (b *Bucket) Endpoint() string { return aws.ToString(b.client.Options().BaseEndpoint) }

// Stats returns how many requests were sent until now, and how many bytes.
func (b *Bucket) Stats() Stats { return b.wire.stats() }

func (b *Bucket) key(name string) *string { return aws.String(b.opts.Prefix + name) }

func (b *Bucket) full(name string) string {
	if name == "" {
		return b.URL()
	}
	return "s3://" + b.opts.Bucket + "/" + b.opts.Prefix + name
}
