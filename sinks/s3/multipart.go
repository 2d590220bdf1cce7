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
	err := u.inParts(ctx)
	if errors.Is(err, errGone) {
		err = u.inParts(ctx)
	}
	return err
}

func (u *upload) inParts(ctx context.Context) error {
	m, err := u.begin(ctx)
	if err != nil {
		return err
	}
	defer m.end(ctx)
	if err := m.send(ctx); err != nil {
		return err
	}
	return u.create(ctx, m.sum, func() error { return m.complete(ctx) })
}

// parts is a multipart upload. Nothing of it is an object before it is completed.
type parts struct {
	u    *upload
	in   *s3.PutObjectInput // what the object shall be, as one request would say it
	id   string
	sums [][sha256.Size]byte
	sum  string // of the whole
	done []types.CompletedPart
	over bool // completed: there is nothing to take away
}

// begin begins an upload. It is to be ended.
func (u *upload) begin(ctx context.Context) (*parts, error) {
	b, in := u.b, u.putInput("")
	out, err := call(ctx, b, Operation{Op: OpCreateUpload, Name: u.name}, 0, b.client.CreateMultipartUpload, &s3.CreateMultipartUploadInput{
		Bucket: in.Bucket, Key: in.Key, ChecksumAlgorithm: in.ChecksumAlgorithm, ChecksumType: types.ChecksumTypeComposite,
		Metadata: in.Metadata, ServerSideEncryption: in.ServerSideEncryption, SSEKMSKeyId: in.SSEKMSKeyId,
		ObjectLockMode: in.ObjectLockMode, ObjectLockRetainUntilDate: in.ObjectLockRetainUntilDate,
		ObjectLockLegalHoldStatus: in.ObjectLockLegalHoldStatus,
	})
	if err != nil {
		return nil, err
	}
	id := aws.ToString(out.UploadId)
	if id == "" {
		return nil, u.fail(errors.New("the store began a multipart upload and gave it no id"))
	}
	b.setLive(id, true)
	sums := u.spool.parts()
	return &parts{u: u, in: in, id: id, sums: sums, sum: composite(sums)}, nil
}

// end takes the parts away of an upload that was not completed, as well as it can: what the upload failed of is what
// counts.
func (m *parts) end(ctx context.Context) {
	defer m.u.b.setLive(m.id, false)
	if m.over {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
	defer cancel()
	_ = m.u.b.abort(ctx, m.u.name, m.id)
}

// send sends the parts, one after the other.
func (m *parts) send(ctx context.Context) error {
	for i := range m.sums {
		for try := 1; ; try++ {
			err := m.sendPart(ctx, i)
			if err == nil {
				break
			}
			// The SDK has repeated what was not answered. What was answered with another checksum is left.
			if !errors.Is(err, errSum) || try >= m.u.b.opts.Attempts {
				return fmt.Errorf("part %d: %w", i+1, err)
			}
			if err := m.u.b.pause(ctx, try, err); err != nil {
				return m.u.fail(err)
			}
		}
	}
	return nil
}

// sendPart sends part i, counted from 0. It may be sent again: the last one counts, and they are all the same.
func (m *parts) sendPart(ctx context.Context, i int) error {
	u, number, sum := m.u, int32(i+1), m.sums[i]
	sum64, body := base64.StdEncoding.EncodeToString(sum[:]), u.spool.reader(i)
	out, err := call(ctx, u.b, Operation{Op: OpPart, Name: u.name, Part: i + 1}, 0, u.b.client.UploadPart, &s3.UploadPartInput{
		Bucket: m.in.Bucket, Key: m.in.Key, UploadId: &m.id, PartNumber: &number, Body: body,
		ContentLength: aws.Int64(body.Size()), ChecksumSHA256: &sum64, ChecksumAlgorithm: m.in.ChecksumAlgorithm,
	}, signed(hex.EncodeToString(sum[:])))
	if err == nil {
		err = u.sameSum(out.ChecksumSHA256, sum64)
	}
	if err == nil {
		m.done = append(m.done, types.CompletedPart{PartNumber: &number, ETag: out.ETag, ChecksumSHA256: &sum64})
	}
	return err
}

// complete makes the parts an object. The object becomes visible by this request.
func (m *parts) complete(ctx context.Context) error {
	b := m.u.b
	out, err := call(ctx, b, Operation{Op: OpCompleteUpload, Name: m.u.name}, 0, b.client.CompleteMultipartUpload, &s3.CompleteMultipartUploadInput{
		Bucket: m.in.Bucket, Key: m.in.Key, UploadId: &m.id, IfNoneMatch: m.in.IfNoneMatch,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: m.done}, ChecksumType: types.ChecksumTypeComposite,
		MpuObjectSize: &m.u.spool.size,
	}, once)
	if err == nil {
		m.over = true
		err = m.u.sameSum(out.ChecksumSHA256, m.sum)
	}
	return err
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
