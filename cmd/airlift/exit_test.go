package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
)

func TestRunExit(t *testing.T) {
	of := func(side migrate.Side, err error) error {
		return &migrate.Error{Mailbox: "a@example.com", Folder: "Inbox", Side: side, Err: fmt.Errorf("Sync: %w", err)}
	}
	source := func(err error) error { return of(migrate.Source, err) }
	destination := func(err error) error { return of(migrate.Destination, err) }
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	full := fmt.Errorf("/archive: %w: %w", sinks.ErrFull, syscall.ENOSPC)

	tests := []struct {
		name   string
		result migrate.Result
		err    error
		want   int
	}{
		{"done", migrate.ResultOK, nil, 0},
		{"some items quarantined", migrate.ResultPartial, nil, 3},
		{"counts differ", migrate.ResultUnbalanced, nil, 4},
		{"interrupted", migrate.ResultInterrupted, source(context.Canceled), 130},
		{"a limit", migrate.ResultInterrupted, fmt.Errorf("%w: the run took 6h", migrate.ErrLimit), 8},
		{"no words for it", migrate.ResultFailed, errors.New("?"), 1},
		{"a sync status", migrate.ResultFailed, source(&eas.StatusError{Command: "Sync", Code: 4}), 1},
		{"connection refused", migrate.ResultFailed, source(refused), 5},
		{"no answer in time", migrate.ResultFailed, source(os.ErrDeadlineExceeded), 5},
		{"a cut answer", migrate.ResultFailed, source(eas.ErrTruncatedPage), 5},
		{"server error", migrate.ResultFailed, source(&eas.HTTPError{Code: 502}), 5},
		{"the provider of tokens is away", migrate.ResultFailed, source(fmt.Errorf("token file: %w", eas.ErrNotReady)), 5},
		{"somebody has to sign in", migrate.ResultFailed, source(&auth.SignInError{Err: errors.New("revoked")}), 12},
		{"no way to sign in", migrate.ResultFailed, source(&auth.OfferError{}), 12},
		{"no such host", migrate.ResultFailed, source(&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}), 1},
		{"name service down", migrate.ResultFailed, source(&net.OpError{Op: "dial", Err: &net.DNSError{IsTemporary: true}}), 5},
		{"bad request", migrate.ResultFailed, source(&eas.HTTPError{Code: 400}), 1},
		{"mailbox full", migrate.ResultFailed, source(&eas.HTTPError{Code: 507}), 1},
		{"throttled", migrate.ResultFailed, source(&eas.HTTPError{Code: 503}), 17},
		{"not authorized", migrate.ResultFailed, source(&eas.HTTPError{Code: 401}), 12},
		{"forbidden", migrate.ResultFailed, source(&eas.HTTPError{Code: 403}), 18},
		{"wiped", migrate.ResultFailed, source(eas.ErrRemoteWipe), 18},
		{"another writer", migrate.ResultFailed, destination(sinks.ErrFenced), 11},
		{"checkpoints of another writer", migrate.ResultFailed, of(migrate.State, checkpoints.ErrConflict), 11},
		{"another run", migrate.ResultFailed, of(migrate.State, checkpoints.ErrLocked), 11},
		{"checkpoints in use", migrate.ResultFailed, of(migrate.State, checkpoints.ErrBusy), 11},
		{"disk full", migrate.ResultFailed, destination(full), 14},
		{"disk of the checkpoints full", migrate.ResultFailed, of(migrate.State, checkpoints.ErrFull), 14},
		{"damaged archive", migrate.ResultFailed, destination(sinks.ErrCorrupt), 15},

		// Several mailboxes: what asks most of the operator.
		{"password and network", migrate.ResultFailed, errors.Join(source(refused), source(eas.ErrUnauthorized)), 12},
		{"network and unknown", migrate.ResultFailed, errors.Join(source(refused), source(errors.New("?"))), 1},
		{"throttled and network", migrate.ResultFailed, errors.Join(source(eas.ErrThrottled), source(refused)), 5},
		{"throttled twice", migrate.ResultFailed, errors.Join(source(eas.ErrThrottled), source(eas.ErrThrottled)), 17},
		{"joined twice", migrate.ResultFailed, fmt.Errorf("run: %w", errors.Join(errors.Join(source(refused), destination(full)), source(refused))), 14},
		{"blocked and damaged", migrate.ResultFailed, errors.Join(source(eas.ErrBlocked), destination(sinks.ErrCorrupt)), 15},
	}
	for _, test := range tests {
		if got := runExit(migrate.Summary{Result: test.result}, test.err); got != test.want {
			t.Errorf("%s: exit code %d, want %d", test.name, got, test.want)
		}
	}
	if got := exitCode(fmt.Errorf("archive x: %w", errNothing)); got != 10 {
		t.Errorf("no archive: exit code %d, want 10", got)
	}
	// A certificate of nobody's does not become another one by waiting.
	stranger := named("a@example.com", fmt.Errorf("target: %w: TLS: %w", sinks.ErrUnavailable, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}))
	if code, hint := exitCode(stranger), hintOf(stranger); code != 1 || !strings.Contains(hint, "--ca-cert") {
		t.Errorf("a target with a certificate that nobody knows: exit code %d, hint %q", code, hint)
	}
	if got := exitCode(fmt.Errorf("x: %w", usage("no mailbox", ""))); got != 2 {
		t.Errorf("usage: exit code %d, want 2", got)
	}
}
