package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/sinks/s3"
)

// bucketFlags say how a bucket is reached. Credentials are those of the standard chain: the environment, profiles, SSO, the
// roles of containers and instances.
func bucketFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("s3-endpoint", "", "the `URL` of a store that is not AWS"),
		stringFlag("s3-region", "", "the `REGION` that the bucket is in (default: what the AWS configuration says)"),
		boolFlag("s3-path-style", "put the bucket's name in the path of URLs, as many stores that are not AWS want it"),
		stringFlag("s3-ca-cert", "", "trust the certificates in `FILE` (PEM) for the store, instead of the system's"),
	}
}

// bucketWriteFlags say what an object in a bucket must have, and what is accepted of a bucket that was not written to before.
func bucketWriteFlags() []cli.Flag {
	return append(objectFlags(), listFlag("s3-accept-weak", "write although the store has this `WEAKNESS` (repeatable): "+weaknesses()))
}

// objectFlags say what an object in a bucket must have.
func objectFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("s3-sse", "", "have the store encrypt every object: `AES256|aws:kms`"),
		stringFlag("s3-kms-key", "", "with the key `ID` of KMS (with --s3-sse aws:kms)"),
		lockFlag("keep every object from being deleted or replaced: `governance|compliance`"), lockDaysFlag(),
	}
}

func lockFlag(text string) cli.Flag { return stringFlag("s3-lock", "", text) }

func lockDaysFlag() cli.Flag { return intFlag("s3-lock-days", 0, "for `N` days (with --s3-lock)") }

func weaknesses() string {
	var names []string
	for _, w := range s3.Weaknesses() {
		names = append(names, string(w))
	}
	return strings.Join(names, ", ")
}

// promiseOf returns the name of a flag that is given and that only a bucket can keep.
func promiseOf(ctx *cli.Context) string {
	for _, f := range bucketWriteFlags() {
		if name := f.Names()[0]; ctx.IsSet(name) {
			return name
		}
	}
	return ""
}

// s3Options makes the options of a bucket from the flags, without its name.
func s3Options(ctx *cli.Context) (o s3.Options, err error) {
	o = s3.Options{
		Endpoint: ctx.String("s3-endpoint"), Region: ctx.String("s3-region"), PathStyle: ctx.Bool("s3-path-style"),
		SSE: ctx.String("s3-sse"), KMSKey: ctx.String("s3-kms-key"), Tool: "airlift/" + versionString(),
		Lock: s3.Lock{Mode: s3.LockMode(ctx.String("s3-lock")), Days: ctx.Int("s3-lock-days")},
	}
	for _, w := range ctx.StringSlice("s3-accept-weak") {
		if !slices.Contains(s3.Weaknesses(), s3.Weakness(w)) {
			return o, usage(fmt.Sprintf("--s3-accept-weak: unknown weakness %q", w), "the weaknesses are "+weaknesses())
		}
		o.AcceptWeak = append(o.AcceptWeak, s3.Weakness(w))
	}
	switch l := o.Lock; {
	case l.Mode != "" && l.Mode != s3.LockGovernance && l.Mode != s3.LockCompliance:
		return o, usage(fmt.Sprintf("--s3-lock: unknown mode %q", l.Mode), "the modes are governance, compliance")
	case (l.Mode == "") != (l.Days == 0) || l.Days < 0:
		return o, usage("--s3-lock and --s3-lock-days go together", "--s3-lock governance --s3-lock-days 365")
	case o.SSE != "" && o.SSE != "AES256" && o.SSE != "aws:kms":
		return o, usage(fmt.Sprintf("--s3-sse: unknown encryption %q", o.SSE), "the encryptions are AES256, aws:kms")
	}
	if o.RootCAs, err = certificates("s3-ca-cert", ctx.String("s3-ca-cert")); err != nil {
		return o, err
	}
	return o, nil
}

// certificates reads the certificates of a flag's file; none if there is none.
func certificates(flag, file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, usage(fmt.Sprintf("--%s: %v", flag, err), "")
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, usage(fmt.Sprintf("--%s: %s holds no certificate", flag, file), "the file is in PEM: -----BEGIN CERTIFICATE-----")
	}
	return roots, nil
}
