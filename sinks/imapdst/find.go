package imapdst

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// fingerprintFields tell messages apart that a server has changed otherwise.
var fingerprintFields = [...]string{"Message-ID", "Date", "From", "Subject"}

// Find implements sinks.TargetFolder. Candidates have the same bytes. Where none has, and the server is one that changes what it is
// given, they have the same internal date and the same Message-ID, Date, From and Subject. When it finds nothing on a connection that is
// new it looks a second time some seconds later, for a server that was interrupted while it stored.
func (f *folder) Find(ctx context.Context, mark string, items []sinks.TargetItem) ([][]sinks.Held, error) {
	if _, err := f.conn(ctx); err != nil {
		return nil, f.wrap(err)
	}
	from := imap.UID(1)
	if mark != "" {
		validity, uid, err := parseID(mark)
		if err != nil {
			return nil, f.wrap(err)
		}
		if validity == f.validity { // else it is a mark of a folder that was deleted, and all is new in this one
			from = uid
		}
	}
	messages := make([]*message, len(items))
	for i := range items {
		m, err := f.described(&items[i])
		if err != nil {
			return nil, f.wrap(err)
		}
		messages[i] = m
	}
	found, err := f.match(ctx, from, messages, true)
	if err == nil && slices.ContainsFunc(found, func(m []*seen) bool { return m == nil }) {
		var waited bool
		if waited, err = f.settle(ctx); waited && err == nil {
			found, err = f.match(ctx, from, messages, true)
		}
	}
	if err != nil {
		return nil, f.wrap(err)
	}
	held := make([][]sinks.Held, len(items))
	for i := range found {
		for _, m := range found[i] {
			held[i] = append(held[i], sinks.Held{ID: f.id(m.uid), State: m.flags.state()})
		}
	}
	return held, nil
}

// described is a message that is looked for: its bytes are read once.
func (f *folder) described(item *sinks.TargetItem) (*message, error) {
	m := &message{}
	if len(item.Contents) == 0 || item.Contents[0].Size == 0 {
		return m, nil // no message is like it
	}
	m.content = item.Contents[0]
	if item.Received != nil && validDate(*item.Received) {
		m.date = item.Received.UTC()
	}
	return m, m.copyTo(io.Discard)
}

// match looks among the messages from a UID on for those that are the same as the given ones, in the order of their UIDs; and for those that
// have none also among what a server may have made of them, if changed is given.
func (f *folder) match(ctx context.Context, from imap.UID, messages []*message, changed bool) ([][]*seen, error) {
	sizes := map[int64]bool{}
	for _, m := range messages {
		sizes[m.content.Size] = true
	}
	var there []*seen
	var same imap.UIDSet // of the same size as one of them
	err := f.again(ctx, func(c *conn) error {
		there, same = nil, nil
		return c.look(ctx, all(from), lookFor{size: true}, func(m *seen) error {
			if m.uid < from || !m.whole {
				return nil
			}
			there = append(there, m)
			if sizes[m.size] {
				same.AddNum(m.uid)
			}
			return nil
		})
	})
	if err != nil || len(there) == 0 {
		return make([][]*seen, len(messages)), err
	}
	slices.SortFunc(there, func(a, b *seen) int { return int(int64(a.uid) - int64(b.uid)) })
	sums := map[imap.UID][sha256.Size]byte{}
	if len(same) > 0 {
		err = f.again(ctx, func(c *conn) error {
			return c.look(ctx, same, lookFor{body: sumOf(sums)}, func(*seen) error { return nil })
		})
	}
	if err != nil {
		return nil, err
	}
	found := make([][]*seen, len(messages))
	exact := map[imap.UID]bool{}
	missing := false
	for i, m := range messages {
		for _, t := range there {
			if sum, ok := sums[t.uid]; ok && sum == m.sum {
				found[i] = append(found[i], t)
				exact[t.uid] = true
			}
		}
		missing = missing || found[i] == nil
	}
	if !missing || !changed {
		return found, nil
	}
	there = slices.DeleteFunc(there, func(t *seen) bool { return exact[t.uid] })
	return found, f.resembling(ctx, there, messages, found)
}

// resembling adds candidates for the messages that have none.
func (f *folder) resembling(ctx context.Context, there []*seen, messages []*message, found [][]*seen) error {
	var set imap.UIDSet
	for _, t := range there {
		set.AddNum(t.uid)
	}
	if len(set) == 0 {
		return nil
	}
	likeness := map[string][]*seen{}
	err := f.again(ctx, func(c *conn) error {
		clear(likeness)
		return c.look(ctx, set, lookFor{header: true, date: true}, func(m *seen) error {
			if key := readHeader(bytes.NewReader(m.header)).key(); m.whole && key != "" {
				key += m.date.UTC().String()
				likeness[key] = append(likeness[key], m)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	for i, m := range messages {
		if found[i] != nil || m.content.Open == nil || m.date.IsZero() {
			continue
		}
		r, err := m.content.Open()
		if err != nil {
			return err
		}
		key := readHeader(r).key()
		r.Close()
		if key != "" {
			found[i] = likeness[key+m.date.Truncate(1e9).UTC().String()]
		}
	}
	return nil
}

// A fingerprint is the values of fingerprintFields.
type fingerprint [4]string

// readHeader reads the fields of a header that are there, the first of each, and passes over what is no field: a server that hands out
// these fields alone does so, too.
func readHeader(r io.Reader) (p fingerprint) {
	var value *string
	in := bufio.NewReader(io.LimitReader(r, maxLiteral))
	for {
		line, err := in.ReadString('\n')
		text := strings.TrimRight(line, "\r\n")
		if text == "" {
			break
		}
		if name, rest, ok := strings.Cut(text, ":"); text[0] != ' ' && text[0] != '\t' {
			value, text = nil, rest
			for i, field := range fingerprintFields {
				if ok && p[i] == "" && strings.EqualFold(strings.TrimRight(name, " \t"), field) {
					value = &p[i]
				}
			}
		}
		if value != nil {
			*value += text + "\n"
		}
		if err != nil {
			break
		}
	}
	for i := range p {
		p[i] = strings.Join(strings.Fields(p[i]), " ")
	}
	return p
}

// key is a fingerprint as text; "" = there is nothing that tells messages apart.
func (p fingerprint) key() string {
	if p == (fingerprint{}) {
		return ""
	}
	return strings.Join(p[:], "\n")
}
