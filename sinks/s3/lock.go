package s3

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Lock is the retention that every object gets: for so long it can be neither deleted nor overwritten. The zero value is
// none.
type Lock struct {
	// Mode is LockGovernance, which accounts with a special permission can lift, or LockCompliance, which nobody can.
	Mode LockMode
	// Days of 24 hours from the commit of the object.
	Days int
}

// LockMode is how strict a retention is.
type LockMode string

// The modes.
const (
	LockGovernance LockMode = "governance"
	LockCompliance LockMode = "compliance"
)

func (l Lock) check() error {
	switch {
	case l == Lock{}:
		return nil
	case l.Mode != LockGovernance && l.Mode != LockCompliance:
		return fmt.Errorf("lock %q: neither governance nor compliance", string(l.Mode))
	case l.Days < 1 || l.Days > 36500:
		return fmt.Errorf("lock for %d days: 1 to 36500", l.Days)
	}
	return nil
}

func (l Lock) mode() types.ObjectLockMode {
	switch l.Mode {
	case LockGovernance:
		return types.ObjectLockModeGovernance
	case LockCompliance:
		return types.ObjectLockModeCompliance
	}
	return ""
}

// until is the end of the retention of an object of that size that is sent now. It is counted from the latest moment at which
// the object can be there, which is a while from now if it is large.
func (l Lock) until(size int64) *time.Time {
	if l.Mode == "" {
		return nil
	}
	transfer := min(time.Duration(size/slowest)*time.Second, 24*time.Hour)
	t := time.Now().UTC().Add(transfer + time.Duration(l.Days)*24*time.Hour).Truncate(time.Second)
	return &t
}

// CanLock asks whether the bucket was made for retentions and legal holds. ErrNoLock: it was not.
func (b *Bucket) CanLock(ctx context.Context) error {
	out, err := call(ctx, b, Operation{Op: OpBucketLock}, 0, b.client.GetObjectLockConfiguration, &s3.GetObjectLockConfigurationInput{
		Bucket: &b.opts.Bucket,
	})
	if err != nil {
		return err
	}
	if c := out.ObjectLockConfiguration; c == nil || c.ObjectLockEnabled != types.ObjectLockEnabledEnabled {
		return fmt.Errorf("%s: %w: it is to be enabled on the bucket first", b.URL(), ErrNoLock)
	}
	return nil
}
