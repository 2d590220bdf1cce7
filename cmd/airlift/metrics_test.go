package main

import (
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
)

// series reads the text format as Prometheus' own library does: values by name and labels.
func series(t *testing.T, text string) map[string]float64 {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	all := map[string]float64{}
	for name, f := range families {
		for _, m := range f.GetMetric() {
			key := name
			for _, l := range m.GetLabel() {
				key += "{" + l.GetName() + "=" + l.GetValue() + "}"
			}
			all[key] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return all
}

func (p *publication) now(t *testing.T) map[string]float64 {
	t.Helper()
	var text strings.Builder
	if err := p.encode(&text); err != nil {
		t.Fatal(err)
	}
	return series(t, text.String())
}

// TestMetricsFollow holds the figures that the events made, before the end, against those of the engine's summary: they
// are the same, so a counter never jumps. It does so for a first run, and for one that finds changes and a rule.
func TestMetricsFollow(t *testing.T) {
	store := easserver.NewStore()
	user := store.AddUser("alice@example.com")
	if err := user.Sample(); err != nil {
		t.Fatal(err)
	}
	eas := easserver.New(easserver.Config{Password: "secret"}, store)
	t.Cleanup(eas.Close)
	server := httptest.NewServer(eas)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	c := newConsole(os.Stdin, os.Stdout, os.Stderr)
	c.quiet = true

	run := func(o migrate.Options) (during, after map[string]float64, sum migrate.Summary) {
		mailbox, err := connection{}.mailbox(account{mailbox: "alice@example.com", user: "alice@example.com", server: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		new(connection).signIn(&mailbox, credential{user: "alice@example.com", password: "secret"})
		p := publish(t.Context(), c, metricsPlace{})
		p.traced(&mailbox)
		o.Mailboxes = []migrate.Mailbox{mailbox}
		sum, _, err = archiveRun(t.Context(), c, dirPlace(filepath.Join(dir, "archive")), filepath.Join(dir, "state"), o, migrate.Run, p.event)
		if err != nil {
			t.Fatal(err)
		}
		during = p.now(t)
		if err := p.finish(sum, runExit(sum, nil)); err != nil {
			t.Fatal(err)
		}
		if problems, err := testutil.GatherAndLint(p.registry); err != nil || len(problems) > 0 {
			t.Errorf("names: %v, %v", problems, err)
		}
		return during, p.now(t), sum
	}
	same := func(what string, during, after map[string]float64) {
		t.Helper()
		for _, m := range []map[string]float64{during, after} {
			delete(m, "airlift_run_duration_seconds")
		}
		var late []string
		for name := range after {
			if _, ok := during[name]; !ok {
				late = append(late, name)
				delete(after, name)
			}
		}
		if diff := cmp.Diff(after, during); diff != "" {
			t.Errorf("%s: the events say otherwise than the summary (-summary +events):\n%s", what, diff)
		}
		slices.Sort(late)
		want := []string{"airlift_last_success_timestamp_seconds", "airlift_run_exit_code", "airlift_throttled_seconds_total"}
		if diff := cmp.Diff(want, late); diff != "" {
			t.Errorf("%s: what only the end knows (-want +got):\n%s", what, diff)
		}
	}

	during, after, sum := run(migrate.Options{})
	for name, want := range map[string]float64{
		"airlift_items_stored_total": 300, "airlift_items_live": 300, "airlift_folders_unbalanced": 0, "airlift_folders_unfinished": 0,
		"airlift_folders_done": float64(sum.Folders), "airlift_fetched_bytes_total": float64(sum.BytesFetched),
		"airlift_stored_bytes_total": float64(sum.BytesStored), "airlift_requests_total": float64(sum.Requests), "airlift_run_exit_code": 0,
		"airlift_mailbox_items_live{mailbox=alice@example.com}": 300, "airlift_mailbox_balanced{mailbox=alice@example.com}": 1,
	} {
		if got, ok := after[name]; !ok || got != want {
			t.Errorf("%s is %v (%t), want %v", name, got, ok, want)
		}
	}
	for name := range maps.Keys(after) {
		if strings.Contains(name, "Inbox") || strings.Contains(name, "folder=") {
			t.Errorf("%s tells of a folder", name)
		}
	}
	same("the first run", during, after)

	inbox := user.Folder("Inbox")
	first := slices.Collect(maps.Keys(maps.Collect(inbox.Items())))
	if err := inbox.Delete(first[0]); err != nil {
		t.Fatal(err)
	}
	inbox.AddMessage([]byte("From: bob@example.org\r\nSubject: Old\r\nDate: Mon, 06 Jan 2014 08:00:00 +0000\r\n\r\nHello.\r\n"))
	during, after, _ = run(migrate.Options{Select: migrate.Selection{Since: time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)}})
	if after["airlift_items_deleted_total"] != 1 || after["airlift_items_stored_total"] != 0 || after["airlift_items_excluded"] != 1 {
		t.Errorf("after a deletion and a message that a rule leaves out: %v", after)
	}
	same("the second run", during, after)
}

// TestMetricsFile looks at the file while a run goes on, at its end, and when the run did not end well.
func TestMetricsFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "airlift.prom")
	c := newConsole(os.Stdin, os.Stdout, os.Stderr)
	synctest.Test(t, func(t *testing.T) {
		read := func() map[string]float64 {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			return series(t, string(b))
		}
		p := publish(t.Context(), c, metricsPlace{file: file})
		p.event(migrate.Event{Event: migrate.EventPage, Stored: 7, BytesStored: 1000})
		time.Sleep(metricsEvery - time.Millisecond)
		synctest.Wait()
		if _, err := os.Stat(file); err == nil {
			t.Errorf("written before %s", metricsEvery)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		got := read()
		if _, ended := got["airlift_run_exit_code"]; ended || got["airlift_items_stored_total"] != 7 || got["airlift_run_duration_seconds"] != 15 {
			t.Errorf("while the run goes on: %v", got)
		}
		balanced := false
		p.event(migrate.Event{Event: migrate.EventFolderEnd, Mailbox: "\xffalice", Folder: "Inbox", Live: 7, Balanced: &balanced})
		p.event(migrate.Event{Event: migrate.EventMailboxEnd, Mailbox: "\xffalice", Result: string(migrate.ResultUnbalanced)})
		p.event(migrate.Event{Event: migrate.EventMailboxEnd, Mailbox: "bob", Result: string(migrate.ResultOK), Time: time.Now()})
		if err := p.finish(migrate.Summary{Result: migrate.ResultUnbalanced, ItemsStored: 8, ThrottledSeconds: 2.5, Seconds: 16}, exitUnbalanced); err != nil {
			t.Fatal(err)
		}
		got = read()
		for name, want := range map[string]float64{
			"airlift_run_exit_code": 4, "airlift_items_stored_total": 8, "airlift_throttled_seconds_total": 2.5, "airlift_run_duration_seconds": 16,
			"airlift_folders_done": 1, "airlift_folders_unbalanced": 1, "airlift_mailbox_balanced{mailbox=\ufffdalice}": 0,
			"airlift_mailbox_last_success_timestamp_seconds{mailbox=bob}": float64(time.Now().Unix()),
		} {
			if v, ok := got[name]; !ok || v != want {
				t.Errorf("at the end %s is %v (%t), want %v", name, v, ok, want)
			}
		}
		for _, name := range []string{
			"airlift_last_success_timestamp_seconds", "airlift_mailbox_last_success_timestamp_seconds{mailbox=\ufffdalice}", "airlift_mailbox_items_live{mailbox=bob}",
		} {
			if v, ok := got[name]; ok {
				t.Errorf("%s is %v and should be absent", name, v)
			}
		}
	})
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the file there is something: %v, %v", entries, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o444 != 0o444 {
		t.Errorf("the node exporter cannot read it: %v, %v", info, err)
	}
}

// TestMetricsOfWatch: a folder that is read again takes the place of what it was, and a mailbox is fine as of its last round.
func TestMetricsOfWatch(t *testing.T) {
	m := newMetrics()
	yes, no := true, false
	folder := func(id string, live int, balanced *bool) {
		m.event(migrate.Event{Event: migrate.EventFolderEnd, Mailbox: "alice", FolderID: id, Live: live, Balanced: balanced})
	}
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	round := func(result migrate.Result, s int64) {
		m.event(migrate.Event{Event: migrate.EventWatching, Mailbox: "alice", Result: string(result), Time: at(s)})
	}
	folder("1", 5, &yes)
	folder("2", 7, &yes)
	round(migrate.ResultOK, 10)
	mb := m.mailboxes["alice"]
	if mb.live != 12 || mb.folders != 2 || !mb.balanced || !mb.success.Equal(at(10)) {
		t.Errorf("after the first round: %+v", mb)
	}
	folder("1", 6, &no)
	round(migrate.ResultUnbalanced, 20)
	if mb.live != 13 || mb.folders != 2 || mb.balanced || !mb.success.Equal(at(10)) || m.unbalanced != 1 || m.done != 2 {
		t.Errorf("one folder is not balanced: %+v, %d of %d", mb, m.unbalanced, m.done)
	}
	folder("2", 8, &yes)
	round(migrate.ResultOK, 30)
	if mb.balanced || !mb.success.Equal(at(10)) {
		t.Errorf("another folder was read: %+v", mb)
	}
	folder("1", 6, &yes)
	round(migrate.ResultOK, 40)
	if !mb.balanced || !mb.success.Equal(at(40)) || m.unbalanced != 0 || m.sum.ItemsLive != 14 {
		t.Errorf("all is well again: %+v, %+v", mb, m.sum)
	}
}
