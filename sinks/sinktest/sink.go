package sinktest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/sinks"
)

// Sink runs the suite. open returns an empty sink each time, and a function that opens it again, as another process
// would: what is durable must be seen there.
func Sink(t *testing.T, open func(t *testing.T) (s sinks.Sink, again func() sinks.Sink)) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s sinks.Sink, again func() sinks.Sink)
	}{
		{"Nothing", testNothing},
		{"PageRoundTrip", testPageRoundTrip},
		{"PutFillsIn", testPutFillsIn},
		{"EmptyPage", testEmptyPage},
		{"PageInvisibleBeforeCommit", testPageInvisible},
		{"PageAbort", testPageAbort},
		{"CommitEndsThePage", testCommitEndsPage},
		{"Fenced", testFenced},
		{"OneWriterWins", testOneWriterWins},
		{"CancelledCommit", testCancelledCommit},
		{"ContentOfWrongSize", testWrongSize},
		{"ContentFails", testContentFails},
		{"PagesAfter", testPagesAfter},
		{"Gap", testGap},
		{"LostPages", testLostPages},
		{"Place", testPlace},
		{"FoldersAndMailboxes", testFolders},
		{"FoldersInParallel", testParallel},
		{"Record", testRecord},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, again := open(t)
			c.run(t, s, again)
		})
	}
}

// The folders of the suite. Two have one display path, as servers have it.
var (
	Inbox = sinks.Folder{ID: "0a1b2c3d", Dir: "inbox-0a1b2c3d", Path: "Inbox", Class: "Email", ServerID: "mail/1", Type: 2}
	Twin  = sinks.Folder{ID: "ffffffff", Dir: "inbox-ffffffff", Path: "Inbox", Class: "Tasks", ServerID: "task/1", Type: 7}
)

// Mailbox is the address that the suite uses.
const Mailbox = "alice@example.com"

// NewPage returns page seq of a folder, begun seq minutes after an hour.
func NewPage(f sinks.Folder, seq int, prev string) sinks.Page {
	return sinks.Page{
		Seq: seq, Mailbox: Mailbox, Folder: f, Server: "https://eas.example.com/", EASVersion: "14.1", DeviceID: "airlift01",
		KeyBefore: fmt.Sprint("key", seq-1), Prev: prev, RunID: "run1",
		Time: time.Date(2026, 1, 2, 3, seq, 5, 678_000_000, time.UTC),
	}
}

// Text returns a content.
func Text(ext, s string) sinks.Content {
	return sinks.Content{Ext: ext, Size: int64(len(s)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(s)), nil
	}}
}

// Commit writes a page with the events and, for each, its contents.
func Commit(t *testing.T, s sinks.Sink, p sinks.Page, items ...Put) sinks.Committed {
	t.Helper()
	c, err := commit(t.Context(), s, p, items...)
	if err != nil {
		t.Fatalf("page %d of %s: %v", p.Seq, p.Folder.Dir, err)
	}
	return c
}

// Put is what a page is given at once.
type Put struct {
	Event    sinks.Event
	Contents []sinks.Content
}

func commit(ctx context.Context, s sinks.Sink, p sinks.Page, items ...Put) (c sinks.Committed, err error) {
	w, err := s.Begin(ctx, p)
	if err != nil {
		return c, err
	}
	c = sinks.Committed{Page: p, KeyAfter: fmt.Sprint("key", p.Seq)}
	for _, item := range items {
		e, err := w.Put(ctx, item.Event, item.Contents...)
		if err != nil {
			return c, errors.Join(err, w.Abort())
		}
		c.Events = append(c.Events, e)
	}
	c.Segment, err = w.Commit(ctx, c.KeyAfter)
	return c, err
}

// Mail is an add of one message.
func Mail(n int) Put {
	text := fmt.Sprintf("Subject: message %d\r\n\r\nbody\r\n", n)
	date := time.Date(2024, 3, 1, 0, 0, n, 0, time.UTC)
	return Put{
		Event:    sinks.Event{Op: sinks.OpAdd, ServerID: fmt.Sprint("mail/1/", n), Subject: fmt.Sprint("message ", n), Received: &date, Via: sinks.ViaSync},
		Contents: []sinks.Content{Text(".eml", text)},
	}
}

// ReadPages returns the pages of a folder and the error with which they end.
func ReadPages(t *testing.T, s sinks.Sink, dir string, after int) ([]sinks.Committed, error) {
	t.Helper()
	pages := []sinks.Committed{}
	for c, err := range s.Pages(t.Context(), Mailbox, dir, after) {
		if err != nil {
			return pages, err
		}
		pages = append(pages, c)
	}
	return pages, nil
}

func wantPages(t *testing.T, s sinks.Sink, dir string, after int, want ...sinks.Committed) {
	t.Helper()
	got, err := ReadPages(t, s, dir, after)
	if err != nil {
		t.Errorf("pages of %s after %d: %v", dir, after, err)
	}
	if diff := cmp.Diff(append([]sinks.Committed{}, want...), got); diff != "" {
		t.Errorf("pages of %s after %d (-want +got):\n%s", dir, after, diff)
	}
}

func testNothing(t *testing.T, s sinks.Sink, _ func() sinks.Sink) {
	wantPages(t, s, Inbox.Dir, 0)
	if folders, err := s.Folders(t.Context(), Mailbox); len(folders) != 0 || err != nil {
		t.Errorf("Folders = %v, %v", folders, err)
	}
}

func ptr[T any](v T) *T { return &v }

// testPageRoundTrip stores every field and every operation.
func testPageRoundTrip(t *testing.T, s sinks.Sink, again func() sinks.Sink) {
	date := time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC)
	full := sinks.Event{
		Op: sinks.OpAdd, ServerID: "s<1>&\"\u2028", Received: &date, From: "Ada <ada@example.com>", To: []string{"b@example.com", "c"},
		Subject: "Grüße / 挨拶: \U0001F4E7 <>", MessageID: "<1@example.com>", Read: ptr(true), Flag: "active", Categories: []string{"red", "blue"},
		Attachments: 2, Via: sinks.ViaFetch, Whole: true, Properties: "<Properties>&amp;</Properties>", MovedFrom: "x-1-1", Fingerprint: "f00", State: "5a7e",
		FollowUp:   &sinks.FollowUp{Type: "Reply", Subject: "by then", Start: &date, Due: &date, Reminder: &date, Completed: &date},
		Importance: "high", Verb: "reply-all", Kind: "SMS",
		Verified: &sinks.Verified{
			DKIM: &sinks.DKIM{Pass: 1, Fail: 2, Unknown: 3, Failed: []string{"example.com"}}, Signed: "no key", Structure: "ok", Sealed: "pgp",
			Ciphertext: "joined", Calendar: "missing",
		},
	}
	items := []Put{
		{full, []sinks.Content{Text(".eml", "bytes\r\n"), Text(".eas.xml", "<x/>")}},
		{sinks.Event{Op: sinks.OpAdd, ServerID: "empty"}, []sinks.Content{Text(".vcf", "")}},
		{sinks.Event{Op: sinks.OpChange, ID: "0a1b2c3d-1-1", ServerID: "s", Read: ptr(false), Categories: []string{}}, nil},
		{sinks.Event{Op: sinks.OpChange, ID: "0a1b2c3d-1-1", ServerID: "s", Subject: "new version"}, []sinks.Content{Text(".eml", "other bytes")}},
		{sinks.Event{Op: sinks.OpDelete, ID: "0a1b2c3d-1-2", ServerID: "empty", MovedTo: "y-1-1"}, nil},
		{sinks.Event{Op: sinks.OpSoftDelete, ID: "0a1b2c3d-1-1", ServerID: "s"}, nil},
		{sinks.Event{Op: sinks.OpResync, Reason: "status 3"}, nil},
		{sinks.Event{Op: sinks.OpQuarantine, ServerID: "q", Reason: "unreadable"}, []sinks.Content{Text(".raw.xml", "<what/>")}},
		{sinks.Event{Op: sinks.OpExclude, ServerID: "x", Reason: "--since"}, nil},
	}
	want := Commit(t, s, NewPage(Inbox, 1, ""), items...)
	wantPages(t, s, Inbox.Dir, 0, want)
	wantPages(t, again(), Inbox.Dir, 0, want)
}

func testPutFillsIn(t *testing.T, s sinks.Sink, _ func() sinks.Sink) {
	body := strings.Repeat("0123456789", 200_000)
	c := Commit(t, s, NewPage(Inbox, 1, ""),
		Put{sinks.Event{Op: sinks.OpAdd, ServerID: "1"}, []sinks.Content{Text(".eml", body), Text(".eas.xml", "<a/>")}},
		Put{sinks.Event{Op: sinks.OpChange, ID: "kept", ServerID: "1"}, nil},
		Put{sinks.Event{Op: sinks.OpQuarantine, ServerID: "2"}, []sinks.Content{Text(".bin", "raw")}},
		Put{sinks.Event{Op: sinks.OpAdd, ServerID: "3", Name: "caller's", Raw: "caller's", SHA256: "caller's", Subject: "bad \xff"}, nil},
	)
	sum := func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }
	e := c.Events[0]
	if e.ID == "" || e.Name == "" || e.Size != int64(len(body)) || e.SHA256 != sum(body) || e.Raw != "" {
		t.Errorf("the item's event is %+v", e)
	}
	if len(e.Also) != 1 || e.Also[0].Name == "" || e.Also[0].Name == e.Name || e.Also[0].Size != 4 || e.Also[0].SHA256 != sum("<a/>") {
		t.Errorf("its second content is %+v", e.Also)
	}
	if e := c.Events[1]; e.ID != "kept" || e.Name != "" {
		t.Errorf("the event without contents is %+v", e)
	}
	if e := c.Events[2]; e.ID == "" || e.ID == c.Events[0].ID || e.Raw == "" || e.SHA256 != sum("raw") {
		t.Errorf("the quarantined event is %+v", e)
	}
	if e := c.Events[3]; e.Name != "" || e.Raw != "" || e.SHA256 != "" || e.Subject != "bad \uFFFD" {
		t.Errorf("what the sink decides, and text, are %+v", e)
	}
}

func testEmptyPage(t *testing.T, s sinks.Sink, _ func() sinks.Sink) {
	want := Commit(t, s, NewPage(Inbox, 1, ""))
	wantPages(t, s, Inbox.Dir, 0, want)
}

func testPageInvisible(t *testing.T, s sinks.Sink, again func() sinks.Sink) {
	w, err := s.Begin(t.Context(), NewPage(Inbox, 1, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if _, err := w.Put(t.Context(), Mail(1).Event, Mail(1).Contents...); err != nil {
		t.Fatal(err)
	}
	wantPages(t, s, Inbox.Dir, 0)
	wantPages(t, again(), Inbox.Dir, 0)
	if folders, err := s.Folders(t.Context(), Mailbox); len(folders) != 0 || err != nil {
		t.Errorf("Folders before the commit = %v, %v", folders, err)
	}
}

func testPageAbort(t *testing.T, s sinks.Sink, _ func() sinks.Sink) {
	w, err := s.Begin(t.Context(), NewPage(Inbox, 1, ""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Put(t.Context(), Mail(1).Event, Mail(1).Contents...); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Abort(); err != nil {
			t.Errorf("Abort: %v", err)
		}
	}
	if _, err := w.Commit(t.Context(), "k"); err == nil {
		t.Error("Commit after Abort succeeded")
	}
	if _, err := w.Put(t.Context(), Mail(2).Event); err == nil {
		t.Error("Put after Abort succeeded")
	}
	wantPages(t, s, Inbox.Dir, 0)
	want := Commit(t, s, NewPage(Inbox, 1, ""), Mail(3))
	wantPages(t, s, Inbox.Dir, 0, want)
}

func testCommitEndsPage(t *testing.T, s sinks.Sink, _ func() sinks.Sink) {
	w, err := s.Begin(t.Context(), NewPage(Inbox, 1, ""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Errorf("Abort after Commit: %v", err)
	}
	if _, err := w.Commit(t.Context(), "k"); err == nil {
		t.Error("a second Commit succeeded")
	}
	if pages, err := ReadPages(t, s, Inbox.Dir, 0); len(pages) != 1 || err != nil {
		t.Errorf("%d pages, %v", len(pages), err)
	}
}

func testFenced(t *testing.T, s sinks.Sink, again func() sinks.Sink) {
	slow, err := s.Begin(t.Context(), NewPage(Inbox, 1, ""))
	if err != nil {
		t.Fatal(err)
	}
	want := Commit(t, again(), NewPage(Inbox, 1, ""), Mail(1))
	if _, err := slow.Put(t.Context(), Mail(2).Event, Mail(2).Contents...); err != nil {
		t.Fatal(err)
	}
	if _, err := slow.Commit(t.Context(), "key1"); !errors.Is(err, sinks.ErrFenced) {
		t.Errorf("Commit of a page that another writer committed: %v, want ErrFenced", err)
	}
	wantPages(t, s, Inbox.Dir, 0, want)
}

func testOneWriterWins(t *testing.T, s sinks.Sink, again func() sinks.Sink) {
	const writers = 16
	won := make([]*sinks.Committed, writers)
	var g errgroup.Group
	for i := range writers {
		other := again() // in one sink a folder has one page open at a time
		g.Go(func() error {
			c, err := commit(t.Context(), other, NewPage(Inbox, 1, ""), Mail(i))
			if errors.Is(err, sinks.ErrFenced) {
				return nil
			}
			won[i] = &c
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatalf("a loser's error is not ErrFenced: %v", err)
	}
	won = slices.DeleteFunc(won, func(c *sinks.Committed) bool { return c == nil })
	if len(won) != 1 {
		t.Fatalf("%d of %d writers won", len(won), writers)
	}
	wantPages(t, s, Inbox.Dir, 0, *won[0])
}

func testCancelledCommit(t *testing.T, s sinks.Sink, _ func() sinks.Sink) {
	ctx, cancel := context.WithCancel(t.Context())
	w, err := s.Begin(ctx, NewPage(Inbox, 1, ""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Put(ctx, Mail(1).Event, Mail(1).Contents...); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := w.Commit(ctx, "key1"); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit with a cancelled context: %v", err)
	}
	if _, err := s.Begin(ctx, NewPage(Inbox, 1, "")); !errors.Is(err, context.Canceled) {
		t.Errorf("Begin with a cancelled context: %v", err)
	}
	for _, err := range s.Pages(ctx, Mailbox, Inbox.Dir, 0) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Pages with a cancelled context: %v", err)
		}
	}
	wantPages(t, s, Inbox.Dir, 0)
}

func testWrongSize(t *testing.T, s sinks.Sink, _ func() sinks.Sink) {
	for _, said := range []int64{0, 4, 6, 1 << 40, -1} {
		w, err := s.Begin(t.Context(), NewPage(Inbox, 1, ""))
		if err != nil {
			t.Fatal(err)
		}
		content := Text(".eml", "five!")
		content.Size = said
		if _, err := w.Put(t.Context(), Mail(1).Event, content); err == nil {
			t.Errorf("Put of 5 bytes that were said to be %d succeeded", said)
		}
		mustOnlyAbort(t, w)
	}
	wantPages(t, s, Inbox.Dir, 0)
}

// mustOnlyAbort: after an error the page can only be aborted.
func mustOnlyAbort(t *testing.T, w sinks.PageWriter) {
	t.Helper()
	if _, err := w.Put(t.Context(), Mail(2).Event, Mail(2).Contents...); err == nil {
		t.Error("Put after a failed Put succeeded")
	}
	if _, err := w.Commit(t.Context(), "key1"); err == nil {
		t.Error("Commit after a failed Put succeeded")
	}
	if err := w.Abort(); err != nil {
		t.Errorf("Abort: %v", err)
	}
}

func testContentFails(t *testing.T, s sinks.Sink, _ func() sinks.Sink) {
	cause := errors.New("the server went away")
	reader := io.NopCloser(io.MultiReader(bytes.NewReader(make([]byte, 10)), errReader{cause}))
	for _, open := range []func() (io.ReadCloser, error){
		func() (io.ReadCloser, error) { return nil, cause },
		func() (io.ReadCloser, error) { return reader, nil },
	} {
		w, err := s.Begin(t.Context(), NewPage(Inbox, 1, ""))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Put(t.Context(), Mail(1).Event, sinks.Content{Ext: ".eml", Size: 20, Open: open}); !errors.Is(err, cause) {
			t.Errorf("Put of what cannot be read: %v, want the cause", err)
		}
		mustOnlyAbort(t, w)
	}
	wantPages(t, s, Inbox.Dir, 0)
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }
