package main

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/migrate"
)

// mailboxStatus, folderStatus, quarantinedItem and statusSummary are the lines of --json.
type mailboxStatus struct {
	Event      string     `json:"event"`
	Time       time.Time  `json:"time"`
	Mailbox    string     `json:"mailbox"`
	Server     string     `json:"server"`
	EAS        string     `json:"eas"`
	Device     string     `json:"device"`
	LastRun    string     `json:"last_run,omitempty"`
	LastResult string     `json:"last_result,omitempty"`
	LastEnded  *time.Time `json:"last_ended,omitempty"`
}

type folderStatus struct {
	id string

	Event       string     `json:"event"`
	Time        time.Time  `json:"time"`
	Mailbox     string     `json:"mailbox"`
	Folder      string     `json:"folder"`
	Class       string     `json:"class"`
	State       string     `json:"state"` // done, pending, gone
	Seq         int        `json:"seq"`   // number of the last segment
	Items       int        `json:"items"` // archived and on the server
	Excluded    int        `json:"excluded"`
	Quarantined int        `json:"quarantined"`
	Estimated   *int       `json:"estimated"`
	Balanced    bool       `json:"balanced"`
	Drained     *time.Time `json:"drained,omitempty"`
	Problem     string     `json:"problem,omitempty"`
}

type quarantinedItem struct {
	Event    string    `json:"event"`
	Time     time.Time `json:"time"`
	Mailbox  string    `json:"mailbox"`
	Folder   string    `json:"folder"`
	ServerID string    `json:"server_id"`
	Reason   string    `json:"reason"`
}

type statusSummary struct {
	Event       string         `json:"event"`
	Time        time.Time      `json:"time"`
	Result      migrate.Result `json:"result"`
	Mailboxes   int            `json:"mailboxes"`
	Folders     int            `json:"folders"`
	Items       int            `json:"items"`
	Quarantined int            `json:"quarantined"`
	Pending     int            `json:"pending"`
	Exit        int            `json:"exit"`
}

func endOfStatus(result migrate.Result, exit int) any {
	return statusSummary{Event: eventSummary, Time: now(), Result: result, Exit: exit}
}

func (s *statusSummary) add(folders []folderStatus) {
	s.Mailboxes++
	for _, f := range folders {
		s.Folders++
		s.Items += f.Items
		s.Quarantined += f.Quarantined
		if f.State == "pending" {
			s.Pending++
		}
	}
}

func mailboxStatusOf(m checkpoints.Mailbox) mailboxStatus {
	return mailboxStatus{
		Event: "mailbox", Time: now(), Mailbox: m.Mailbox, Server: m.Server, EAS: m.EAS, Device: m.DeviceID,
		LastRun: m.LastRun, LastResult: m.LastResult, LastEnded: instant(m.LastEnded),
	}
}

// foldersOf lists the folders of a mailbox that sync, by path.
func foldersOf(ctx context.Context, store checkpoints.Store, k checkpoints.Key) ([]folderStatus, error) {
	folders, err := store.Folders(ctx, k)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(folders, func(a, b checkpoints.Folder) int { return comparePaths(a.Path, a.ID, b.Path, b.ID) })
	var all []folderStatus
	for _, f := range folders {
		if f.Class == "" {
			continue // it does not sync
		}
		counts, err := store.Counts(ctx, checkpoints.FolderKey{Key: k, Folder: f.ID})
		if err != nil {
			return nil, err
		}
		s := folderStatus{
			id: f.ID, Event: "folder", Time: now(), Mailbox: k.Mailbox, Folder: f.Path, Class: f.Class, State: stateOf(f), Seq: f.Seq,
			Items: counts[checkpoints.Archived], Excluded: counts[checkpoints.Excluded], Quarantined: counts[checkpoints.Quarantined],
			Balanced: f.Balanced, Drained: instant(f.Drained), Problem: f.Problem,
		}
		if f.Estimate >= 0 {
			s.Estimated = &f.Estimate
		}
		all = append(all, s)
	}
	return all, nil
}

// stateOf says whether the next run has to go on with something.
func stateOf(f checkpoints.Folder) string {
	switch {
	case f.Gone:
		return "gone"
	case f.Resync || f.Drained.IsZero() || f.Problem != "":
		return "pending"
	}
	return "done"
}

// quarantined yields items of a folder that could not be had, at most limit of them.
func quarantined(ctx context.Context, store checkpoints.Store, k checkpoints.Key, f folderStatus, limit int) iter.Seq2[quarantinedItem, error] {
	return func(yield func(quarantinedItem, error) bool) {
		n := min(limit, f.Quarantined)
		if n == 0 {
			return
		}
		for row, err := range store.Live(ctx, checkpoints.FolderKey{Key: k, Folder: f.id}, checkpoints.Quarantined) {
			item := quarantinedItem{
				Event: "quarantined", Time: now(), Mailbox: k.Mailbox, Folder: f.Folder, ServerID: row.ServerID, Reason: row.Reason,
			}
			if n--; !yield(item, err) || n == 0 {
				return
			}
		}
	}
}

// instant is nil for a time that is not known.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
