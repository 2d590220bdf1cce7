package archive

import (
	"context"
	"io"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks"
)

// scanSealed verifies what is inside an encrypted segment, if there is an identity, and what is in clear. raw reads the
// object's bytes from its beginning on.
func (v *verifier) scanSealed(ctx context.Context, name string, o sinks.Object, raw io.Reader, c *segmentCheck) error {
	s, err := v.a.newSealed(o, name, clearPage)
	if err != nil {
		return err
	}
	shown, err := v.a.names.parseClearPage(name, s.shown)
	if err != nil {
		return err
	}
	c.shown = &shown
	if c.sealed = v.a.sealed(); c.sealed {
		c.page, c.events = &shown.Page, shown.Events
		return nil
	}
	id, err := v.a.identity(ctx, s)
	if err != nil {
		return err
	}
	inside, err := s.open(id)
	if err != nil {
		return err
	}
	table, _, err := readSeekTable(inside, inside.Size())
	if err != nil {
		return err
	}
	content, err := age.Decrypt(raw, id)
	if err != nil {
		return s.broken(err)
	}
	if err := v.scanTar(name, &frameStream{codec: v.a.codec, in: content, table: table}, c); err != nil {
		return err
	}
	// The seek table is read once more, since only who reads to the end knows that nothing follows.
	if _, err := io.Copy(io.Discard, content); err != nil {
		return corrupt("age", err)
	}
	return nil
}
