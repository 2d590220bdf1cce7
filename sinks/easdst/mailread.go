package easdst

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// taker gets a message with its bytes, which last until it returns. It may get one twice.
type taker func(eas.ServerID, *wbxml.Element, *eas.Blob) error

// fetchBatch is how many messages are asked for at once with their bytes.
const fetchBatch = 10

// fetchMarks is fetch for messages: what is listed of them. QUIRK(SOGo 5.8): asked for the marks of a message that is not there, it makes some
// up, and only asked for its bytes it says so. So those that are not listed are asked for their bytes.
func (c *collection) fetchMarks(ctx context.Context, ids []eas.ServerID, found map[eas.ServerID]*wbxml.Element) error {
	if len(ids) == 0 {
		return nil
	}
	if err := c.current(ctx); err != nil {
		return err
	}
	var listed, others []eas.ServerID
	for _, id := range ids {
		if _, ok := c.held[id]; ok {
			listed = append(listed, id)
		} else {
			others = append(others, id)
		}
	}
	if err := c.fetchInto(ctx, listed, found); err != nil {
		return err
	}
	err := c.fetchBytes(ctx, others, func(id eas.ServerID, props *wbxml.Element, _ *eas.Blob) error {
		found[id] = props
		return nil
	})
	if err != nil || !c.forDrafts() || len(others) == 0 {
		return err
	}
	others = slices.DeleteFunc(others, func(id eas.ServerID) bool { return found[id] == nil })
	return c.fetchInto(ctx, others, found) // with the text by which a draft is known
}

// fetchBytes hands over messages with their bytes, as far as they are there.
func (c *collection) fetchBytes(ctx context.Context, ids []eas.ServerID, take taker) error {
	for part := range slices.Chunk(ids, fetchBatch) {
		if err := c.fetchBytesOf(ctx, part, take); err != nil {
			return err
		}
	}
	return nil
}

func (c *collection) fetchBytesOf(ctx context.Context, ids []eas.ServerID, take taker) error {
	if !c.version().AtLeast(eas.Version120) {
		return c.syncBytes(ctx, ids, take)
	}
	left, err := c.operateBytes(ctx, ids, take)
	switch {
	case err == nil:
		return nil
	case !notFetched(err):
		return err
	case len(left) == 1:
		return c.syncBytes(ctx, left, take)
	}
	half := (len(left) + 1) / 2
	if err := c.fetchBytesOf(ctx, left[:half], take); err != nil {
		return err
	}
	return c.fetchBytesOf(ctx, left[half:], take)
}

// operateBytes returns those that did not come before the error.
func (c *collection) operateBytes(ctx context.Context, ids []eas.ServerID, take taker) (left []eas.ServerID, err error) {
	options := eas.ArchiveOptions(c.class, c.version())
	fetches := make([]eas.Fetch, len(ids))
	for i, id := range ids {
		fetches[i] = eas.Fetch{CollectionID: c.id, ServerID: id, Options: options}
	}
	left = slices.Clone(ids)
	answer, err := c.t.client.Fetch(ctx, fetches, false)
	if err != nil {
		return left, err
	}
	defer answer.Close()
	for res, err := range answer.Results() {
		if err != nil {
			return left, err
		}
		at := slices.Index(left, res.ServerID)
		if at < 0 || res.Err != nil || !hasBytes(res.Item) {
			continue
		}
		if err := take(res.ServerID, res.Item.Properties.Clone(), res.Item.Body.Data); err != nil {
			return left, err
		}
		left = slices.Delete(left, at, at+1)
	}
	return left, nil
}

// syncBytes asks with Fetch commands of Sync (MS-ASCMD 2.2.3.67.2), one by one, and where that is no use with a listing: see fetchBySync.
func (c *collection) syncBytes(ctx context.Context, ids []eas.ServerID, take taker) error {
	for i, id := range ids {
		if c.t.ways.noFetch.Load() {
			return c.listBytes(ctx, ids[i:], take)
		}
		err := c.syncBytesOf(ctx, id, take)
		if err == nil {
			continue
		}
		if !broken(err) && !errors.Is(err, errNothing) {
			return err
		}
		return c.listBytes(ctx, ids[i:], func(came eas.ServerID, props *wbxml.Element, blob *eas.Blob) error {
			if came == id { // it was not the message that broke the request
				c.t.ways.noFetch.Store(true)
			}
			return take(came, props, blob)
		})
	}
	return nil
}

func (c *collection) syncBytesOf(ctx context.Context, id eas.ServerID, take taker) error {
	if err := c.ready(ctx); err != nil {
		return err
	}
	c.whole = true
	p, err := c.command(ctx, []eas.ClientCommand{{Op: eas.OpFetch, ServerID: id}})
	c.whole = false
	if err != nil {
		return err
	}
	for _, res := range p.responses {
		if res.Item == nil || res.Item.Body == nil || res.Item.Body.Data == nil {
			continue
		}
		if err == nil && res.Op == eas.OpFetch && res.ServerID == id && res.Err == nil && hasBytes(res.Item) {
			err = take(id, res.Item.Properties, res.Item.Body.Data)
		}
		err = errors.Join(err, res.Item.Body.Data.Close())
	}
	return err
}

// listBytes reads all of the folder with its bytes.
func (c *collection) listBytes(ctx context.Context, ids []eas.ServerID, take taker) error {
	c.whole, c.came = true, func(id eas.ServerID, props *wbxml.Element, blob *eas.Blob) error {
		if !slices.Contains(ids, id) {
			return nil
		}
		return take(id, props, blob)
	}
	defer func() { c.whole, c.came = false, nil }()
	return c.list(ctx)
}

func hasBytes(it *eas.Item) bool {
	return it != nil && it.Body != nil && it.Body.Data != nil && it.Body.Type == eas.BodyMIME
}

// learn finds out the bytes of messages whose bytes are not known.
func (c *collection) learn(ctx context.Context, ids []eas.ServerID) error {
	var unknown []eas.ServerID
	for _, id := range ids {
		if l := c.held[id].mail; l != nil && l.bytes == nil {
			unknown = append(unknown, id)
		}
	}
	return c.fetchBytes(ctx, unknown, func(id eas.ServerID, props *wbxml.Element, blob *eas.Blob) error {
		m, err := bytesOf(blob)
		if one, ok := c.held[id]; ok && err == nil {
			l := *one.mail
			l.bytes, one.mail = &m, &l
			c.held[id] = one
		}
		return err
	})
}

func bytesOf(blob *eas.Blob) (m mailBytes, err error) {
	r, err := blob.Open()
	if err != nil {
		return m, err
	}
	m, err = readBytes(r)
	return m, errors.Join(err, r.Close())
}

// readMail reads a message: its bytes, its marks, and everything else that the server says of it.
func (c *collection) readMail(ctx context.Context, h sinks.Held) (it sinks.TargetItem, err error) {
	id, there := eas.ServerID(h.ID), false
	err = c.fetchBytes(ctx, []eas.ServerID{id}, func(_ eas.ServerID, props *wbxml.Element, blob *eas.Blob) error {
		if there = true; blob.Size() > c.t.o.MaxItemBytes {
			return fmt.Errorf("%d bytes: %w", blob.Size(), sinks.ErrTooLarge)
		}
		r, err := blob.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		data, err := io.ReadAll(r)
		it = mailItem(props, data)
		return err
	})
	if err == nil && !there {
		err = sinks.ErrNotExist
	}
	if err != nil {
		return sinks.TargetItem{}, fmt.Errorf("read %s: %w", h.ID, told(err))
	}
	return it, nil
}

func mailItem(props *wbxml.Element, data []byte) sinks.TargetItem {
	s := item.Summarize("Email", props, data[:min(len(data), maxHead)])
	it := sinks.TargetItem{Contents: []sinks.Content{bytesContent(".eml", data), bytesContent(losslessExt, props.AppendXML(nil))}}
	if !s.Date.IsZero() {
		it.Received = new(s.Date)
	}
	it.From, it.To, it.Subject, it.MessageID = s.From, s.To, s.Subject, s.MessageID
	it.Read, it.Flag, it.Categories = s.Read, s.Flag, s.Categories
	it.Importance, it.Verb = s.Importance, s.Verb
	if f := s.FollowUp; f != nil {
		it.FollowUp = &sinks.FollowUp{Type: f.Type, Subject: f.Subject, Start: at(f.Start), Due: at(f.Due), Reminder: at(f.Reminder), Completed: at(f.Completed)}
	}
	return it
}
