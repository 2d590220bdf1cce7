package crashtest

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/dir"
)

// check compares server, archive and the checkpoints in the state directories, item by item.
func (l *lab) check(users []string, states ...string) {
	l.t.Helper()
	l.verify(users)
	for _, u := range users {
		live, err := readMailbox(l.archivePath(), address(u))
		if err != nil {
			l.t.Errorf("%s: read the archive: %v", u, err)
			continue
		}
		l.compare(u, live)
		for _, state := range states {
			l.checkLedger(u, live, state)
		}
	}
}

// verify asks the archive whether it is whole, whether the run records name all of it, and looks for what should have
// been removed.
func (l *lab) verify(users []string) {
	l.t.Helper()
	ctx := context.Background()
	b, err := dir.Open(l.archivePath(), false)
	if err != nil {
		l.t.Errorf("open the archive: %v", err)
		return
	}
	defer b.Close()
	a, err := archive.Open(ctx, b)
	if err != nil {
		l.t.Errorf("open the archive: %v", err)
		return
	}
	if _, err := a.Verify(ctx, archive.VerifyOptions{Problem: func(p archive.Problem) { l.t.Errorf("verify: %+v", p) }}); err != nil {
		l.t.Errorf("verify: %v", err)
	}
	for _, u := range users {
		if segments, err := a.Unrecorded(ctx, address(u)); err != nil || len(segments) > 0 {
			l.t.Errorf("%s: segments that no run record names: %v, %v", u, segments, err)
		}
	}
	err = filepath.WalkDir(l.archivePath(), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(d.Name(), sinks.TempPrefix) {
			l.t.Errorf("a temporary file is left: %s", path)
		}
		return err
	})
	if err != nil {
		l.t.Error(err)
	}
}

// compare holds what is live in the archive against what is on the server.
func (l *lab) compare(user string, live map[string]*stored) {
	l.t.Helper()
	var got, want []string
	others := map[string][]*stored{} // by path
	for _, it := range live {
		if it.class == string(eas.ClassEmail) {
			got = append(got, mailLine(it.path, it.read, it.bytes))
		} else {
			others[it.path] = append(others[it.path], it)
		}
	}
	for _, f := range l.store.User(user).Folders() {
		for id, it := range f.Items() {
			if it.Message != nil {
				want = append(want, mailLine(f.Path(), it.Read, it.Message.Bytes))
				continue
			}
			i := slices.IndexFunc(others[f.Path()], func(s *stored) bool { return says(s.xml, it) })
			if i < 0 {
				l.t.Errorf("%s: item %s of %s is not in the archive as it is on the server", user, id, f.Path())
				continue
			}
			others[f.Path()] = slices.Delete(others[f.Path()], i, i+1)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		l.t.Errorf("%s: messages of the server (-) and in the archive (+):\n%s", user, diff)
	}
	for path, rest := range others {
		for _, it := range rest {
			l.t.Errorf("%s: %s is live in %s of the archive, and not on the server", user, it.server, path)
		}
	}
}

func mailLine(path string, read bool, b []byte) string {
	_, subject, _ := strings.Cut(string(b), "Subject: ")
	subject, _, _ = strings.Cut(subject, "\r\n")
	return fmt.Sprintf("%s: %s, read %t, %d bytes, %s", path, subject, read, len(b), sum(b))
}

// says tells whether a lossless form holds every property of an item.
func says(xml string, it easserver.Item) bool {
	for _, p := range it.Properties {
		if !strings.Contains(xml, ">"+p.Text+"<") {
			return false
		}
	}
	return true
}

// checkLedger holds the checkpoints against the archive.
func (l *lab) checkLedger(user string, live map[string]*stored, state string) {
	l.t.Helper()
	ctx := context.Background()
	s, err := sqlite.Open(ctx, filepath.Join(l.root, state, "checkpoints.db"))
	if err != nil {
		l.t.Errorf("open the checkpoints: %v", err)
		return
	}
	defer s.Close()
	want, got := map[string]string{}, map[string]string{}
	for id, it := range live {
		want[it.folder+" "+it.server] = id + " " + it.sha256
	}
	for m, err := range s.List(ctx) {
		if err != nil {
			l.t.Errorf("checkpoints: %v", err)
			return
		}
		if m.Mailbox != address(user) {
			continue
		}
		folders, err := s.Folders(ctx, m.Key)
		if err != nil {
			l.t.Errorf("checkpoints: %v", err)
		}
		for _, f := range folders {
			for it, err := range s.Live(ctx, checkpoints.FolderKey{Key: m.Key, Folder: f.ID}, checkpoints.Archived) {
				if err != nil {
					l.t.Errorf("checkpoints: %v", err)
					return
				}
				got[f.ID+" "+it.ServerID] = it.ID + " " + it.SHA256
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		l.t.Errorf("%s: live items of the archive (-) and of the checkpoints in %s (+):\n%s", user, state, diff)
	}
}

// checkPages: what is lost by one fault is one page of a folder at most, and no page is fetched a third time.
func (l *lab) checkPages(without map[folderKey]int) {
	l.t.Helper()
	for k, n := range l.keys {
		if n > 2 {
			l.t.Errorf("folder %s of %s: the page that follows one key was sent %d times", k.collection, k.user, n)
		}
	}
	for k, n := range l.pages {
		if n > without[k]+1 {
			l.t.Errorf("folder %s of %s: the server sent %d pages, and without a fault %d", k.collection, k.user, n, without[k])
		}
	}
}

// said prints the events of a case that failed.
func (l *lab) said() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		l.t.Logf("%s %s %s %s page %d %s %s", e.Time.Format(time.StampMicro), e.Event, e.Mailbox, e.Folder, e.Page, e.Result, e.Message)
	}
}
