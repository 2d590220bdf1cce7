package main

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/migrate/deliver"
)

// metrics are the figures of one run as Prometheus wants them. They follow the engine's events while it lasts, and are those
// of the summary when it has ended. Labels are of bounded sets: a mailbox has three series, a folder none.
type metrics struct {
	figures                 []figure
	success, balanced, live *prometheus.Desc // of a mailbox
	delivered               *prometheus.Desc // of a verb that delivers, by what became of items
	build                   *prometheus.Desc
	began                   time.Time

	mu         sync.Mutex
	sum        migrate.Summary
	done       int       // folders read to the end
	unbalanced int       // of these
	unfinished int       // the others
	ended      time.Time // zero while it lasts
	code       int
	mailboxes  map[string]*mailboxFigures
	outcomes   map[deliver.Kind]int // nil = the verb delivers nothing
}

type mailboxFigures struct {
	success  time.Time // zero = not in this run
	balanced bool
	live     int
	folders  int
	ended    bool
	last     map[string]migrate.Event // how each folder ended, by identity, until the mailbox has
}

// figure is a series without labels. One that is not known yet is absent.
type figure struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*metrics) (v float64, known bool)
}

func newMetrics() *metrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("airlift_"+name, help, labels, nil)
	}
	m := &metrics{
		began: now(), mailboxes: map[string]*mailboxFigures{},
		success:   desc("mailbox_last_success_timestamp_seconds", "When the mailbox was done and balanced; absent if it was not in this run.", "mailbox"),
		balanced:  desc("mailbox_balanced", "1 if all folders of the mailbox hold what the server says they hold, else 0.", "mailbox"),
		live:      desc("mailbox_items_live", "Items that the ledger holds of the mailbox, excluded and quarantined ones too.", "mailbox"),
		delivered: desc("delivered_items_total", "What this run did with items at the target, and found of them.", "outcome"),
		build:     desc("build_info", "The version of airlift.", "version"),
	}
	add := func(kind prometheus.ValueType, name, help string, value func(*metrics) (float64, bool)) {
		m.figures = append(m.figures, figure{desc(name, help), kind, value})
	}
	count := func(name, help string, value func(migrate.Summary) float64) {
		add(prometheus.CounterValue, name+"_total", help, func(m *metrics) (float64, bool) { return value(m.sum), true })
	}
	count("items_stored", "Items that this run stored.", func(s migrate.Summary) float64 { return float64(s.ItemsStored) })
	count("items_changed", "Changes of stored items that this run stored.", func(s migrate.Summary) float64 { return float64(s.ItemsChanged) })
	count("items_deleted", "Deletions on the server that this run noted.", func(s migrate.Summary) float64 { return float64(s.ItemsDeleted) })
	count("fetched_bytes", "Bytes of answers, as they came over the wire.", func(s migrate.Summary) float64 { return float64(s.BytesFetched) })
	count("stored_bytes", "Bytes of segments, compressed.", func(s migrate.Summary) float64 { return float64(s.BytesStored) })
	count("requests", "Requests to the source.", func(s migrate.Summary) float64 { return float64(s.Requests) })
	count("retries", "Requests that were sent again.", func(s migrate.Summary) float64 { return float64(s.Retries) })
	count("resyncs", "Folders that were enumerated again from the beginning.", func(s migrate.Summary) float64 { return float64(s.Resyncs) })

	gauge := func(name, help string, value func(*metrics) (float64, bool)) {
		add(prometheus.GaugeValue, name, help, value)
	}
	number := func(name, help string, value func(*metrics) int) {
		gauge(name, help, func(m *metrics) (float64, bool) { return float64(value(m)), true })
	}
	number("items_excluded", "Items that a rule leaves out, in the folders that have ended.", func(m *metrics) int { return m.sum.ItemsExcluded })
	number("items_quarantined", "Items that the server cannot deliver, in the folders that have ended.", func(m *metrics) int { return m.sum.ItemsQuarantined })
	number("items_live", "Items that the ledger holds of the folders that have ended, excluded and quarantined ones too.", func(m *metrics) int { return m.sum.ItemsLive })
	number("folders_done", "Folders that were read to the end.", func(m *metrics) int { return m.done })
	number("folders_unbalanced", "Folders that were read to the end and do not hold what the server says.", func(m *metrics) int { return m.unbalanced })
	number("folders_unfinished", "Folders that ended before they were read to the end.", func(m *metrics) int { return m.unfinished })
	// The engine tells of this when it ends.
	add(prometheus.CounterValue, "throttled_seconds_total", "Time for which the server asked to be left alone.", func(m *metrics) (float64, bool) {
		return m.sum.ThrottledSeconds, !m.ended.IsZero()
	})
	gauge("run_start_timestamp_seconds", "When the run began.", func(m *metrics) (float64, bool) { return unixSeconds(m.began), true })
	gauge("run_duration_seconds", "How long the run took, or has taken so far.", (*metrics).duration)
	gauge("run_exit_code", "The exit code of the run; absent while it lasts.", func(m *metrics) (float64, bool) { return float64(m.code), !m.ended.IsZero() })
	gauge("last_success_timestamp_seconds", "When the run ended with exit code 0; absent if it did not.", func(m *metrics) (float64, bool) {
		return unixSeconds(m.ended), !m.ended.IsZero() && m.code == exitOK
	})
	return m
}

func unixSeconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func (m *metrics) duration() (float64, bool) {
	switch {
	case m.ended.IsZero():
		return time.Since(m.began).Seconds(), true
	case m.sum.Seconds > 0:
		return m.sum.Seconds, true
	}
	return m.ended.Sub(m.began).Seconds(), true // the engine did not begin
}

// traced counts the requests of a mailbox as they come back.
func (m *metrics) traced(mb *migrate.Mailbox) {
	next := mb.Client.Trace
	mb.Client.Trace = func(x eas.Exchange) {
		m.mu.Lock()
		m.sum.Requests++
		m.sum.BytesFetched += x.ResponseBytes
		m.mu.Unlock()
		if next != nil {
			next(x)
		}
	}
}

// event takes over what an event says.
func (m *metrics) event(e migrate.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch e.Event {
	case migrate.EventPage:
		m.sum.ItemsStored += e.Stored
		m.sum.ItemsChanged += e.Changed
		m.sum.ItemsDeleted += e.Deleted
		m.sum.BytesStored += e.BytesStored
	case migrate.EventRetry:
		m.sum.Retries++
	case migrate.EventResync:
		if e.Folder != "" { // the tree of folders is another thing
			m.sum.Resyncs++
		}
	case migrate.EventFolderEnd:
		m.folder(e)
	case migrate.EventWatching:
		mb := m.mailbox(e.Mailbox)
		mb.ended, mb.balanced = true, mb.allBalanced()
		if mb.balanced && e.Result == string(migrate.ResultOK) {
			mb.success = e.Time
		}
	case migrate.EventMailboxEnd:
		mb := m.mailbox(e.Mailbox)
		mb.ended = true
		mb.balanced = mb.allBalanced() && (e.Result == string(migrate.ResultOK) || e.Result == string(migrate.ResultPartial))
		if e.Result == string(migrate.ResultOK) {
			mb.success = e.Time
		}
		mb.last = nil
	}
}

// itemOutcomes are what can become of an item at a target.
var itemOutcomes = []deliver.Kind{
	deliver.KindPut, deliver.KindUpdated, deliver.KindMoved, deliver.KindRemoved, deliver.KindFound, deliver.KindTaken, deliver.KindLeft,
	deliver.KindConflict, deliver.KindRefused, deliver.KindLost,
}

// delivers begins to count what becomes of items at the target.
func (m *metrics) delivers() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outcomes = map[deliver.Kind]int{}
}

// delivery takes over what an event at the target says.
func (m *metrics) delivery(e deliver.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if slices.Contains(itemOutcomes, e.Kind) {
		m.outcomes[e.Kind]++
	}
}

// allBalanced tells whether all folders were, when each was last read.
func (mb *mailboxFigures) allBalanced() bool {
	for _, e := range mb.last {
		if e.Balanced == nil || !*e.Balanced {
			return false
		}
	}
	return true
}

// folder takes over how a folder ended. A watch reads it again and again, and what it is then takes the place of what it was.
func (m *metrics) folder(e migrate.Event) {
	mb := m.mailbox(e.Mailbox)
	if mb.last == nil {
		mb.last = map[string]migrate.Event{}
	}
	if before, ok := mb.last[e.FolderID]; ok {
		m.addFolder(mb, before, -1)
	}
	mb.last[e.FolderID] = e
	m.addFolder(mb, e, 1)
}

func (m *metrics) addFolder(mb *mailboxFigures, e migrate.Event, n int) {
	m.sum.ItemsExcluded += n * e.Excluded
	m.sum.ItemsQuarantined += n * e.Quarantined
	m.sum.ItemsLive += n * e.Live
	mb.live += n * e.Live
	mb.folders += n
	switch {
	case e.Message != "":
		m.unfinished += n
	case e.Balanced == nil || !*e.Balanced:
		m.unbalanced += n
		fallthrough
	default:
		m.done += n
	}
}

// mailbox finds the figures of a mailbox by its label. Prometheus takes UTF-8 only, and an address may come from anywhere.
func (m *metrics) mailbox(address string) *mailboxFigures {
	address = strings.ToValidUTF8(address, "\ufffd")
	if m.mailboxes[address] == nil {
		m.mailboxes[address] = &mailboxFigures{balanced: true}
	}
	return m.mailboxes[address]
}

// end takes over the summary, if the engine came to one, and the exit code.
func (m *metrics) end(sum migrate.Summary, code int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if sum.Result != "" {
		m.sum = sum
	}
	m.ended, m.code = now(), code
}

// Describe is the first half of a prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, f := range m.figures {
		ch <- f.desc
	}
	for _, d := range []*prometheus.Desc{m.success, m.balanced, m.live, m.delivered, m.build} {
		ch <- d
	}
}

// Collect is the second: all figures of one moment.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range m.figures {
		if v, known := f.value(m); known {
			ch <- prometheus.MustNewConstMetric(f.desc, f.kind, v)
		}
	}
	ch <- prometheus.MustNewConstMetric(m.build, prometheus.GaugeValue, 1, strings.ToValidUTF8(versionString(), ""))
	if m.outcomes != nil {
		for _, kind := range itemOutcomes {
			ch <- prometheus.MustNewConstMetric(m.delivered, prometheus.CounterValue, float64(m.outcomes[kind]), string(kind))
		}
	}
	for address, mb := range m.mailboxes {
		if !mb.ended {
			continue
		}
		balanced := 0.0
		if mb.balanced {
			balanced = 1
		}
		ch <- prometheus.MustNewConstMetric(m.balanced, prometheus.GaugeValue, balanced, address)
		if mb.folders > 0 { // else nobody asked the ledger
			ch <- prometheus.MustNewConstMetric(m.live, prometheus.GaugeValue, float64(mb.live), address)
		}
		if !mb.success.IsZero() {
			ch <- prometheus.MustNewConstMetric(m.success, prometheus.GaugeValue, unixSeconds(mb.success), address)
		}
	}
}
