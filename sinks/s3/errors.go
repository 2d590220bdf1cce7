package s3

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/airlift-eas/airlift/sinks"
)

// Errors beside those of package sinks.
var (
	// ErrCredentials says that there are no credentials, that the store does not know them, or that they may not do what
	// was asked for.
	ErrCredentials = errors.New("access refused")
	// ErrNoBucket says that there is no bucket of that name.
	ErrNoBucket = errors.New("no such bucket: make it first, or correct its name, the region or the endpoint")
	// ErrRegion says that the bucket is in another region than the one that was asked.
	ErrRegion = errors.New("not this region")
	// ErrNoLock says that the bucket cannot keep objects from being deleted.
	ErrNoLock = errors.New("the bucket has no object lock")
	// ErrCertificate says that nobody who is trusted vouches for the store.
	ErrCertificate = errors.New("its certificate is not trusted")
	// ErrUnknown says that the store was asked to create an object and that nobody knows what came of it.
	ErrUnknown = errors.New("it is not known whether the object was created")
)

// A RequestError is a request that the store answered with an error.
type RequestError struct {
	Op        Op
	Place     string // s3://BUCKET/KEY
	Status    int    // of HTTP
	Code      string // of S3: NoSuchBucket. It may be empty.
	Message   string // the store's own, cut short
	RequestID string // what the store's operator can find it by
	Region    string // where the bucket is, if the store said so

	kind error // the sentinel, or nil
	err  error // the SDK's
}

func (e *RequestError) Error() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s: %s: ", e.Place, e.Op)
	if e.kind != nil {
		fmt.Fprintf(&s, "%v: ", e.kind)
	}
	fmt.Fprintf(&s, "the store answered %d", e.Status)
	if e.Code != "" && e.Code != http.StatusText(e.Status) {
		s.WriteString(" " + e.Code)
	}
	if e.Message != "" {
		fmt.Fprintf(&s, " (%s)", e.Message)
	}
	if e.Region != "" && errors.Is(e.kind, ErrRegion) {
		fmt.Fprintf(&s, ", the bucket is in %s", e.Region)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&s, ", request %s", e.RequestID)
	}
	return s.String()
}

// Unwrap returns the sentinel, if there is one, and the SDK's error.
func (e *RequestError) Unwrap() []error {
	if e.kind == nil {
		return []error{e.err}
	}
	return []error{e.kind, e.err}
}

// requestError gives an error of the SDK the project's form.
func (b *Bucket) requestError(ctx context.Context, op Operation, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %s: %w", b.full(op.Name), op.Op, ctx.Err())
	}
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return fmt.Errorf("%s: %s: %w: %w", b.full(op.Name), op.Op, ErrCertificate, plain(err))
	}
	if errors.Is(err, sinks.ErrCorrupt) {
		return fmt.Errorf("%s: %s: %w", b.full(op.Name), op.Op, err)
	}
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &answer) || answer.Response == nil || answer.Response.Response == nil {
		return fmt.Errorf("%s: %s: %w: %w", b.full(op.Name), op.Op, sinks.ErrUnavailable, plain(err))
	}
	e := &RequestError{
		Op: op.Op, Place: b.full(op.Name), Status: answer.HTTPStatusCode(), err: err,
		Region: answer.Response.Header.Get("X-Amz-Bucket-Region"),
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		e.Code, e.Message = short(api.ErrorCode(), 60), short(api.ErrorMessage(), 200)
	}
	if e.Code == "" && e.Status < http.StatusMultipleChoices {
		// It did not answer, which the SDK gives status 0; or it said that it was done, and the rest makes no sense or did not come.
		return fmt.Errorf("%s: %s: %w: %w", e.Place, op.Op, sinks.ErrUnavailable, plain(err))
	}
	var id *awshttp.ResponseError
	if errors.As(err, &id) {
		e.RequestID = short(id.ServiceRequestID(), 60)
	}
	e.kind = kindOf(op.Op, e.Status, e.Code)
	return e
}

// kindOf returns the sentinel of an answer. Codes come first: a quota is a 403 with some stores and a 400 with others.
func kindOf(op Op, status int, code string) error {
	switch code {
	case "NoSuchBucket":
		return ErrNoBucket
	case "NoSuchKey":
		return sinks.ErrNotExist
	case "EntityTooLarge", "QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded",
		"XAdminBucketQuotaExceeded", "BucketQuotaExceeded", "QuotaExceededException", "NoSpaceLeft":
		return sinks.ErrFull
	case "ObjectLockConfigurationNotFoundError", "ObjectLockConfigurationNotFound", "NoSuchObjectLockConfiguration":
		return ErrNoLock
	case "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return ErrRegion
	case "AccessDenied", "AllAccessDisabled", "AccountProblem", "InvalidAccessKeyId", "SignatureDoesNotMatch",
		"ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired", "NotSignedUp", "InvalidSecurity":
		return ErrCredentials
	case "RequestTimeTooSkewed", "NoSuchUpload":
		return nil
	case slowBody:
		return sinks.ErrUnavailable
	case "InvalidRequest":
		if op == OpHold {
			return ErrNoLock // it is what S3 says of a hold in a bucket without locks
		}
	}
	for _, again := range againCodes() {
		if code == again {
			return sinks.ErrUnavailable
		}
	}
	switch status {
	case http.StatusPreconditionFailed:
		if op == OpGet {
			return errReplaced
		}
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return ErrRegion
	case http.StatusUnauthorized, http.StatusForbidden:
		return ErrCredentials
	case http.StatusInsufficientStorage, http.StatusRequestEntityTooLarge:
		return sinks.ErrFull
	case http.StatusNotFound:
		if op == OpHead || op == OpGet {
			return sinks.ErrNotExist
		}
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return sinks.ErrUnavailable
	}
	return nil
}

// An outcome is what an error says of the creation of an object.
type outcome int

const (
	refused outcome = iota // not created, and another try would end so too
	later                  // not created, and another try may do it
	taken                  // there is an object of that name
	unknown                // nobody has said
)

// slowBody is what S3 says, with a 400, where the bytes of a body did not come for some time.
const slowBody = "RequestTimeout"

// outcomeOf says what became of a creation that was sent once.
func outcomeOf(err error) outcome {
	var e *RequestError
	if !errors.As(err, &e) {
		return unknown
	}
	for _, code := range againCodes() {
		if e.Code == code {
			return later
		}
	}
	switch {
	case e.Status == http.StatusPreconditionFailed:
		return taken
	case e.Status == http.StatusTooManyRequests:
		return later
	case e.Status == http.StatusRequestTimeout, e.Code == slowBody:
		return unknown
	case e.Status == http.StatusNotImplemented, e.kind != nil && !errors.Is(e.kind, sinks.ErrUnavailable):
		return refused
	case e.Status >= http.StatusInternalServerError, e.Status < http.StatusMultipleChoices:
		return unknown
	}
	return refused
}

// againCodes are answers that say: this was not done, and the same request may be done later. Some of them are of
// bodies that came damaged or not whole.
func againCodes() []string {
	return []string{
		"SlowDown", "ConditionalRequestConflict", "OperationAborted", "RequestTimeTooSkewed", "BadDigest", "IncompleteBody",
		"XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "Throttling", "ThrottlingException",
		"RequestLimitExceeded", "BandwidthLimitExceeded", "TooManyRequestsException", "TooManyRequests",
	}
}

// plain takes the SDK's frame off an error that is no answer: what is left is the network's own, or the credentials' chain's.
func plain(err error) error {
	var process *processcreds.ProviderError
	if errors.As(err, &process) {
		// The SDK quotes what the program printed, which may be the credentials and a line too many.
		cause := process.Err
		for inner := errors.Unwrap(cause); inner != nil; inner = errors.Unwrap(inner) {
			cause = inner
		}
		return fmt.Errorf("the credential_process of the profile: %w", cause)
	}
	var attempts *retry.MaxAttemptsError
	if errors.As(err, &attempts) {
		err = attempts.Err
	}
	var op *smithy.OperationError
	if errors.As(err, &op) {
		err = op.Err
	}
	var sent *smithyhttp.RequestSendError
	if errors.As(err, &sent) {
		err = sent.Err
	}
	return err
}

// short cuts a text of the store's, which may be anything, to one line of at most n bytes.
func short(s string, n int) string {
	s = strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "?")
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}
