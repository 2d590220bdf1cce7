package easserver

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// The body types of MS-ASAIRS 2.2.2.41.
const (
	typePlain = 1
	typeHTML  = 2
	typeRTF   = 3
	typeMIME  = 4
)

// noLimit stands for "not truncated".
const noLimit = math.MaxInt64

// options are the Options of a Sync, ItemOperations, Search or GetItemEstimate
// request. They replace those of the collection's earlier requests as a block.
type options struct {
	filter      int
	conflict    int // 1, the default: the server's item wins
	mimeSupport int
	bodies      []bodyPreference
	bodyParts   []bodyPreference

	// Protocol version 2.5 has sizes of its own, in characters.
	mimeTruncation, truncation int64
}

// bodyPreference is AirSyncBase:BodyPreference, MS-ASAIRS 2.2.2.12.
type bodyPreference struct {
	typ       int
	limit     int64 // TruncationSize, bytes
	allOrNone bool
	preview   int // characters
}

func defaultOptions() options {
	return options{conflict: 1, mimeTruncation: noLimit, truncation: noLimit}
}

// The sizes that MIMETruncation and Truncation stand for, MS-ASCMD 2.2.3.111 and
// 2.2.3.187.
var (
	mimeTruncations = []int64{0, 4096, 5120, 7168, 10240, 20480, 51200, 102400, noLimit}
	truncations     = []int64{0, 512, 1024, 2048, 5120, 10240, 20480, 51200, 102400, noLimit}
)

// parseOptions reads an Options element, of which nil is an empty one.
func parseOptions(e *wbxml.Element) (options, error) {
	o := defaultOptions()
	if e == nil {
		return o, nil
	}
	seen := map[wbxml.Tag]bool{}
	for i := range e.Children {
		c := &e.Children[i]
		if seen[c.Tag] && c.Tag != wbxml.AirSyncBaseBodyPreference && c.Tag != wbxml.AirSyncBaseBodyPartPreference {
			return o, fmt.Errorf("two %s in Options", c.Tag)
		}
		seen[c.Tag] = true
		if err := o.parse(c); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (o *options) parse(c *wbxml.Element) (err error) {
	switch c.Tag {
	case wbxml.AirSyncFilterType:
		o.filter, err = number(c, 0, 8)
	case wbxml.AirSyncConflict:
		o.conflict, err = number(c, 0, 1)
	case wbxml.AirSyncMIMESupport:
		o.mimeSupport, err = number(c, 0, 2)
	case wbxml.AirSyncMIMETruncation:
		o.mimeTruncation, err = size(c, mimeTruncations)
	case wbxml.AirSyncTruncation:
		o.truncation, err = size(c, truncations)
	case wbxml.AirSyncBaseBodyPreference:
		o.bodies, err = addPreference(o.bodies, c)
	case wbxml.AirSyncBaseBodyPartPreference:
		o.bodyParts, err = addPreference(o.bodyParts, c)
	case wbxml.RightsManagementRightsManagementSupport: // nothing here is protected
		_, err = number(c, 0, 1)
	}
	return err
}

// addPreference reads a preference, of which there is one for each type. MS-ASAIRS
// 2.2.2.12.
func addPreference(all []bodyPreference, e *wbxml.Element) ([]bodyPreference, error) {
	p, err := parseBodyPreference(e)
	if err == nil && slices.ContainsFunc(all, func(q bodyPreference) bool { return q.typ == p.typ }) {
		err = fmt.Errorf("two %s of type %d", e.Tag, p.typ)
	}
	return append(all, p), err
}

func parseBodyPreference(e *wbxml.Element) (p bodyPreference, err error) {
	p.limit = noLimit
	for i := range e.Children {
		c := &e.Children[i]
		var n int
		switch c.Tag {
		case wbxml.AirSyncBaseType:
			p.typ, err = number(c, 1, 4)
		case wbxml.AirSyncBaseTruncationSize:
			n, err = number(c, 0, math.MaxUint32)
			p.limit = int64(n)
		case wbxml.AirSyncBaseAllOrNone:
			n, err = number(c, 0, 1)
			p.allOrNone = n == 1
		case wbxml.AirSyncBasePreview:
			p.preview, err = number(c, 0, 255)
		}
		if err != nil {
			return p, err
		}
	}
	if p.typ == 0 {
		return p, fmt.Errorf("BodyPreference without Type")
	}
	return p, nil
}

// number reads a value between low and high.
func number(e *wbxml.Element, low, high int) (int, error) {
	n, err := strconv.Atoi(e.Text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s is %q and not between %d and %d", e.Tag, e.Text, low, high)
	}
	return n, nil
}

func size(e *wbxml.Element, sizes []int64) (int64, error) {
	n, err := number(e, 0, len(sizes)-1)
	return sizes[n], err
}

// parseRange reads "m-n", of which both ends count. MS-ASCMD 2.2.3.143.
func parseRange(s string) (from, to int64, err error) {
	first, last, _ := strings.Cut(s, "-")
	if from, err = strconv.ParseInt(first, 10, 64); err == nil {
		to, err = strconv.ParseInt(last, 10, 64)
	}
	if err != nil || from < 0 || to < from {
		return 0, 0, fmt.Errorf("a Range of %q", s)
	}
	return from, to, nil
}

// flag reads a boolean, which an empty element sets.
func flag(e *wbxml.Element, absent bool) bool {
	if e == nil {
		return absent
	}
	return e.Text != "0"
}

// checkFilter tells whether a FilterType may be asked of a class.
// MS-ASCMD 2.2.3.68.2.
func (o *options) checkFilter(class eas.Class) error {
	ok := true
	switch class {
	case eas.ClassEmail:
		ok = o.filter <= 7
	case eas.ClassCalendar:
		ok = o.filter == 0 || o.filter >= 4 && o.filter <= 7
	case eas.ClassTasks:
		ok = o.filter == 0 || o.filter == 8
	default: // it is ignored
		o.filter = 0
	}
	if !ok {
		return fmt.Errorf("FilterType %d for %s", o.filter, class)
	}
	return nil
}

// wantBody tells whether anything of bodies is asked for.
func (o *options) wantBody(p protocol) bool {
	if p < 120 {
		return o.truncation > 0 || o.mimeTruncation > 0
	}
	return slices.ContainsFunc(o.bodies, func(b bodyPreference) bool { return b.limit > 0 })
}

// preference returns the body preference for a type.
func (o *options) preference(typ int) (bodyPreference, bool) {
	for _, p := range o.bodies {
		if p.typ == typ {
			return p, true
		}
	}
	return bodyPreference{typ: typ, limit: noLimit}, false
}
