package archive

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	rand2 "math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// secrets is what an encrypted archive must not tell, by where it comes from.
var secrets = map[string]string{
	"mailbox": "zenobia@palmyra.example", "path": "Zabdas-Folder", "server": "mail.palmyra.example", "subject": "Aurelian-Subject",
	"from": "longinus@athens.example", "to": "odaenathus@emesa.example", "message id": "vaballathus@antioch.example", "category": "Septimia-Category",
	"properties": "Timagenes-Property", "reason": "Bostra-Reason", "body": "Emesa-Body-Text", "problem": "Ancyra-Problem", "was": "Tyana-Path", "tool": "Heraclianus-Tool",
}

// leakyPage stores all of it.
func leakyPage(t *testing.T, a *Archive) sinks.Committed {
	t.Helper()
	p := sinktest.NewPage(sinks.Folder{ID: "0a1b2c3d", Path: secrets["path"], Class: "Email", ServerID: "5"}, 1, "")
	p.Folder.Dir = a.Place(p.Folder.Path, p.Folder.ID)
	p.Mailbox, p.Server = secrets["mailbox"], "https://"+secrets["server"]+"/"
	full := sinks.Event{
		Op: sinks.OpAdd, ServerID: "5:1", Subject: secrets["subject"], From: secrets["from"], To: []string{secrets["to"]}, MessageID: secrets["message id"],
		Categories: []string{secrets["category"]}, Properties: secrets["properties"], Reason: secrets["reason"],
	}
	noise := make([]byte, 3<<20) // so that the page is spooled in a file
	_, _ = rand.Read(noise)
	w := begin(t, a, p)
	putBytes(t, w, full, ".eml", append([]byte(strings.Repeat(secrets["body"]+"\n", 100)), noise...))
	if files, err := filepath.Glob(filepath.Join(a.crypt.spools.dir, "*")); err != nil || a.crypt.spools.used.Load() != 0 {
		t.Errorf("the page is not spooled in a file: %q, %v", files, err)
	}
	wantNoSecret(t, "the open page", openFiles(t, w))
	full.Op, full.Name = sinks.OpQuarantine, ""
	putBytes(t, w, full, ".txt", []byte(secrets["body"]))
	return sinks.Committed{Page: p, Segment: end(t, w)}
}

// openFiles returns what is in the file of an open page, by its handle: it has no name any more.
func openFiles(t *testing.T, w sinks.PageWriter) []byte {
	t.Helper()
	s := w.(*pageWriter).spool
	if err := s.written.Flush(); err != nil {
		t.Fatal(err)
	}
	info, err := s.file.Stat()
	if err != nil || info.Size() < 1<<20 {
		t.Fatalf("%d bytes are in the file, %v", info.Size(), err)
	}
	data := make([]byte, info.Size())
	if _, err := s.file.ReadAt(data, 0); err != nil {
		t.Fatal(err)
	}
	return data
}

func wantNoSecret(t *testing.T, where string, data []byte) {
	t.Helper()
	for what, s := range secrets {
		for _, form := range []string{s, strings.ToLower(s)} {
			if bytes.Contains(data, []byte(form)) {
				t.Errorf("%s tells the %s", where, what)
			}
		}
	}
}

// TestNoLeak: neither the objects of an encrypted archive nor their names nor what is in clear in them, uncompressed, nor a
// file on the way tells what is in a mailbox. The same pages in an archive that is not encrypted tell all of it.
func TestNoLeak(t *testing.T) {
	b := openDir(t, t.TempDir())
	a := createWith(t, b, toOwner())
	c := leakyPage(t, a)
	r := sinktest.NewRun("run1", c)
	r.Mailbox, r.Server, r.Reason, r.Tool = secrets["mailbox"], secrets["server"], secrets["reason"], secrets["tool"]
	r.Folders = []sinks.FolderState{{Folder: c.Page.Folder, Seq: 1, Problem: secrets["problem"], PathBefore: secrets["was"]}}
	if err := a.Record(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, name := range sinktest.Names(t, b, "", "") {
		data := sinktest.Read(t, b, name)
		wantNoSecret(t, name, append(data, name...))
		kind := clearPage
		if a.names.isRun(name) {
			kind = clearRun
		}
		if name == headName {
			continue
		}
		s, err := a.openSealed(t.Context(), name, kind)
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		wantNoSecret(t, name+" in clear", s.shown)
		if !bytes.Contains(s.shown, []byte("0a1b2c3d")) {
			t.Errorf("%s in clear is no part of it: %s", name, s.shown)
		}
	}
	if files, err := os.ReadDir(a.crypt.spools.dir); len(files) != 0 || err != nil {
		t.Errorf("in the directory of temporary files: %v, %v", files, err)
	}
	reader := createWith(t, b, asOwner())
	for item, err := range reader.Items(t.Context(), secrets["mailbox"], time.Time{}) {
		if err != nil || item.Subject != secrets["subject"] {
			t.Errorf("with the identity: %+v, %v", item, err)
		}
	}
}

// TestClearIsChosen: a field that is added to what is stored is not in clear unless somebody says so here.
func TestClearIsChosen(t *testing.T) {
	mark := func(v any) string {
		r := reflect.ValueOf(v).Elem()
		for i := range r.NumField() {
			switch f := r.Field(i); {
			case f.Kind() == reflect.String:
				f.SetString(strings.ToLower(r.Type().Field(i).Name))
			case f.Type() == reflect.TypeFor[[]string]():
				f.Set(reflect.ValueOf([]string{strings.ToLower(r.Type().Field(i).Name)}))
			}
		}
		return ""
	}
	var e sinks.Event
	var f sinks.FolderState
	var r RunRecord
	var p sinks.Page
	mark(&e)
	mark(&f)
	mark(&f.Folder)
	mark(&r.Run)
	mark(&r)
	mark(&p)
	mark(&p.Folder)
	r.Folders = []sinks.FolderState{f}
	var got []string
	for _, v := range []any{clearedEvent(&e), clearedPage(p, "hash"), clearedRun(r, "hash", false)} {
		got = append(got, stringsIn(t, v)...)
	}
	want := []string{
		"fingerprint", "id", "movedfrom", "movedto", "op", "serverid", "serveridbefore", "sha256", "state",
		"hash", "easversion", "deviceid", "keybefore", "prev", "runid", "id", "dir", "class", "serverid",
		"archive", "archivesha256", "id", "hash", "result", "id", "dir", "class", "serverid", "synckey", "options",
	}
	less := cmp.Transformer("sorted", func(list []string) map[string]int {
		m := map[string]int{}
		for _, s := range list {
			m[s]++
		}
		return m
	})
	if diff := cmp.Diff(want, got, less); diff != "" {
		t.Errorf("in clear are (-want +got):\n%s", diff)
	}
}

// stringsIn returns the strings in a value that are not times.
func stringsIn(t *testing.T, v any) (list []string) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			if v != "" && !strings.HasPrefix(v, "0001-") {
				list = append(list, v)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	walk(tree)
	return list
}

// TestAbortLeavesNothing: a page that is given up, or whose commit fails, leaves no file and no memory taken.
func TestAbortLeavesNothing(t *testing.T) {
	b := newMemory()
	a := createWith(t, b, toOwner())
	for _, how := range []string{"abort", "refused", "cancelled"} {
		w := begin(t, a, encryptedPage(a, 1))
		putBytes(t, w, sinktest.Mail(1).Event, ".eml", noise(rand2.New(rand2.NewPCG(3, 3)), 4<<20))
		ctx, cancel := context.WithCancel(t.Context())
		switch how {
		case "abort":
			if err := w.Abort(); err != nil {
				t.Error(err)
			}
		case "refused":
			a.bucket = &faulty{Bucket: b, room: 1 << 20}
			if _, err := w.Commit(ctx, "k"); err == nil {
				t.Error("committed without room")
			}
			a.bucket = b
		case "cancelled":
			cancel()
			if _, err := w.Commit(ctx, "k"); err == nil {
				t.Error("committed with a cancelled context")
			}
		}
		cancel()
		if files, err := os.ReadDir(a.crypt.spools.dir); len(files) != 0 || err != nil || a.crypt.spools.used.Load() != 0 {
			t.Errorf("after %s: %v, %v, %d bytes", how, files, err, a.crypt.spools.used.Load())
		}
	}
	if len(b.objects) != 1 {
		t.Errorf("objects: %q", b.names())
	}
}

func encryptedPage(a *Archive, seq int) sinks.Page {
	p := sinktest.NewPage(sinktest.Inbox, seq, "")
	p.Folder.Dir = a.Place(p.Folder.Path, p.Folder.ID)
	return p
}
