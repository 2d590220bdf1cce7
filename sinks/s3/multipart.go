package s3

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// abortTime is how long an upload that failed tries to take its parts away, also when its context has ended. What stays
// is Clean's.
const abortTime = 30 * time.Second

// multipart creates the object of several parts. A store may give up an upload whose completion met another one: then
// it is begun again, once.
func (u *upload) multipart(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, u.b.opts.UploadLimit)
	defer cancel()
	sums := u.spool.parts()
	err := u.sendParts(ctx, sums)
	if errors.Is(err, errGone) {
		err = u.sendParts(ctx, sums)
	}
	return err
}

// sendParts begins an upload, sends the parts one after the other, and completes it.
func (u *upload) sendParts(ctx context.Context, sums [][sha256.Size]byte) (err error) {
	b := u.b
	begun := u.putInput("")
	out, err := call(ctx, b, Operation{Op: OpCreateUpload, Name: u.name}, 0, b.client.CreateMultipartUpload, &s3.CreateMultipartUploadInput{
		Bucket: begun.Bucket, Key: begun.Key, ChecksumAlgorithm: begun.ChecksumAlgorithm, ChecksumType: types.ChecksumTypeComposite,
		Metadata: begun.Metadata, ServerSideEncryption: begun.ServerSideEncryption, SSEKMSKeyId: begun.SSEKMSKeyId,
		ObjectLockMode: begun.ObjectLockMode, ObjectLockRetainUntilDate: begun.ObjectLockRetainUntilDate,
	})
	if err != nil {
		return err
	}
	if aws.ToString(out.UploadId) == "" {
		return u.fail(errors.New("the store began a multipart upload and gave it no id"))
	}
	b.setLive(*out.UploadId, true)
	defer b.setLive(*out.UploadId, false)
	defer func() {
		if err != nil {
			u.abortUpload(ctx, *out.UploadId)
		}
	}()
	parts := make([]types.CompletedPart, len(sums))
	for i, sum := range sums {
		if parts[i], err = u.sendPart(ctx, *out.UploadId, i, sum); err != nil {
			return err
		}
	}
	whole := composite(sums)
	// The object becomes visible by this request. Before it there are parts only, which no listing shows.
	return u.create(ctx, whole, func() error {
		done, err := call(ctx, b, Operation{Op: OpCompleteUpload, Name: u.name}, 0, b.client.CompleteMultipartUpload, &s3.CompleteMultipartUploadInput{
			Bucket: begun.Bucket, Key: begun.Key, UploadId: out.UploadId, IfNoneMatch: begun.IfNoneMatch,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}, ChecksumType: types.ChecksumTypeComposite,
			MpuObjectSize: &u.spool.size,
		}, once)
		if err == nil {
			err = u.sameSum(done.ChecksumSHA256, whole)
		}
		return err
	})
}

// sendPart sends part i, counted from 0. The same part may be sent again: the last one counts, and they are all the same.
func (u *upload) sendPart(ctx context.Context, id string, i int, sum [sha256.Size]byte) (types.CompletedPart, error) {
	o, number := &u.b.opts, int32(i+1)
	body, sum64 := u.spool.reader(i), base64.StdEncoding.EncodeToString(sum[:])
	out, err := call(ctx, u.b, Operation{Op: OpPart, Name: u.name, Part: i + 1}, 0, u.b.client.UploadPart, &s3.UploadPartInput{
		Bucket: &o.Bucket, Key: u.b.key(u.name), UploadId: &id, PartNumber: &number, Body: body, ContentLength: aws.Int64(body.Size()),
		ChecksumSHA256: &sum64, ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
	}, signed(hex.EncodeToString(sum[:])))
	if err == nil {
		err = u.sameSum(out.ChecksumSHA256, sum64)
	}
	if err != nil {
		return types.CompletedPart{}, fmt.Errorf("part %d: %w", number, err)
	}
	return types.CompletedPart{PartNumber: &number, ETag: out.ETag, ChecksumSHA256: &sum64}, nil
}

// abortUpload takes the parts away, as well as it can: what the upload failed of is what counts.
func (u *upload) abortUpload(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
	defer cancel()
	_ = u.b.abort(ctx, u.name, id)
}

func (b *Bucket) abort(ctx context.Context, name, id string) error {
	_, err := call(ctx, b, Operation{Op: OpAbortUpload, Name: name}, 0, b.client.AbortMultipartUpload, &s3.AbortMultipartUploadInput{
		Bucket: &b.opts.Bucket, Key: b.key(name), UploadId: &id,
	})
	return err
}

func (b *Bucket) setLive(id string, live bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if live {
		b.live[id] = true
	} else {
		delete(b.live, id)
	}
}
