package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/airlift-eas/airlift/sinks"
)

// pageWriter is one page on its way into a segment.
type pageWriter struct {
	a      *Archive
	page   sinks.Page
	name   string // of the segment
	up     sinks.Upload
	seg    *segmentWriter // nil once the page has ended
	lines  bytes.Buffer   // of the manifest, from the second on
	events int
	counts map[sinks.Op]int
	err    error // what went wrong; the page can only be aborted
}

var errEnded = errors.New("the page has ended")

// Begin implements sinks.Sink. The segment's upload begins at once.
func (a *Archive) Begin(ctx context.Context, p sinks.Page) (sinks.PageWriter, error) {
	if err := checkPage(p); err != nil {
		return nil, fmt.Errorf("begin page %d of %s: %w", p.Seq, p.Folder.Dir, err)
	}
	p.Time = p.Time.UTC().Round(0)
	name := SegmentName(p.Mailbox, p.Folder.Dir, p.Seq)
	up, err := a.bucket.Create(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("begin page %d of %s: %w", p.Seq, p.Folder.Dir, err)
	}
	return &pageWriter{
		a: a, page: p, name: name, up: up, seg: newSegmentWriter(a.codec, up), counts: make(map[sinks.Op]int),
	}, nil
}

func checkPage(p sinks.Page) error {
	if p.Seq < 1 || p.Seq > maxSeq {
		return fmt.Errorf("pages are numbered from 1 to %d", maxSeq)
	}
	if (p.Seq == 1) != (p.Prev == "") || p.Prev != "" && !isSHA256(p.Prev) {
		return fmt.Errorf("prev %q is not the SHA-256 of page %d", p.Prev, p.Seq-1)
	}
	if p.Mailbox == "" {
		return errors.New("no mailbox")
	}
	if y := p.Time.UTC().Year(); y < 1 || y > 9999 {
		return fmt.Errorf("time %v", p.Time)
	}
	f := p.Folder
	for _, s := range []string{
		p.Mailbox, f.Path, f.Class, f.ServerID, p.Server, p.EASVersion, p.DeviceID, p.KeyBefore, p.RunID,
	} {
		if !utf8.ValidString(s) {
			return fmt.Errorf("%q is not valid UTF-8", s)
		}
	}
	return checkFolder(p.Folder)
}

func isSHA256(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size
}

// Put implements sinks.PageWriter.
func (w *pageWriter) Put(ctx context.Context, e sinks.Event, contents ...sinks.Content) (sinks.Event, error) {
	if w.seg == nil {
		w.err = errors.Join(w.err, errEnded)
	}
	if w.err == nil {
		w.err = w.put(ctx, &e, contents)
	}
	if w.err != nil {
		return sinks.Event{}, fmt.Errorf("page %d of %s: event %d (%s %s): %w",
			w.page.Seq, w.page.Folder.Dir, w.events, e.Op, e.ServerID, w.err)
	}
	return e, nil
}

func (w *pageWriter) put(ctx context.Context, e *sinks.Event, contents []sinks.Content) error {
	if w.events++; w.events > maxEvents {
		return fmt.Errorf("a page has at most %d events", maxEvents)
	}
	if e.Op == "" {
		return errors.New("no op")
	}
	if err := tidy(e); err != nil {
		return err
	}
	// Unique in the mailbox because the folder's id is, and it says where the item is.
	own := fmt.Sprintf("%s-%d-%d", w.page.Folder.ID, w.page.Seq, w.events)
	if e.ID == "" {
		e.ID = own
	}
	if err := w.store(ctx, e, own, contents); err != nil {
		return err
	}
	if err := writeLine(&w.lines, e); err != nil {
		return err
	}
	if w.lines.Len() > maxManifest-1<<20 {
		return fmt.Errorf("the manifest is longer than %d bytes", maxManifest-1<<20)
	}
	w.counts[e.Op]++
	return nil
}

var extension = regexp.MustCompile(`^(\.[a-z0-9]+)+$`)

// store writes the contents and fills in where they are. A new version of an item keeps its id, so what makes the
// names of entries unique is the event's own.
func (w *pageWriter) store(ctx context.Context, e *sinks.Event, own string, contents []sinks.Content) error {
	e.Name, e.Size, e.SHA256, e.Offset, e.Also, e.Raw = "", 0, "", 0, nil, ""
	base := entryBase(w.page.Folder.Path, e.Received, e.Subject, own)
	seen := make(map[string]bool, len(contents))
	for i, c := range contents {
		if c.Size < 0 || len(c.Ext) > 32 || !extension.MatchString(c.Ext) || seen[c.Ext] {
			return fmt.Errorf("content %d: size %d, extension %q", i+1, c.Size, c.Ext)
		}
		seen[c.Ext] = true
		entry, err := w.seg.add(ctx, base+c.Ext, w.mtime(e.Received), c)
		if err != nil {
			return err
		}
		if i > 0 {
			e.Also = append(e.Also, entry)
			continue
		}
		e.Name, e.Size, e.SHA256, e.Offset = entry.Name, entry.Size, entry.SHA256, entry.Offset
		if e.Op == sinks.OpQuarantine {
			e.Raw = entry.Name
		}
	}
	return nil
}

// mtime returns the item's date, or the page's if the item has none that every tar and file system can hold, or one in
// the future, which tar warns of.
func (w *pageWriter) mtime(date *time.Time) time.Time {
	if date == nil || date.Unix() < 0 || date.After(w.page.Time) {
		return w.page.Time
	}
	return *date
}

// Commit implements sinks.PageWriter.
func (w *pageWriter) Commit(ctx context.Context, keyAfter string) (sinks.Segment, error) {
	s, err := w.commit(ctx, keyAfter)
	if err != nil {
		err = errors.Join(err, w.Abort())
		return sinks.Segment{}, fmt.Errorf("commit page %d of %s: %w", w.page.Seq, w.page.Folder.Dir, err)
	}
	w.end()
	return s, nil
}

func (w *pageWriter) commit(ctx context.Context, keyAfter string) (sinks.Segment, error) {
	switch {
	case w.seg == nil:
		return sinks.Segment{}, errEnded
	case w.err != nil:
		return sinks.Segment{}, w.err
	case ctx.Err() != nil:
		return sinks.Segment{}, ctx.Err()
	case !utf8.ValidString(keyAfter):
		return sinks.Segment{}, fmt.Errorf("key %q is not valid UTF-8", keyAfter)
	}
	var page bytes.Buffer
	if err := writeLine(&page, newPageLine(w.page, keyAfter, w.counts)); err != nil {
		return sinks.Segment{}, err
	}
	name := manifestName(w.page.Folder.Dir, w.page.Seq)
	size, sum, err := w.seg.finish(name, w.page.Time, page.Bytes(), w.lines.Bytes())
	if err != nil {
		return sinks.Segment{}, err
	}
	s := sinks.Segment{Name: w.name, Size: size, SHA256: sum}
	// The page becomes durable and visible here. Before this line a crash leaves nothing of it, after it all of it.
	if err := w.up.Commit(ctx); err != nil {
		return s, w.a.look(ctx, s, err)
	}
	return s, nil
}

// Abort implements sinks.PageWriter.
func (w *pageWriter) Abort() error {
	if w.seg == nil {
		return nil
	}
	w.end()
	return w.up.Abort()
}

// end lets go of the page's memory.
func (w *pageWriter) end() {
	if w.seg != nil {
		w.seg.release()
		w.seg = nil
		w.lines = bytes.Buffer{}
	}
}
