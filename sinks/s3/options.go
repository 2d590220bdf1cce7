package s3

import (
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// Options of a bucket. Only Bucket must be set: the zero value of everything else is the safe choice.
//
// Credentials are what the SDK's standard chain finds: the environment, the profiles of ~/.aws, SSO, the roles of
// containers and instances.
type Options struct {
	// Bucket is the name of the bucket.
	Bucket string
	// Prefix begins the key of every object, with a "/" between it and the name. At most MaxPrefix bytes, of what
	// sinks.CheckName takes.
	Prefix string

	// Endpoint is the URL of a store that is not AWS: https://s3.example.com.
	Endpoint string
	// Region is where the bucket is. If it is empty the SDK's configuration says it, or, where there is an Endpoint and
	// nothing says it, it is us-east-1.
	Region string
	// PathStyle puts the bucket's name in the path of URLs, and not in the host's name.
	PathStyle bool
	// RootCAs are the authorities whose certificates a store may have. Nil: the system's, or those of AWS_CA_BUNDLE.
	RootCAs *x509.CertPool
	// Tool is who asks, for the User-Agent: airlift/1.2.3.
	Tool string

	// SSE is the encryption to ask the store for: "AES256", "aws:kms", or "" for what the bucket does by itself. Check
	// proves that the store does it.
	SSE string
	// KMSKey is the key of "aws:kms": an id or ARN. Empty: the account's own for S3.
	KMSKey string
	// Lock is the retention of every object.
	Lock Lock
	// Hold says whether an object of that name is created with a legal hold, so that there is no moment without one. It is
	// called at each creation, concurrently. Nil: none is. Of the canary of Check it says whether holds are needed at all.
	Hold func(name string) bool
	// AcceptWeak holds the weaknesses that Check lets pass.
	AcceptWeak []Weakness

	// MemoryLimit is how many bytes of an upload are spooled in memory before it moves to a temporary file. Zero: 2 MiB,
	// since a run has some dozens of them at once.
	MemoryLimit int64
	// TempDir is where temporary files are. Empty: os.TempDir.
	TempDir string
	// PartSize is how large an object may be to be sent in one request, and how large the parts of larger ones are, of
	// which S3 takes 10,000. Zero: 64 MiB. At least 5 MiB.
	PartSize int64
	// UploadLimit is how long a multipart upload may take. Clean takes those that began more than twice as long ago for
	// a dead process's: all who write to a bucket must use the same. Zero: 24 hours.
	UploadLimit time.Duration

	// Timeout is how long one HTTP request may take beside the transfer of its bytes, for which it has another second
	// for each 64 KiB. Zero: one minute.
	Timeout time.Duration
	// Attempts is how often a request is sent before its error is returned. Zero: 5.
	Attempts int
	// MaxBackoff is the longest wait between two attempts, where the store does not ask for another one. Zero: 20 seconds.
	MaxBackoff time.Duration
	// MaxRetryAfter is the longest wait that a store may ask for, by the Retry-After of an answer 429 or 503. Zero: two
	// minutes.
	MaxRetryAfter time.Duration

	// Step, if set, makes every request by calling do, and returns what the bucket shall believe came of it. It is where
	// a test counts the requests, and lets one fail. A request that the SDK repeats is one step. It is called
	// concurrently.
	Step func(op Operation, do func() error) error
}

// Limits of S3.
const (
	MaxPrefix   = 200 // bytes of Options.Prefix: a key has at most 1024, and a name sinks.MaxName
	minPartSize = 5 << 20
	maxParts    = 10_000
)

// Validate returns what keeps Open from making anything of the options, before it asks for anything.
func (o Options) Validate() error {
	_, err := o.complete()
	return err
}

// complete checks the options and fills in what is left out.
func (o Options) complete() (Options, error) {
	if o.Bucket == "" || strings.ContainsAny(o.Bucket, "/?#% \t\r\n") {
		return o, fmt.Errorf("%q is no name of a bucket", o.Bucket)
	}
	if strings.HasSuffix(o.Bucket, "--x-s3") {
		return o, fmt.Errorf("%s is a directory bucket, which does not list in order: use a general purpose bucket", o.Bucket)
	}
	if o.Prefix = strings.Trim(o.Prefix, "/"); o.Prefix != "" {
		if err := sinks.CheckName(o.Prefix); err != nil {
			return o, fmt.Errorf("prefix: %w", err)
		}
		if len(o.Prefix) > MaxPrefix {
			return o, fmt.Errorf("prefix %q: longer than %d bytes", o.Prefix, MaxPrefix)
		}
		o.Prefix += "/"
	}
	if o.Endpoint != "" {
		u, err := url.Parse(o.Endpoint)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
			return o, fmt.Errorf("the endpoint is not the URL of a store, like https://s3.example.com")
		}
	}
	switch {
	case o.SSE != "" && o.SSE != "AES256" && o.SSE != "aws:kms":
		return o, fmt.Errorf("encryption %q: neither AES256 nor aws:kms", o.SSE)
	case o.KMSKey != "" && o.SSE != "aws:kms":
		return o, fmt.Errorf("a KMS key is of use with the encryption aws:kms only")
	}
	if err := o.Lock.check(); err != nil {
		return o, err
	}
	for _, w := range o.AcceptWeak {
		if !w.known() {
			return o, fmt.Errorf("%q is no weakness that could be accepted", string(w))
		}
	}
	o.TempDir = orElse(o.TempDir, os.TempDir())
	o.MemoryLimit = orElse(o.MemoryLimit, 2<<20)
	o.PartSize = orElse(o.PartSize, 64<<20)
	o.UploadLimit = orElse(o.UploadLimit, 24*time.Hour)
	o.Timeout = orElse(o.Timeout, time.Minute)
	o.Attempts = orElse(o.Attempts, 5)
	o.MaxBackoff = orElse(o.MaxBackoff, 20*time.Second)
	o.MaxRetryAfter = orElse(o.MaxRetryAfter, 2*time.Minute)
	if o.PartSize < minPartSize || o.PartSize > 5<<30 {
		return o, fmt.Errorf("parts of %d bytes: S3 takes 5 MiB to 5 GiB", o.PartSize)
	}
	if o.MemoryLimit < 0 || o.UploadLimit < 0 || o.Timeout < 0 || o.Attempts < 0 || o.MaxBackoff < 0 || o.MaxRetryAfter < 0 {
		return o, fmt.Errorf("a limit is negative")
	}
	return o, nil
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
