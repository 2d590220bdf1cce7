package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/sinks/s3"
)

var errNoStore = errors.New("not measured: AIRLIFT_S3_ENDPOINT names no store")

// place3 is a prefix of the store's bucket that is used for the first time.
func place3(name string) string {
	return fmt.Sprintf("s3://%s/bench-%d-%s", os.Getenv("AIRLIFT_S3_BUCKET"), time.Now().UnixNano(), name)
}

func (b *bench) mail3(ctx context.Context, name string, n int) (m *mailbox, url string, stop func() error, err error) {
	if os.Getenv("AIRLIFT_S3_ENDPOINT") == "" {
		return nil, "", nil, errNoStore
	}
	if err := os.Setenv("AIRLIFT_S3_PATH_STYLE", "true"); err != nil {
		return nil, "", nil, err
	}
	ts, err := texts()
	if err != nil {
		return nil, "", nil, err
	}
	r := rand.New(rand.NewPCG(15, 16))
	if m, err = b.build(name, n, func(i int) []byte { return mixed(r, ts, i) }); err != nil {
		return nil, "", nil, err
	}
	url, stop, err = b.serve(ctx, m.dir)
	return m, url, stop, err
}

// wallS3 compares the time of a run to a store with that of the same run to a directory, and with the time that the store
// takes for the same segments alone, sent one after the other.
func wallS3(ctx context.Context, b *bench) (string, error) {
	_, url, stop, err := b.mail3(ctx, "s3wall", 6000)
	if errors.Is(err, errNoStore) {
		return err.Error(), nil
	}
	if err != nil {
		return "", err
	}
	var ratios, remote, local, bare []float64
	for i := range b.runs {
		dir := filepath.Join(b.dir, fmt.Sprintf("s3wall.out%d", i))
		d, err := b.timed(ctx, url, dir)
		if err != nil {
			return "", err
		}
		s, err := b.timed(ctx, url, place3("wall"))
		if err != nil {
			return "", err
		}
		alone, err := b.uploads(ctx, dir)
		if err != nil {
			return "", err
		}
		local, remote, bare, ratios = append(local, d), append(remote, s), append(bare, alone), append(ratios, s/d)
	}
	return fmt.Sprintf("%.2f x (%.1f against %.1f s; the segments alone take the store %.1f s)",
		median(ratios), median(remote), median(local), median(bare)), stop()
}

// timed archives to a fresh place and returns the seconds that it took.
func (b *bench) timed(ctx context.Context, url, to string) (float64, error) {
	u, err := measure(ctx, []string{"AIRLIFT_PASSWORD=" + password}, b.airlift,
		"archive", "--quiet", "--server", url, "--mailbox", "bench", "--to", to, "--state", filepath.Join(b.dir, fmt.Sprintf("state-%d", time.Now().UnixNano())))
	return u.Wall, err
}

// uploads copies the segments of an archive to the store, one after the other, and returns the seconds that it took.
func (b *bench) uploads(ctx context.Context, dir string) (seconds float64, err error) {
	o := s3.Options{Endpoint: os.Getenv("AIRLIFT_S3_ENDPOINT"), PathStyle: true}
	o.Bucket, o.Prefix, _ = strings.Cut(strings.TrimPrefix(place3("bare"), "s3://"), "/")
	store, err := s3.Open(ctx, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	began, n := time.Now(), 0
	err = filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".tar.zst") {
			return err
		}
		segment, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n++
		up, err := store.Create(ctx, fmt.Sprint(n))
		if err != nil {
			return err
		}
		if _, err := up.Write(segment); err != nil {
			return errors.Join(err, up.Abort())
		}
		return up.Commit(ctx)
	})
	return time.Since(began).Seconds(), err
}

// putsS3 counts the PUT of a run.
func putsS3(ctx context.Context, b *bench) (string, error) {
	m, url, stop, err := b.mail3(ctx, "s3puts", 3000)
	if errors.Is(err, errNoStore) {
		return err.Error(), nil
	}
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, b.airlift, "archive", "--json", "--server", url, "--mailbox", "bench", "--to", place3("puts"),
		"--state", filepath.Join(b.dir, "s3puts.state"))
	cmd.Env = append(os.Environ(), "AIRLIFT_PASSWORD="+password)
	out, err := cmd.Output()
	if err != nil {
		return "", errors.Join(err, stop())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var sum struct {
		Stored int `json:"items_stored"`
		S3     struct{ Put int }
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil || sum.Stored != m.n || sum.S3.Put == 0 {
		return "", errors.Join(fmt.Errorf("a run of %d messages says %s", m.n, lines[len(lines)-1]), err, stop())
	}
	return fmt.Sprintf("%.0f (%d PUT for %d messages)", float64(m.n)/float64(sum.S3.Put), sum.S3.Put, m.n), stop()
}
