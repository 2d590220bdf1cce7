package s3

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// patient is the SDK's retryer for the requests that may be repeated, which leaves a store alone for as long as it asks.
type patient struct {
	*retry.Standard
	longest time.Duration // Options.MaxRetryAfter
}

// retryer has no budget that all requests share: a run of days meets bad hours, and each request is bounded by its own
// attempts.
func (o Options) retryer() aws.Retryer {
	return patient{longest: o.MaxRetryAfter, Standard: retry.NewStandard(func(s *retry.StandardOptions) {
		s.MaxAttempts = o.Attempts
		s.MaxBackoff = o.MaxBackoff
		s.RateLimiter = ratelimit.None
		again := make(map[string]struct{})
		for _, code := range againCodes() {
			again[code] = struct{}{}
		}
		s.Retryables = append(s.Retryables, retry.RetryableErrorCode{Codes: again},
			retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{http.StatusTooManyRequests: {}}})
	})}
}

// RetryDelay implements aws.Retryer.
func (p patient) RetryDelay(attempt int, err error) (time.Duration, error) {
	wait, delayErr := p.Standard.RetryDelay(attempt, err)
	return max(wait, min(askedToWait(err), p.longest)), delayErr
}

// once sends a request one time only: who asks decides whether it may be repeated.
func once(o *s3.Options) { o.Retryer = aws.NopRetryer{} }

// pause waits before the next try of what failed with cause, for the n-th time, counted from 1.
func (b *Bucket) pause(ctx context.Context, n int, cause error) error {
	wait := min(b.opts.MaxBackoff, 100*time.Millisecond<<min(n-1, 10))
	wait = wait/2 + rand.N(wait/2+1)
	t := time.NewTimer(max(wait, min(askedToWait(cause), b.opts.MaxRetryAfter)))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// askedToWait returns for how long the store that answered with err wants to be left alone: the Retry-After of a 429 or a
// 503. 0 = it does not say.
func askedToWait(err error) time.Duration {
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &answer) || answer.Response == nil || answer.Response.Response == nil {
		return 0
	}
	switch answer.HTTPStatusCode() {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return retryAfter(answer.Response.Header, time.Now())
	}
	return 0
}

// retryAfter reads a Retry-After header: seconds or a date, which is held against the store's own clock where the answer
// tells it. RFC 9110 10.2.3.
func retryAfter(h http.Header, now time.Time) time.Duration {
	const longest = 1 << 31 // seconds: beyond it the multiplication would overflow
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseInt(v, 10, 64); err == nil {
		return time.Duration(min(max(s, 0), longest)) * time.Second
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(at.Sub(now), 0)
}
