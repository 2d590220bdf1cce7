package archive

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/airlift-eas/airlift/sinks"
)

// Pages implements sinks.Sink. It reads the manifests only, and of the last page all of it. Without an identity a page is what
// is in clear of it: it has no path and no server, and of its events the ids, hashes and sizes; an event that stored bytes
// has a Name, which is no entry's.
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

// Manifests yields the pages of a folder as Pages does, without the hashes of their segments: for that no page is read whole.
func (a *Archive) Manifests(ctx context.Context, mailbox, dir string) iter.Seq2[sinks.Committed, error] {
	return a.manifests(ctx, mailbox, dir, 0)
}

// manifests yields the pages of a folder above after, without the segments' hashes.
func (a *Archive) manifests(ctx context.Context, mailbox, dir string, after int) iter.Seq2[sinks.Committed, error] {
	return func(yield func(sinks.Committed, error) bool) {
		for s, err := range a.segments(ctx, mailbox, dir, after) {
			var c sinks.Committed
			if err == nil {
				c, err = a.manifest(ctx, mailbox, s)
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// manifest reads what one segment says of its page, without an identity what of that is in clear.
func (a *Archive) manifest(ctx context.Context, mailbox string, segment sinks.ObjectInfo) (sinks.Committed, error) {
	if a.sealed() {
		return a.clearPage(ctx, mailbox, segment.Name)
	}
	if c, ok := a.remembered(segment); ok {
		return c, nil
	}
	r, err := a.OpenSegment(ctx, segment.Name)
	if err != nil {
		return sinks.Committed{}, err
	}
	defer r.Close()
	c, err := r.Manifest()
	if err == nil {
		a.remember(segment, r)
	}
	return c, err
}

// segments lists the segments of a folder above after. It is an error if one is missing, the one numbered after too.
func (a *Archive) segments(ctx context.Context, mailbox, dir string, after int) iter.Seq2[sinks.ObjectInfo, error] {
	return func(yield func(sinks.ObjectInfo, error) bool) {
		prefix := a.names.folderPrefix(mailbox, dir)
		missing := func(seq int) {
			yield(sinks.ObjectInfo{}, fmt.Errorf("%s is missing: %w", a.SegmentName(mailbox, dir, seq), sinks.ErrCorrupt))
		}
		next, start := 1, ""
		if after > 0 {
			next, start = after, a.SegmentName(mailbox, dir, after-1)
		}
		for o, err := range a.bucket.List(ctx, prefix, start) {
			if err != nil {
				yield(o, err)
				return
			}
			seq := a.names.seq(o.Name[len(prefix):])
			if seq == 0 {
				if strings.HasPrefix(o.Name[len(prefix):], fmt.Sprintf("%08d", next)) {
					yield(o, fmt.Errorf("%s: %w", o.Name, sinks.ErrFormat)) // an encrypted one in an archive that is not, for example
					return
				}
				continue // a stray object is for Verify to name
			}
			if seq != next {
				missing(next)
				return
			}
			if seq > after && !yield(o, nil) {
				return
			}
			next++
		}
		if next == after {
			missing(after)
		}
	}
}
