package easdst_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/easdst"
)

// mailWorld is a target for messages, behind a server with a fault; "" = without.
func mailWorld(t *testing.T, v eas.Version, mode easdst.MailMode, faults ...easserver.Fault) *world {
	t.Helper()
	var rules []easserver.FaultRule
	for _, f := range faults {
		rules = append(rules, easserver.FaultRule{Fault: f})
	}
	cfg := easserver.Config{}
	if len(rules) > 0 {
		cfg.Faults = easserver.NewFaults(1, rules...)
	} else {
		cfg.OnViolation = func(v easserver.Violation) {
			if !strings.Contains(v.Detail, "Add of a message") {
				t.Errorf("the client broke the protocol: %s", v)
			}
		}
	}
	return newWorld(t, v, cfg, easdst.Options{Mail: mode})
}

func message(n int) sinks.TargetItem {
	text := fmt.Sprintf("From: ada@example.com\r\nTo: bob@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= %d\r\nMessage-ID: <m%d@example.com>\r\nDate: Mon, 01 Jan 2024 00:00:00 +0000\r\n\r\nHello %d\r\n", n, n, n)
	received := time.Date(2024, 1, 2, 3, 4, n%60, 0, time.UTC)
	due := received.AddDate(0, 0, 7)
	return sinks.TargetItem{
		Key:      fmt.Sprint("message ", n),
		Event:    sinks.Event{Received: &received, Read: new(n%2 == 0), Flag: "active", FollowUp: &sinks.FollowUp{Type: "Call", Due: &due}, Categories: []string{"Red", "Work"}},
		Contents: []sinks.Content{content(".eml", text), content(".eas.xml", "<x/>")},
	}
}

// openMail opens a mail folder by its path.
func (w *world) openMail(path string) *easdst.Folder {
	w.t.Helper()
	all, err := w.target.Folders(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(p sinks.Place) bool { return p.Path == path && p.Class == "Email" })
	if i < 0 {
		w.t.Fatalf("no folder %s in %v", path, all)
	}
	f, err := w.target.Open(w.t.Context(), all[i])
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { f.Close() })
	return f.(*easdst.Folder)
}

// properties are those that are altered, but for those that are known before.
func alteredProperties(all []sinks.Alteration) (names []string) {
	for _, a := range all {
		if a.Why == "" {
			names = append(names, a.Property)
		}
	}
	slices.Sort(names)
	return names
}

// TestTryMail: what the trial says of each server, in each version, and what messages become then.
func TestTryMail(t *testing.T) {
	for _, tc := range []struct {
		fault   easserver.Fault
		outcome easdst.MailOutcome
		copies  int
		altered []string
		says    string
	}{
		{"", easdst.MailRefused, 0, nil, "put it by IMAP"},
		{easserver.FaultMailStatus9, easdst.MailRefused, 0, nil, "status 9"},
		{easserver.FaultMailLost, easdst.MailLost, 0, nil, "does not have it"},
		{easserver.FaultMailStored, easdst.MailStored, 0, nil, "Its bytes are kept."},
		{easserver.FaultMailStored502, easdst.MailStoredAndBroke, 2, nil, "there 2 times: whoever tries again doubles it"},
		{easserver.FaultMailDraft, easdst.MailStoredAsDraft, 0, []string{"Email:DateReceived"}, "The date on which it was received is lost: it becomes 20"},
		{easserver.FaultMailRebuilt, easdst.MailStored, 0, []string{"Email:DateReceived", "bytes"}, "signatures break"},
	} {
		for _, v := range eas.Versions() {
			t.Run(string(tc.fault)+"/"+string(v), func(t *testing.T) {
				var faults []easserver.Fault
				if tc.fault != "" {
					faults = append(faults, tc.fault)
				}
				w := mailWorld(t, v, easdst.MailForced, faults...)
				w.user.Folder("Inbox").AddMessage([]byte("Subject: theirs\r\n\r\n"))
				f := w.openMail("Inbox")
				if _, err := f.Put(t.Context(), []sinks.TargetItem{message(1)}); !errors.Is(err, easdst.ErrNotTried) {
					t.Errorf("before the trial: %v", err)
				}
				trial, err := w.target.TryMail(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				want, outcome := slices.Clone(tc.altered), tc.outcome
				switch {
				case tc.fault == easserver.FaultMailDraft && v.AtLeast(eas.Version160):
					want = append(want, "Email2:IsDraft")
				case tc.fault == easserver.FaultMailDraft:
					outcome = easdst.MailStored
				}
				slices.Sort(want)
				if trial.Outcome != outcome || trial.Copies != tc.copies || trial.Version != v || len(trial.Left) > 0 {
					t.Errorf("%+v", trial)
				}
				if d := cmp.Diff(want, alteredProperties(trial.Altered)); d != "" {
					t.Error(d)
				}
				t.Log(trial)
				if !strings.Contains(trial.String(), tc.says) {
					t.Errorf("it says: %s", trial)
				}
				for path, n := range map[string]int{"Inbox": 1, "Drafts": 0, "Sent Items": 0, "Deleted Items": 0} {
					if got := w.user.Folder(path).Len(); got != n {
						t.Errorf("%d messages in %s", got, path)
					}
				}
				if w.user.Folder("airlift canary") != nil {
					t.Error("the folder of the trial is there")
				}
				w.putTried(f, trial, want)
			})
		}
	}
}

// putTried puts three messages after a trial, and wants them to become what it said.
func (w *world) putTried(f *easdst.Folder, trial easdst.MailTrial, altered []string) {
	t := w.t
	t.Helper()
	var placed []sinks.Placed
	for n := range 3 {
		all, err := f.Put(t.Context(), []sinks.TargetItem{message(n)})
		if err != nil {
			t.Fatal(err)
		}
		placed = append(placed, all...)
	}
	stored := 0
	now := held(t, f)
	for n, p := range placed {
		switch {
		case trial.Outcome == easdst.MailRefused || trial.Outcome == easdst.MailLost:
			if !errors.Is(p.Err, sinks.ErrRefused) {
				t.Errorf("%d: %+v", n, p)
			}
			continue
		case p.Err != nil || now[p.ID] != p.State:
			t.Errorf("%d: %+v, listed as %q", n, p, now[p.ID])
			continue
		}
		stored++
		if d := cmp.Diff(altered, alteredProperties(p.Altered)); d != "" {
			t.Errorf("%d: %s", n, d)
		}
		it, err := f.Read(t.Context(), p.Held)
		if err != nil {
			t.Fatal(err)
		}
		if *it.Read != (n%2 == 0) || it.MessageID != fmt.Sprintf("<m%d@example.com>", n) && it.MessageID != fmt.Sprintf("m%d@example.com", n) {
			t.Errorf("%d: %+v", n, it.Event)
		}
	}
	if got := w.user.Folder("Inbox").Len(); got != stored+1 {
		t.Errorf("%d messages, want %d", got, stored+1)
	}
}
