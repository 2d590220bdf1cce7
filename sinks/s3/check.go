package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/airlift-eas/airlift/sinks"
)

// Check proves on a canary, an object of a few hundred bytes, what an archive counts on: that the store gives back the
// bytes that it was given; that it refuses to create an object twice, by one request and by a multipart upload; that it
// keeps the SHA-256 and the metadata; that it confirms the encryption, the retention and the legal hold that Options ask for.
// It returns a finding for each. The error joins a WeakError for each weakness that was not accepted; any other error says
// that the checks could not be made. ErrNoLock: there is something to lock, and the bucket cannot. To be called once in a run,
// before its first write. It makes nine requests, ten with a Lock, eleven with a hold, which it takes off its canary again
// if it may.
//
// The canary is .tmp-canary-ID below the prefix, a name that no object has, and no listing shows it. It stays: to delete
// it the credentials would have to be able to delete, and those of an archive's writer should not.
func (b *Bucket) Check(ctx context.Context) ([]Finding, error) {
	c := canary{b: b, name: newCanary(), data: canaryData()}
	c.hold = b.opts.Hold != nil && b.opts.Hold(c.name)
	if b.opts.Lock.Mode != "" || c.hold {
		if err := b.CanLock(ctx); err != nil {
			return nil, err
		}
	}
	for _, step := range []func(context.Context) error{c.write, c.readBack, c.marks, c.again, c.againInParts} {
		if err := step(ctx); err != nil {
			return c.findings, fmt.Errorf("canary: %w", errors.Join(err, c.release(ctx)))
		}
	}
	var errs []error
	if err := c.release(ctx); err != nil {
		return c.findings, fmt.Errorf("canary: %w", err)
	}
	for _, f := range c.findings {
		if !f.OK && !f.Accepted {
			errs = append(errs, &WeakError{Place: b.URL(), Finding: f})
		}
	}
	return c.findings, errors.Join(errs...)
}

// CheckCost is what Check asks the store for, where nothing has to be repeated.
func (o Options) CheckCost() Stats {
	return Stats{Puts: 3, Gets: 1 + o.lockGets(), Heads: 2, Posts: 2, Deletes: 1}
}

// OpenCost is what Open asks the store for, likewise.
func (o Options) OpenCost() Stats { return Stats{Lists: 1, Gets: o.lockGets()} }

func (o Options) lockGets() int64 {
	if o.Lock.Mode == "" {
		return 0
	}
	return 1
}

// canaryPrefix begins the names of canaries. It is one that no object has, so that a bucket that holds nothing but
// canaries lists as empty, and a copy of an archive to a directory takes them for unfinished files.
const canaryPrefix = sinks.TempPrefix + "canary-"

func newCanary() string { return canaryPrefix + strings.ToLower(rand.Text()) }

func isCanary(name string) bool {
	return strings.HasPrefix(name, canaryPrefix) && !strings.Contains(name, "/")
}

// canaryData returns bytes that nobody can know, and all those that a gateway might take for something of its own.
func canaryData() []byte {
	data := make([]byte, 256, 512)
	for i := range data {
		data[i] = byte(i)
	}
	data = append(data, "\r\n0\r\n\r\n"...)
	return append(data, rand.Text()...)
}

type canary struct {
	b        *Bucket
	name     string
	data     []byte
	up       *upload
	sum      string
	hold     bool // it is to be held
	held     bool // and the store may have done it
	findings []Finding
}

func (c *canary) found(name Weakness, ok bool, format string, args ...any) {
	c.findings = append(c.findings, Finding{
		Name: name, OK: ok, Accepted: !ok && slices.Contains(c.b.opts.AcceptWeak, name), Detail: fmt.Sprintf(format, args...),
	})
}

func (c *canary) write(ctx context.Context) error {
	c.up = c.b.newUpload(ctx, c.name)
	if _, err := c.up.Write(c.data); err != nil {
		return errors.Join(err, c.up.Abort())
	}
	sum := c.up.spool.parts()[0]
	c.sum = base64.StdEncoding.EncodeToString(sum[:])
	err := c.up.Commit(ctx)
	c.held = err == nil && c.hold
	return err
}

var framing = regexp.MustCompile(`^[0-9a-fA-F]+(;chunk-signature=[0-9a-f]*)?\r\n`)

func (c *canary) readBack(ctx context.Context) error {
	o, err := c.b.open(ctx, c.name)
	if err != nil {
		return err
	}
	got, err := io.ReadAll(io.NewSectionReader(o, 0, min(o.size, 64<<10)))
	switch {
	case err != nil:
		return err
	case bytes.Equal(got, c.data):
		c.found(WeakContent, true, "%d bytes came back as they were sent", len(got))
	case framing.Match(got) && bytes.Contains(got, c.data):
		c.found(WeakContent, false, "it keeps the framing of the transfer (aws-chunked) in the object: %d bytes were sent, and %d came back", len(c.data), o.size)
	default:
		c.found(WeakContent, false, "other bytes came back than were sent: %d bytes for %d", o.size, len(c.data))
	}
	return nil
}

// marks holds what the store tells of the canary to what was asked for.
func (c *canary) marks(ctx context.Context) error {
	out, err := c.b.head(ctx, c.name, true)
	if err != nil {
		return err
	}
	switch got := aws.ToString(out.ChecksumSHA256); got {
	case c.sum:
		c.found(WeakChecksum, true, "the SHA-256 is kept")
	case "":
		c.found(WeakChecksum, false, "it does not keep the SHA-256 of an object")
	default:
		c.found(WeakChecksum, false, "it tells another SHA-256 (%q) than the object's", short(got, 90))
	}
	if out.Metadata[uploadMark] == c.up.id {
		c.found(WeakMark, true, "the metadata is kept")
	} else {
		c.found(WeakMark, false, "it does not keep the metadata of an object: after a lost answer nobody could tell whose it is")
	}
	c.encryption(string(out.ServerSideEncryption), aws.ToString(out.SSEKMSKeyId))
	c.retention(out)
	c.legalHold(out)
	return nil
}

func (c *canary) encryption(sse, key string) {
	o := &c.b.opts
	switch {
	case o.SSE == "" && sse == "":
		c.found(WeakSSE, true, "no encryption was asked for, and the store tells of none")
	case o.SSE == "":
		c.found(WeakSSE, true, "no encryption was asked for; the store encrypts by itself (%s)", short(sse, 60))
	case sse != o.SSE:
		c.found(WeakSSE, false, "it was asked for the encryption %s and confirms %q", o.SSE, short(sse, 60))
	case !sameKey(o.KMSKey, key):
		c.found(WeakSSE, false, "it was asked to encrypt with the key %s and confirms %q", o.KMSKey, short(key, 200))
	default:
		c.found(WeakSSE, true, "the encryption is confirmed: %s", strings.TrimSpace(sse+" "+short(key, 200)))
	}
}

// sameKey reports whether a store that confirms the key got may have been asked for want: an ARN, the id at the end of it,
// or an alias, whose key only KMS knows.
func sameKey(want, got string) bool {
	if want == "" {
		return true
	}
	if strings.HasPrefix(want, "alias/") || strings.Contains(want, ":alias/") {
		return got != ""
	}
	return got == want || strings.HasSuffix(got, "/"+want)
}

func (c *canary) retention(out *s3.HeadObjectOutput) {
	l := c.b.opts.Lock
	if l.Mode == "" {
		c.found(WeakLock, true, "no retention was asked for")
		return
	}
	// The canary was committed a moment ago; a minute is what clocks may differ by.
	earliest, until := l.until(0).Add(-time.Minute), aws.ToTime(out.ObjectLockRetainUntilDate)
	if got := out.ObjectLockMode; string(got) != string(l.mode()) || until.Before(earliest) {
		c.found(WeakLock, false, "it was asked to keep objects for %d days in the mode %s and confirms %q until %s", l.Days, l.mode(), short(string(got), 60), day(until))
		return
	}
	c.found(WeakLock, true, "the retention is confirmed: %s until %s", l.mode(), day(until))
}

func (c *canary) legalHold(out *s3.HeadObjectOutput) {
	c.held = out.ObjectLockLegalHoldStatus == types.ObjectLockLegalHoldStatusOn
	switch {
	case !c.hold:
		c.found(WeakHold, true, "no legal hold was asked for")
	case !c.held:
		c.found(WeakHold, false, "it was asked for a legal hold and confirms none")
	default:
		c.found(WeakHold, true, "the legal hold is confirmed")
	}
}

// release takes the hold off the canary: nobody would do it later. Who may put holds and not take them off is the right one to
// write an archive, and leaves a canary that is held.
func (c *canary) release(ctx context.Context) error {
	if !c.held {
		return nil
	}
	if err := c.b.putHold(ctx, c.name, false); err != nil && !errors.Is(err, ErrCredentials) {
		return err
	}
	return nil
}

func day(t time.Time) string {
	if t.IsZero() {
		return "no time"
	}
	return t.UTC().Format(time.RFC3339)
}

// again asks for a second canary of the same name and other bytes.
func (c *canary) again(ctx context.Context) error {
	u := c.b.newUpload(ctx, c.name)
	defer func() { _ = u.Abort() }()
	if _, err := u.Write([]byte("another object of that name")); err != nil {
		return err
	}
	refused, err := c.isRefused(ctx, func() error { return u.putOnce(ctx) })
	if err != nil {
		return err
	}
	if refused {
		c.found(WeakCondition, true, "a second creation of an object is refused")
	} else {
		c.found(WeakCondition, false, "it ignores If-None-Match and overwrites objects: two writers would destroy each other's work")
	}
	return nil
}

// againInParts does the same by a multipart upload: of one part, which as the last one may be small.
func (c *canary) againInParts(ctx context.Context) (err error) {
	u := c.b.newUpload(ctx, c.name)
	defer func() { _ = u.Abort() }()
	if _, err := u.Write([]byte("another object of that name, in parts")); err != nil {
		return err
	}
	m, err := u.begin(ctx)
	if err != nil {
		return err
	}
	defer m.end(ctx)
	if err := m.send(ctx); err != nil {
		return err
	}
	refused, err := c.isRefused(ctx, func() error { return m.complete(ctx) })
	if err != nil {
		return err
	}
	if refused {
		c.found(WeakMultipart, true, "a second creation by a multipart upload is refused")
	} else {
		c.found(WeakMultipart, false, "it ignores If-None-Match on the completion of multipart uploads and overwrites objects by them")
	}
	return nil
}

// isRefused sends a request that must be refused because the object is there. Where there was no answer it is sent again.
func (c *canary) isRefused(ctx context.Context, send func() error) (bool, error) {
	for try := 1; ; try++ {
		err := send()
		if err == nil {
			return false, nil
		}
		switch what := outcomeOf(err); {
		case what == taken:
			return true, nil
		case what == refused && isCode(err, "NoSuchUpload") && try > 1:
			return false, nil // an answer was lost, and it was that the upload was completed
		case what == refused, ctx.Err() != nil, try >= c.b.opts.Attempts:
			return false, err
		}
		if err := c.b.pause(ctx, try, err); err != nil {
			return false, err
		}
	}
}
