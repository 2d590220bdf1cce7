package main

import (
	"context"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas/auth/replace"
	"github.com/airlift-eas/airlift/migrate/deliver"
	"github.com/airlift-eas/airlift/sinks"
)

// migrationHTML is a page that needs nothing but itself, as that of an archive run.
//
//go:embed migration.html.tmpl
var migrationHTML string

func migrationReportFlag() cli.Flag {
	return listFlag("report", "write what came of it to `FILE` (repeatable): an .html page for people, or a .csv with a line for each item")
}

// migrationReport is where the reports of a migration go.
type migrationReport struct {
	files    []string
	receipts checkpoints.Receipts
}

func migrationReportOf(ctx *cli.Context) (r migrationReport, err error) {
	r.files = ctx.StringSlice("report")
	for _, file := range r.files {
		if ext := strings.ToLower(filepath.Ext(file)); ext != ".html" && ext != ".csv" {
			return r, usage(fmt.Sprintf("--report: %s is neither .html nor .csv", file), "the end of its name says what it is")
		}
		if err := writable("report", file); err != nil {
			return r, err
		}
	}
	return r, nil
}

// write writes the reports, while the receipts can be read.
func (r migrationReport) write(ctx context.Context, o *outcomes, sum deliverySummary) error {
	var errs []error
	for _, file := range r.files {
		if strings.EqualFold(filepath.Ext(file), ".csv") {
			errs = append(errs, r.writeCSV(ctx, file, o))
		} else {
			errs = append(errs, r.writePage(ctx, file, o, sum))
		}
	}
	return errors.Join(errs...)
}

// migrationPage is what the template shows.
type migrationPage struct {
	Result, Meaning string
	Good            bool
	Exit            int
	Began           string
	Run, Figures    []reportFact
	Columns         []reportColumn
	Mailboxes       []migratedMailbox
	Items           []migratedItem
	More            int
}

type migratedMailbox struct {
	Source, Target, Problem string
	Rows                    [][]reportCell
	Properties              []reportFact
}

type migratedItem struct{ Mailbox, Folder, Item, State, Why, Hint string }

// maxMigrated bounds what the page lists of a mailbox.
const maxMigrated = 500

func (r migrationReport) writePage(ctx context.Context, file string, o *outcomes, sum deliverySummary) error {
	n := strconv.Itoa
	t := sum.Delivery
	p := migrationPage{
		Result: string(sum.Result), Meaning: exitText(sum.Exit), Good: sum.Exit == exitOK, Exit: sum.Exit, Began: clock(o.began),
		Run: []reportFact{{"Tool", "airlift " + versionString()}, {"Began", clock(o.began)}, {"Ended", clock(sum.Time)}},
		Figures: []reportFact{
			{"Mailboxes", n(len(o.all))},
			{"Items of the source", n(t.Counted)},
			{"Put", n(t.Put)},
			{"Put by earlier runs", n(t.Kept)},
			{"Updated", n(t.Updated)},
			{"Moved", n(t.Moved)},
			{"Removed", n(t.Removed)},
			{"There before", n(t.Found)},
			{"Removed at the target", n(t.Taken)},
			{"Changed at the target", n(t.Changed)},
			{"Conflicts", n(t.Conflicts)},
			{"Refused", n(t.Refused)},
			{"May be lost", n(t.Lost)},
			{"No target takes", n(t.Unfitting)},
			{"Altered", n(t.Altered)},
			{"Bytes put", bytesText(t.Bytes)},
			{"Rate", fmt.Sprintf("%.1f items/s", float64(t.Put)/max(sum.Seconds, 0.001))},
			{"Duration", secondsText(sum.Seconds)},
		},
	}
	for _, title := range deliveryTitles() {
		title, numeric := strings.CutSuffix(title, "#")
		p.Columns = append(p.Columns, reportColumn{title, numeric})
	}
	for _, d := range o.all {
		mb := migratedMailbox{Source: d.mailbox, Target: d.target}
		if d.err != nil {
			mb.Problem = d.err.Error()
		}
		for _, f := range d.result.Folders {
			var cells []reportCell
			for i, text := range deliveryRow(f) {
				class := ""
				switch {
				case p.Columns[i].Numeric:
					class = "n"
				case p.Columns[i].Title == "CLASS":
					class = "w"
				}
				cells = append(cells, reportCell{text, class})
			}
			mb.Rows = append(mb.Rows, cells)
		}
		reported, err := deliver.Report(ctx, r.receipts, d.key)
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		mb.Properties = propertiesOf(reported)
		listed, more := itemsOf(reported)
		p.Items, p.More = append(p.Items, listed...), p.More+more
		p.Mailboxes = append(p.Mailboxes, mb)
	}
	return writePage(file, migrationHTML, p)
}

func propertiesOf(r deliver.Reported) []reportFact {
	all := map[string]int{}
	for _, f := range r.Folders {
		for name, n := range f.Properties {
			all[name] += n
		}
	}
	var facts []reportFact
	for name, n := range all {
		facts = append(facts, reportFact{name, strconv.Itoa(n)})
	}
	slices.SortFunc(facts, func(a, b reportFact) int { return strings.Compare(a.Name, b.Name) })
	return facts
}

// itemsOf lists what of a mailbox has to be looked at.
func itemsOf(r deliver.Reported) (items []migratedItem, more int) {
	more = r.Excess
	for _, f := range r.Folders {
		for _, i := range f.Listed {
			if len(items) == maxMigrated {
				more++
				continue
			}
			items = append(items, migratedItem{r.Mailbox, f.Path, i.Item, string(i.State), why(i.Reason, i.Altered), whatToDo(i.State)})
		}
	}
	return items, more
}

// why is the reason of a receipt, and what the target altered.
func why(reason string, altered []sinks.Alteration) string {
	parts := []string{}
	if reason != "" {
		parts = append(parts, reason)
	}
	for _, a := range altered {
		text := a.Property
		switch {
		case a.Got == "" && a.Sent != "":
			text += fmt.Sprintf(": lost %q", a.Sent)
		case a.Sent == "" && a.Got != "":
			text += fmt.Sprintf(": added %q", a.Got)
		case a.Sent != "":
			text += fmt.Sprintf(": %q, was given %q", a.Got, a.Sent)
		}
		if a.Why != "" {
			text += " (" + a.Why + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// whatToDo is what an operator can do about an item.
func whatToDo(s checkpoints.Delivery) string {
	switch s {
	case checkpoints.Refused:
		return "every later run tries again; airlift export gives the item as a file"
	case checkpoints.Sending:
		return "the next run looks for it at the target"
	case checkpoints.Taken:
		return "somebody removed it at the target; it is not put again"
	}
	return ""
}

// writeCSV writes a line for each item that has a receipt, and one for each folder of a class that no target takes.
func (r migrationReport) writeCSV(ctx context.Context, file string, o *outcomes) error {
	err := replace.Write(file, 0o600, func(w io.Writer) error {
		out := csv.NewWriter(w)
		if err := out.Write([]string{"mailbox", "target", "folder", "class", "target_folder", "item", "items", "state", "bytes", "target_id", "altered", "why", "written"}); err != nil {
			return err
		}
		for _, d := range o.all {
			if err := r.csvLines(ctx, out, d); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	})
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func (r migrationReport) csvLines(ctx context.Context, out *csv.Writer, d delivered) error {
	for _, f := range d.result.Folders {
		if f.Unfitting && f.Counted > 0 {
			line := []string{d.mailbox, d.target, f.Path, f.Class, "", "", strconv.Itoa(f.Counted), "unfitting", "", "", "", "no target takes this class", ""}
			if err := out.Write(cells(line)); err != nil {
				return err
			}
		}
	}
	places, err := r.receipts.Places(ctx, d.key)
	if err != nil {
		return err
	}
	for _, p := range places {
		for row, err := range r.receipts.Receipts(ctx, checkpoints.FolderKey{Key: d.key, Folder: p.Folder}) {
			if err != nil {
				return err
			}
			var altered []sinks.Alteration
			if row.Altered != "" {
				if err := json.Unmarshal([]byte(row.Altered), &altered); err != nil {
					return err
				}
			}
			line := []string{
				d.mailbox, d.target, p.Path, p.Class, p.At, row.Item, "1", string(row.State), strconv.FormatInt(row.Size, 10), row.ID,
				why("", altered), row.Reason, row.Written.UTC().Format("2006-01-02T15:04:05Z"),
			}
			if err := out.Write(cells(line)); err != nil {
				return err
			}
		}
	}
	return nil
}

// cells keeps a spreadsheet from taking a text for a formula.
func cells(line []string) []string {
	for i, text := range line {
		if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
			line[i] = "'" + text
		}
	}
	return line
}
