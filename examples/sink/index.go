package main

import (
	"context"
	"encoding/csv"
	"errors"
	"os"
	"strconv"
	"sync"

	"github.com/airlift-eas/airlift/sinks"
)

// index is a sinks.Sink around another one. It embeds what it does not change.
type index struct {
	sinks.Sink
	mu   sync.Mutex // pages of several folders end at the same time
	file *os.File
	csv  *csv.Writer
}

func openIndex(inner sinks.Sink, path string) (*index, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return &index{Sink: inner, file: f, csv: csv.NewWriter(f)}, nil
}

// Close ends the index, not the sink that it is around.
func (x *index) Close() error {
	x.csv.Flush()
	return errors.Join(x.csv.Error(), x.file.Close())
}

// Begin implements sinks.Sink.
func (x *index) Begin(ctx context.Context, p sinks.Page) (sinks.PageWriter, error) {
	w, err := x.Sink.Begin(ctx, p)
	return &indexedPage{PageWriter: w, index: x, path: p.Folder.Path}, err
}

type indexedPage struct {
	sinks.PageWriter
	index *index
	path  string
	rows  [][]string
}

// Put implements sinks.PageWriter. The row waits for the commit: until then the page may still be dropped.
func (w *indexedPage) Put(ctx context.Context, e sinks.Event, contents ...sinks.Content) (sinks.Event, error) {
	e, err := w.PageWriter.Put(ctx, e, contents...)
	if err == nil && e.Name != "" {
		w.rows = append(w.rows, []string{w.path, e.ID, e.From, e.Subject, strconv.FormatInt(e.Size, 10), e.SHA256})
	}
	return e, err
}

// Full implements sinks.Limiter: the page is as large as the archive says.
func (w *indexedPage) Full() bool {
	l, ok := w.PageWriter.(sinks.Limiter)
	return ok && l.Full()
}

// Commit implements sinks.PageWriter. The archive is the truth: a crash between its commit and the index leaves the
// index short of a page, never ahead of it.
func (w *indexedPage) Commit(ctx context.Context, keyAfter string) (sinks.Segment, error) {
	seg, err := w.PageWriter.Commit(ctx, keyAfter)
	if err != nil {
		return seg, err
	}
	w.index.mu.Lock()
	defer w.index.mu.Unlock()
	return seg, w.index.csv.WriteAll(w.rows)
}
