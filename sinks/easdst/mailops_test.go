package easdst_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/easdst"
)

// tried is a target after a trial, and its Inbox with a message of somebody's.
func tried(t *testing.T, v eas.Version, fault easserver.Fault) (*world, *easdst.Folder) {
	t.Helper()
	w := mailWorld(t, v, easdst.MailForced, fault)
	w.user.Folder("Inbox").AddMessage([]byte("Subject: theirs\r\n\r\n"))
	if _, err := w.target.TryMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w, w.openMail("Inbox")
}

// TestMailModes: which messages are taken by each mode, and why not.
func TestMailModes(t *testing.T) {
	for _, v := range eas.Versions() {
		for mode, want := range map[easdst.MailMode]bool{easdst.MailNone: false, easdst.MailDrafts: v.AtLeast(eas.Version160), easdst.MailForced: true} {
			w := mailWorld(t, v, mode)
			if got := w.target.Takes("Email"); got != want {
				t.Errorf("%s, mode %d: takes mail: %v", v, mode, got)
			}
			all, err := w.target.Folders(t.Context())
			if lists := slices.ContainsFunc(all, func(p sinks.Place) bool { return p.Class == "Email" }); err != nil || lists != want {
				t.Errorf("%s, mode %d: lists mail: %v, %v", v, mode, lists, err)
			}
			if mode == easdst.MailForced {
				continue
			}
			if _, err := w.target.TryMail(t.Context()); !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s, mode %d: %v", v, mode, err)
			}
			if want {
				p := w.put(w.openMail("Inbox"), message(1))
				if !errors.Is(p[0].Err, sinks.ErrRefused) || !strings.Contains(p[0].Err.Error(), "drafts only") || w.user.Folder("Inbox").Len() != 0 {
					t.Errorf("%+v", p)
				}
			}
		}
	}
}

// TestMailDrafts: drafts are put from 16.0 on, without a trial, and stay unsent.
func TestMailDrafts(t *testing.T) {
	for _, mode := range []easdst.MailMode{easdst.MailDrafts, easdst.MailForced} {
		for _, v := range []eas.Version{eas.Version160, eas.Version161} {
			w := newWorld(t, v, easserver.Config{}, easdst.Options{Mail: mode})
			f := w.openMail("Drafts")
			items := []sinks.TargetItem{message(0), message(1)}
			items[1].Importance = "high"
			placed := w.put(f, items...)
			for i, p := range placed {
				if p.Err != nil || !slices.ContainsFunc(p.Altered, func(a sinks.Alteration) bool { return a.Property == "Email:Categories" && a.Why != "" }) {
					t.Errorf("%d: %+v", i, p)
				}
				if d := cmp.Diff([]string(nil), alteredProperties(p.Altered)); d != "" {
					t.Errorf("%d: %s", i, d)
				}
			}
			if n := w.user.Folder("Drafts").Len() + 10*w.user.Folder("Sent Items").Len() + 10*w.user.Folder("Inbox").Len(); n != 2 {
				t.Errorf("%d messages", n)
			}
			// Its owner writes on: what was known of it is not so any more.
			now := held(t, f)
			id := eas.ServerID(placed[0].ID)
			err := w.user.Folder("Drafts").Change(id, func(it *easserver.Item) {
				it.Message = &easserver.Content{Bytes: []byte("Subject: Gr\u00fc\u00dfe 0\r\n\r\nHello again\r\n")}
			})
			if err != nil {
				t.Fatal(err)
			}
			if after := held(t, f); now[placed[0].ID] == after[placed[0].ID] || now[placed[1].ID] != after[placed[1].ID] {
				t.Errorf("%v, then %v", now, after)
			}
			if _, err := f.Update(t.Context(), placed[0].Held, message(2)); !errors.Is(err, sinks.ErrChanged) {
				t.Errorf("%v", err)
			}
			p, err := f.Update(t.Context(), placed[1].Held, message(2))
			if err != nil || p.ID != placed[1].ID || p.State == placed[1].State {
				t.Errorf("%+v, %v", p, err)
			}
			if found, err := f.Find(t.Context(), "", []sinks.TargetItem{message(2), message(1)}); err != nil || len(found[0]) != 1 || len(found[1]) != 0 {
				t.Errorf("%v, %v", found, err)
			}
		}
	}
}

// TestMailUncertain: the connection breaks after the server stored messages; each is found among what is new, by a new start too, and by its
// bytes in the whole folder.
func TestMailUncertain(t *testing.T) {
	for _, fault := range []easserver.Fault{easserver.FaultMailStored, easserver.FaultMailRebuilt} {
		for _, v := range eas.Versions() {
			t.Run(string(fault)+"/"+string(v), func(t *testing.T) {
				w, f := tried(t, v, fault)
				w.put(f, message(0), message(1))
				mark := f.Mark()
				items := []sinks.TargetItem{message(1), message(2), message(3)} // one of them like one that was there
				items[0].Key = "another"
				w.cutAdd = true
				if placed, err := f.Put(t.Context(), items); len(placed) != 0 || !errors.Is(err, sinks.ErrUncertain) {
					t.Fatalf("%+v, %v", placed, err)
				}
				w.connect(v, easdst.Options{Mail: easdst.MailForced})
				if _, err := w.target.TryMail(t.Context()); err != nil {
					t.Fatal(err)
				}
				f = w.openMail("Inbox")
				found, err := f.Find(t.Context(), mark, append(items, message(9)))
				if err != nil {
					t.Fatal(err)
				}
				counts := []int{len(found[0]), len(found[1]), len(found[2]), len(found[3])}
				if d := cmp.Diff([]int{1, 1, 1, 0}, counts); d != "" {
					t.Error(d)
				}
				if found, err := f.Find(t.Context(), "", items); err != nil || len(found[0]) != 2 || len(found[1]) != 1 {
					t.Errorf("in the whole folder: %v, %v", found, err)
				}
				if found, err := f.Recognize(t.Context(), items); err != nil || len(found[0]) != 2 || len(found[1]) != 1 {
					t.Errorf("recognized: %v, %v", found, err)
				}
			})
		}
	}
}

// TestMailChange: marks change where they are, contents by a new message; what somebody changed is left.
func TestMailChange(t *testing.T) {
	for _, fault := range []easserver.Fault{easserver.FaultMailStored, easserver.FaultMailStored502} {
		for _, v := range eas.Versions() {
			t.Run(string(fault)+"/"+string(v), func(t *testing.T) {
				w, f := tried(t, v, fault)
				var placed []sinks.Placed
				for n := range 4 {
					placed = append(placed, w.put(f, message(n))...)
				}
				marks := sinks.TargetItem{Key: "message 1", Event: sinks.Event{Read: new(true), Flag: "none", Categories: []string{}}}
				p, err := f.Update(t.Context(), placed[1].Held, marks)
				if err != nil || p.ID != placed[1].ID || p.State == placed[1].State || len(alteredProperties(p.Altered)) > 0 {
					t.Errorf("%+v, %v", p, err)
				}
				if again, err := f.Update(t.Context(), p.Held, marks); err != nil || again.Held != p.Held {
					t.Errorf("again: %+v, %v", again, err)
				}
				if _, err := f.Update(t.Context(), placed[1].Held, marks); !errors.Is(err, sinks.ErrChanged) {
					t.Errorf("%v", err)
				}
				if it, err := f.Read(t.Context(), p.Held); err != nil || !*it.Read || it.Flag == "active" || len(it.Categories) > 0 {
					t.Errorf("%+v, %v", it.Event, err)
				}
				q, err := f.Update(t.Context(), placed[2].Held, message(8))
				if err != nil || q.ID == placed[2].ID {
					t.Errorf("%+v, %v", q, err)
				}
				if err := w.user.Folder("Inbox").SetRead(eas.ServerID(placed[3].ID), true); err != nil {
					t.Fatal(err)
				}
				if _, err := f.Update(t.Context(), placed[3].Held, message(9)); !errors.Is(err, sinks.ErrChanged) {
					t.Errorf("%v", err)
				}
				gone, err := f.Delete(t.Context(), []sinks.Held{placed[0].Held, placed[2].Held, placed[3].Held})
				if d := cmp.Diff([]sinks.Held{placed[2].Held, placed[0].Held}, gone); err != nil || d != "" {
					t.Errorf("%v %s", err, d)
				}
				if n := w.user.Folder("Inbox").Len(); n != 4 { // theirs, 1, 8 and 3
					t.Errorf("%d messages", n)
				}
			})
		}
	}
}

// TestTryMailTwice: what a trial that broke off left behind is removed by the next, and a folder with something of somebody else's stays.
func TestTryMailTwice(t *testing.T) {
	w := mailWorld(t, eas.Version141, easdst.MailForced, easserver.FaultMailStored)
	folder := w.user.AddFolder("airlift canary", eas.FolderUserMail)
	folder.AddMessage([]byte("Subject: airlift canary\r\n\r\nan old one"))
	folder.AddMessage([]byte("Subject: mine\r\n\r\n"))
	trial, err := w.target.TryMail(t.Context())
	if err != nil || !trial.Kept() || len(trial.Left) != 1 || !strings.Contains(trial.String(), "not empty") {
		t.Errorf("%s, %v", trial, err)
	}
	if folder.Len() != 1 {
		t.Errorf("%d messages", folder.Len())
	}
}

// TestTryMailTrash: where what is deleted goes to Deleted Items, the trial removes its message from there, and nothing else.
func TestTryMailTrash(t *testing.T) {
	cfg := easserver.Config{Faults: easserver.NewFaults(1, easserver.FaultRule{Fault: easserver.FaultMailStored502}, easserver.FaultRule{Fault: easserver.FaultKeepDeleted})}
	w := newWorld(t, eas.Version141, cfg, easdst.Options{Mail: easdst.MailForced})
	trash := w.user.Folder("Deleted Items")
	trash.AddMessage([]byte("Subject: theirs\r\n\r\n"))
	trash.Add(easserver.Item{Message: &easserver.Content{Bytes: []byte("From: gutted@example.com\r\n\r\n")}, Received: time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)})
	w.user.Folder("Inbox").AddMessage([]byte("Subject: airlift canary\r\n\r\nsomebody writes about it"))
	trial, err := w.target.TryMail(t.Context())
	t.Log(trial)
	if err != nil || w.user.Folder("airlift canary") != nil || w.user.Folder("Inbox").Len() != 1 {
		t.Errorf("%s, %v", trial, err)
	}
	for _, it := range trash.Items() {
		if subject := string(it.Message.Bytes); !strings.HasPrefix(subject, "Subject: theirs") {
			t.Errorf("%s is in Deleted Items", subject)
		}
	}
	if trash.Len() != 1 {
		t.Errorf("%d messages in Deleted Items: %v", trash.Len(), trial.Left)
	}
}

// TestTryMailCancelled: who has no more time finds nothing of the trial either.
func TestTryMailCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cfg := easserver.Config{Faults: easserver.NewFaults(1, easserver.FaultRule{Fault: easserver.FaultMailStored})}
	cfg.OnRequest = func(r *easserver.Request) http.Handler {
		if r.Document != nil && strings.Contains(string(r.Document.AppendXML(nil)), "<Add>") {
			cancel()
		}
		return nil
	}
	w := newWorld(t, eas.Version141, cfg, easdst.Options{Mail: easdst.MailForced})
	if trial, err := w.target.TryMail(ctx); !errors.Is(err, context.Canceled) || len(trial.Left) > 0 || w.user.Folder("airlift canary") != nil {
		t.Errorf("%+v, %v", trial, err)
	}
	if _, err := w.openMail("Inbox").Put(t.Context(), []sinks.TargetItem{message(1)}); !errors.Is(err, easdst.ErrNotTried) {
		t.Errorf("%v", err)
	}
}

// TestMailUnlisted: a folder that lists nothing and is not empty is not deleted.
func TestMailUnlisted(t *testing.T) {
	hide := false
	cfg := easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
		key := r.Document.Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection).Value(wbxml.AirSyncSyncKey)
		if r.Command == "Sync" && key != "" && key != "0" && hide {
			return http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}) // nothing new
		}
		return nil
	}}
	w := newWorld(t, eas.Version141, cfg, easdst.Options{Mail: easdst.MailForced})
	folder := w.user.AddFolder("Old", eas.FolderUserMail)
	id := folder.AddMessage([]byte("Subject: theirs\r\n\r\n"))
	p, _, err := w.target.MakeFolder(t.Context(), sinks.Place{Path: "Old", Class: "Email"})
	if err != nil {
		t.Fatal(err)
	}
	hide = true
	if err := w.target.DeleteFolder(t.Context(), p); !errors.Is(err, sinks.ErrNotEmpty) {
		t.Errorf("%v", err)
	}
	if err := folder.Delete(id); err != nil {
		t.Fatal(err)
	}
	if err := w.target.DeleteFolder(t.Context(), p); err != nil || w.user.Folder("Old") != nil {
		t.Errorf("%v", err)
	}
}

// TestMailBytes: messages with any bytes and sizes arrive as they are, and what is too large, or is no message, is refused alone.
func TestMailBytes(t *testing.T) {
	w := mailWorld(t, eas.Version141, easdst.MailForced, easserver.FaultMailStored)
	w.connect(eas.Version141, easdst.Options{Mail: easdst.MailForced, MaxItemBytes: 2 << 20})
	if _, err := w.target.TryMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := w.openMail("Inbox")
	var items []sinks.TargetItem
	for i, text := range []string{
		"Subject: a\r\n\r\n", "Subject: b\n\nbare \r and \n and \xff\xfe", "no header at all", strings.Repeat("Subject: large\r\n\r\n", 50_000),
		strings.Repeat("x", 3<<20), "Subject: last\r\n\r\n]]>&amp;\x01",
	} {
		items = append(items, sinks.TargetItem{Key: fmt.Sprint(i), Contents: []sinks.Content{content(".eml", text)}})
	}
	items = append(items, sinks.TargetItem{Key: "NUL", Contents: []sinks.Content{content(".eml", "Subject: NUL\r\n\r\n\x00")}})
	items = append(items, sinks.TargetItem{Key: "contact", Contents: []sinks.Content{content(".vcf", "BEGIN:VCARD")}})
	placed := w.put(f, items...)
	for i, p := range placed {
		if i == 4 || i >= 6 {
			if !errors.Is(p.Err, sinks.ErrRefused) || errors.Is(p.Err, sinks.ErrTooLarge) != (i == 4) {
				t.Errorf("%d: %+v", i, p)
			}
			continue
		}
		if p.Err != nil || len(p.Altered) > 0 {
			t.Errorf("%d: %+v", i, p)
		}
	}
	if n := w.user.Folder("Inbox").Len(); n != 5 {
		t.Errorf("%d messages", n)
	}
}

// TestMailMove: a message moves to another folder, and keeps its marks.
func TestMailMove(t *testing.T) {
	for _, v := range eas.Versions() {
		w, f := tried(t, v, easserver.FaultMailStored)
		placed := w.put(f, message(1), message(2))
		to, made, err := w.target.MakeFolder(t.Context(), sinks.Place{Path: "Archive/2024", Class: "Email", Type: 12})
		if err != nil || !made {
			t.Fatal(err)
		}
		p, err := f.Move(t.Context(), placed[0].Held, to)
		if err != nil || p.Err != nil || p.State != placed[0].State {
			t.Errorf("%s: %+v, %v", v, p, err)
		}
		g := w.openMail("Archive/2024")
		if found, err := g.Find(t.Context(), "", []sinks.TargetItem{message(1)}); err != nil || len(found[0]) != 1 || found[0][0] != p.Held {
			t.Errorf("%s: %v, %v", v, found, err)
		}
		if n := w.user.Folder("Inbox").Len(); n != 2 {
			t.Errorf("%s: %d messages", v, n)
		}
	}
}

// TestMailNoFetch: where neither ItemOperations nor Sync gives single messages back, the listing does.
func TestMailNoFetch(t *testing.T) {
	for _, v := range []eas.Version{eas.Version25, eas.Version141} {
		cfg := easserver.Config{Faults: easserver.NewFaults(1, easserver.FaultRule{Fault: easserver.FaultMailStored})}
		cfg.OnRequest = func(r *easserver.Request) http.Handler {
			if r.Document != nil && strings.Contains(string(r.Document.AppendXML(nil)), "<Fetch>") {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotImplemented) })
			}
			return nil
		}
		w := newWorld(t, v, cfg, easdst.Options{Mail: easdst.MailForced})
		if trial, err := w.target.TryMail(t.Context()); err != nil || trial.Outcome != easdst.MailStored {
			t.Fatalf("%s, %v", trial, err)
		}
		f := w.openMail("Inbox")
		for i, p := range w.put(f, message(0), message(1)) {
			if p.Err != nil || len(alteredProperties(p.Altered)) > 0 {
				t.Errorf("%+v", p)
			}
			if it, err := f.Read(t.Context(), p.Held); err != nil || !strings.Contains(it.MessageID, fmt.Sprintf("m%d@", i)) {
				t.Errorf("%+v, %v", it, err)
			}
		}
	}
}
