package importer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
)

// A page is committed when it has so many events, or so many bytes of items: what a crash loses is at most that, and it is read
// again.
const (
	pageEvents = 500
	pageBytes  = 64 << 20
)

// storeError is an error of the archive, which ends the import, whatever the file was.
type storeError struct{ err error }

func (e *storeError) Error() string { return e.err.Error() }
func (e *storeError) Unwrap() error { return e.err }

func store(err error) error {
	if err == nil {
		return nil
	}
	return &storeError{err}
}

// writer puts what was found into the folders of the archive, one page at a time.
type writer struct {
	Options
	a       *archive.Archive
	run     string
	started time.Time
	sum     Summary

	exported exported
	there    []sinks.Folder     // what the mailbox had when the import began
	folders  map[string]*folder // that the import has come to, by ServerID
	order    []*folder          // in which it came to them
	segments []sinks.Segment    // for the run record
	now      *folder            // has the page that is open
}

func newWriter(a *archive.Archive, o Options) *writer {
	return &writer{Options: o, a: a, folders: map[string]*folder{}, started: o.Now(), run: sinks.NewRunID(o.Now())}
}

// open reads which folders there are, and what a killed import left.
func (w *writer) open(ctx context.Context) (err error) {
	if w.there, err = w.a.Folders(ctx, w.Mailbox); err != nil {
		return err
	}
	imported := map[string]bool{}
	for _, f := range w.there {
		imported[f.Dir] = f.Imported()
	}
	left, err := w.a.Unrecorded(ctx, w.Mailbox)
	if err != nil {
		return err
	}
	for _, s := range left {
		if imported[dirOf(s.Name)] {
			w.segments = append(w.segments, s)
		}
	}
	return nil
}

// take stores an item, if it is not stored.
func (w *writer) take(ctx context.Context, f *found) error {
	sum, err := digest(f)
	if err != nil {
		return err
	}
	if err := w.exported.mark(f, sum); err != nil {
		return err
	}
	if f.gone {
		w.sum.Expunged++
		return nil
	}
	in, err := w.folder(ctx, f)
	if err != nil {
		return store(err)
	}
	w.sum.Items++
	w.sum.Bytes += f.size
	id, known := in.copyOf(cmp.Or(f.apart, sum), sum)
	if known == nil {
		err = w.add(ctx, in, f, id, sum)
	} else if state := stateOf(f); state != "" && state != known.state {
		e := sinks.Event{Op: sinks.OpChange, ID: known.id, ServerID: id, Read: f.read, Flag: f.flag, Verb: f.verb, Via: sinks.ViaImport, State: state}
		err = w.put(ctx, in, &e)
	}
	if err == nil && w.Done != nil {
		w.Done(w.sum)
	}
	return err
}

// digest reads an item and returns its SHA-256 in hex.
func digest(f *found) (string, error) {
	r, err := f.open()
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	n, err := io.Copy(hash, r)
	if err = errors.Join(err, r.Close()); err != nil {
		return "", err
	}
	if n != f.size {
		return "", fmt.Errorf("it has %d bytes, and had %d before: it is being written", n, f.size)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// add stores an item that is new.
func (w *writer) add(ctx context.Context, in *folder, f *found, id, sum string) error {
	e, beside, err := describe(f)
	if err != nil {
		return err
	}
	e.Op, e.ServerID, e.Via, e.Whole, e.State = sinks.OpAdd, id, sinks.ViaImport, true, stateOf(f)
	if err := w.put(ctx, in, &e, append([]sinks.Content{{Ext: f.ext, Size: f.size, Open: f.open}}, beside...)...); err != nil {
		return err
	}
	if e.SHA256 != sum {
		return store(fmt.Errorf("%s was changed while it was read", f.file)) // the page can only be dropped
	}
	return nil
}

// put writes an event to the page of a folder, and fills in what the archive decides.
func (w *writer) put(ctx context.Context, in *folder, e *sinks.Event, contents ...sinks.Content) (err error) {
	if err := w.page(ctx, in); err != nil {
		return store(err)
	}
	if *e, err = in.w.Put(ctx, *e, contents...); err != nil {
		return store(err) // the page can only be dropped
	}
	in.events++
	in.bytes += e.Size
	in.note(e, true)
	return nil
}

// page has a page of the folder open that is not full. There is one at a time.
func (w *writer) page(ctx context.Context, in *folder) error {
	if w.now != nil && (w.now != in || in.full()) {
		if err := w.commit(ctx); err != nil {
			return err
		}
	}
	if w.now == in {
		return nil
	}
	p := sinks.Page{
		Seq: in.seq + 1, Mailbox: w.Mailbox, Folder: in.Folder, Prev: in.last, Time: w.Now(), RunID: w.run,
		KeyBefore: fmt.Sprint(in.seq), // no server's: it counts the pages
	}
	var err error
	if in.w, err = w.a.Begin(ctx, p); err != nil {
		return err
	}
	in.events, in.bytes, w.now = 0, 0, in
	return nil
}

// commit makes the open page durable, if there is one.
func (w *writer) commit(ctx context.Context) error {
	in := w.now
	if in == nil {
		return nil
	}
	w.now = nil
	// Before this line a crash leaves nothing of the page, after it all of it; either way the next import finds what is there.
	s, err := in.w.Commit(ctx, fmt.Sprint(in.seq+1))
	if err != nil {
		return err
	}
	w.segments = append(w.segments, s)
	w.sum.Segments++
	w.sum.Stored += in.tally.Stored
	w.sum.Changed += in.tally.Changed
	w.sum.Deleted += in.tally.Deleted
	in.committed(s)
	return nil
}

// finish notes what is gone, if that is asked for, and commits the last page.
func (w *writer) finish(ctx context.Context) error {
	if w.Mirror && w.sum.Problems == 0 {
		for _, in := range w.order {
			for _, id := range slices.Sorted(maps.Keys(in.rows)) {
				row := in.rows[id]
				if !row.live || row.seen {
					continue
				}
				if err := w.put(ctx, in, &sinks.Event{Op: sinks.OpDelete, ID: row.id, ServerID: id}); err != nil {
					return err
				}
			}
		}
	}
	w.sum.Folders = len(w.order)
	return store(w.commit(ctx))
}

// abort drops the page in hand.
func (w *writer) abort() {
	if w.now != nil {
		_ = w.now.w.Abort() // what it leaves is removed at the next start
		w.now = nil
	}
}
