package migrate

import (
	"errors"
	"net"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// Hint tells what an operator can do about an error; "" where there is nothing to do but what the error says.
func Hint(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		if h := hinted.Hint(); h != "" {
			return h
		}
	}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "check the host name of --server and this machine's DNS"
	case errors.Is(err, sinks.ErrFull):
		return "make room at the destination and run the same command again: it goes on where it stopped"
	case errors.Is(err, checkpoints.ErrFull):
		return "make room in the state directory and run the same command again: it goes on where it stopped"
	case errors.Is(err, sinks.ErrFenced), errors.Is(err, checkpoints.ErrConflict):
		return "another run works on this mailbox: let it finish, then run this again"
	case errors.Is(err, sinks.ErrCorrupt):
		return "run airlift verify to see what is damaged, and restore it from a copy of the archive"
	case errors.Is(err, checkpoints.ErrUnusable):
		return "move the state directory away: the checkpoints are made again from the archive by the next run"
	case isNetwork(err):
		return "the server cannot be reached or cuts its answers; run the same command again later: it goes on where it stopped"
	}
	return ""
}
