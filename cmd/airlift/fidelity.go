package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/eas/auth/replace"
	"github.com/airlift-eas/airlift/eas/fidelity"
	"github.com/airlift-eas/airlift/migrate"
)

// bestVersion is the value of --eas-version that has the version found out.
const bestVersion = "best"

func fidelityReportFlag(of string) cli.Flag {
	return stringFlag("fidelity-report", "", "write a table (CSV) to `FILE`: "+of)
}

// fidelityTable is a CSV file that a run or a probe adds to, and that takes the place of an older one at the end.
type fidelityTable struct {
	file *replace.File
	csv  *csv.Writer
	err  error // the first
}

// newFidelityTable begins the file with its titles; nil if none is wanted.
func newFidelityTable(path string, titles ...string) (*fidelityTable, error) {
	if err := writable("fidelity-report", path); err != nil || path == "" {
		return nil, err
	}
	f, err := replace.Begin(path, 0o600)
	if err != nil {
		return nil, fmt.Errorf("fidelity report: %w", err)
	}
	t := &fidelityTable{file: f, csv: csv.NewWriter(f)}
	t.row(titles...)
	return t, nil
}

// row adds a line. What strangers wrote stays one line, and no formula: spreadsheets take what begins so for one.
func (t *fidelityTable) row(cells ...string) {
	if t == nil || t.err != nil {
		return
	}
	for i, c := range cells {
		if c = printable(oneLine(c)); c != "" && strings.ContainsRune("=+-@", rune(c[0])) {
			c = "'" + c
		}
		cells[i] = c
	}
	t.err = t.csv.Write(cells)
}

// finish puts the file into its place.
func (t *fidelityTable) finish() error {
	if t == nil {
		return nil
	}
	t.csv.Flush()
	err := errors.Join(t.err, t.csv.Error())
	if err == nil {
		err = t.file.Commit()
	}
	if err != nil {
		return fmt.Errorf("fidelity report: %w", errors.Join(err, t.file.Abort()))
	}
	return nil
}

// Close leaves an older file in its place, unless the new one is there.
func (t *fidelityTable) Close() {
	if t != nil {
		_ = t.file.Abort() // what is left of it is told by no name
	}
}

// newFindingsTable is the report of a run: a line for each thing that is to be said of a message.
func newFindingsTable(path string) (*fidelityTable, error) {
	return newFidelityTable(path, "mailbox", "folder", "id", "server_id", "received", "subject", "finding", "detail")
}

// event adds what is to be said of a message.
func (t *fidelityTable) event(e migrate.Event) {
	if t == nil || e.Event != migrate.EventFidelity {
		return
	}
	for _, f := range e.Findings {
		t.row(e.Mailbox, e.Folder, e.ID, e.ServerID, dateText(e.Received), e.Subject, f.What, f.Detail)
	}
}

func dateText(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// fidelityText says what was verified of what a run stored; "" if nothing was.
func fidelityText(f migrate.Fidelity) string {
	var said []string
	group := func(about string, counted ...counted) {
		var parts []string
		for _, c := range counted {
			if c.n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
			}
		}
		if len(parts) > 0 {
			said = append(said, about+strings.Join(parts, ", "))
		}
	}
	group("DKIM body hashes ", counted{f.DKIMPass, "right"}, counted{f.DKIMFail, "wrong"})
	group("signatures ", counted{f.SignedOK, "right"}, counted{f.SignedBroken, "broken"}, counted{f.SignedUnsaid, "that could not be checked"})
	group("", counted{f.Sealed, "encrypted"}, counted{f.Joined, "put together with the ciphertext"}, counted{f.Beside, "with the ciphertext beside"})
	group("structure ", counted{f.StructureWrong, "broken"})
	group("meeting requests ", counted{f.NoCalendar, "without their calendar part"})
	group("", counted{f.NoMIME, "built from properties"}, counted{f.OtherClass, "of another class"})
	if len(said) == 0 {
		return ""
	}
	return fmt.Sprintf("of %s looked at: %s", count(f.Messages, "message", "messages"), strings.Join(said, "; "))
}

// counted is a number of messages, and what they are.
type counted struct {
	n    int
	what string
}

// compareAll compares the versions of several mailboxes, so many at once.
func compareAll(ctx context.Context, mailboxes []migrate.Mailbox, sel migrate.Selection, messages, workers int) ([]*migrate.FidelityProbe, error) {
	probes := make([]*migrate.FidelityProbe, len(mailboxes))
	errs := make([]error, len(mailboxes))
	var g errgroup.Group
	g.SetLimit(workers)
	for i, m := range mailboxes {
		g.Go(func() error {
			if errs[i] = ctx.Err(); errs[i] == nil {
				probes[i], errs[i] = migrate.CompareVersions(ctx, m, sel, messages)
			}
			return nil
		})
	}
	_ = g.Wait() // the functions report through errs
	return slices.DeleteFunc(probes, func(p *migrate.FidelityProbe) bool { return p == nil }), errors.Join(errs...)
}

// newVersionsTable is the report of a probe: a line for each message in each version.
func newVersionsTable(path string) (*fidelityTable, error) {
	return newFidelityTable(path, "mailbox", "folder", "message_id", "date", "subject", "version", "size", "sha256", "whole",
		"dkim_pass", "dkim_fail", "signed", "structure", "sealed", "ciphertext_apart", "received_fields")
}

func (t *fidelityTable) versions(p *migrate.FidelityProbe) {
	for _, m := range p.Messages {
		for _, v := range p.Versions {
			s, ok := m.Served[v.Version]
			if !ok {
				continue
			}
			t.row(p.Mailbox, m.Folder, m.MessageID, dateText(&m.Date), m.Subject, string(v.Version), strconv.FormatInt(s.Size, 10), s.SHA256,
				strconv.FormatBool(s.Whole), strconv.Itoa(s.Report.Count(fidelity.Pass)), strconv.Itoa(s.Report.Count(fidelity.Fail)), string(s.Report.Signed), string(s.Report.Structure),
				string(s.Report.Sealed), strconv.FormatBool(s.Apart), strconv.Itoa(s.Report.Received))
		}
	}
}
