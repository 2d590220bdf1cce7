package easdst

import (
	"context"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// correctDays looks whether the server takes whole days as dates in UTC, and corrects those that it put on other days: see
// ways.utcDays. What is read back is replaced in found.
func (c *collection) correctDays(ctx context.Context, all []*outgoing, found map[eas.ServerID]*wbxml.Element) error {
	if c.class != eas.ClassCalendar || c.version().AtLeast(eas.Version160) {
		return nil
	}
	var wrong []*outgoing
	var ids []eas.ServerID
	for _, o := range all {
		got := found[o.id]
		if o.err != nil || got == nil || !wholeDays(o.expect) || !wholeDays(got) {
			continue
		}
		began, at := startOf(o.expect), startOf(got)
		if day := began.Truncate(24 * time.Hour); !began.Equal(day) && at.Equal(day) {
			c.t.ways.utcDays.Store(true)
		}
		if !startOf(item.Dates(o.expect)).Equal(startOf(item.Dates(got))) {
			wrong, ids = append(wrong, o), append(ids, o.id)
		}
	}
	if !c.t.ways.utcDays.Load() || len(wrong) == 0 {
		return nil
	}
	for _, o := range wrong {
		before := *o
		if err := c.build(o); err != nil {
			*o = before
			continue
		}
		if err := c.change(ctx, o.id, o, found[o.id]); err != nil && !ofOne(err) {
			return err
		}
	}
	again, err := c.fetch(ctx, ids)
	for id, props := range again {
		found[id] = props
	}
	return err
}

func wholeDays(e *wbxml.Element) bool { return e.Value(wbxml.CalendarAllDayEvent) == "1" }

// startOf is the zero time if there is none.
func startOf(e *wbxml.Element) time.Time {
	t, _ := wbxml.ParseTime(e.Value(wbxml.CalendarStartTime))
	return t
}
