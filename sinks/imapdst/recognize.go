package imapdst

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"io"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// names are the messages of a folder by what names them.
type names struct {
	validity uint32
	next     imap.UID // those below are known
	by       map[string][]named
	bySize   map[int64][]imap.UID
}

type named struct {
	uid  imap.UID
	size int64
}

// Recognize tells for each item what the folder holds with the same Message-ID, or without one with the same Date, From and Subject, what
// has the same size first; and where nothing has, what has the same bytes. It reads the headers of the folder, once.
func (f *folder) Recognize(ctx context.Context, items []sinks.TargetItem) ([][]sinks.Held, error) {
	if err := f.learnNames(ctx); err != nil {
		return nil, f.wrap(err)
	}
	candidates := make([][]named, len(items))
	var set imap.UIDSet
	for i := range items {
		name, err := nameOf(&items[i])
		if err != nil {
			return nil, f.wrap(err)
		}
		if name == "" {
			continue
		}
		size := items[i].Contents[0].Size
		candidates[i] = slices.Clone(f.names.by[name])
		slices.SortStableFunc(candidates[i], func(a, b named) int { return cmp.Compare(differ(a.size, size), differ(b.size, size)) })
		for _, c := range candidates[i] {
			set.AddNum(c.uid)
		}
	}
	if err := f.sameBytes(ctx, items, candidates, &set); err != nil {
		return nil, f.wrap(err)
	}
	held := make([][]sinks.Held, len(items))
	if len(set) == 0 {
		return held, nil
	}
	now := map[imap.UID]string{}
	err := f.again(ctx, func(c *conn) error {
		return c.look(ctx, set, lookFor{}, func(m *seen) error {
			now[m.uid] = m.flags.state()
			return nil
		})
	})
	if err != nil {
		return nil, f.wrap(err)
	}
	for i := range candidates {
		for _, c := range candidates[i] {
			if state, ok := now[c.uid]; ok {
				held[i] = append(held[i], sinks.Held{ID: f.id(c.uid), State: state})
			}
		}
	}
	return held, nil
}

// sameBytes adds candidates for the items that have none.
func (f *folder) sameBytes(ctx context.Context, items []sinks.TargetItem, candidates [][]named, set *imap.UIDSet) error {
	var look imap.UIDSet
	sums := map[imap.UID][sha256.Size]byte{}
	for i := range items {
		if len(candidates[i]) == 0 && len(items[i].Contents) > 0 {
			for _, uid := range f.names.bySize[items[i].Contents[0].Size] {
				look.AddNum(uid)
			}
		}
	}
	if len(look) == 0 {
		return nil
	}
	err := f.again(ctx, func(c *conn) error {
		return c.look(ctx, look, lookFor{body: sumOf(sums)}, func(*seen) error { return nil })
	})
	if err != nil {
		return err
	}
	for i := range items {
		if len(candidates[i]) > 0 {
			continue
		}
		m, err := f.described(&items[i])
		if err != nil {
			return err
		}
		for _, uid := range f.names.bySize[m.content.Size] {
			if sum, ok := sums[uid]; ok && sum == m.sum {
				candidates[i] = append(candidates[i], named{uid: uid})
				set.AddNum(uid)
			}
		}
	}
	return nil
}

func differ(a, b int64) int {
	if a == b {
		return 0
	}
	return 1
}

func nameOf(item *sinks.TargetItem) (string, error) {
	if len(item.Contents) == 0 {
		return "", nil
	}
	r, err := item.Contents[0].Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	return nameIn(r), nil
}

// nameIn returns what names the message with a header; "" = nothing does.
func nameIn(header io.Reader) string {
	h := readHeader(header)
	if id := h[0]; id != "" {
		return id
	}
	return h.key()
}

// learnNames reads what came since it was called last.
func (f *folder) learnNames(ctx context.Context) error {
	return f.again(ctx, func(c *conn) error {
		if f.names.validity != f.validity {
			f.names = names{validity: f.validity, next: 1, by: map[string][]named{}, bySize: map[int64][]imap.UID{}}
		}
		from := f.names.next
		return c.look(ctx, all(from), lookFor{size: true, header: true}, func(m *seen) error {
			if m.uid < from || !m.whole {
				return nil
			}
			f.names.next = max(f.names.next, m.uid+1)
			f.names.bySize[m.size] = append(f.names.bySize[m.size], m.uid)
			if name := nameIn(bytes.NewReader(m.header)); name != "" {
				f.names.by[name] = append(f.names.by[name], named{uid: m.uid, size: m.size})
			}
			return nil
		})
	})
}
