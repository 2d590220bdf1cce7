package easdst

import (
	"context"
	"slices"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// maxLook is how many messages of a whole folder are read to find one whose subject no message there has.
const maxLook = 1000

// matchMail is match for messages: by their bytes; if none has them, by their Message-ID; and if the server writes it anew, by their subject.
// Strictly, only by their bytes, as far as the server keeps them. Those with the same subject are read first. What was read of a message is
// kept, so that each is read once.
func (c *collection) matchMail(ctx context.Context, all []*outgoing, strictly bool, may func(eas.ServerID) bool) ([][]sinks.Held, error) {
	subjects := map[uint64]bool{}
	for _, o := range all {
		if o.mail != nil {
			subjects[o.mail.subject] = true
		}
	}
	var likely, rest, ids []eas.ServerID
	for id, one := range c.held {
		switch {
		case !may(id) || len(subjects) == 0:
		case subjects[one.mail.subject]:
			likely = append(likely, id)
		default:
			rest = append(rest, id)
		}
	}
	strictly = strictly && !c.tried().altersBytes()
	for _, part := range [][]eas.ServerID{likely, rest} {
		if strictly && len(part) > maxLook && len(ids) > 0 {
			break
		}
		slices.Sort(part)
		if err := c.learn(ctx, part); err != nil {
			return nil, err
		}
		ids = append(ids, part...)
		if held, missing := c.nearest(all, ids, strictly); !missing {
			return held, nil
		}
	}
	held, _ := c.nearest(all, ids, strictly)
	return held, nil
}

// nearest finds for each message those of the server's that are nearest to it; missing tells that one has none.
func (c *collection) nearest(all []*outgoing, ids []eas.ServerID, strictly bool) (held [][]sinks.Held, missing bool) {
	near := make([][]eas.ServerID, len(all))
	distance := make([]int, len(all))
	certain := map[eas.ServerID]bool{} // of another message
	for i, o := range all {
		distance[i] = other
		if o.mail == nil {
			continue
		}
		for _, id := range ids {
			n := c.far(o.mail, c.held[id].mail)
			if n == other || strictly && n != same || n > distance[i] {
				continue
			}
			if n < distance[i] {
				near[i], distance[i] = nil, n
			}
			if near[i] = append(near[i], id); n == same {
				certain[id] = true
			}
		}
	}
	held = make([][]sinks.Held, len(all))
	for i, list := range near {
		for _, id := range list {
			if distance[i] != same && certain[id] || len(held[i]) >= maxCandidates {
				continue
			}
			held[i] = append(held[i], sinks.Held{ID: string(id), State: c.held[id].state})
		}
		missing = missing || all[i].mail != nil && len(held[i]) == 0
	}
	return held, missing
}

// far is how far a message of the server's is from one that was put.
func (c *collection) far(m *outgoingMail, l *letter) int {
	switch {
	case l == nil || l.bytes == nil:
		return other
	case m.same(*l.bytes), l.put != nil && m.same(*l.put):
		return same
	case l.put != nil:
		return other
	case m.id != "" && m.id == l.bytes.id:
		return lacking
	case (m.id == "" || l.bytes.id == "" || c.tried().NewMessageID) && m.subject != 0 && m.subject == l.bytes.subject:
		return resembles
	}
	return other
}

// recognizeMail finds the messages with the Message-ID of one, or with its bytes, among those with its subject.
func (c *collection) recognizeMail(ctx context.Context, o *outgoing) (all []sinks.Held, err error) {
	var ids []eas.ServerID
	for id, one := range c.held {
		if one.mail.subject == o.mail.subject {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if err := c.learn(ctx, ids); err != nil {
		return nil, err
	}
	for _, wanted := range []int{same, lacking} { // the likeliest first
		for _, id := range ids {
			if c.far(o.mail, c.held[id].mail) == wanted && len(all) < maxCandidates {
				all = append(all, sinks.Held{ID: string(id), State: c.held[id].state})
			}
		}
	}
	return all, nil
}
