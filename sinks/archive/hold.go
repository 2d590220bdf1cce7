package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/airlift-eas/airlift/sinks"
)

// Limits of a hold record. What of it is in clear must fit an age header.
const (
	MaxMatter        = 256   // bytes of a matter's name
	MaxReason        = 4096  // bytes of a reason
	MaxHeldMailboxes = 10000 // mailboxes of one record
)

// ErrNotHeld says that a matter was to release a mailbox that it has never held.
var ErrNotHeld = errors.New("the matter has never held it")

// A HoldChange is what a hold record shall say.
type HoldChange struct {
	Action    HoldAction
	Matter    string
	Mailboxes []string // addresses, of mailboxes that may be still to come
	By        string   // who asks for it; "" = nobody is named
	Reason    string   // why; evidence needs it
	DryRun    bool     // nothing is written
}

// Hold records that a matter holds mailboxes, or releases them. The record is durable when Hold returns, in one object below
// holds/ that is never changed; to put the holds on the objects is the caller's, who is told by [Archive.Held] what is to be
// held. It says only what changes: a mailbox that the matter holds already, or has released already, is not among those of the
// record that is returned; and where nothing changes, none is written and its Hold is 0. So a caller that was killed asks again.
//
// Of two that write at once one does, and the other gets sinks.ErrFenced. ErrNotHeld: a mailbox to release was never held.
// In an encrypted archive the public keys are enough.
//
// Whoever may create objects in the bucket can forge a record. A forged release takes no hold off an object: that is another
// permission of the store's.
func (a *Archive) Hold(ctx context.Context, c HoldChange) (HoldRecord, error) {
	r, err := a.changeHold(ctx, c)
	if err != nil {
		return HoldRecord{}, fmt.Errorf("hold: %w", err)
	}
	return r, nil
}

func (a *Archive) changeHold(ctx context.Context, c HoldChange) (r HoldRecord, err error) {
	if err := c.check(); err != nil {
		return r, err
	}
	s, err := a.Held(ctx)
	if err != nil {
		return r, err
	}
	if r, err = a.nextHold(s, c); err != nil || len(r.Dirs) == 0 {
		return HoldRecord{}, err
	}
	if c.DryRun {
		return r, nil
	}
	return r, a.writeHold(ctx, r)
}

func (c HoldChange) check() error {
	switch {
	case c.Action != HoldSet && c.Action != HoldRelease:
		return fmt.Errorf("action %q", c.Action)
	case c.Matter == "" || len(c.Matter) > MaxMatter || !utf8.ValidString(c.Matter) || strings.ContainsFunc(c.Matter, unicode.IsControl):
		return fmt.Errorf("matter %.*q: a name of 1 to %d bytes, without control characters", MaxMatter, c.Matter, MaxMatter)
	case strings.TrimSpace(c.Reason) == "" || len(c.Reason) > MaxReason || !utf8.ValidString(c.Reason):
		return fmt.Errorf("a reason of 1 to %d bytes is needed", MaxReason)
	case len(c.Mailboxes) == 0 || len(c.Mailboxes) > MaxHeldMailboxes:
		return fmt.Errorf("%d mailboxes: 1 to %d in one record", len(c.Mailboxes), MaxHeldMailboxes)
	}
	for _, m := range c.Mailboxes {
		if m == "" || len(m) > sinks.MaxName || !utf8.ValidString(m) || strings.ContainsFunc(m, unicode.IsControl) {
			return fmt.Errorf("mailbox %.100q: an address of 1 to %d bytes, without control characters", m, sinks.MaxName)
		}
	}
	return nil
}

// nextHold makes the record that follows a state, of what the change changes. It has no Dirs if that is nothing.
func (a *Archive) nextHold(s *HoldState, c HoldChange) (HoldRecord, error) {
	r := HoldRecord{
		Hold: s.last.Hold + 1, Archive: a.head.ID, ArchiveSHA256: a.sum, Prev: s.last.sum, Time: time.Now().UTC().Truncate(time.Second),
		Action: c.Action, MatterHash: a.MatterHash(c.Matter), Matter: c.Matter, By: strings.ToValidUTF8(c.By, "\uFFFD"), Reason: c.Reason,
	}
	byDir := make(map[string]string)
	m := s.matters[r.MatterHash]
	for _, address := range c.Mailboxes {
		dir, held := a.MailboxDir(address), false
		if m != nil {
			_, held = m.held[dir]
		}
		if c.Action == HoldRelease && (m == nil || !m.ever[dir]) {
			return r, fmt.Errorf("matter %s: mailbox %s: %w", c.Matter, address, ErrNotHeld)
		}
		if held != (c.Action == HoldSet) {
			byDir[dir] = address
		}
	}
	for dir := range byDir {
		r.Dirs = append(r.Dirs, dir)
	}
	slices.Sort(r.Dirs)
	for _, dir := range r.Dirs {
		r.Mailboxes = append(r.Mailboxes, byDir[dir])
	}
	return r, nil
}

// writeHold writes a hold record.
func (a *Archive) writeHold(ctx context.Context, r HoldRecord) error {
	name := a.names.hold(r.Hold)
	data, err := encodeFramed(holdKind, r)
	if err == nil && a.crypt != nil {
		data, err = a.sealHold(r, data)
	}
	if err != nil {
		return err
	}
	// The hold is recorded here, if no other one was recorded meanwhile.
	if err := writeSmall(ctx, a.bucket, name, data); err != nil {
		sum := sha256.Sum256(data)
		return a.look(ctx, sinks.Segment{Name: name, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}, err)
	}
	return nil
}

// sealHold encrypts a hold record.
func (a *Archive) sealHold(r HoldRecord, data []byte) ([]byte, error) {
	var shown, b bytes.Buffer
	if err := writeLine(&shown, clearedHold(r)); err != nil {
		return nil, err
	}
	stanza, err := a.codec.newStanza(clearHold, shown.Bytes())
	if err != nil {
		return nil, err
	}
	err = a.seal(&b, stanza, bytes.NewReader(data))
	return b.Bytes(), err
}
