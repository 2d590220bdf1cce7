package main

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/airlift-eas/airlift/migrate"
)

func TestTable(t *testing.T) {
	got := table([]string{"FOLDER", "ITEMS#", "STATE"}, [][]string{
		{"Inbox", "7", "done"},
		{"会議", "1234", ""}, // each of these is two columns wide
		{"E\u0301tude", "12", "pending"},
	})
	want := "FOLDER  ITEMS  STATE\n" +
		"Inbox       7  done\n" +
		"会議     1234\n" +
		"E\u0301tude      12  pending"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFit(t *testing.T) {
	for _, test := range []struct {
		s     string
		width int
		want  string
	}{
		{"Inbox", 5, "Inbox"}, {"Inbox", 4, "Inb…"}, {"会議室", 6, "会議室"}, {"会議室", 5, "会議…"}, {"会議室", 4, "会…"},
	} {
		if got := fit(test.s, test.width); got != test.want {
			t.Errorf("fit(%q, %d) = %q, want %q", test.s, test.width, got, test.want)
		}
	}
}

// Subjects come from strangers: a terminal must not obey them.
func TestPrintable(t *testing.T) {
	var out bytes.Buffer
	c := &console{out: &out, err: &out}
	c.result("%s", "a\x1b]0;title\x07b\u009bc\rd\u202e")
	if got, want := out.String(), "a\uFFFD]0;title\uFFFDb\uFFFDc\uFFFDd\uFFFD\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// Who interrupted a verb need not read what became of its context.
func TestInterruptedInWords(t *testing.T) {
	var out, err bytes.Buffer
	c := &console{out: &out, err: &err, json: true}
	if got := c.end(fmt.Errorf("alice@example.com: %w", context.Canceled), endOfExport); got != ended(exitInterrupted) {
		t.Errorf("ended with %v", got)
	}
	if got, want := err.String(), "airlift: interrupted\n"; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
	if s := out.String(); !strings.Contains(s, `"message":"interrupted"`) || !strings.Contains(s, `"result":"interrupted"`) {
		t.Errorf("printed %s", s)
	}
}

// What is said while the block is on the screen goes above it.
func TestBlock(t *testing.T) {
	var out, err bytes.Buffer
	c := &console{out: &out, err: &err, terminal: true}
	c.draw("one", "two")
	c.say("hello")
	c.draw("three")
	c.result("result")
	c.draw()
	want := "one\ntwo\n" + "\x1b[2A\x1b[J" + "hello\n" + "one\ntwo\n" + "\x1b[2A\x1b[J" + "three\n" +
		"\x1b[1A\x1b[J" + "three\n" + "\x1b[1A\x1b[J"
	if diff := cmp.Diff(want, err.String()); diff != "" {
		t.Error(diff)
	}
	if out.String() != "result\n" {
		t.Errorf("standard output is %q", out.String())
	}
}

func TestProgress(t *testing.T) {
	defer goleak.VerifyNone(t)
	var err bytes.Buffer
	c := &console{err: &err, terminal: true}
	p := newProgress(c)
	stop := p.show(t.Context())
	bar := newBar()
	estimate := 40
	for _, e := range []migrate.Event{
		{Event: migrate.EventMailboxStart, Mailbox: "a@example.com"},
		{Event: migrate.EventMailboxStart, Mailbox: "b@example.com"},
		{Event: migrate.EventFolderStart, Mailbox: "a@example.com", Folder: "Inbox", Live: 10},
		{Event: migrate.EventEstimate, Mailbox: "a@example.com", Folder: "Inbox", Estimated: &estimate},
		{Event: migrate.EventPage, Mailbox: "a@example.com", Folder: "Inbox", Stored: 14, Changed: 1, Bytes: 2_500_000},
		// In a second pass the server counts the same items again.
		{Event: migrate.EventEstimate, Mailbox: "a@example.com", Folder: "Inbox", Estimated: &estimate},
	} {
		p.event(e)
	}
	lines := p.lines(bar)
	pace := `\d+(\.\d)?/s, \d+s left`
	if len(lines) != 3 || !regexp.MustCompile(`^a@example.com  15 items, 2.5 MB, `+pace+`  Inbox$`).MatchString(lines[0]) ||
		!strings.HasPrefix(lines[1], "b@example.com  0 items") {
		t.Errorf("the mailboxes are shown as %q", lines)
	}
	// 30 of the 40 are new; the bar ends with the run, not by itself.
	if bar := lines[len(lines)-1]; !strings.Contains(bar, "48% ") || !strings.Contains(bar, "(15/31) ") || !regexp.MustCompile(pace+"$").MatchString(bar) {
		t.Errorf("the bar is shown as %q", bar)
	}
	p.event(migrate.Event{Event: migrate.EventMailboxEnd, Mailbox: "a@example.com"})
	if lines := p.lines(bar); len(lines) != 2 {
		t.Errorf("after the end of a mailbox: %q", lines)
	}
	p.line()
	stop()
	if s := err.String(); !strings.Contains(s, "15 items, 2.5 MB, ") || !strings.Contains(s, "mailboxes: 1 active, 1 done") {
		t.Errorf("the line of a log is %q", s)
	}
}

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{"": 0, "1": 1, "1023": 1023, "4k": 4096, "25M": 25 << 20, "2G": 2 << 30} {
		if got, err := parseSize("max-size", s); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"0", "-1", "k", "1.5M", "1m", "1 M", "9999999999G", "M1"} {
		if got, err := parseSize("max-size", s); err == nil {
			t.Errorf("%q is %d, want an error", s, got)
		}
	}
}

func TestParseDate(t *testing.T) {
	for s, want := range map[string]time.Time{
		"2025-03-01":                {},
		"2025-03-01T02:00:00+02:00": {},
		"2025-03-01T00:00:00.5Z":    time.Date(2025, 3, 1, 0, 0, 0, 500_000_000, time.UTC),
	} {
		if want.IsZero() {
			want = time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
		}
		if got, err := parseDate("since", s); err != nil || !got.Equal(want) {
			t.Errorf("%q is %s, %v; want %s", s, got, err, want)
		}
	}
	for _, s := range []string{"2025-02-30", "yesterday", "01.03.2025", "2025-03-01 10:00"} {
		if got, err := parseDate("since", s); err == nil {
			t.Errorf("%q is %s, want an error", s, got)
		}
	}
}

func TestTexts(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 10_400: "10 kB", 999_600: "1.0 MB", 3_000_000_000_000: "3.0 TB"} {
		if got := bytesText(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
	for s, want := range map[float64]string{0.04: "0.0 s", 12.34: "12.3 s", 61: "1m1s", 7322.6: "2h2m3s"} {
		if got := secondsText(s); got != want {
			t.Errorf("%g seconds are %q, want %q", s, got, want)
		}
	}
}
