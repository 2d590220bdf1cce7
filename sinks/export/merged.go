package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/export/ical"
	"github.com/airlift-eas/airlift/sinks/export/mbox"
)

// maxPart bounds an item that is read whole, to be put into a file of several.
const maxPart = 64 << 20

// joiner puts items into one file. What add wrote for an item is taken back by the caller if it returns an error.
type joiner interface {
	// add appends an item. Its bytes are right once r has said io.EOF.
	add(item *archive.Item, partial bool, r io.Reader) error
	// end ends the file.
	end() error
}

// extOf is the extension of a file of several items.
func (f Format) extOf() string {
	if f == Mbox {
		return ".mbox"
	}
	return f.ext()
}

func (x *exporter) joiner(f *folder, o *out) joiner {
	switch x.Format {
	case ICS:
		return icsJoiner{ical.NewMerger(o, f.Path)}
	case VCF:
		return vcfJoiner{o}
	}
	return &mboxJoiner{o, mbox.NewWriter(o)}
}

// merged writes the items of a folder into one file, unless it is there and was made of the same items.
func (x *exporter) merged(ctx context.Context, f *folder) error {
	ext := x.Format.extOf()
	name := f.fileName(ext)
	line := Line{Path: path.Join(f.dir, name+ext), Mailbox: f.mailbox, Folder: f.Path, Items: len(f.items), Of: x.recipe(f)}
	kept, err := x.keepMerged(f, line)
	if err == nil && !kept {
		err = x.join(ctx, f, line)
	}
	if err != nil {
		return err
	}
	for i := range f.items {
		if err := x.beside(ctx, f, &f.items[i], name+filesExt); err != nil {
			if err := x.problem(f.mailbox, &f.items[i], err); err != nil {
				return err
			}
		}
	}
	return nil
}

// recipe is a hash of all that the file of a folder is made of.
func (x *exporter) recipe(f *folder) string {
	h := sha256.New()
	version := 1
	if x.Format == ICS {
		version = 2 // times name their zones
	}
	fmt.Fprintf(h, "%s %d %q\n", x.Format, version, f.Path)
	for i := range f.items {
		item := &f.items[i]
		fmt.Fprintf(h, "%s %s %d %q\n", item.ID, item.SHA256, dateOf(item).Unix(), item.From)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// keepMerged keeps the file that an earlier export made of the same items.
func (x *exporter) keepMerged(f *folder, line Line) (bool, error) {
	for _, made := range x.tree.merged[line.Path] {
		if made.Of != line.Of {
			continue
		}
		line.Size, line.SHA256 = made.Size, made.SHA256
		if same, err := x.tree.same(line); err != nil {
			return false, err
		} else if !same {
			continue
		}
		for i := range f.items {
			if err := x.joined(line.Path, &f.items[i]); err != nil {
				return false, err
			}
		}
		return true, x.tree.kept(&x.sum, line, newest(f.items))
	}
	return false, nil
}

// joined notes an item that is in a file.
func (x *exporter) joined(file string, item *archive.Item) error {
	line := itemLine(item)
	line.In = file
	x.sum.Items++
	x.done()
	return x.tree.note(line)
}

// join makes the file. Where all items have problems there is none.
func (x *exporter) join(ctx context.Context, f *folder, line Line) error {
	o, err := x.tree.create()
	if err != nil {
		return err
	}
	defer o.abort()
	j := x.joiner(f, o)
	line.Items = 0
	for i := range f.items {
		item := &f.items[i]
		if err := ctx.Err(); err != nil {
			return err
		}
		before, err := o.mark()
		if err != nil {
			return err
		}
		if err := x.addTo(ctx, j, item); err != nil {
			if err := x.problem(f.mailbox, item, err); err != nil {
				return err
			}
			if err := o.rewind(before); err != nil {
				return err
			}
			line.Of = "" // another time it may be more
			continue
		}
		line.Items++
		if err := x.joined(line.Path, item); err != nil {
			return err
		}
	}
	if line.Items == 0 {
		return nil
	}
	if err := j.end(); err != nil {
		return err
	}
	return o.commit(&x.sum, line, newest(f.items))
}

func (x *exporter) addTo(ctx context.Context, j joiner, item *archive.Item) error {
	e := item.Entry()
	if !strings.HasSuffix(e.Name, x.Format.ext()) {
		return ErrNoForm
	}
	whole, err := x.source.endsLine(ctx, item.Segment, e)
	if err != nil {
		return err
	}
	r, err := x.source.entry(ctx, item.Segment, e)
	if err != nil {
		return err
	}
	return j.add(item, !whole, r)
}

// mboxJoiner appends messages as they are read.
type mboxJoiner struct {
	o *out
	w *mbox.Writer
}

func (j *mboxJoiner) add(item *archive.Item, partial bool, r io.Reader) error {
	err := j.w.Message(mbox.Envelope{Sender: item.From, Date: dateOf(item), Partial: partial}, r)
	if err != nil {
		j.w.Reset(j.o)
		return err
	}
	return j.w.Flush()
}

func (j *mboxJoiner) end() error { return nil }

// vcfJoiner appends vCards as they are.
type vcfJoiner struct{ o *out }

func (j vcfJoiner) add(_ *archive.Item, partial bool, r io.Reader) error {
	if _, err := io.Copy(j.o, r); err != nil {
		return err
	}
	if !partial {
		return nil
	}
	_, err := io.WriteString(j.o, "\r\n")
	return err
}

func (j vcfJoiner) end() error { return nil }

// icsJoiner appends the components of calendars.
type icsJoiner struct{ m *ical.Merger }

func (j icsJoiner) add(item *archive.Item, _ bool, r io.Reader) error {
	if item.Size > maxPart {
		return fmt.Errorf("%d bytes: %w", item.Size, ErrTooLarge)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		return err
	}
	return j.m.Add(b.Bytes())
}

func (j icsJoiner) end() error { return j.m.Close() }
