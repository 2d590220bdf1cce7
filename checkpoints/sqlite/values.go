package sqlite

import (
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
)

// A compact is a string that is mostly a hash: lower-case hex is stored as the bytes that it stands for, in half the
// room, and anything else as it is. The type of the stored value tells which.
type compact string

var (
	_ driver.Valuer = compact("")
	_ sql.Scanner   = (*compact)(nil)
)

// Value implements driver.Valuer.
func (c compact) Value() (driver.Value, error) {
	if b, err := hex.DecodeString(string(c)); err == nil && len(b) > 0 && hex.EncodeToString(b) == string(c) {
		return b, nil
	}
	return string(c), nil
}

// Scan implements sql.Scanner.
func (c *compact) Scan(v any) error {
	switch v := v.(type) {
	case []byte:
		*c = compact(hex.EncodeToString(v))
	case string:
		*c = compact(v)
	default:
		return fmt.Errorf("a %T where text or bytes belong", v)
	}
	return nil
}

// An instant is a time as people read it; never is NULL.
type instant time.Time

var (
	_ driver.Valuer = instant{}
	_ sql.Scanner   = (*instant)(nil)
)

// Value implements driver.Valuer.
func (i instant) Value() (driver.Value, error) {
	t := time.Time(i)
	if t.IsZero() {
		return nil, nil
	}
	return t.UTC().Format(time.RFC3339Nano), nil
}

// Scan implements sql.Scanner.
func (i *instant) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*i = instant{}
		return nil
	case string:
		t, err := time.Parse(time.RFC3339Nano, v)
		*i = instant(t)
		return err
	default:
		return fmt.Errorf("a %T where a time belongs", v)
	}
}

// A numbered state is stored as its number in the table states.
type numbered checkpoints.State

var (
	_ driver.Valuer = numbered("")
	_ sql.Scanner   = (*numbered)(nil)
)

var numbers = [...]checkpoints.State{
	1: checkpoints.Archived,
	2: checkpoints.Excluded,
	3: checkpoints.Quarantined,
	4: checkpoints.Deleted,
	5: checkpoints.SoftDeleted,
}

func (s numbered) number() (int, error) {
	n := slices.Index(numbers[:], checkpoints.State(s))
	if n < 1 {
		return 0, fmt.Errorf("unknown state %q", string(s))
	}
	return n, nil
}

// Value implements driver.Valuer.
func (s numbered) Value() (driver.Value, error) {
	n, err := s.number()
	return int64(n), err
}

// Scan implements sql.Scanner.
func (s *numbered) Scan(v any) error {
	n, ok := v.(int64)
	if !ok || n < 1 || n >= int64(len(numbers)) {
		return fmt.Errorf("unknown state %v", v)
	}
	*s = numbered(numbers[n])
	return nil
}

// A delivery is a state of a receipt, stored as it is.
type delivery checkpoints.Delivery

var (
	_ driver.Valuer = delivery("")
	_ sql.Scanner   = (*delivery)(nil)
)

func (d delivery) check() error {
	switch checkpoints.Delivery(d) {
	case checkpoints.Sending, checkpoints.Placed, checkpoints.Found, checkpoints.Refused, checkpoints.Taken, checkpoints.Removed:
		return nil
	}
	return fmt.Errorf("unknown state %q", string(d))
}

// Value implements driver.Valuer.
func (d delivery) Value() (driver.Value, error) { return string(d), d.check() }

// Scan implements sql.Scanner.
func (d *delivery) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("a %T where a state belongs", v)
	}
	*d = delivery(s)
	return d.check()
}
