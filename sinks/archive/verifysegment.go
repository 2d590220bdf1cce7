package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/airlift-eas/airlift/sinks"
)

// maxEntries bounds what is kept of one segment: an event has few files.
const maxEntries = 4 * maxEvents

// segmentCheck is what was found in one segment.
type segmentCheck struct {
	size   int64
	sum    string           // hex SHA-256; "" if not all of it could be read
	page   *sinks.Page      // nil if its manifest is damaged
	shown  *sinks.Committed // what is in clear of an encrypted one
	sealed bool             // and what is inside could not be read
	events []sinks.Event    // of the page, as far as they can be read
	items  int
	bytes  int64
}

// segment reads every byte of a segment once.
func (v *verifier) segment(ctx context.Context, name string) (c segmentCheck) {
	err := v.scan(ctx, name, &c)
	if err != nil && ctx.Err() == nil {
		v.broken(name, err)
	}
	return c
}

func (v *verifier) scan(ctx context.Context, name string, c *segmentCheck) error {
	o, err := v.a.bucket.Open(ctx, name)
	if err != nil {
		return err
	}
	defer o.Close()
	c.size = o.Size()
	hash := sha256.New()
	raw := io.TeeReader(sequential(o), hash)
	if v.a.crypt == nil {
		s := &frameStream{codec: v.a.codec, in: raw}
		if s.table, _, err = readSeekTable(o, o.Size()); err == nil {
			err = v.scanTar(name, s, c)
		}
	} else {
		err = v.scanSealed(ctx, name, o, raw, c)
	}
	// The hash is of all the bytes, also of those behind the damage.
	if _, err2 := io.Copy(io.Discard, raw); err2 != nil {
		return errors.Join(err, err2)
	}
	c.sum = hex.EncodeToString(hash.Sum(nil))
	return err
}

// scanTar reads the files of a segment and compares them with the manifest that comes last.
func (v *verifier) scanTar(name string, s *frameStream, c *segmentCheck) error {
	total := s.table.raw()
	t := tar.NewReader(s)
	var entries []sinks.Entry
	var manifest bytes.Buffer
	chunk := make([]byte, 64<<10)
	end := int64(0) // of the last file, with its padding
	for {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return corrupt("tar", err)
		}
		e := sinks.Entry{Name: h.Name, Size: h.Size, Offset: s.at}
		// A sparse file may claim any size.
		if h.Typeflag != tar.TypeReg || h.Size > total-s.at || manifest.Len() > 0 || len(entries) == maxEntries {
			return fmt.Errorf("tar: entry %q is not a file of this segment: %w", h.Name, sinks.ErrCorrupt)
		}
		hash := sha256.New()
		to := io.Writer(hash)
		if strings.HasPrefix(h.Name, manifestsDir) {
			if h.Size > maxManifest || end != s.table[len(s.table)-1].rawAt {
				return fmt.Errorf("the manifest is not a frame of its own: %w", sinks.ErrCorrupt)
			}
			to = &manifest
		}
		if _, err := io.CopyBuffer(to, struct{ io.Reader }{t}, chunk); err != nil {
			return corrupt("tar: "+h.Name, err)
		}
		end = e.Offset + (e.Size+tarBlock-1)/tarBlock*tarBlock
		if to == hash {
			e.SHA256 = hex.EncodeToString(hash.Sum(nil))
			entries = append(entries, e)
		} else if err := v.manifest(name, h.Name, manifest.Bytes(), c, entries); err != nil {
			return err
		}
	}
	if _, err := io.Copy(io.Discard, s); err != nil {
		return corrupt("tar", err)
	}
	if manifest.Len() == 0 || total != end+2*tarBlock {
		return fmt.Errorf("tar: it does not end with its manifest and two empty blocks: %w", sinks.ErrCorrupt)
	}
	return nil
}

// corrupt says of the error of who decodes what is stored that it is damaged, unless it could not be read.
func corrupt(what string, err error) error {
	if errors.Is(err, sinks.ErrCorrupt) || errors.Is(err, sinks.ErrUnavailable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w: %w", what, sinks.ErrCorrupt, err)
}

// manifest holds the files of a segment against the lines of its manifest.
func (v *verifier) manifest(segment, name string, manifest []byte, c *segmentCheck, entries []sinks.Entry) error {
	m := sinks.Committed{Segment: sinks.Segment{Name: segment}}
	var err error
	if m.Page, m.KeyAfter, m.Events, err = parseManifest(manifest); err != nil {
		return err
	}
	if v.a.MailboxDir(m.Page.Mailbox) != strings.Split(segment, "/")[1] {
		return fmt.Errorf("it is of mailbox %s: %w", m.Page.Mailbox, sinks.ErrCorrupt)
	}
	if err := v.a.names.checkPlace(m, name); err != nil {
		return fmt.Errorf("%w: %w", sinks.ErrCorrupt, err)
	}
	c.page, c.events = &m.Page, m.Events
	if c.shown != nil {
		if err := sameClear(m, *c.shown); err != nil {
			return err
		}
	}
	there := make(map[string]sinks.Entry, len(entries))
	for _, e := range entries {
		if _, twice := there[e.Name]; twice || !safePath(e.Name) {
			v.problem(segment, e.Name, "it is there twice, or no name for a file")
		}
		there[e.Name] = e
	}
	for i := range m.Events {
		e := &m.Events[i]
		lines := e.Also
		if e.Name != "" {
			c.items++
			lines = append([]sinks.Entry{e.Entry()}, lines...)
		}
		for _, line := range lines {
			c.bytes += line.Size
			v.entry(segment, line, there)
			delete(there, line.Name)
		}
	}
	for name := range there {
		v.problem(segment, name, "the manifest has no line for it")
	}
	return nil
}

// entry compares a line of the manifest with the file.
func (v *verifier) entry(segment string, line sinks.Entry, there map[string]sinks.Entry) {
	e, ok := there[line.Name]
	switch {
	case !ok:
		v.problem(segment, line.Name, "the manifest has a line for it, but it is not there")
	case e.Size != line.Size || e.SHA256 != line.SHA256:
		v.problem(segment, line.Name, "%d bytes, SHA-256 %s; the manifest says %d bytes, SHA-256 %s",
			e.Size, e.SHA256, line.Size, line.SHA256)
	case e.Offset != line.Offset:
		v.problem(segment, line.Name, "it begins at %d, not at %d", e.Offset, line.Offset)
	}
}

// safePath reports whether extracting a file of this name stays below the directory where it is extracted.
func safePath(name string) bool {
	return name != "" && !path.IsAbs(name) && path.Clean(name) == name && name != ".." && !strings.HasPrefix(name, "../")
}
