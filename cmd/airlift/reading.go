package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
)

// readArchive opens the archive of --archive for read, with those of its mailboxes that --mailbox takes.
func readArchive(ctx context.Context, flags *cli.Context, read func(a *archive.Archive, mailboxes []string) error) error {
	return readPlace(ctx, flags, nil, read)
}

// readPlace is readArchive with a cache; nil: none.
func readPlace(ctx context.Context, flags *cli.Context, cache *manifestCache, read func(a *archive.Archive, mailboxes []string) error) (err error) {
	from, err := placeOf(flags, "archive")
	if err != nil {
		return err
	}
	from.cache = cache
	a, bucket, err := openArchive(ctx, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bucket.Close()) }()
	var all []string
	for m, err := range a.Mailboxes(ctx) {
		if err != nil {
			return err
		}
		all = append(all, m)
	}
	if only := flags.String("mailbox"); only != "" {
		if !slices.Contains(all, only) {
			return fmt.Errorf("archive %s: mailbox %s: %w", flags.String("archive"), only, errNothing)
		}
		all = []string{only}
	}
	return read(a, all)
}

// openArchive opens an archive for reading.
func openArchive(ctx context.Context, from place) (*archive.Archive, bucket, error) {
	bucket, err := from.open(ctx, false)
	if err != nil {
		return nil, nil, nothingAt("archive "+from.text, err)
	}
	if from.keys.Cache, err = from.cache.of(bucket); err != nil {
		return nil, nil, errors.Join(err, bucket.Close())
	}
	a, err := archive.OpenWith(ctx, bucket, from.keys)
	if errors.Is(err, sinks.ErrNotExist) {
		// A place with mailboxes in it is an archive that lost its head, and not none.
		for o, listErr := range bucket.List(ctx, "mailboxes/", "") {
			err = errors.Join(listErr, fmt.Errorf("archive %s: archive.json is missing, but %s is there: %w", from.text, o.Name, sinks.ErrCorrupt))
			break
		}
	}
	if err != nil {
		return nil, nil, errors.Join(nothingAt("archive "+from.text, err), bucket.Close())
	}
	return a, bucket, nil
}

// nothingAt tells an archive that is not there from one that cannot be read.
func nothingAt(what string, err error) error {
	if errors.Is(err, sinks.ErrNotExist) {
		return fmt.Errorf("%s: %w", what, errNothing)
	}
	return err
}

// comparePaths sorts by display path, and by identity where two folders have one path.
func comparePaths(a, idA, b, idB string) int {
	return cmp.Or(strings.Compare(a, b), strings.Compare(idA, idB))
}
