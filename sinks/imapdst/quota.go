package imapdst

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// A room is what the quotas of a folder leave. RFC 9208.
type room struct {
	known    bool
	bytes    int64 // what more can be put; it may be less than 0
	messages int64
}

const noLimit = 1 << 62

// askRoom reads the quotas. A server that refuses to tell has none that is known.
func (f *folder) askRoom(ctx context.Context, c *conn) error {
	f.room = room{}
	if !c.caps.Has(imap.CapQuota) {
		return nil
	}
	err := c.run(ctx, "GETQUOTAROOT", func() error {
		roots, err := c.c.GetQuotaRoot(f.place.ID).Wait()
		if err != nil {
			return err
		}
		r := room{bytes: noLimit, messages: noLimit}
		for _, root := range roots {
			if q, ok := root.Resources[imap.QuotaResourceStorage]; ok { // in units of 1024 bytes, rounded (RFC 9208 5.1)
				r.known, r.bytes = true, min(r.bytes, (q.Limit-q.Usage)*1024+1023)
			}
			if q, ok := root.Resources[imap.QuotaResourceMessage]; ok {
				r.known, r.messages = true, min(r.messages, q.Limit-q.Usage)
			}
		}
		f.room = r
		return nil
	})
	if err != nil && !c.dead() {
		return nil
	}
	return err
}

// fits tells whether there is room for a message, and takes it.
func (r *room) fits(size int64) bool {
	if !r.known {
		return true
	}
	if r.bytes < size || r.messages < 1 {
		return false
	}
	r.bytes -= size
	r.messages--
	return true
}

func (r *room) full(size int64) error {
	return fmt.Errorf("%w: the quota leaves %d bytes and %d messages, and the next has %d bytes", sinks.ErrFull, max(0, r.bytes), max(0, r.messages), size)
}
