package crashtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/sinks/s3"
)

// The environment names a store whose buckets are directories below one that the tests can read: what it keeps is looked at
// without asking it. Credentials are those of the SDK.
const (
	endpointEnv = "AIRLIFT_S3_ENDPOINT"
	bucketEnv   = "AIRLIFT_S3_BUCKET"
	bucketsEnv  = "AIRLIFT_S3_BUCKETS" // the directory
)

var errS3 = errors.New("the store has a bad day")

// store3 is the prefix of a bucket where a lab has its archive.
type store3 struct {
	options s3.Options
	dir     string // where the store keeps it
}

var prefixes atomic.Int64

// newStore3 returns a prefix that nobody uses.
func newStore3(t testing.TB) *store3 {
	t.Helper()
	o := s3.Options{
		Bucket: os.Getenv(bucketEnv), Prefix: fmt.Sprintf("crash-%d-%d", os.Getpid(), prefixes.Add(1)), Endpoint: os.Getenv(endpointEnv),
		PathStyle: true, Attempts: 3, MaxBackoff: time.Millisecond,
	}
	return &store3{options: o, dir: filepath.Join(os.Getenv(bucketsEnv), o.Bucket, o.Prefix)}
}

func needS3(t *testing.T) {
	t.Helper()
	if os.Getenv(endpointEnv) == "" {
		t.Skipf("%s names no store", endpointEnv)
	}
}

// request is the Step of a bucket: every request is an effect.
func (p *process) request(op s3.Operation, do func() error) error {
	return p.m.around(s3Effect, fmt.Sprintf("%s %s", op.Op, op.Name), always(errS3), do)
}

// TestS3Sweep lets every request to a store fail in every way.
func TestS3Sweep(t *testing.T) {
	needS3(t)
	newLab := func(t testing.TB) *lab { return newLabAt(t, newStore3(t)) }
	without := measure(t, newLab)
	tally := newTally()
	t.Run("all", func(t *testing.T) {
		for _, m := range modes(s3Effect) {
			t.Run(string(m), func(t *testing.T) {
				t.Parallel()
				sweep(t, s3Effect, m, 1, newLab, without, tally)
			})
		}
	})
	t.Log(tally.String())
}

// TestS3TwoWriters is TestTwoWriters with a store.
func TestS3TwoWriters(t *testing.T) {
	needS3(t)
	testTwoWriters(t, func(t testing.TB) *lab { return newLabAt(t, newStore3(t)) })
}

// TestS3TwoWritersAtOnce is TestTwoWritersAtOnce with a store.
func TestS3TwoWritersAtOnce(t *testing.T) {
	needS3(t)
	testTwoWritersAtOnce(t, func(t testing.TB) *lab { return newLabAt(t, newStore3(t)) })
}
