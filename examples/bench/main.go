// Command bench measures what airlift costs against yardsticks that are run beside it, on the same machine, in the
// same minutes: zstd and openssl over the same bytes. Figures of other machines and days are not comparable; the
// ratios are.
//
//	go run ./examples/bench            all rows
//	go run ./examples/bench -run cpu   the rows whose name holds "cpu"
//
// It needs zstd and openssl. With AIRLIFT_CORPUS naming a folder of .eml files the messages are those; otherwise they
// are generated. The rows of S3 need a store beside them:
//
//	go -C sinks/s3/versitytest run ./beside go -C ../../.. run ./examples/bench -run s3
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
	"slices"
	"strings"
	"text/tabwriter"
)

// A row is one line of the table.
type row struct {
	name   string
	target string
	run    func(ctx context.Context, b *bench) (string, error)
}

// bench is what the rows share.
type bench struct {
	dir     string // scratch, removed at the end
	airlift string // the built command
	runs    int    // a figure is the median of so many
}

func rows() []row {
	return []row{
		{"decode: 100 mails of 10 KB", ">= 3 GB/s, <= 3 allocations an item", decodeMail},
		{"decode: 512 contacts", ">= 300 MB/s", decodeContacts},
		{"cpu: archive, to zstd -3 + sha256", "<= 1.5 x", cpuArchive},
		{"size: mixed mail, to zstd -19", "<= 1.05 x", sizeMixed},
		{"size: text, to zstd -19", "<= 1.20 x", sizeText},
		{"s3: wall, to that of a directory", "<= 1.3 x, or the store's own time", wallS3},
		{"s3: messages a PUT", ">= 15", putsS3},
		{"memory: a message of 150 MB", "<= 64 MiB", memoryHuge},
		{"memory: 100,000 small messages", "<= 128 MiB", memoryMany},
	}
}

func main() {
	if os.Getenv(measureEnv) != "" {
		if err := measured(context.Background(), os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	pattern := flag.String("run", "", "only rows whose name holds this")
	runs := flag.Int("runs", 5, "runs of each timed command; the median counts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *pattern, *runs)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, pattern string, runs int) (err error) {
	for _, tool := range []string{"zstd", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is not installed", tool)
		}
	}
	dir, err := os.MkdirTemp("", "airlift-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{dir: dir, airlift: filepath.Join(dir, "airlift"), runs: runs}
	build := exec.CommandContext(ctx, "go", "build", "-o", b.airlift, "github.com/airlift-eas/airlift/cmd/airlift")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build airlift: %w", err)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "what\tmeasured\ttarget")
	for _, r := range rows() {
		if !strings.Contains(r.name, pattern) {
			continue
		}
		fmt.Fprintln(os.Stderr, "...", r.name)
		figure, err := r.run(ctx, b)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.name, figure, r.target)
	}
	return w.Flush()
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
