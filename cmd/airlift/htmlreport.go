package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/eas/auth/replace"
	"github.com/airlift-eas/airlift/migrate"
)

// The page needs nothing but itself: it is read where there is no network, and kept for years.
//
//go:embed report.html.tmpl
var reportHTML string

// reportStyle is how all such pages look.
//
//go:embed reportstyle.html.tmpl
var reportStyle string

// writePage writes a page that a template makes.
func writePage(file, text string, page any) error {
	t, err := template.New("report").Parse(reportStyle)
	if err == nil {
		t, err = t.Parse(text)
	}
	var b bytes.Buffer
	if err == nil {
		err = t.Execute(&b, page)
	}
	if err == nil {
		err = replace.Write(file, 0o600, func(w io.Writer) error {
			// The template escapes what a browser would obey, and this what turns the direction of text.
			_, err := io.WriteString(w, printable(b.String()))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// listedQuarantined bounds what the page lists of one folder.
const listedQuarantined = 100

// outcome is what the page tells besides what was said during the run.
type outcome struct {
	to           place
	state        string
	mailboxes    []migrate.Mailbox
	began, ended time.Time
	sum          migrate.Summary
	store        *traffic // of a bucket
	code         int
}

// reportPage is what the template shows.
type reportPage struct {
	Result, Meaning string
	Good            bool
	Exit            int
	Began           string
	Run, Figures    []reportFact
	Columns         []reportColumn
	Mailboxes       []reportMailbox
	Quarantined     []quarantinedItem
	MoreQuarantined int
	Unlisted        string // why they could not be listed
	Problems        []finding
	MoreProblems    int
}

type reportFact struct{ Name, Value string }

type reportColumn struct {
	Title   string
	Numeric bool
}

type reportCell struct{ Text, Class string }

type reportMailbox struct {
	Address, About string
	Rows           [][]reportCell
}

// writeHTML writes the page of a run that has ended.
func (r *report) writeHTML(ctx context.Context, file string, o outcome) error {
	page := r.page(o)
	var err error
	if page.Quarantined, page.MoreQuarantined, err = listQuarantined(ctx, o); err != nil {
		page.Unlisted = err.Error() // the rest of the page is worth having
	}
	return writePage(file, reportHTML, page)
}

func (r *report) page(o outcome) reportPage {
	p := reportPage{
		Result: string(o.sum.Result), Meaning: exitText(o.code), Good: o.code == exitOK, Exit: o.code, Began: clock(o.began),
		Problems: r.found, MoreProblems: r.more,
		Run: []reportFact{
			{"Tool", "airlift " + versionString()},
			{"Archive", o.to.text},
			{"Checkpoints", o.state},
			{"Servers", strings.Join(r.servers(o.mailboxes), ", ")},
			{"Began", clock(o.began)},
			{"Ended", clock(o.ended)},
		},
		Figures: figuresOf(o.sum),
	}
	if o.store != nil {
		p.Run = append(p.Run, reportFact{"Traffic", o.store.String()})
	}
	for _, t := range balanceTitles() {
		title, numeric := strings.CutSuffix(t, "#")
		p.Columns = append(p.Columns, reportColumn{title, numeric})
	}
	rows := map[string][][]reportCell{}
	for _, e := range r.folders {
		rows[e.Mailbox] = append(rows[e.Mailbox], balanceCells(e, p.Columns))
	}
	for _, m := range o.mailboxes {
		p.Mailboxes = append(p.Mailboxes, reportMailbox{Address: m.Address, About: r.about(m), Rows: rows[m.Address]})
	}
	return p
}

// about is what is known of a mailbox besides its folders.
func (r *report) about(m migrate.Mailbox) string {
	text := r.server(m)
	if e, ok := r.started[m.Address]; ok {
		text += ", EAS " + e.EAS + ", device " + e.Device
	}
	if result, ok := r.ended[m.Address]; ok {
		return text + ": " + result
	}
	return text + ": it was not read"
}

func balanceCells(e migrate.Event, columns []reportColumn) []reportCell {
	var cells []reportCell
	for i, text := range balanceRow(e) {
		class := ""
		switch {
		case columns[i].Numeric:
			class = "n"
		case i == len(columns)-1 && e.Message == "" && e.Balanced != nil && *e.Balanced:
			class = "good"
		case i == len(columns)-1:
			class = "bad"
		}
		cells = append(cells, reportCell{text, class})
	}
	return cells
}

func figuresOf(s migrate.Summary) []reportFact {
	n := strconv.Itoa
	figures := []reportFact{
		{"Mailboxes", n(s.Mailboxes)},
		{"Folders", n(s.Folders)},
		{"Items live", n(s.ItemsLive)},
		{"Server's count", n(s.ItemsEstimated)},
		{"Stored", n(s.ItemsStored)},
		{"Changed", n(s.ItemsChanged)},
		{"Deleted", n(s.ItemsDeleted)},
		{"Excluded", n(s.ItemsExcluded)},
		{"Quarantined", n(s.ItemsQuarantined)},
		{"Segments", n(s.Segments)},
		{"Fetched", bytesText(s.BytesFetched)},
		{"Bytes stored", bytesText(s.BytesStored)},
		{"Requests", n(s.Requests)},
		{"Retries", n(s.Retries)},
		{"Resyncs", n(s.Resyncs)},
		{"Throttled", secondsText(s.ThrottledSeconds)},
		{"Duration", secondsText(s.Seconds)},
	}
	if text := fidelityText(s.Fidelity); text != "" {
		figures = append(figures, reportFact{"Fidelity", text})
	}
	return figures
}

// server is where a mailbox was read, or was to be read.
func (r *report) server(m migrate.Mailbox) string {
	return cmp.Or(r.started[m.Address].Server, m.Client.URL, "no server was found")
}

// servers names each server once.
func (r *report) servers(mailboxes []migrate.Mailbox) (urls []string) {
	seen := map[string]bool{}
	for _, m := range mailboxes {
		if url := r.server(m); !seen[url] {
			seen[url] = true
			urls = append(urls, url)
		}
	}
	return urls
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// listQuarantined lists what is set aside in the mailboxes of a run, of earlier ones too, and counts what it leaves out.
func listQuarantined(ctx context.Context, o outcome) (items []quarantinedItem, more int, err error) {
	store, err := sqlite.OpenReadOnly(ctx, filepath.Join(o.state, checkpointsFile))
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	read := map[string]bool{}
	for _, m := range o.mailboxes {
		read[m.Address] = true
	}
	for m, err := range store.List(ctx) {
		if err != nil {
			return items, more, err
		}
		if !read[m.Mailbox] {
			continue
		}
		folders, err := foldersOf(ctx, store, m.Key)
		if err != nil {
			return items, more, err
		}
		for _, f := range folders {
			more += f.Quarantined
			for item, err := range quarantined(ctx, store, m.Key, f, listedQuarantined) {
				if err != nil {
					return items, more, err
				}
				items = append(items, item)
				more--
			}
		}
	}
	return items, more, nil
}
