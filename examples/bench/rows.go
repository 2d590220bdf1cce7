package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

const mib = 1 << 20

// cpuArchive compares the processor time of an archive run with that of zstd -3 and openssl over the same bytes.
func cpuArchive(ctx context.Context, b *bench) (string, error) {
	ts, err := texts()
	if err != nil {
		return "", err
	}
	r := rand.New(rand.NewPCG(3, 4))
	m, err := b.build("cpu", 12_000, func(i int) []byte { return mixed(r, ts, i) })
	if err != nil {
		return "", err
	}
	url, stop, err := b.serve(ctx, m.dir)
	if err != nil {
		return "", err
	}
	var ours, yard, ratio []float64
	for i := range b.runs {
		to := filepath.Join(b.dir, fmt.Sprintf("cpu.out%d", i))
		u, err := b.archive(ctx, url, to)
		if err != nil {
			return "", err
		}
		y, err := yardstick(ctx, m.all)
		if err != nil {
			return "", err
		}
		ours, yard, ratio = append(ours, u.CPU), append(yard, y), append(ratio, u.CPU/y)
		if err := os.RemoveAll(to); err != nil {
			return "", err
		}
	}
	gb := float64(m.size) / 1e9
	return fmt.Sprintf("%.2f x (%.1f against %.1f core-seconds a GB, %.2f GB)", median(ratio), median(ours)/gb, median(yard)/gb, gb), stop()
}

func yardstick(ctx context.Context, file string) (float64, error) {
	z, err := measure(ctx, nil, "zstd", "-3", "-q", "-f", "--single-thread", file, "-o", file+".zst")
	if err != nil {
		return 0, err
	}
	h, err := measure(ctx, nil, "openssl", "dgst", "-sha256", file)
	return z.CPU + h.CPU, err
}

func sizeMixed(ctx context.Context, b *bench) (string, error) {
	ts, err := texts()
	if err != nil {
		return "", err
	}
	r := rand.New(rand.NewPCG(5, 6))
	return b.size(ctx, "mixed", 1500, func(i int) []byte { return mixed(r, ts, i) })
}

func sizeText(ctx context.Context, b *bench) (string, error) {
	ts, err := texts()
	if err != nil {
		return "", err
	}
	return b.size(ctx, "text", len(ts), func(i int) []byte { return ts[i] })
}

// size compares what an archive takes with zstd -19 over all its messages in one file.
func (b *bench) size(ctx context.Context, name string, n int, message func(int) []byte) (string, error) {
	m, err := b.build(name, n, message)
	if err != nil {
		return "", err
	}
	url, stop, err := b.serve(ctx, m.dir)
	if err != nil {
		return "", err
	}
	to := filepath.Join(b.dir, name+".out")
	if _, err := b.archive(ctx, url, to); err != nil {
		return "", err
	}
	if err := stop(); err != nil {
		return "", err
	}
	if _, err := measure(ctx, nil, "zstd", "-19", "-q", "-f", m.all, "-o", m.all+".zst"); err != nil {
		return "", err
	}
	ours, err := sizeOf(to)
	if err != nil {
		return "", err
	}
	yard, err := sizeOf(m.all + ".zst")
	return fmt.Sprintf("%.2f x (%d against %d bytes, of %d)", float64(ours)/float64(yard), ours, yard, m.size), err
}

func sizeOf(root string) (int64, error) {
	var n int64
	err := filepath.WalkDir(root, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}

// memoryHuge archives one message of 150 MB.
func memoryHuge(ctx context.Context, b *bench) (string, error) {
	r := rand.New(rand.NewPCG(7, 8))
	return b.memory(ctx, "huge", 1, func(int) []byte {
		return withAttachment(r, []byte("a large one\r\n"), 150_000_000*76/78/4*3)
	})
}

// memoryMany archives 100,000 small messages in one folder.
func memoryMany(ctx context.Context, b *bench) (string, error) {
	r := rand.New(rand.NewPCG(9, 10))
	return b.memory(ctx, "many", 100_000, func(i int) []byte { return generated(r, i, 1500) })
}

func (b *bench) memory(ctx context.Context, name string, n int, message func(int) []byte) (string, error) {
	m, err := b.build(name, n, message)
	if err != nil {
		return "", err
	}
	url, stop, err := b.serve(ctx, m.dir)
	if err != nil {
		return "", err
	}
	u, err := b.archive(ctx, url, filepath.Join(b.dir, name+".out"))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%.0f MiB (%.1f core-seconds)", float64(u.Peak)/mib, u.CPU), stop()
}
