package imapdst

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// lookFor is what is asked of messages besides their flags.
type lookFor struct {
	size, date, modSeq, header bool

	// stored says that it is about what this connection stored just now. Else the server is asked first to show what others did.
	stored bool
	body   func(uid imap.UID, r io.Reader) error // nil = the bytes are not asked for
}

// seen is what a server says of a message.
type seen struct {
	uid    imap.UID
	size   int64
	date   time.Time
	modSeq uint64 // 0 = the folder has none
	flags  flagSet
	header []byte // of fingerprintFields

	whole bool // all that was asked for came
}

// look asks for messages, one after the other as they come. What is told of a message without being asked for, such as flags that
// somebody changes meanwhile, can stand in the place of its answer: then it is not whole.
func (c *conn) look(ctx context.Context, set imap.UIDSet, want lookFor, each func(m *seen) error) error {
	for some := range slices.Chunk(set, setRanges) {
		if err := c.fetch(ctx, some, want, each); err != nil {
			return err
		}
		want.stored = true // it was asked
	}
	return nil
}

// setRanges is how many ranges of UIDs a command has, so that its line has less than the 8,192 bytes that servers take (RFC 7162 4).
const setRanges = 300

func (c *conn) fetch(ctx context.Context, set imap.UIDSet, want lookFor, each func(m *seen) error) error {
	o := &imap.FetchOptions{
		UID: true, Flags: true, RFC822Size: want.size, InternalDate: want.date, ModSeq: want.modSeq && c.caps.Has(imap.CapCondStore),
	}
	if want.body != nil {
		o.BodySection = append(o.BodySection, &imap.FetchItemBodySection{Peek: true})
	}
	if want.header {
		o.BodySection = append(o.BodySection, &imap.FetchItemBodySection{
			Specifier: imap.PartSpecifierHeader, HeaderFields: fingerprintFields[:], Peek: true,
		})
	}
	return c.run(ctx, "FETCH", func() (err error) {
		if !want.stored {
			// Waited for: Dovecot answers a FETCH behind it from what it showed before.
			if err := c.c.Noop().Wait(); err != nil {
				return err
			}
		}
		cmd := c.c.Fetch(set, o)
		defer func() {
			if errors.Is(err, errCutOff) { // the library would read on, beside its own reader
				return
			}
			if e := cmd.Close(); err == nil {
				err = e
			}
		}()
		for d := cmd.Next(); d != nil; d = cmd.Next() {
			m, err := read(d, want)
			if err != nil {
				return err
			}
			if m.uid == 0 || !set.Contains(m.uid) && !lastOf(set) {
				continue
			}
			if err := each(m); err != nil {
				return err
			}
		}
		return nil
	})
}

// lastOf tells a set that goes to the end, of which the server returns the last message always (RFC 9051 6.4.9).
func lastOf(set imap.UIDSet) bool { return set.Dynamic() }

// read reads one answer to the end.
func read(d *imapclient.FetchMessageData, want lookFor) (*seen, error) {
	m := &seen{}
	var body, header bool
	for item := d.Next(); item != nil; item = d.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			m.uid = item.UID
		case imapclient.FetchItemDataFlags:
			m.flags = flagsOf(item.Flags)
		case imapclient.FetchItemDataRFC822Size:
			if !body { // what came is what counts
				m.size = item.Size
			}
		case imapclient.FetchItemDataInternalDate:
			m.date = item.Time
		case imapclient.FetchItemDataModSeq:
			m.modSeq = item.ModSeq
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil {
				continue
			}
			if item.Section.Specifier == imap.PartSpecifierHeader {
				_, err := copyBody(func(_ imap.UID, r io.Reader) (err error) {
					m.header, err = io.ReadAll(io.LimitReader(r, maxLiteral))
					return err
				}, 0, item.Literal)
				if err != nil {
					return nil, err
				}
				header = true
				continue
			}
			if want.body == nil || m.uid == 0 {
				continue
			}
			n, err := copyBody(want.body, m.uid, item.Literal)
			if err != nil {
				return nil, err
			}
			m.size, body = n, true
		}
	}
	m.whole = m.uid != 0 && m.flags != nil && (body || want.body == nil) && (header || !want.header) &&
		(!m.date.IsZero() || !want.date)
	return m, nil
}

// errCutOff says that a connection broke within a literal.
var errCutOff = errors.New("the message was cut off")

// copyBody hands a literal on, reads it to its end whatever comes of that, and tells how long it was.
func copyBody(to func(imap.UID, io.Reader) error, uid imap.UID, lit imap.LiteralReader) (int64, error) {
	r := &countingReader{r: lit, left: lit.Size()}
	err := to(uid, r)
	for r.err == nil && r.left > 0 {
		_, _ = io.Copy(io.Discard, r) // r has the error
	}
	if r.err != nil {
		return 0, fmt.Errorf("%w: %w", errCutOff, r.err)
	}
	return lit.Size(), err
}

// A countingReader reads a literal, and not after its end or an error: then it belongs to the reader of the connection again.
type countingReader struct {
	r    io.Reader
	left int64
	err  error
}

func (c *countingReader) Read(p []byte) (n int, err error) {
	switch {
	case c.err != nil:
		return 0, c.err
	case c.left == 0:
		return 0, io.EOF
	}
	n, err = c.r.Read(p)
	if c.left -= int64(n); err != nil && (err != io.EOF || c.left > 0) {
		c.err = noEOF(err)
	}
	return n, err
}

// sumOf is a body function that hashes.
func sumOf(sums map[imap.UID][sha256.Size]byte) func(imap.UID, io.Reader) error {
	return func(uid imap.UID, r io.Reader) error {
		h := sha256.New()
		if _, err := io.Copy(h, r); err != nil {
			return err
		}
		sums[uid] = [sha256.Size]byte(h.Sum(nil))
		return nil
	}
}

// pause waits, so that a server that is of several machines can catch up.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

var errGone = errors.New("what was asked for did not come")

// one looks at one message; nil = it is not there.
func (c *conn) one(ctx context.Context, uid imap.UID, want lookFor) (found *seen, err error) {
	for range 3 {
		found = nil
		err := c.look(ctx, imap.UIDSetNum(uid), want, func(m *seen) error {
			if m.uid == uid {
				found = m
			}
			return nil
		})
		if err != nil || found == nil || found.whole {
			return found, err
		}
	}
	return nil, fmt.Errorf("FETCH: %w: %w", ErrProtocol, errGone)
}
