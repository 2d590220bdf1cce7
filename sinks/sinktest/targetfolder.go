package sinktest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/airlift-eas/airlift/sinks"
)

// openFolder is a folder of a Target that somebody opened.
type openFolder struct {
	t    *Target
	id   string
	mark string
}

// recognizer is one of a Target with UIDs.
type recognizer struct{ *openFolder }

// Recognize implements sinks.Recognizer.
func (r recognizer) Recognize(ctx context.Context, items []sinks.TargetItem) ([][]sinks.Held, error) {
	return r.look(ctx, "recognize", items, func(k *kept, item sinks.TargetItem, _ []byte) bool {
		return item.MessageID != "" && k.item.MessageID == item.MessageID
	})
}

func (o *openFolder) Mark() string {
	o.t.mu.Lock()
	defer o.t.mu.Unlock()
	return o.mark
}

func (o *openFolder) Batch() int { return cmp.Or(o.t.BatchSize, 8) }

func (o *openFolder) Close() error { return nil }

func (k *kept) state() string {
	h := sha256.New()
	_ = json.NewEncoder(h).Encode([]any{k.item.Read, k.item.Flag, k.item.FollowUp, k.item.Categories, k.item.Importance, k.item.Verb})
	h.Write(k.body)
	h.Write(k.extra)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (k *kept) held() sinks.Held { return sinks.Held{ID: k.id, State: k.state()} }

func (o *openFolder) Held(ctx context.Context) iter.Seq2[sinks.Held, error] {
	o.t.mu.Lock()
	defer o.t.mu.Unlock()
	f, err := o.t.byID(o.id)
	if err == nil {
		err = o.t.gate(ctx, "list "+o.id, 0)
	}
	var all []sinks.Held
	if err == nil {
		for _, k := range o.t.shown(f) {
			h := k.held()
			if o.t.Changed != nil {
				h.Changed = o.t.Changed(k.seen(f))
			}
			all = append(all, h)
		}
	}
	return each(all, err)
}

// shown are the items that a listing shows.
func (t *Target) shown(f *folder) []*kept {
	if t.Hides == nil {
		return f.items
	}
	return slices.DeleteFunc(slices.Clone(f.items), func(k *kept) bool { return t.Hides(k.seen(f)) })
}

// Confirm implements sinks.Confirmer.
func (o *openFolder) Confirm(ctx context.Context, ids []string) (there []string, err error) {
	o.t.mu.Lock()
	defer o.t.mu.Unlock()
	f, err := o.t.byID(o.id)
	if err == nil {
		err = o.t.gate(ctx, "confirm in "+o.id, 0)
	}
	if err != nil {
		return nil, err
	}
	for _, k := range f.items {
		if slices.Contains(ids, k.id) {
			there = append(there, k.id)
		}
	}
	return there, nil
}

func (o *openFolder) Put(ctx context.Context, items []sinks.TargetItem) ([]sinks.Placed, error) {
	t := o.t
	t.mu.Lock()
	defer t.mu.Unlock()
	f, err := t.byID(o.id)
	if err != nil {
		return nil, err
	}
	if len(items) > o.Batch() {
		return nil, fmt.Errorf("%d items in a batch of %d", len(items), o.Batch())
	}
	var placed []sinks.Placed
	err = t.steps(ctx, "put into "+f.Path, len(items), func(i int) error {
		p, err := t.put(f, items[i])
		if err == nil {
			placed = append(placed, p)
		}
		return err
	})
	if errors.Is(err, sinks.ErrUncertain) {
		return nil, err
	}
	// What was put before another error is told; what is not told is not there.
	if len(placed) == len(items) {
		err = nil
	}
	return placed, err
}

func (t *Target) put(f *folder, item sinks.TargetItem) (sinks.Placed, error) {
	if err := t.refuses(item); err != nil {
		return sinks.Placed{Err: err}, nil //nolint:nilerr // that it is refused is the answer
	}
	if t.Lie != nil && t.Lie(item) {
		return sinks.Placed{Held: sinks.Held{ID: "lie", State: "lie"}}, nil
	}
	k, altered, err := t.keep(item)
	if err != nil {
		return sinks.Placed{}, err
	}
	f.items = append(f.items, k)
	return sinks.Placed{Held: k.held(), Altered: altered}, nil
}

func (t *Target) refuses(item sinks.TargetItem) error {
	if t.Limit > 0 && len(item.Contents) > 0 && item.Contents[0].Size > t.Limit {
		return fmt.Errorf("%d bytes: %w (%w)", item.Contents[0].Size, sinks.ErrTooLarge, sinks.ErrRefused)
	}
	if t.Refuse != nil {
		return t.Refuse(item)
	}
	return nil
}

// keep makes a stored item, with the next number.
func (t *Target) keep(item sinks.TargetItem) (*kept, []sinks.Alteration, error) {
	body, extra, err := read(item)
	if err != nil {
		return nil, nil, err
	}
	if t.Room > 0 && t.size()+len(body) > t.Room {
		return nil, nil, sinks.ErrFull
	}
	var altered []sinks.Alteration
	if t.Alter != nil {
		altered = t.Alter(&item, &body)
	}
	item.Contents = slices.Clone(item.Contents)
	t.last++
	t.writes++
	return &kept{id: strconv.Itoa(t.last), n: t.last, item: item, body: body, extra: extra}, altered, nil
}

func (t *Target) size() (n int) {
	for _, f := range t.folders {
		for _, k := range f.items {
			n += len(k.body)
		}
	}
	return n
}

func (o *openFolder) Find(ctx context.Context, mark string, items []sinks.TargetItem) ([][]sinks.Held, error) {
	after := 0
	if mark != "" {
		var err error
		if after, err = strconv.Atoi(mark); err != nil {
			return nil, fmt.Errorf("find: mark %q: %w", mark, err)
		}
	}
	return o.look(ctx, "find", items, func(k *kept, item sinks.TargetItem, body []byte) bool {
		// By what would be stored of it, so that an alteration of the target's is found as well.
		if o.t.Alter != nil {
			o.t.Alter(&item, &body)
		}
		return k.n > after && bytes.Equal(k.body, body)
	})
}

func (o *openFolder) look(ctx context.Context, op string, items []sinks.TargetItem, same func(*kept, sinks.TargetItem, []byte) bool) ([][]sinks.Held, error) {
	o.t.mu.Lock()
	defer o.t.mu.Unlock()
	f, err := o.t.byID(o.id)
	if err != nil {
		return nil, err
	}
	if err := o.t.gate(ctx, op+" in "+f.Path, 0); err != nil {
		return nil, err
	}
	found := make([][]sinks.Held, len(items))
	for i, item := range items {
		body, _, err := read(item)
		if err != nil {
			return nil, err
		}
		for _, k := range o.t.shown(f) {
			if same(k, item, body) {
				found[i] = append(found[i], k.held())
			}
		}
	}
	return found, nil
}

// find returns an item that is still as given; "" as the state: as it may be.
func (o *openFolder) find(h sinks.Held) (*folder, *kept, error) {
	f, err := o.t.byID(o.id)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range f.items {
		switch {
		case k.id != h.ID:
		case h.State != "" && k.state() != h.State:
			return f, k, fmt.Errorf("item %s: %w", h.ID, sinks.ErrChanged)
		default:
			return f, k, nil
		}
	}
	return f, nil, fmt.Errorf("item %s: %w", h.ID, sinks.ErrNotExist)
}

func (f *folder) remove(k *kept) {
	f.items = slices.DeleteFunc(f.items, func(other *kept) bool { return other == k })
}

func (o *openFolder) Update(ctx context.Context, h sinks.Held, item sinks.TargetItem) (sinks.Placed, error) {
	t := o.t
	t.mu.Lock()
	defer t.mu.Unlock()
	f, k, err := o.find(h)
	if err != nil {
		return sinks.Placed{}, fmt.Errorf("update: %w", err)
	}
	if err := t.refuses(item); err != nil {
		return sinks.Placed{}, fmt.Errorf("update %s: %w", h.ID, err)
	}
	var p sinks.Placed
	if item.Contents != nil && t.Replaces {
		var n *kept
		err = t.steps(ctx, "update in "+f.Path, 2, func(i int) (err error) {
			if i == 1 {
				f.remove(k)
				t.writes++
				p.Held = n.held()
				return nil
			}
			if n, p.Altered, err = t.keep(item); err == nil {
				f.items = append(f.items, n)
			}
			return err
		})
		return p, err
	}
	err = t.steps(ctx, "update in "+f.Path, 1, func(int) error {
		if item.Contents != nil {
			n, altered, err := t.keep(item)
			if err != nil {
				return err
			}
			k.body, k.extra, p.Altered = n.body, n.extra, altered
			k.item.MessageID = item.MessageID
		}
		k.setMarks(&item.Event)
		t.writes++
		p.Held = k.held()
		return nil
	})
	return p, err
}

// setMarks changes what e says.
func (k *kept) setMarks(e *sinks.Event) {
	if e.Read != nil {
		k.item.Read = e.Read
	}
	if e.Flag != "" {
		k.item.Flag, k.item.FollowUp = e.Flag, e.FollowUp
	}
	if e.Categories != nil {
		k.item.Categories = e.Categories
	}
	k.item.Importance = cmp.Or(e.Importance, k.item.Importance)
	k.item.Verb = cmp.Or(e.Verb, k.item.Verb)
}

func (o *openFolder) Move(ctx context.Context, h sinks.Held, to sinks.Place) (sinks.Placed, error) {
	t := o.t
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.NoMoves {
		return sinks.Placed{}, fmt.Errorf("move: %w", errors.ErrUnsupported)
	}
	f, k, err := o.find(h)
	if err != nil {
		return sinks.Placed{}, fmt.Errorf("move: %w", err)
	}
	dest, err := t.byID(to.ID)
	if err != nil {
		return sinks.Placed{}, fmt.Errorf("move: %w", err)
	}
	n := *k
	// As COPY and EXPUNGE do it: for a moment it is in both.
	err = t.steps(ctx, "move from "+f.Path, 2, func(i int) error {
		t.writes++
		if i == 1 {
			f.remove(k)
			return nil
		}
		t.last++
		n.n, n.id = t.last, strconv.Itoa(t.last)
		dest.items = append(dest.items, &n)
		return nil
	})
	return sinks.Placed{Held: n.held()}, err
}

func (o *openFolder) Delete(ctx context.Context, items []sinks.Held) (removed []sinks.Held, err error) {
	t := o.t
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := t.byID(o.id); err != nil {
		return nil, err
	}
	err = t.steps(ctx, "delete in "+o.id, len(items), func(i int) error {
		f, k, err := o.find(items[i])
		switch {
		case errors.Is(err, sinks.ErrNotExist):
		case errors.Is(err, sinks.ErrChanged):
			return nil
		case err != nil:
			return err
		default:
			f.remove(k)
			t.writes++
		}
		removed = append(removed, items[i])
		return nil
	})
	return removed, err
}

func (o *openFolder) Read(ctx context.Context, h sinks.Held) (sinks.TargetItem, error) {
	o.t.mu.Lock()
	defer o.t.mu.Unlock()
	_, k, err := o.find(sinks.Held{ID: h.ID})
	if err == nil {
		err = o.t.gate(ctx, "read "+h.ID, 0)
	}
	if err != nil {
		return sinks.TargetItem{}, err
	}
	ext := ".eml"
	if len(k.item.Contents) > 0 {
		ext = k.item.Contents[0].Ext
	}
	return Item("", k.item.Event, ext, k.body), nil
}
