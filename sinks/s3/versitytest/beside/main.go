// Command beside runs a command beside a real S3 server, which keeps a bucket below a temporary directory:
//
//	go run ./beside go -C ../../.. test ./migrate/crashtest -run S3
//
// The environment of the command has the credentials, and AIRLIFT_S3_ENDPOINT, AIRLIFT_S3_BUCKET and AIRLIFT_S3_BUCKETS, the
// directory of the buckets.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"github.com/airlift-eas/airlift/sinks/s3/versitytest"
)

const bucket = "beside"

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: beside COMMAND ARGUMENT…")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1], os.Args[2:]...)
	stop()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, "beside:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, name string, args ...string) (err error) {
	here, err := os.Getwd() // the server goes to another directory
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "airlift-beside-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	g, err := versitytest.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Stop()) }()
	if err := g.MakeBucket(ctx, bucket, false); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = here
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(),
		"AWS_ACCESS_KEY_ID="+versitytest.AccessKey, "AWS_SECRET_ACCESS_KEY="+versitytest.SecretKey, "AWS_REGION="+versitytest.Region,
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
		"AIRLIFT_S3_ENDPOINT="+g.URL, "AIRLIFT_S3_BUCKET="+bucket, "AIRLIFT_S3_BUCKETS="+filepath.Join(dir, "buckets"))
	return cmd.Run()
}
