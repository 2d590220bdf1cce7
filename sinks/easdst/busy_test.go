package easdst_test

import (
	"errors"
	"io"
	"net/http"
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

// refusing answers Sync requests that have a command with a status, until n of them have got it.
func refusing(t *testing.T, command string, code string, n int) func(*easserver.Request) http.Handler {
	doc := wbxml.E(wbxml.AirSyncSync, wbxml.T(wbxml.AirSyncStatus, code))
	answer, err := wbxml.Marshal(&doc)
	if err != nil {
		t.Fatal(err)
	}
	return func(r *easserver.Request) http.Handler {
		if n == 0 || r.Document == nil || !strings.Contains(string(r.Document.AppendXML(nil)), "<"+command+">") {
			return nil
		}
		n--
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/vnd.ms-sync.wbxml")
			_, _ = w.Write(answer)
		})
	}
}

// TestBusy: a server that says that it is busy carried nothing out, and is asked again a few times.
func TestBusy(t *testing.T) {
	for _, v := range []eas.Version{eas.Version25, eas.Version161} {
		w := newWorld(t, v, easserver.Config{OnRequest: refusing(t, "Add", "13", 1)}, easdst.Options{})
		if d := cmp.Diff([]string{"placed", "placed"}, outcomes(w.put(w.open("Tasks"), task(1), task(2)))); d != "" || w.folder("Tasks").Len() != 2 {
			t.Errorf("%s: %s", v, d)
		}
	}
	w := newWorld(t, eas.Version141, easserver.Config{OnRequest: refusing(t, "Add", "13", -1)}, easdst.Options{})
	placed, err := w.open("Tasks").Put(t.Context(), []sinks.TargetItem{task(1)})
	if len(placed) != 0 || !errors.Is(err, sinks.ErrUnavailable) || errors.Is(err, sinks.ErrUncertain) || w.folder("Tasks").Len() != 0 {
		t.Errorf("%+v %v", placed, err)
	}
}

// TestBrokenRequest: a request that the server does not take at all is made smaller, down to the item that is refused; what the others
// are is not doubled.
func TestBrokenRequest(t *testing.T) {
	for _, code := range []string{"4", "6", "103"} {
		w := newWorld(t, eas.Version141, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
			if r.Document != nil && strings.Contains(string(r.Document.AppendXML(nil)), "Lovelace 3<") {
				return refusing(t, "Add", code, 1)(r)
			}
			return nil
		}}, easdst.Options{})
		var items []sinks.TargetItem
		var want []string
		for n := range 7 {
			items, want = append(items, contact(n)), append(want, "placed")
		}
		want[3] = "refused"
		if d := cmp.Diff(want, outcomes(w.put(w.open("Contacts"), items...))); d != "" || w.folder("Contacts").Len() != 6 {
			t.Errorf("status %s: %s, %d there", code, d, w.folder("Contacts").Len())
		}
	}
}

// TestFindWaits: what the server stores only after the connection broke is found.
func TestFindWaits(t *testing.T) {
	var w *world
	asked := -1
	w = newWorld(t, eas.Version141, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
		if asked >= 0 && r.Command == "Sync" {
			if asked++; asked == 2 {
				w.folder("Tasks").Add(easserver.Item{Properties: properties(t, task(1)).Children})
			}
		}
		return nil
	}}, easdst.Options{Settle: time.Millisecond})
	f := w.open("Tasks")
	asked = 0
	found, err := f.Find(t.Context(), "", []sinks.TargetItem{task(1)})
	if err != nil || len(found) != 1 || len(found[0]) != 1 {
		t.Errorf("%v %v", found, err)
	}
}

// TestLarge: an item that is too large for the options is refused, one that is larger than a request goes alone, and a content that
// cannot be read is no refusal.
func TestLarge(t *testing.T) {
	w := newWorld(t, eas.Version141, easserver.Config{}, easdst.Options{MaxItemBytes: 1 << 20})
	f := w.open("Contacts")
	text := func(n int) sinks.TargetItem {
		return lossless("large", wbxml.T(wbxml.ContactsFileAs, "x"), body(strings.Repeat("x", n)))
	}
	placed := w.put(f, text(600<<10), contact(1), text(2<<20), text(400<<10), text(300<<10))
	if d := cmp.Diff([]string{"placed", "placed", "refused", "placed", "placed"}, outcomes(placed)); d != "" || !errors.Is(placed[2].Err, sinks.ErrTooLarge) {
		t.Error(d)
	}
	bad := contact(3)
	bad.Contents[1].Open = func() (io.ReadCloser, error) { return nil, errBroke }
	placed, err := f.Put(t.Context(), []sinks.TargetItem{contact(2), bad, contact(4)})
	if len(placed) != 1 || placed[0].Err != nil || !errors.Is(err, errBroke) || errors.Is(err, sinks.ErrRefused) || errors.Is(err, sinks.ErrUncertain) {
		t.Errorf("%+v %v", placed, err)
	}
	for _, it := range []sinks.TargetItem{
		{Key: "none"},
		{Key: "other", Contents: []sinks.Content{content(".eml", "x")}},
		{Key: "bad", Contents: []sinks.Content{content(".vcf", "x")}},
		{Key: "xml", Contents: []sinks.Content{content(".eas.xml", "<x")}},
		lossless("mail", wbxml.T(wbxml.EmailSubject, "x")),
	} {
		if got := w.put(f, it); !errors.Is(got[0].Err, sinks.ErrRefused) {
			t.Errorf("%s: %+v", it.Key, got)
		}
	}
	if _, err := f.Put(t.Context(), make([]sinks.TargetItem, f.Batch()+1)); err == nil {
		t.Error("more than a batch")
	}
	if _, err := f.Find(t.Context(), "no mark", []sinks.TargetItem{contact(1)}); !errors.Is(err, sinks.ErrFormat) {
		t.Errorf("%v", err)
	}
}

// TestNoFetch: where neither ItemOperations nor Sync gives single items back, the listing does.
func TestNoFetch(t *testing.T) {
	for _, v := range eas.Versions() {
		listings := 0
		w := newWorld(t, v, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
			text := ""
			if r.Document != nil {
				text = string(r.Document.AppendXML(nil))
			}
			if strings.Contains(text, "<SyncKey>0</SyncKey>") && r.Command == "Sync" {
				listings++
			}
			if strings.Contains(text, "<Fetch>") {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotImplemented) })
			}
			return nil
		}}, easdst.Options{})
		f := w.open("Contacts")
		p := w.put(f, contact(1), contact(2), contact(3))
		if d := cmp.Diff([]string{"placed", "placed", "placed"}, outcomes(p)); d != "" {
			t.Errorf("%s: %s", v, d)
		}
		before := listings
		if d := cmp.Diff([]string{"placed", "placed"}, outcomes(w.put(f, contact(4), contact(5)))); d != "" || v == eas.Version25 && listings > before+1 {
			t.Errorf("%s: %s, %d listings", v, d, listings-before)
		}
		if it, err := f.Read(t.Context(), p[1].Held); err != nil || len(it.Contents) != 2 {
			t.Errorf("%s: %v", v, err)
		}
		if _, err := f.Read(t.Context(), sinks.Held{ID: "never"}); !errors.Is(err, sinks.ErrNotExist) {
			t.Errorf("%s: %v", v, err)
		}
	}
}
