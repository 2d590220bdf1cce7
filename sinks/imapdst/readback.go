package imapdst

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// patience is for a server of several machines, of which one may not know yet what another stored.
var patience = [...]time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second}

// locate looks for the messages of which the server did not say where it put them, since it has no UIDPLUS.
func (f *folder) locate(ctx context.Context, sent []sending, from imap.UID, validity uint32) error {
	var lost []*sending
	var messages []*message
	for i := range sent {
		if s := &sent[i]; s.err == nil && s.uid == 0 {
			lost, messages = append(lost, s), append(messages, s.message)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	found, err := f.match(ctx, from, messages, true)
	if err != nil {
		return err
	}
	if f.validity != validity {
		return errRecreated
	}
	taken := map[imap.UID]bool{}
	for i, s := range lost {
		for _, m := range found[i] {
			if !taken[m.uid] {
				taken[m.uid] = true
				s.uid, s.validity = m.uid, validity
				f.advance(s.outcome)
				break
			}
		}
	}
	return nil
}

var errRecreated = errors.New("somebody deleted the folder and made it anew")

// readBack asks for messages that were put, and tells what became of each.
func (f *folder) readBack(ctx context.Context, sent []sending, validity uint32) ([]sinks.Placed, error) {
	var set imap.UIDSet
	for i := range sent {
		if s := &sent[i]; s.err == nil && s.uid != 0 {
			if s.validity != validity {
				return nil, errRecreated
			}
			set.AddNum(s.uid)
		}
	}
	found, sums, err := f.fetchBack(ctx, set)
	if err != nil {
		return nil, err
	}
	if f.validity != validity {
		return nil, errRecreated
	}
	placed := make([]sinks.Placed, len(sent))
	for i := range sent {
		s := &sent[i]
		m := found[s.uid]
		switch {
		case s.err != nil:
			placed[i].Err = s.err
		case m == nil:
			placed[i].Err = ErrLost
		default:
			placed[i].ID, placed[i].State = f.id(m.uid), m.flags.state()
			placed[i].Altered = s.compare(m, sums)
		}
	}
	return placed, nil
}

// fetchBack asks for messages until all are there, or for as long as a server may need.
func (f *folder) fetchBack(ctx context.Context, missing imap.UIDSet) (found map[imap.UID]*seen, sums map[imap.UID][sha256.Size]byte, err error) {
	found, sums = map[imap.UID]*seen{}, map[imap.UID][sha256.Size]byte{}
	want := lookFor{size: true, date: true, stored: true}
	if f.t.settings.Verify == VerifyBytes {
		want.body = sumOf(sums)
	}
	for try := 0; len(missing) > 0; try++ {
		want.stored = try == 0
		err := f.again(ctx, func(c *conn) error {
			return c.look(ctx, missing, want, func(m *seen) error {
				if m.whole {
					found[m.uid] = m
				}
				return nil
			})
		})
		var answered *imap.Error // somebody removed one of them, or the server has a bad moment
		if err != nil && (!errors.As(err, &answered) || try == len(patience)) {
			return nil, nil, err
		}
		missing = notIn(missing, found)
		if len(missing) == 0 || try == len(patience) {
			break
		}
		if err := pause(ctx, patience[try]); err != nil {
			return nil, nil, err
		}
	}
	return found, sums, nil
}

func notIn(set imap.UIDSet, found map[imap.UID]*seen) (missing imap.UIDSet) {
	uids, _ := set.Nums() // it was made of numbers
	for _, uid := range uids {
		if found[uid] == nil {
			missing.AddNum(uid)
		}
	}
	return missing
}

// compare tells what the server holds otherwise than it was told.
func (m *message) compare(got *seen, sums map[imap.UID][sha256.Size]byte) []sinks.Alteration {
	altered := m.lost
	sum, verified := sums[got.uid]
	if verified && sum != m.sum || !verified && got.size != m.content.Size {
		a := sinks.Alteration{Property: "bytes", Sent: fmt.Sprintf("%d bytes", m.content.Size), Got: fmt.Sprintf("%d bytes", got.size)}
		if verified {
			a.Sent += ", sha256 " + hex.EncodeToString(m.sum[:])
			a.Got += ", sha256 " + hex.EncodeToString(sum[:])
		}
		switch {
		case m.bareLF > 0 && got.size == m.content.Size+m.bareLF:
			a.Why = "it made CRLF of line ends without CR"
		case m.nul && got.size == m.content.Size:
			a.Why = "IMAP has no bytes that are 0" // RFC 9051 9, CHAR8
		}
		altered = append(altered, a)
	}
	if !m.date.IsZero() && m.date.Unix() != got.date.Unix() {
		altered = append(altered, sinks.Alteration{Property: "internaldate", Sent: dateText(m.date), Got: dateText(got.date)})
	}
	for f, c := range m.named {
		if as, _ := category(got.flags[fold(f)]); as != "" && as != c { // keywords have no case
			altered = append(altered, sinks.Alteration{Property: "categories", Sent: cut(c), Got: cut(as)})
		}
	}
	want := flagsOf(m.flags)
	for _, f := range want.without(got.flags) {
		a := flagAlteration(f, m.named)
		if m.bare != nil && isKeyword(f) {
			a.Why = cut(m.bare.Error())
		}
		altered = append(altered, a)
	}
	for _, f := range got.flags.without(want) {
		altered = append(altered, sinks.Alteration{Property: "flag", Got: cut(string(f))})
	}
	return altered
}

func dateText(t time.Time) string { return t.UTC().Format(time.RFC3339) }
