package archive

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/airlift-eas/airlift/sinks"
)

// What of a page is in clear is itself a manifest, of less: no path, server, name, subject, address or reason, and for the
// mailbox its directory, which the object's name tells anyhow.

// clearedPage returns the page as its part in clear has it.
func clearedPage(p sinks.Page, mailboxDir string) sinks.Page {
	return sinks.Page{
		Seq: p.Seq, Mailbox: mailboxDir, EASVersion: p.EASVersion, DeviceID: p.DeviceID, KeyBefore: p.KeyBefore,
		Prev: p.Prev, Time: p.Time, RunID: p.RunID,
		Folder: sinks.Folder{ID: p.Folder.ID, Dir: p.Folder.Dir, Class: p.Folder.Class, Type: p.Folder.Type, ServerID: p.Folder.ServerID},
	}
}

// clearedEvent returns the event as the part in clear has it.
func clearedEvent(e *sinks.Event) sinks.Event {
	return sinks.Event{
		Op: e.Op, ID: e.ID, ServerID: e.ServerID, ServerIDBefore: e.ServerIDBefore, Size: e.Size, SHA256: e.SHA256,
		Fingerprint: e.Fingerprint, State: e.State, MovedFrom: e.MovedFrom, MovedTo: e.MovedTo,
	}
}

// sameClear returns an error if a page's part in clear is not what the page itself says.
func sameClear(c, shown sinks.Committed) error {
	want := sinks.Committed{Page: clearedPage(c.Page, shown.Page.Mailbox), KeyAfter: c.KeyAfter}
	for i := range c.Events {
		want.Events = append(want.Events, clearedEvent(&c.Events[i]))
	}
	shown.Segment = sinks.Segment{}
	if !reflect.DeepEqual(want, shown) {
		return fmt.Errorf("its part in clear is not what its manifest says: %w", sinks.ErrCorrupt)
	}
	return nil
}

// parseClearPage parses the part in clear of the object of that name, and holds it against the name.
func (l layout) parseClearPage(name string, raw []byte) (c sinks.Committed, err error) {
	if c.Page, c.KeyAfter, c.Events, err = parseManifest(raw); err != nil {
		return sinks.Committed{}, fmt.Errorf("in clear: %w", err)
	}
	p := c.Page
	err = l.checkPage(p)
	if want := mailboxesDir + p.Mailbox + "/" + foldersDir + p.Folder.Dir + "/" + l.segmentBase(p.Seq); err == nil && want != name {
		err = fmt.Errorf("it is page %d of %s of %s", p.Seq, p.Folder.Dir, p.Mailbox)
	}
	if err == nil && (p.Server != "" || p.Folder.Path != "") {
		err = fmt.Errorf("it tells the path or the server")
	}
	if err != nil {
		return sinks.Committed{}, fmt.Errorf("in clear: %w: %w", sinks.ErrCorrupt, err)
	}
	return c, nil
}

// clearPage returns a page as who has no identity sees it.
func (a *Archive) clearPage(ctx context.Context, mailbox, segment string) (sinks.Committed, error) {
	s, err := a.openSealed(ctx, segment, clearPage)
	if err != nil {
		return sinks.Committed{}, err
	}
	defer s.Close()
	c, err := a.names.parseClearPage(segment, s.shown)
	if err != nil {
		return sinks.Committed{}, fmt.Errorf("%s: %w", segment, err)
	}
	c.Segment = sinks.Segment{Name: segment, Size: s.obj.Size()}
	c.Page.Mailbox = mailbox
	for i := range c.Events {
		// That bytes were stored is known by a name. It is no entry's: those are not in clear.
		if e := &c.Events[i]; e.SHA256 != "" {
			e.Name = entryID(c.Page, i+1)
		}
	}
	return c, nil
}

// entryID is what is unique in the mailbox in the names of the entries of a page's event: the folder's id is, and it says
// where the item is.
func entryID(p sinks.Page, event int) string {
	return fmt.Sprintf("%s-%d-%d", p.Folder.ID, p.Seq, event)
}

// clearBuffer collects the part in clear of an open page.
type clearBuffer struct{ lines bytes.Buffer }

func (b *clearBuffer) add(e *sinks.Event) error {
	if err := writeLine(&b.lines, clearedEvent(e)); err != nil {
		return err
	}
	if b.lines.Len() > maxClearRaw-1<<20 {
		return fmt.Errorf("what must be in clear is longer than %d bytes: %w", maxClearRaw-1<<20, errTooLarge)
	}
	return nil
}

// finish returns the whole of it. segment is the name of the page's object.
func (b *clearBuffer) finish(segment string, p sinks.Page, keyAfter string, counts map[sinks.Op]int) ([]byte, error) {
	var raw bytes.Buffer
	if err := writeLine(&raw, newPageLine(clearedPage(p, mailboxOf(segment)), keyAfter, counts)); err != nil {
		return nil, err
	}
	raw.Write(b.lines.Bytes())
	return raw.Bytes(), nil
}

// mailboxOf returns the directory of the mailbox in the name of a segment or run record.
func mailboxOf(object string) string {
	dir, _, _ := strings.Cut(strings.TrimPrefix(object, mailboxesDir), "/")
	return dir
}
