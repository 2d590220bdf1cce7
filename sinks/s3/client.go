package s3

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
	smithy "github.com/aws/smithy-go/middleware"
)

// connect reads the SDK's configuration, finds credentials and makes the client.
func (b *Bucket) connect(ctx context.Context) error {
	o := &b.opts
	// This client is that of the credentials' chain, which may ask services of its own. Its transport, with the
	// authorities that AWS_CA_BUNDLE names, serves the store too.
	chain := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		if o.RootCAs != nil {
			t.TLSClientConfig.RootCAs = o.RootCAs
		}
	})
	// What goes wrong is in errors; the SDK would write to a terminal that is not its own.
	load := []func(*config.LoadOptions) error{config.WithHTTPClient(chain), config.WithLogger(logging.Nop{})}
	if o.Region != "" {
		load = append(load, config.WithRegion(o.Region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return fmt.Errorf("%s: the configuration of AWS: %w", b.URL(), err)
	}
	if o.Region = cfg.Region; o.Region == "" {
		if o.Endpoint == "" && cfg.BaseEndpoint == nil {
			return fmt.Errorf("%s: %w: no region is given: name the one that the bucket is in, or the endpoint of a store", b.URL(), ErrRegion)
		}
		o.Region = "us-east-1"
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s: %w: none found in the environment, in ~/.aws or from a role: %w", b.URL(), ErrCredentials, plain(err))
	}
	t := chainTransport(cfg.HTTPClient)
	if o.RootCAs != nil {
		t.TLSClientConfig.RootCAs = o.RootCAs
	}
	b.idle = t.CloseIdleConnections
	b.wire = &wire{next: t, timeout: o.Timeout}
	b.client = s3.NewFromConfig(cfg, func(s *s3.Options) {
		s.Region = o.Region
		s.UsePathStyle = o.PathStyle
		s.HTTPClient = b.wire
		s.Retryer = o.retryer()
		// What is sent carries a SHA-256 that was computed while it was spooled, and what is read is checked by who reads
		// it, so the SDK shall add nothing of its own: some stores do not know its checksum trailers.
		s.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		s.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		s.ClientLogMode = 0
		if o.Endpoint != "" {
			s.BaseEndpoint = &o.Endpoint
		}
		if o.Tool != "" {
			name, version, _ := strings.Cut(o.Tool, "/")
			s.APIOptions = append(s.APIOptions, middleware.AddUserAgentKeyValue(name, version))
		}
	})
	return nil
}

// chainTransport returns a transport like that of the SDK's client, bounded.
func chainTransport(c aws.HTTPClient) *http.Transport {
	built, ok := c.(*awshttp.BuildableClient)
	if !ok {
		built = awshttp.NewBuildableClient()
	}
	t := built.GetTransport()
	t.Proxy = http.ProxyFromEnvironment
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 256, 256
	t.IdleConnTimeout = 30 * time.Second
	t.MaxResponseHeaderBytes = 1 << 20
	t.DisableCompression = true // a length that is checked is that of what is stored
	return t
}

// signed lets a request be signed over a SHA-256 that is known already, in hex.
func signed(sum string) func(*s3.Options) {
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *smithy.Stack) error {
			return stack.Initialize.Add(smithy.InitializeMiddlewareFunc("airlift:PayloadHash", func(
				ctx context.Context, in smithy.InitializeInput, next smithy.InitializeHandler,
			) (smithy.InitializeOutput, smithy.Metadata, error) {
				return next.HandleInitialize(v4.SetPayloadHash(ctx, sum), in)
			}), smithy.Before)
		})
	}
}

// call makes one request by its method of the SDK. size is how many bytes of an object its answer brings, for its
// deadline. The output is never nil.
func call[In, Out any](
	ctx context.Context, b *Bucket, op Operation, size int64,
	method func(context.Context, *In, ...func(*s3.Options)) (*Out, error), in *In, opts ...func(*s3.Options),
) (*Out, error) {
	out := new(Out)
	if err := ctx.Err(); err != nil {
		return out, err
	}
	err := b.step(op, func() error {
		o, err := method(expect(ctx, size), in, opts...)
		if err == nil {
			out = o
		}
		return err
	})
	if err != nil {
		return out, b.requestError(ctx, op, err)
	}
	return out, nil
}
