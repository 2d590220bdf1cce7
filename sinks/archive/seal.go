package archive

import (
	"bufio"
	"fmt"
	"io"
	"slices"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks"
)

// The kinds of what is in clear in a header, as the types of their stanzas. The argument is the version.
const (
	clearPage = "airlift-page"
	clearRun  = "airlift-run"

	clearVersion = "1"
)

// Limits of what is in clear: base64 makes a third more of the compressed bytes, and age reads headers of up to 2 MiB.
const (
	maxClear    = 1 << 20  // compressed
	maxClearRaw = 16 << 20 // uncompressed
)

// inClear is the stanza of what is in clear. It wraps no key; that makes it something that age implementations pass over
// and a header's MAC covers.
type inClear struct {
	stanza age.Stanza
	labels []string // those of the recipients beside it, or age takes it for one that weakens them
}

func (s inClear) Wrap([]byte) ([]*age.Stanza, error) { return []*age.Stanza{&s.stanza}, nil }

func (s inClear) WrapWithLabels([]byte) ([]*age.Stanza, []string, error) {
	return []*age.Stanza{&s.stanza}, slices.Clone(s.labels), nil
}

// newStanza compresses what is to be in clear. It is an error if that is more than a header holds.
func (c *codec) newStanza(kind string, raw []byte) (age.Stanza, error) {
	body := c.enc.EncodeAll(raw, nil)
	if len(raw) > maxClearRaw || len(body) > maxClear {
		return age.Stanza{}, fmt.Errorf("its part in clear is %d bytes, compressed %d, and may be %d and %d: %w",
			len(raw), len(body), maxClearRaw, maxClear, errTooLarge)
	}
	return age.Stanza{Type: kind, Args: []string{clearVersion}, Body: body}, nil
}

// readStanza returns what is in clear in the stanzas of a header.
func (c *codec) readStanza(kind string, stanzas []*age.Stanza) (raw []byte, err error) {
	var found *age.Stanza
	for _, s := range stanzas {
		if s.Type != kind {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("age header: two stanzas %s: %w", kind, sinks.ErrCorrupt)
		}
		found = s
	}
	switch {
	case found == nil:
		return nil, fmt.Errorf("age header: no stanza %s: %w", kind, sinks.ErrCorrupt)
	case !slices.Equal(found.Args, []string{clearVersion}):
		return nil, fmt.Errorf("age header: stanza %s %q, this version knows %s: %w", kind, found.Args, clearVersion, sinks.ErrFormat)
	case len(found.Body) > maxClear:
		return nil, fmt.Errorf("age header: stanza %s of %d bytes: %w", kind, len(found.Body), sinks.ErrCorrupt)
	}
	if raw, err = c.decodeWhole(found.Body, maxClearRaw); err != nil {
		return nil, fmt.Errorf("age header: stanza %s: %w", kind, err)
	}
	return raw, nil
}

// seal writes an age file to the recipients of the archive, with a stanza in clear in its header.
func (a *Archive) seal(w io.Writer, stanza age.Stanza, content io.Reader) error {
	if a.crypt.unknown != nil {
		return a.crypt.unknown
	}
	return a.crypt.to.seal(w, stanza, content)
}

func (to recipientSet) seal(w io.Writer, stanza age.Stanza, content io.Reader) error {
	out := bufio.NewWriterSize(w, 64<<10) // age writes a header in very small pieces
	in, err := age.Encrypt(out, append(slices.Clone(to.keys), inClear{stanza, to.labelled})...)
	if err != nil {
		return err
	}
	if _, err := io.Copy(in, content); err != nil {
		return err
	}
	if err := in.Close(); err != nil {
		return err
	}
	return out.Flush()
}
