package s3

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/airlift-eas/airlift/sinks"
)

// uploadMark is the metadata field that says which upload an object came from.
const uploadMark = "airlift-upload"

// put creates the object with one request.
func (u *upload) put(ctx context.Context) error {
	sum := u.spool.parts()[0]
	return u.create(ctx, base64.StdEncoding.EncodeToString(sum[:]), func() error { return u.putOnce(ctx) })
}

func (u *upload) putOnce(ctx context.Context) error {
	sum := u.spool.parts()[0]
	in := u.putInput(base64.StdEncoding.EncodeToString(sum[:]))
	in.Body = u.spool.reader(0)
	out, err := call(ctx, u.b, Operation{Op: OpPut, Name: u.name}, 0, u.b.client.PutObject, in, once, signed(hex.EncodeToString(sum[:])))
	if err != nil {
		return err
	}
	return u.sameSum(out.ChecksumSHA256, *in.ChecksumSHA256)
}

// putInput is the request that creates the object, without its body.
func (u *upload) putInput(sum string) *s3.PutObjectInput {
	o := &u.b.opts
	var hold types.ObjectLockLegalHoldStatus
	if o.Hold != nil && o.Hold(u.name) {
		hold = types.ObjectLockLegalHoldStatusOn
	}
	in := &s3.PutObjectInput{
		Bucket: &o.Bucket, Key: u.b.key(u.name), IfNoneMatch: aws.String("*"),
		ContentLength: aws.Int64(u.spool.size), ChecksumSHA256: &sum, ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
		Metadata: map[string]string{uploadMark: u.id}, ServerSideEncryption: types.ServerSideEncryption(o.SSE),
		ObjectLockMode: o.Lock.mode(), ObjectLockRetainUntilDate: o.Lock.until(u.spool.size), ObjectLockLegalHoldStatus: hold,
	}
	if o.KMSKey != "" {
		in.SSEKMSKeyId = &o.KMSKey
	}
	return in
}

// sameSum refuses an answer that tells another checksum than the one that was sent.
func (u *upload) sameSum(got *string, want string) error {
	if got == nil || *got == want {
		return nil
	}
	return u.fail(fmt.Errorf("%w: %q for %s", errSum, short(*got, 90), want))
}

var errSum = errors.New("the store answered another checksum than was sent")

// errGone says that a request cannot be repeated: what it builds on is not there any more.
var errGone = errors.New("the multipart upload is gone")

// create makes the request that creates the object until it is known what came of it. The object becomes visible inside
// of send, and nowhere else. sum is the object's checksum as a HEAD tells it.
func (u *upload) create(ctx context.Context, sum string, send func() error) error {
	doubt := false // a request was not answered: it was not there a moment later, but may be on its way still
	fail := func(err error) error {
		if doubt {
			return fmt.Errorf("%w: %w", ErrUnknown, err)
		}
		return err
	}
	for try := 1; ; try++ {
		err := send()
		if err == nil {
			return nil
		}
		what, gone := outcomeOf(err), isCode(err, "NoSuchUpload")
		doubt = doubt || what == unknown
		if ctx.Err() != nil || (what == refused && !gone) {
			return fail(err)
		}
		cause := err
		if what != later {
			if askedToWait(err) > 0 { // the look is a request, too
				if waitErr := u.b.pause(ctx, try, err); waitErr != nil {
					return fail(errors.Join(u.fail(waitErr), err))
				}
				cause = nil // and has been waited for
			}
			// It may be there, made by this request or by an earlier one whose answer was lost, or by another writer.
			switch ours, headErr := u.isOurs(ctx, sum); {
			case headErr == nil && ours:
				return nil
			case headErr == nil:
				return u.fail(sinks.ErrExist)
			case errors.Is(headErr, sinks.ErrCorrupt):
				return headErr
			case !errors.Is(headErr, sinks.ErrNotExist):
				return fmt.Errorf("%w: %w; then %w", ErrUnknown, err, headErr)
			}
		}
		if gone {
			return fmt.Errorf("%w: %w", errGone, fail(err))
		}
		if try >= u.b.opts.Attempts {
			return fail(err)
		}
		if waitErr := u.b.pause(ctx, try, cause); waitErr != nil {
			return fail(errors.Join(u.fail(waitErr), err))
		}
	}
}

// isOurs reports whether the object of that name is the one of this upload. ErrNotExist: there is none. ErrCorrupt: it
// is, and the store tells another length or checksum, however often it is asked.
func (u *upload) isOurs(ctx context.Context, sum string) (bool, error) {
	for try := 1; ; try++ {
		out, err := u.b.head(ctx, u.name, true)
		if err != nil || out.Metadata[uploadMark] != u.id {
			return false, err
		}
		got, size := aws.ToString(out.ChecksumSHA256), aws.ToInt64(out.ContentLength)
		if size == u.spool.size && (got == "" || got == sum) {
			return true, nil
		}
		if try >= u.b.opts.Attempts {
			return false, u.fail(fmt.Errorf("the store keeps %d bytes, checksum %q, of an upload of %d bytes, checksum %s: %w",
				size, short(got, 90), u.spool.size, sum, sinks.ErrCorrupt))
		}
		if err := u.b.pause(ctx, try, nil); err != nil {
			return false, u.fail(err)
		}
	}
}

func (b *Bucket) head(ctx context.Context, name string, sums bool) (*s3.HeadObjectOutput, error) {
	in := &s3.HeadObjectInput{Bucket: &b.opts.Bucket, Key: b.key(name)}
	if sums {
		in.ChecksumMode = types.ChecksumModeEnabled
	}
	return call(ctx, b, Operation{Op: OpHead, Name: name}, 0, b.client.HeadObject, in)
}

// composite is the checksum that S3 gives an object of several parts.
func composite(parts [][sha256.Size]byte) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p[:])
	}
	return fmt.Sprintf("%s-%d", base64.StdEncoding.EncodeToString(h.Sum(nil)), len(parts))
}

func isCode(err error, code string) bool {
	var e *RequestError
	return errors.As(err, &e) && e.Code == code
}
