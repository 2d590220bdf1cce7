package imapdst

import (
	"bytes"
	"cmp"
	"context"
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
}

type named struct {
	uid  imap.UID
	size int64
}

// Recognize tells for each item what the folder holds with the same Message-ID, or without one with the same Date, From and Subject: what
// has the same size first. It reads the headers of the folder, once.
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
			f.names = names{validity: f.validity, next: 1, by: map[string][]named{}}
		}
		from := f.names.next
		return c.look(ctx, all(from), lookFor{size: true, header: true}, func(m *seen) error {
			if m.uid < from || !m.whole {
				return nil
			}
			f.names.next = max(f.names.next, m.uid+1)
			if name := nameIn(bytes.NewReader(m.header)); name != "" {
				f.names.by[name] = append(f.names.by[name], named{uid: m.uid, size: m.size})
			}
			return nil
		})
	})
}
