package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/dir"
	"github.com/airlift-eas/airlift/sinks/s3"
)

// A place is where an archive is: a directory, or a prefix in a bucket.
type place struct {
	text  string     // as it was given
	dir   string     // "" = a bucket
	s3    s3.Options // of a bucket
	keys  archive.Options
	cache *manifestCache // of what is read there; nil: none
}

// bucket is what both kinds of places have in common.
type bucket interface {
	sinks.Bucket
	Clean(ctx context.Context) (int, error)
	Close() error
}

const s3Scheme = "s3"

// placeOf reads the place that a flag gives, with the flags that speak of buckets.
func placeOf(ctx *cli.Context, flag string) (place, error) {
	text := ctx.String(flag)
	keys, err := encryption(ctx)
	if err != nil {
		return place{}, err
	}
	scheme, rest, isURL := strings.Cut(text, "://")
	switch {
	case text == "":
		return place{}, usage("no archive", "name its directory or s3://BUCKET/PREFIX with --"+flag)
	case isURL && scheme != s3Scheme:
		return place{}, usage(fmt.Sprintf("--%s: no archive by %s", flag, scheme), "an archive is in a directory or at s3://BUCKET/PREFIX")
	case !isURL:
		if name := promiseOf(ctx); name != "" {
			return place{}, usage(fmt.Sprintf("--%s: %s is a directory, which cannot do that", name, text), "a bucket is s3://BUCKET/PREFIX")
		}
		p := dirPlace(text)
		p.keys = keys
		return p, nil
	}
	o, err := s3Options(ctx)
	if err != nil {
		return place{}, err
	}
	o.Bucket, o.Prefix, _ = strings.Cut(rest, "/")
	if err := o.Validate(); err != nil {
		return place{}, usage(fmt.Sprintf("--%s %s: %v", flag, text, err), "")
	}
	return place{text: strings.TrimRight(text, "/"), s3: o, keys: keys}, nil
}

func dirPlace(path string) place { return place{text: path, dir: path} }

// open opens the place; to write there makes a directory that is missing, and never a bucket.
func (p place) open(ctx context.Context, write bool) (bucket, error) {
	if p.dir != "" {
		return dir.Open(p.dir, write)
	}
	return s3.Open(ctx, p.s3)
}

// state is the directory of the checkpoints that belong to the place, if nothing else is said: beside a directory, and for a
// bucket among the user's own.
func (p place) state() (string, error) {
	if p.dir != "" {
		return filepath.Clean(p.dir) + ".state", nil
	}
	base, err := userStateDir()
	if err != nil {
		return "", usage("no place for the checkpoints: "+err.Error(), "name their directory with --state")
	}
	// The endpoint is part of what a bucket is called.
	sum := sha256.Sum256([]byte(p.s3.Endpoint + "\x00" + p.s3.Bucket + "\x00" + p.s3.Prefix))
	name := strings.Map(func(r rune) rune {
		if r == '/' {
			return '-'
		}
		return r
	}, strings.Trim(p.s3.Bucket+"/"+p.s3.Prefix, "/"))
	return filepath.Join(base, "airlift", name[:min(len(name), 100)]+"-"+hex.EncodeToString(sum[:4])), nil
}

// userStateDir is where programs keep what should outlive them: XDG_STATE_HOME, and where that is not known the user's
// configuration directory of macOS and Windows.
func userStateDir() (string, error) {
	if d := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(d) {
		return d, nil
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	if home, err := os.UserHomeDir(); err == nil && config == filepath.Join(home, ".config") {
		return filepath.Join(home, ".local", "state"), nil
	}
	return config, nil
}

// stateDirOf is --state, or what belongs to the place.
func stateDirOf(ctx *cli.Context, p place) (string, error) {
	if s := ctx.String("state"); s != "" {
		return s, nil
	}
	return p.state()
}
