package deliver

import (
	"context"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/sinks"
)

// The sides of a delivery, as they are named in errors.
const (
	sideSource   = "source"
	sideTarget   = "target"
	sideReceipts = "receipts"
)

// sideError says whose fault an error is.
type sideError struct {
	folder string // path in the source; "" = of the mailbox
	side   string
	err    error
}

func (e *sideError) Error() string {
	if e.folder == "" {
		return e.side + ": " + e.err.Error()
	}
	return e.folder + ": " + e.side + ": " + e.err.Error()
}

func (e *sideError) Unwrap() error { return e.err }

// at gives an error its folder and side, unless it has them already.
func at(folder, side string, err error) error {
	var known *sideError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	}
	return &sideError{folder, side, err}
}

func (d *delivery) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", d.Mailbox, err)
}

// definite tells of an error that it says what became of a change: nothing.
func definite(err error) bool {
	for _, known := range []error{sinks.ErrRefused, sinks.ErrTooLarge, sinks.ErrFull, sinks.ErrDenied, errors.ErrUnsupported} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// fatal tells of an error that it is not of one folder alone: nothing more of the mailbox is tried.
func fatal(ctx context.Context, err error) bool {
	var side *sideError
	return err != nil && ctx.Err() != nil || errors.Is(err, sinks.ErrFull) || errors.Is(err, sinks.ErrDenied) ||
		errors.As(err, &side) && side.side == sideReceipts
}

// passing tells of an error that a folder may be begun once more after it.
func passing(err error) bool {
	var side *sideError
	if errors.As(err, &side) && side.side != sideTarget {
		return false
	}
	return errors.Is(err, sinks.ErrUncertain) || errors.Is(err, sinks.ErrUnavailable)
}
