package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/migrate/deliver"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/export"
	"github.com/airlift-eas/airlift/sinks/importer"
	"github.com/airlift-eas/airlift/sinks/s3"
)

// The exit codes. They are a contract with scripts.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitPartial     = 3 // done, some items quarantined
	exitUnbalanced  = 4
	exitTemporary   = 5
	exitLimit       = 8  // a limit was reached; the same command goes on
	exitNothing     = 10 // no archive or state there
	exitLocked      = 11 // another run or another writer has it
	exitSource      = 12 // the source refused the credentials
	exitDestination = 13 // the destination refused the credentials
	exitFull        = 14
	exitDamaged     = 15
	exitNoLock      = 16 // the destination cannot keep objects from being deleted, and it was asked to
	exitThrottled   = 17
	exitBlocked     = 18
	exitInterrupted = 130
)

// exitText says in words what an exit code says to scripts.
func exitText(code int) string {
	switch code {
	case exitOK:
		return "Done and balanced."
	case exitUsage:
		return "The command line is not right."
	case exitPartial:
		return "Done; some items are quarantined."
	case exitUnbalanced:
		return "Done, but not balanced."
	case exitTemporary:
		return "A temporary failure: try again later."
	case exitLimit:
		return "A limit was reached; the same command goes on where this run ended."
	case exitNothing:
		return "There is no archive, or no state."
	case exitLocked:
		return "Locked: another run or another writer has it."
	case exitSource:
		return "The source refused the credentials."
	case exitDestination:
		return "The destination refused the credentials."
	case exitFull:
		return "The destination is full, or refused an item for its size."
	case exitDamaged:
		return "An integrity failure."
	case exitNoLock:
		return "The destination cannot keep objects from being deleted."
	case exitThrottled:
		return "Throttled past the deadline."
	case exitBlocked:
		return "The account is blocked, quarantined or wiped by its administrator."
	case exitInterrupted:
		return "Interrupted; the checkpoint is saved, the same command goes on."
	}
	return "Failed."
}

// exitList lists all exit codes for the help and the manual page.
func exitList() string {
	var b strings.Builder
	b.WriteString("Exit codes:")
	for code := range exitInterrupted + 1 {
		if text := exitText(code); code == exitFailed || text != exitText(exitFailed) {
			fmt.Fprintf(&b, " %d %s", code, text)
		}
	}
	return b.String()
}

// ended is what a verb returns that has said everything itself: only the exit code is left.
type ended int

func (e ended) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// errNothing says that there is no archive, or no state, where one was named.
var errNothing = errors.New("there is none")

// runExit is the exit code of a run of the engine.
func runExit(sum migrate.Summary, err error) int {
	switch {
	case errors.Is(err, migrate.ErrLimit):
		return exitLimit
	case sum.Result == migrate.ResultInterrupted:
		return exitInterrupted
	case err != nil:
		return exitCode(err)
	case sum.Result == migrate.ResultPartial:
		return exitPartial
	case sum.Result == migrate.ResultUnbalanced:
		return exitUnbalanced
	case sum.Result == migrate.ResultOK:
		return exitOK
	}
	return exitFailed
}

// exitCode gives an error its exit code. Of the errors of several mailboxes the one that asks most of the operator
// counts; "try again later" is said only when trying again may be enough.
func exitCode(err error) int {
	codes := map[int]bool{}
	for _, e := range runErrors(err) {
		codes[codeOf(e)] = true
	}
	for _, code := range []int{
		exitInterrupted, exitUsage, exitDamaged, exitNoLock, exitFull, exitLocked, exitBlocked, exitSource, exitDestination, exitNothing,
		exitFailed, exitTemporary,
	} {
		if codes[code] {
			return code
		}
	}
	return exitThrottled // nothing but that
}

// runErrors takes apart what the engine joined: an error for each mailbox or folder.
func runErrors(err error) []error {
	var joined interface {
		error
		Unwrap() []error
	}
	var run *migrate.Error
	if !errors.As(err, &joined) || !errors.As(error(joined), &run) {
		return []error{err} // one error, which may wrap several: a path, a sentinel, the system's
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, runErrors(e)...)
	}
	return all
}

// untrusted tells of a server whose certificate does not prove that it is the one that was named.
func untrusted(err error) bool {
	var cert *tls.CertificateVerificationError
	return errors.As(err, &cert)
}

// codeOf is total: what it does not know has failed.
func codeOf(err error) int {
	var use *usageError
	switch {
	case errors.As(err, &use):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, sinks.ErrCorrupt):
		return exitDamaged
	case errors.Is(err, sinks.ErrDenied):
		return exitDestination
	case errors.Is(err, deliver.ErrMapping):
		return exitUsage
	case errors.Is(err, archive.ErrRecipient), errors.Is(err, export.ErrForeign), errors.Is(err, importer.ErrExport):
		return exitUsage
	case errors.Is(err, sinks.ErrFull), errors.Is(err, checkpoints.ErrFull):
		return exitFull
	case errors.Is(err, checkpoints.ErrLocked), errors.Is(err, checkpoints.ErrBusy),
		errors.Is(err, sinks.ErrFenced), errors.Is(err, checkpoints.ErrConflict), errors.Is(err, export.ErrLocked):
		return exitLocked
	case errors.Is(err, eas.ErrRemoteWipe), errors.Is(err, eas.ErrBlocked):
		return exitBlocked
	case errors.Is(err, eas.ErrUnauthorized):
		return exitSource
	case errors.Is(err, s3.ErrNoLock), errors.Is(err, errNoHold):
		return exitNoLock
	case errors.Is(err, s3.ErrCredentials):
		return exitDestination
	case errors.Is(err, errNothing):
		return exitNothing
	case errors.Is(err, eas.ErrThrottled):
		return exitThrottled
	case untrusted(err): // though a destination that nobody may talk to is unavailable
		return exitFailed
	case migrate.Temporary(err), errors.Is(err, sinks.ErrUncertain):
		return exitTemporary
	}
	return exitFailed
}
