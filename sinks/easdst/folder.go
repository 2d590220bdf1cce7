package easdst

import (
	"context"
	"fmt"
	"iter"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// Folder is a folder that items are put into. It is a sinks.TargetFolder.
type Folder struct {
	c       *collection
	settled bool // since the connection broke there was time enough for the server to store what it got
}

var (
	_ sinks.TargetFolder = (*Folder)(nil)
	_ sinks.Recognizer   = (*Folder)(nil)
	_ sinks.Confirmer    = (*Folder)(nil)
)

// Mark is a set of the ids of what the folder held when it was last asked.
func (f *Folder) Mark() string {
	defer f.c.lock()()
	return mark(f.c.held)
}

// Held yields what the folder holds, after asking the server what is new.
func (f *Folder) Held(ctx context.Context) iter.Seq2[sinks.Held, error] {
	return func(yield func(sinks.Held, error) bool) {
		unlock := f.c.lock()
		err := f.c.current(ctx)
		all := f.c.known()
		unlock()
		if err != nil {
			yield(sinks.Held{}, told(err))
			return
		}
		for id, one := range all {
			if !yield(sinks.Held{ID: string(id), State: one.state}, nil) {
				return
			}
		}
	}
}

// Confirm asks for items that are not listed, one by one as far as the server needs it.
func (f *Folder) Confirm(ctx context.Context, ids []string) ([]string, error) {
	defer f.c.lock()()
	asked := make([]eas.ServerID, len(ids))
	for i, id := range ids {
		asked[i] = eas.ServerID(id)
	}
	found, err := f.c.fetch(ctx, asked)
	if err != nil {
		return nil, fmt.Errorf("confirm: %w", told(err))
	}
	var there []string
	for i, id := range asked {
		if found[id] != nil {
			there = append(there, ids[i])
		}
	}
	return there, nil
}

// Batch is how many items one Put takes.
func (f *Folder) Batch() int {
	if f.c.class == eas.ClassEmail {
		return f.c.mailBatch()
	}
	return batch
}

// Close ends the use of the folder.
func (f *Folder) Close() error {
	if f.c != nil {
		f.c.t.release(f.c)
		f.c = nil
	}
	return nil
}

// Read reads an item: as a vCard or an iCalendar object, and everything that the server says of it.
func (f *Folder) Read(ctx context.Context, h sinks.Held) (sinks.TargetItem, error) {
	defer f.c.lock()()
	if f.c.class == eas.ClassEmail {
		return f.c.readMail(ctx, h)
	}
	props, err := f.c.get(ctx, eas.ServerID(h.ID))
	if err != nil {
		return sinks.TargetItem{}, fmt.Errorf("read %s: %w", h.ID, told(err))
	}
	return f.c.targetItem(props)
}

func (c *collection) targetItem(props *wbxml.Element) (sinks.TargetItem, error) {
	var it sinks.TargetItem
	var data []byte
	var err error
	ext := ".ics"
	switch c.class {
	case eas.ClassContacts:
		ext = ".vcf"
		data, err = item.VCard(props, item.Options{})
	case eas.ClassCalendar:
		data, err = item.Event(props, item.Options{})
	case eas.ClassTasks:
		data, err = item.Task(props)
	default:
		data, err = item.Note(props)
	}
	if err == nil { // else there is nothing to be made of it but what it is
		it.Contents = append(it.Contents, bytesContent(ext, data))
	}
	it.Contents = append(it.Contents, bytesContent(losslessExt, props.AppendXML(nil)))
	s := item.Summarize(string(c.class), props, nil)
	if !s.Date.IsZero() {
		it.Received = new(s.Date)
	}
	it.Subject, it.Categories = s.Subject, s.Categories
	return it, nil
}
