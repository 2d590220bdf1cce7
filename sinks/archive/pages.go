package archive

import (
	"context"
	"fmt"
	"iter"
	"path"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// Pages implements sinks.Sink. It reads the manifests only, and of the last page all of it.
//
// A page's hash is what the next page says it is. So damage that came after the next page was written does not get
// into a run record as if it were right.
func (a *Archive) Pages(ctx context.Context, mailbox, dir string, after int) iter.Seq2[sinks.Committed, error] {
	return func(yield func(sinks.Committed, error) bool) {
		var last *sinks.Committed
		for c, err := range a.manifests(ctx, mailbox, dir, after) {
			if err != nil {
				yield(sinks.Committed{}, err)
				return
			}
			if last != nil {
				last.Segment.SHA256 = c.Page.Prev
				if !yield(*last, nil) {
					return
				}
			}
			last = &c
		}
		if last == nil {
			return
		}
		_, sum, err := a.digest(ctx, last.Segment.Name)
		if err != nil {
			yield(sinks.Committed{}, err)
			return
		}
		last.Segment.SHA256 = sum
		yield(*last, nil)
	}
}

// manifests yields the pages of a folder above after, without the segments' hashes.
func (a *Archive) manifests(ctx context.Context, mailbox, dir string, after int) iter.Seq2[sinks.Committed, error] {
	return func(yield func(sinks.Committed, error) bool) {
		for s, err := range a.segments(ctx, mailbox, dir, after) {
			var c sinks.Committed
			if err == nil {
				c, err = a.manifest(ctx, s.Name)
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

func (a *Archive) manifest(ctx context.Context, segment string) (sinks.Committed, error) {
	r, err := a.OpenSegment(ctx, segment)
	if err != nil {
		return sinks.Committed{}, err
	}
	defer r.Close()
	return r.Manifest()
}

// segments lists the segments of a folder above after. It is an error if one is missing, the one numbered after too.
func (a *Archive) segments(ctx context.Context, mailbox, dir string, after int) iter.Seq2[sinks.ObjectInfo, error] {
	return func(yield func(sinks.ObjectInfo, error) bool) {
		prefix := folderPrefix(mailbox, dir)
		fail := func(format string, args ...any) {
			yield(sinks.ObjectInfo{}, fmt.Errorf("%s: "+format+": %w", append(append([]any{prefix}, args...), sinks.ErrCorrupt)...))
		}
		next, start := 1, ""
		if after > 0 {
			next, start = after, SegmentName(mailbox, dir, after-1)
		}
		for o, err := range a.bucket.List(ctx, prefix, start) {
			if err != nil {
				yield(o, err)
				return
			}
			seq := segmentSeq(o.Name[len(prefix):])
			if seq == 0 {
				if strings.HasPrefix(o.Name[len(prefix):], fmt.Sprintf("%08d", next)) {
					yield(o, fmt.Errorf("%s: %w", o.Name, sinks.ErrFormat)) // an encrypted one, for example
					return
				}
				continue // a stray object is for Verify to name
			}
			if seq != next {
				fail("segment %d is missing, %d is there", next, seq)
				return
			}
			if seq > after && !yield(o, nil) {
				return
			}
			next++
		}
		if next == after {
			fail("segment %d is missing", after)
		}
	}
}

// Mailboxes yields the addresses of the archive's mailboxes.
func (a *Archive) Mailboxes(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for dir, err := range a.children(ctx, mailboxesDir) {
			if err != nil {
				yield("", err)
				return
			}
			address, cut, err := mailboxAddress(dir)
			if cut {
				address, err = a.readAddress(ctx, dir)
			}
			if !yield(address, err) || err != nil {
				return
			}
		}
	}
}

// children yields the directories below a prefix. It asks the bucket once for each, however much they hold.
func (a *Archive) children(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		after := ""
		for {
			dir := ""
			for o, err := range a.bucket.List(ctx, prefix, after) {
				if err != nil {
					yield("", err)
					return
				}
				name, _, isDir := strings.Cut(o.Name[len(prefix):], "/")
				if isDir {
					dir = name
					break
				}
			}
			if dir == "" || !yield(dir, nil) {
				return
			}
			after = prefix + dir + "0" // "0" follows "/"
		}
	}
}

// readAddress finds the address of a mailbox whose directory does not tell it.
func (a *Archive) readAddress(ctx context.Context, mailboxDir string) (string, error) {
	prefix := mailboxesDir + mailboxDir + "/"
	for o, err := range a.bucket.List(ctx, prefix, "") {
		if err != nil {
			return "", err
		}
		address := ""
		if segmentSeq(path.Base(o.Name)) > 0 {
			c, err := a.manifest(ctx, o.Name)
			if err != nil {
				return "", err
			}
			address = c.Page.Mailbox
		} else if path.Ext(o.Name) == runExt {
			r, _, err := a.readRun(ctx, o.Name)
			if err != nil {
				return "", err
			}
			address = r.Mailbox
		}
		if address != "" {
			return address, nil
		}
	}
	return "", fmt.Errorf("%s: no address: %w", prefix, sinks.ErrCorrupt)
}

// folderEnd is the last segment of a folder.
type folderEnd struct {
	dir string
	seq int
}

// ends lists the folders of a mailbox with the numbers of their last segments, in one listing.
func (a *Archive) ends(ctx context.Context, mailbox string) ([]folderEnd, error) {
	var ends []folderEnd
	prefix := mailboxPrefix(mailbox) + foldersDir
	for o, err := range a.bucket.List(ctx, prefix, "") {
		if err != nil {
			return nil, err
		}
		dir, base, _ := strings.Cut(o.Name[len(prefix):], "/")
		seq := segmentSeq(base)
		if seq == 0 {
			continue
		}
		if n := len(ends); n > 0 && ends[n-1].dir == dir {
			ends[n-1].seq = seq
		} else {
			ends = append(ends, folderEnd{dir, seq})
		}
	}
	return ends, nil
}

// Folders implements sinks.Sink. A folder is what the newest page or run record says of it.
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
		if state := record.folder(end.dir); state != nil && state.Seq >= end.seq {
			folders = append(folders, state.Folder)
			continue
		}
		c, err := a.manifest(ctx, SegmentName(mailbox, end.dir, end.seq))
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
