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
	name   string         // of the segment
	up     sinks.Upload   // in an encrypted archive nil until the commit
	out    *digestWriter  // to up
	spool  *spool         // what waits for the commit, in an encrypted archive; nil in others
	shown  clearBuffer    // what will be in clear of it
	seg    *segmentWriter // nil once the page has ended
	lines  bytes.Buffer   // of the manifest, from the second on
	events int
	counts map[sinks.Op]int
	err    error // what went wrong; the page can only be aborted
}

var errEnded = errors.New("the page has ended")

// Begin implements sinks.Sink. The segment's upload begins at once, in an encrypted archive with the commit.
func (a *Archive) Begin(ctx context.Context, p sinks.Page) (sinks.PageWriter, error) {
	w, err := a.begin(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("begin page %d of %s: %w", p.Seq, p.Folder.Dir, err)
	}
	return w, nil
}

func (a *Archive) begin(ctx context.Context, p sinks.Page) (*pageWriter, error) {
	if err := errors.Join(a.names.checkPage(p), ctx.Err()); err != nil {
		return nil, err
	}
	p.Time = p.Time.UTC().Round(0)
	w := &pageWriter{a: a, page: p, name: a.SegmentName(p.Mailbox, p.Folder.Dir, p.Seq), counts: make(map[sinks.Op]int)}
	if a.crypt != nil {
		if a.crypt.unknown != nil {
			return nil, a.crypt.unknown
		}
		w.spool = a.crypt.spools.open()
		w.seg = newSegmentWriter(a.codec, w.spool)
		return w, nil
	}
	up, err := a.bucket.Create(ctx, w.name)
	if err != nil {
		return nil, err
	}
	w.up, w.out = up, newDigestWriter(up)
	w.seg = newSegmentWriter(a.codec, w.out)
	return w, nil
}

func (l layout) checkPage(p sinks.Page) error {
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
	return l.checkFolder(p.Folder)
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
	own := entryID(w.page, w.events)
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
	if w.spool != nil {
		return w.shown.add(e)
	}
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

var _ sinks.Limiter = (*pageWriter)(nil)

// Full implements sinks.Limiter. What is in clear is full while it would fit without being compressed, with room for the line
// of the page and for the largest event: how far it can be compressed is known at the end only.
func (w *pageWriter) Full() bool {
	return w.events >= maxEvents/2 || w.lines.Len() >= maxManifest/2 || w.shown.lines.Len() >= maxClear-256<<10
}

// Commit implements sinks.PageWriter.
func (w *pageWriter) Commit(ctx context.Context, keyAfter string) (sinks.Segment, error) {
	s, err := w.commit(ctx, keyAfter)
	if err != nil {
		err = errors.Join(err, w.Abort())
		return sinks.Segment{}, fmt.Errorf("commit page %d of %s: %w", w.page.Seq, w.page.Folder.Dir, err)
	}
	_ = w.end() // what is left of a temporary file does not undo the commit
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
	if err := w.seg.finish(manifestName(w.page.Folder.Dir, w.page.Seq), w.page.Time, page.Bytes(), w.lines.Bytes()); err != nil {
		return sinks.Segment{}, err
	}
	if w.spool != nil {
		if err := w.upload(ctx, keyAfter); err != nil {
			return sinks.Segment{}, err
		}
	}
	s := sinks.Segment{Name: w.name, Size: w.out.size, SHA256: w.out.sum()}
	// The page becomes durable and visible here. Before this line a crash leaves nothing of it, after it all of it.
	if err := w.up.Commit(ctx); err != nil {
		return s, w.a.look(ctx, s, err)
	}
	return s, nil
}

// upload encrypts what has waited for the commit. If the page's part in clear is too large nothing has been written.
func (w *pageWriter) upload(ctx context.Context, keyAfter string) error {
	raw, err := w.shown.finish(w.name, w.page, keyAfter, w.counts)
	if err != nil {
		return err
	}
	stanza, err := w.a.codec.newStanza(clearPage, raw)
	if err != nil {
		return err
	}
	content, err := w.spool.reader()
	if err != nil {
		return err
	}
	up, err := w.a.bucket.Create(ctx, w.name)
	if err != nil {
		return err
	}
	w.up, w.out = up, newDigestWriter(up)
	return w.a.seal(w.out, stanza, content)
}

// Abort implements sinks.PageWriter.
func (w *pageWriter) Abort() error {
	if w.seg == nil {
		return nil
	}
	err := w.end()
	if w.up != nil {
		err = errors.Join(w.up.Abort(), err)
	}
	return err
}

// end lets go of the page's memory.
func (w *pageWriter) end() error {
	if w.seg == nil {
		return nil
	}
	w.seg.release()
	w.seg = nil
	w.lines, w.shown = bytes.Buffer{}, clearBuffer{}
	if w.spool != nil {
		return w.spool.close()
	}
	return nil
}
