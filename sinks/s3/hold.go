package s3

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/airlift-eas/airlift/sinks"
)

// Protection is what keeps the current version of an object from being deleted.
type Protection struct {
	Mode    LockMode  // of the retention; empty: there is none
	Until   time.Time // the end of the retention
	Hold    bool      // a legal hold, which has no end
	Version string    // the id of the version; empty: the bucket has none
	Created time.Time // when the version was made
}

// Protection asks what protects an object. ErrNotExist: there is none. A store does not tell it to those who may not know
// it (s3:GetObjectRetention, s3:GetObjectLegalHold): then it looks as if there was none, and MayKnowProtection tells that apart.
func (b *Bucket) Protection(ctx context.Context, name string) (Protection, error) {
	if err := errors.Join(ctx.Err(), sinks.CheckName(name)); err != nil {
		return Protection{}, err
	}
	out, err := b.head(ctx, name, false)
	if err != nil {
		return Protection{}, err
	}
	p := Protection{
		Until: aws.ToTime(out.ObjectLockRetainUntilDate), Version: aws.ToString(out.VersionId), Created: aws.ToTime(out.LastModified),
		Hold: out.ObjectLockLegalHoldStatus == types.ObjectLockLegalHoldStatusOn,
	}
	switch out.ObjectLockMode {
	case types.ObjectLockModeGovernance:
		p.Mode = LockGovernance
	case types.ObjectLockModeCompliance:
		p.Mode = LockCompliance
	default:
		p.Until = time.Time{}
	}
	return p, nil
}

// MayKnowProtection asks for the hold and the retention of an object by the requests that a store refuses to those who may not
// know them, where the one of Protection is answered without. ErrCredentials: they may not. ErrNotExist: there is no object of
// that name.
func (b *Bucket) MayKnowProtection(ctx context.Context, name string) error {
	if err := errors.Join(ctx.Err(), sinks.CheckName(name)); err != nil {
		return err
	}
	_, hold := call(ctx, b, Operation{Op: OpGetHold, Name: name}, 0, b.client.GetObjectLegalHold, &s3.GetObjectLegalHoldInput{
		Bucket: &b.opts.Bucket, Key: b.key(name),
	})
	_, retention := call(ctx, b, Operation{Op: OpGetRetention, Name: name}, 0, b.client.GetObjectRetention, &s3.GetObjectRetentionInput{
		Bucket: &b.opts.Bucket, Key: b.key(name),
	})
	for _, err := range []error{hold, retention} {
		if err != nil && !isCode(err, "NoSuchObjectLockConfiguration") { // it has none, and that was told
			return err
		}
	}
	return nil
}

// SetHold puts a legal hold on the current version of an object, or releases it. It is done when SetHold returns nil, and
// doing it again changes nothing. ErrNotExist: there is no object of that name. ErrNoLock: the bucket cannot hold.
func (b *Bucket) SetHold(ctx context.Context, name string, on bool) error {
	if err := errors.Join(ctx.Err(), sinks.CheckName(name)); err != nil {
		return err
	}
	return b.putHold(ctx, name, on)
}

func (b *Bucket) putHold(ctx context.Context, name string, on bool) error {
	status := types.ObjectLockLegalHoldStatusOff
	if on {
		status = types.ObjectLockLegalHoldStatusOn
	}
	_, err := call(ctx, b, Operation{Op: OpHold, Name: name}, 0, b.client.PutObjectLegalHold, &s3.PutObjectLegalHoldInput{
		Bucket: &b.opts.Bucket, Key: b.key(name), LegalHold: &types.ObjectLockLegalHold{Status: status},
	})
	return err
}
