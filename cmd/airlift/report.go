package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/migrate"
)

// report says what happens in a run and what came of it. The engine calls event one at a time.
type report struct {
	c       *console
	ctx     context.Context // of the run: what fails because it is interrupted is no news
	folders []migrate.Event // how each folder ended, the last time
	at      map[string]int  // where in folders one is, by mailbox and identity, while its mailbox is watched
	said    map[string]bool // lines and hints: a folder's problem is told again with its mailbox

	started map[string]migrate.Event // mailboxes, by address
	ended   map[string]string        // their results
	watched map[string]bool          // those that wait for news, or did
	found   []finding                // problems and warnings, but for items in quarantine, of which the checkpoints know
	more    int                      // that were not kept
}

// finding is a problem or a warning, with what can be done about it.
type finding struct{ Message, Hint string }

// maxFindings bounds what is kept of them: a server can go wrong with each of a million items.
const maxFindings = 1000

func newReport(ctx context.Context, c *console) *report {
	return &report{c: c, ctx: ctx, said: map[string]bool{}, at: map[string]int{}, started: map[string]migrate.Event{}, ended: map[string]string{}, watched: map[string]bool{}}
}

func (r *report) event(e migrate.Event) {
	if r.c.json {
		r.c.emit(e)
	}
	where := e.Mailbox
	if e.Folder != "" {
		where += ": " + e.Folder
	}
	switch e.Event {
	case migrate.EventMailboxStart:
		r.started[e.Mailbox] = e
	case migrate.EventMailboxEnd:
		r.ended[e.Mailbox] = e.Result
	case migrate.EventFolderEnd:
		r.folder(e)
	case migrate.EventWatching:
		clear(r.said) // what goes wrong from now on is news
		r.watching(e)
	case migrate.EventProblem:
		if fresh := r.problem(e.Message, e.Hint); e.Quarantined == 0 {
			r.keep(fresh, e.Hint)
		}
	case migrate.EventWarning:
		r.keep("warning: "+where+": "+e.Message, e.Hint)
		r.c.warn(where+": "+e.Message, e.Hint)
	case migrate.EventRetry:
		r.c.say("again in %.1f s: %s", e.Wait, pathTo(where, e.Message))
	case migrate.EventResync:
		r.c.say("again from the beginning, without storing anything twice: %s", pathTo(where, e.Message))
	case migrate.EventVersion:
		r.c.say("%s: EAS %s is spoken: %s", where, e.EAS, e.Message)
		if e.Hint != "" {
			r.c.say("%s: %s", where, e.Hint)
		}
	case migrate.EventBodies:
		r.c.say("%s: %s", where, e.Message)
	case migrate.EventMissing, migrate.EventGone:
		if !r.c.json {
			r.c.result("%s", strings.TrimSpace(fmt.Sprintf("%s: %s: item %s: %s %s", e.Event, where, e.ServerID, e.Message, quoted(e.Subject))))
		}
	case migrate.EventLost:
		r.c.problem(where+": "+e.Message, "")
	case migrate.EventAudit:
		r.c.say("%s: enumerated a second time, as another device", where)
	case migrate.EventAdopted:
		r.c.say("%s: page %d of an earlier run is taken over", where, e.Page)
	}
}

// folder keeps how a folder ended. A watch reads it again and again.
func (r *report) folder(e migrate.Event) {
	if !r.c.watching {
		r.folders = append(r.folders, e)
		return
	}
	key := e.Mailbox + "\x00" + e.FolderID
	if i, ok := r.at[key]; ok {
		r.folders[i] = e
		return
	}
	r.at[key] = len(r.folders)
	r.folders = append(r.folders, e)
}

// watching tells what a round of a watch brought.
func (r *report) watching(e migrate.Event) {
	var did []string
	for _, d := range []struct {
		n    int
		what string
	}{{e.Stored, "stored"}, {e.Changed, "changed"}, {e.Deleted, "deleted"}} {
		if d.n > 0 {
			did = append(did, fmt.Sprintf("%d %s", d.n, d.what))
		}
	}
	if len(did) > 0 || !r.watched[e.Mailbox] {
		r.watched[e.Mailbox] = true
		did = append(did, "waiting for news of "+count(e.Folders, "folder", "folders"))
		r.c.say("%s: %s", e.Mailbox, strings.Join(did, ", "))
	}
}

func quoted(subject string) string {
	if subject == "" {
		return ""
	}
	return strconv.Quote(subject)
}

// pathTo puts in front of a message where it belongs, unless the message is a path that begins so.
func pathTo(where, msg string) string {
	if strings.HasPrefix(msg, where+": ") {
		return msg
	}
	return where + ": " + msg
}

// problem says every line once, and returns those that were news.
func (r *report) problem(msg, hint string) (news string) {
	if r.ctx.Err() != nil {
		return ""
	}
	var fresh []string
	for line := range strings.Lines(msg) {
		if line = strings.TrimSuffix(line, "\n"); !r.said[line] {
			r.said[line] = true
			fresh = append(fresh, line)
		}
	}
	if r.said["hint: "+hint] {
		hint = ""
	}
	r.said["hint: "+hint] = true
	news = strings.Join(fresh, "\n")
	if len(fresh) > 0 || hint != "" {
		r.c.problem(news, hint)
	}
	return news
}

// keep remembers a finding, if there is one.
func (r *report) keep(msg, hint string) {
	switch {
	case msg == "":
	case len(r.found) < maxFindings:
		r.found = append(r.found, finding{msg, hint})
	default:
		r.more++
	}
}

// unsaid tells what the engine had no event for, or no hint.
func (r *report) unsaid(err error) { r.keep(r.problem(err.Error(), hintOf(err)), hintOf(err)) }

func balanceTitles() []string {
	return []string{"FOLDER", "CLASS", "SERVER#", "ARCHIVED#", "EXCLUDED#", "QUARANTINED#", "RECOVERED#", "VANISHED#", "BALANCED"}
}

// print writes the completeness table and the summary. With --quiet the table holds only what is not balanced.
func (r *report) print(sum migrate.Summary) {
	rows := map[string][][]string{}
	var mailboxes []string
	for _, e := range r.folders {
		if r.c.quiet && e.Balanced != nil && *e.Balanced {
			continue
		}
		if rows[e.Mailbox] == nil {
			mailboxes = append(mailboxes, e.Mailbox)
		}
		rows[e.Mailbox] = append(rows[e.Mailbox], balanceRow(e))
	}
	for _, m := range mailboxes {
		r.c.result("%s\n\n%s\n", m, table(balanceTitles(), rows[m]))
	}
	r.c.result("%s", summaryText(sum))
}

func balanceRow(e migrate.Event) []string {
	server, balanced := "no count", "yes"
	if e.Estimated != nil {
		server = strconv.Itoa(*e.Estimated)
	}
	switch {
	case e.Message != "":
		balanced = "not finished"
	case e.Balanced == nil || !*e.Balanced:
		balanced = "NO"
	case e.Audited:
		balanced = "yes, audited"
	}
	return []string{
		e.Folder, e.Class, server, strconv.Itoa(e.Live - e.Excluded - e.Quarantined),
		strconv.Itoa(e.Excluded), strconv.Itoa(e.Quarantined), strconv.Itoa(e.Recovered), strconv.Itoa(e.Vanished), balanced,
	}
}

func summaryText(s migrate.Summary) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s in %s of %s", s.Result, count(s.ItemsLive, "item", "items"),
		count(s.Folders, "folder", "folders"), count(s.Mailboxes, "mailbox", "mailboxes"))
	fmt.Fprintf(&b, "; this run: %d stored, %d changed, %d deleted", s.ItemsStored, s.ItemsChanged, s.ItemsDeleted)
	if s.ItemsExcluded > 0 {
		fmt.Fprintf(&b, "; %d excluded", s.ItemsExcluded)
	}
	if s.ItemsQuarantined > 0 {
		fmt.Fprintf(&b, "; %d quarantined", s.ItemsQuarantined)
	}
	fmt.Fprintf(&b, "\n%s fetched in %s, %s stored, %s", bytesText(s.BytesFetched),
		count(s.Requests, "request", "requests"), bytesText(s.BytesStored), secondsText(s.Seconds))
	if s.Retries > 0 {
		fmt.Fprintf(&b, ", %s", count(s.Retries, "retry", "retries"))
	}
	if s.ThrottledSeconds > 0 {
		fmt.Fprintf(&b, ", %s held up by the server", secondsText(s.ThrottledSeconds))
	}
	if text := fidelityText(s.Fidelity); text != "" {
		b.WriteString("\n" + text)
	}
	return b.String()
}
