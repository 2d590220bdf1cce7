package imapdst

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// Read implements sinks.TargetFolder. The bytes are in a temporary file, which is there until the next Read or Close.
func (f *folder) Read(ctx context.Context, h sinks.Held) (item sinks.TargetItem, err error) {
	if _, err := f.conn(ctx); err != nil {
		return item, f.wrap(err)
	}
	uid, err := f.uid(h.ID)
	if err != nil {
		return item, f.wrap(err)
	}
	file, err := f.newSpool()
	if err != nil {
		return item, f.wrap(err)
	}
	m, err := f.current(ctx, uid, lookFor{size: true, date: true, body: func(_ imap.UID, r io.Reader) error {
		if err := file.Truncate(0); err != nil { // what a broken connection left
			return err
		}
		_, err := io.Copy(io.NewOffsetWriter(file, 0), r)
		return err
	}})
	if err != nil {
		return item, f.wrap(err)
	}
	readMarks(m.flags, &item.Event)
	date := m.date.UTC()
	item.Received = &date
	item.Size = m.size
	item.Contents = []sinks.Content{{Ext: ".eml", Size: m.size, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(file, 0, m.size)), nil
	}}}
	return item, nil
}

func (f *folder) newSpool() (*os.File, error) {
	if err := f.removeSpool(); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(f.t.settings.TempDir, "airlift-imap-*.eml")
	if err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	f.spool = file
	return file, nil
}

func (f *folder) removeSpool() error {
	if f.spool == nil {
		return nil
	}
	err := errors.Join(f.spool.Close(), os.Remove(f.spool.Name()))
	f.spool = nil
	return err
}
