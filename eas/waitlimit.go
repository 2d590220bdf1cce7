package eas

import (
	"errors"
	"fmt"
	"time"
)

// WaitLimitError says how long, or for how many folders, a server waits: one of the two is set. It wraps the *StatusError, which is 5
// or 6 of Ping, and 14 or 15 of Sync.
type WaitLimitError struct {
	Status     *StatusError
	Wait       time.Duration // the nearest to what was asked for. MS-ASCMD 2.2.3.88.1, 2.2.3.97
	MaxFolders int           // MS-ASCMD 2.2.3.102, 2.2.3.97
}

func (e *WaitLimitError) Error() string {
	if e.MaxFolders > 0 {
		return fmt.Sprintf("%s: at most %d", e.Status, e.MaxFolders)
	}
	return fmt.Sprintf("%s: the nearest is %s", e.Status, e.Wait)
}

func (e *WaitLimitError) Unwrap() error { return e.Status }

// waitLimit adds the limit to a status that has one: a number of folders, or a time in units. Any other err stays as it is.
func waitLimit(err error, folders bool, limit int, unit time.Duration) error {
	var st *StatusError
	if limit <= 0 || !errors.As(err, &st) {
		return err
	}
	if folders {
		return &WaitLimitError{Status: st, MaxFolders: limit}
	}
	const longest = 24 * time.Hour // more is no wait, and might not fit
	return &WaitLimitError{Status: st, Wait: time.Duration(min(limit, int(longest/unit))) * unit}
}
