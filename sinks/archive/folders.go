package archive

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// folderEnd is the last segment of a folder.
type folderEnd struct {
	dir   string
	seq   int
	last  sinks.ObjectInfo
	bytes int64 // of all its segments
}

// Extent is how much is stored of a folder.
type Extent struct {
	Dir      string
	Segments int   // the number of the last one
	Bytes    int64 // of all of them
	Last     int64 // of the last one
}

// Extents tells how much of each folder of a mailbox is stored, in one listing.
func (a *Archive) Extents(ctx context.Context, mailbox string) ([]Extent, error) {
	ends, err := a.ends(ctx, mailbox)
	if err != nil {
		return nil, fmt.Errorf("extents of %s: %w", mailbox, err)
	}
	extents := make([]Extent, 0, len(ends))
	for _, end := range ends {
		extents = append(extents, Extent{Dir: end.dir, Segments: end.seq, Bytes: end.bytes, Last: end.last.Size})
	}
	return extents, nil
}

// ends lists the folders of a mailbox with the numbers of their last segments, in one listing.
func (a *Archive) ends(ctx context.Context, mailbox string) ([]folderEnd, error) {
	var ends []folderEnd
	prefix := a.names.mailboxPrefix(mailbox) + foldersDir
	for o, err := range a.bucket.List(ctx, prefix, "") {
		if err != nil {
			return nil, err
		}
		dir, base, _ := strings.Cut(o.Name[len(prefix):], "/")
		seq := a.names.seq(base)
		if seq == 0 {
			continue
		}
		if n := len(ends); n > 0 && ends[n-1].dir == dir {
			ends[n-1].seq, ends[n-1].last = seq, o
			ends[n-1].bytes += o.Size
		} else {
			ends = append(ends, folderEnd{dir, seq, o, o.Size})
		}
	}
	return ends, nil
}

// Folders implements sinks.Sink. A folder is what the newest page or run record says of it. A record says no path of a folder
// that was gone from the server before a host without an identity took the archive over; the page still does. Without an
// identity no folder has a path.
func (a *Archive) Folders(ctx context.Context, mailbox string) ([]sinks.Folder, error) {
	ends, err := a.ends(ctx, mailbox)
	if err != nil {
		return nil, err
	}
	record, err := a.lastRun(ctx, mailbox, time.Time{})
	if err != nil {
		return nil, err
	}
	folders := make([]sinks.Folder, 0, len(ends))
	for _, end := range ends {
		if state := record.folder(end.dir); state != nil && state.Seq >= end.seq && (state.Path != "" || a.sealed()) {
			folders = append(folders, state.Folder)
			continue
		}
		c, err := a.manifest(ctx, mailbox, end.last)
		if err != nil {
			return nil, err
		}
		folders = append(folders, c.Page.Folder)
	}
	return folders, nil
}

// Unrecorded returns the segments that no run record names: those of runs that were killed, or of one that is under
// way. The next run records them as adopted.
func (a *Archive) Unrecorded(ctx context.Context, mailbox string) ([]sinks.Segment, error) {
	ends, err := a.ends(ctx, mailbox)
	if err != nil {
		return nil, err
	}
	record, err := a.lastRun(ctx, mailbox, time.Time{})
	if err != nil {
		return nil, err
	}
	var segments []sinks.Segment
	for _, end := range ends {
		through := record.through(end.dir)
		if end.seq <= through {
			continue
		}
		for c, err := range a.Pages(ctx, mailbox, end.dir, through) {
			if err != nil {
				return nil, err
			}
			segments = append(segments, c.Segment)
		}
	}
	return segments, nil
}
