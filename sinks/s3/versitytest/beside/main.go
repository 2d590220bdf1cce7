// Command beside runs a command beside a real S3 server, which keeps a bucket below a temporary directory:
//
//	go run ./beside go -C ../../.. test ./migrate/crashtest -run S3
//	go run ./beside -tls go test ./...
//
// With -tls it is the server's own program, over TLS. The environment of the command has the credentials, and what package
// versitytest calls Env….
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"github.com/airlift-eas/airlift/sinks/s3/versitytest"
)

const bucket = "beside"

func main() {
	binary := flag.Bool("tls", false, "run the server's own program, over TLS")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: beside [-tls] COMMAND ARGUMENT…")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *binary, flag.Args())
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

func run(ctx context.Context, binary bool, command []string) (err error) {
	here, err := os.Getwd() // the server goes to another directory
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "airlift-beside-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	start := versitytest.Start
	if binary {
		start = func(ctx context.Context, dir string) (*versitytest.Gateway, error) {
			return versitytest.StartBinary(ctx, here, dir)
		}
	}
	g, err := start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Stop()) }()
	if err := g.MakeBucket(ctx, bucket, false); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = here
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(),
		"AWS_ACCESS_KEY_ID="+versitytest.AccessKey, "AWS_SECRET_ACCESS_KEY="+versitytest.SecretKey, "AWS_REGION="+versitytest.Region,
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
		versitytest.EnvEndpoint+"="+g.URL, versitytest.EnvCACert+"="+g.CAFile,
		versitytest.EnvBucket+"="+bucket, versitytest.EnvBuckets+"="+filepath.Join(dir, "buckets"))
	return cmd.Run()
}
