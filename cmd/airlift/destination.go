package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/dir"
)

// checkpointsFile is the name of the checkpoints in the state directory.
const checkpointsFile = "checkpoints.db"

// destinationPaths checks an archive's place, given by a flag, and finds the state directory that belongs to it.
func destinationPaths(flag, to, state string) (archiveDir, stateDir string, err error) {
	switch {
	case to == "":
		return "", "", usage("no archive", "name its directory with --"+flag)
	case strings.Contains(to, "://"):
		scheme, _, _ := strings.Cut(to, "://")
		return "", "", usage(fmt.Sprintf("--%s: no archive by %s", flag, scheme), "an archive is in a directory")
	case state == "":
		state = stateBeside(to)
	}
	return to, state, nil
}

// stateBeside is where the checkpoints of an archive are, if nothing else is said.
func stateBeside(archiveDir string) string { return filepath.Clean(archiveDir) + ".state" }

// destination is an archive that is written to, and the checkpoints that belong to it.
type destination struct {
	bucket  *dir.Bucket
	archive *archive.Archive
	store   *sqlite.Store
}

// openDestination opens or makes an archive and its checkpoints, and removes what killed runs left half written.
func openDestination(ctx context.Context, to, state string) (*destination, error) {
	bucket, err := dir.Open(to, true)
	if err != nil {
		return nil, err
	}
	d := &destination{bucket: bucket}
	if d.archive, err = archive.Create(ctx, bucket); err == nil {
		if _, err = bucket.Clean(ctx); err == nil {
			d.store, err = sqlite.Open(ctx, filepath.Join(state, checkpointsFile))
		}
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Close closes both.
func (d *destination) Close() error {
	var err error
	if d.store != nil {
		err = d.store.Close()
	}
	return errors.Join(err, d.bucket.Close())
}
