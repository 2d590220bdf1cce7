package faulttest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
)

func mailLine(path string, read bool, message []byte) string {
	_, id, _ := strings.Cut(string(message), "Message-ID: <")
	id, _, _ = strings.Cut(id, "@")
	sum := sha256.Sum256(message)
	return fmt.Sprintf("%s: message %s, %x, read %t", path, id, sum[:4], read)
}

func personalLine(path, text string) string {
	number, revision := said(text)
	return fmt.Sprintf("%s: item %d, revision %d", path, number, revision)
}

// difference is what the archive has wrong.
type difference struct {
	missing []string // of the server's items
	surplus []string // live in the archive, and on the server not, or not so often
	stale   []string // live, with an older state than the server has
}

func (d difference) none() bool { return len(d.missing)+len(d.surplus)+len(d.stale) == 0 }

// compare holds the archive against the server, item by item; without the names of the folders if they are not named.
func (l *lab) compare(named bool) difference {
	l.t.Helper()
	want, got := l.box.items(), l.archived()
	if !named {
		want, got = anywhere(want), anywhere(got)
	}
	var d difference
	for _, line := range want {
		if i := slices.Index(got, line); i >= 0 {
			got = slices.Delete(got, i, i+1)
		} else {
			d.missing = append(d.missing, line)
		}
	}
	// The same item in another state is not missing: what it says of itself is old.
	for i := 0; i < len(d.missing); i++ {
		what := identity(d.missing[i])
		if j := slices.IndexFunc(got, func(line string) bool { return identity(line) == what }); j >= 0 {
			d.stale = append(d.stale, d.missing[i])
			d.missing, got = slices.Delete(d.missing, i, i+1), slices.Delete(got, j, j+1)
			i--
		}
	}
	d.surplus = got
	return d
}

// anywhere takes the folders off lines.
func anywhere(lines []string) []string {
	for i, line := range lines {
		_, lines[i], _ = strings.Cut(line, ": ")
	}
	return lines
}

// list shows the first of many lines.
func list(lines []string) string {
	if len(lines) > 3 {
		return fmt.Sprintf("%q and %d more", lines[:3], len(lines)-3)
	}
	return fmt.Sprintf("%q", lines)
}

// identity is a line without the state of the item.
func identity(line string) string { return line[:strings.LastIndexByte(line, ',')] }

// archived lists what is live in the archive, as mailbox.items does.
func (l *lab) archived() []string {
	l.t.Helper()
	ctx := context.Background()
	var all []string
	for item, err := range l.archive.Items(ctx, address, time.Time{}) {
		if errors.Is(err, sinks.ErrNotExist) {
			return nil
		}
		if err != nil {
			l.t.Fatalf("items of the archive: %v", err)
		}
		if item.Folder.Class == string(eas.ClassEmail) {
			all = append(all, mailLine(item.Folder.Path, item.Read != nil && *item.Read, l.read(item.Segment, item.Entry())))
			continue
		}
		lossless := item.Entry()
		for _, e := range append([]sinks.Entry{lossless}, item.Also...) {
			if strings.HasSuffix(e.Name, ".eas.xml") {
				lossless = e
			}
		}
		all = append(all, personalLine(item.Folder.Path, string(l.read(item.Segment, lossless))))
	}
	slices.Sort(all)
	return all
}

func (l *lab) read(segment string, e sinks.Entry) []byte {
	l.t.Helper()
	r, err := l.archive.OpenEntry(context.Background(), segment, e)
	if err != nil {
		l.t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		l.t.Fatal(err)
	}
	return b
}

// verify holds what must hold after every run.
func (l *lab) verify() {
	l.t.Helper()
	ctx := context.Background()
	if _, err := l.archive.Verify(ctx, archive.VerifyOptions{Problem: func(p archive.Problem) { l.t.Errorf("verify: %+v", p) }}); err != nil {
		l.t.Errorf("verify: %v", err)
	}
	if twice := l.storedTwice(); len(twice) > 0 {
		l.t.Errorf("stored twice: %s\n%s", list(twice), l.story())
	}
}

// events yields what the segments of the mailbox hold, folder by folder.
func (l *lab) manifests(yield func(dir string, e sinks.Event)) {
	l.t.Helper()
	ctx := context.Background()
	folders, err := l.archive.Folders(ctx, address)
	if err != nil && !errors.Is(err, sinks.ErrNotExist) {
		l.t.Fatal(err)
	}
	for _, f := range folders {
		for page, err := range l.archive.Pages(ctx, address, f.Dir, 0) {
			if err != nil {
				l.t.Fatal(err)
			}
			for _, e := range page.Events {
				yield(f.Dir, e)
			}
		}
	}
}

// storedTwice lists the items that were added again under their ServerId with the same bytes.
func (l *lab) storedTwice() []string {
	var twice []string
	seen := map[string]bool{}
	l.manifests(func(dir string, e sinks.Event) {
		if e.Op != sinks.OpAdd {
			return
		}
		what := dir + " " + e.ServerID + " " + e.SHA256
		if seen[what] {
			twice = append(twice, what)
		}
		seen[what] = true
	})
	return twice
}

// checkEnd holds what must hold after the last run, which must have ended so.
func (l *lab) checkEnd(sum migrate.Summary, err error) {
	l.t.Helper()
	if sum.Result != migrate.ResultOK {
		l.t.Errorf("without faults: %s, %v\n%s", sum.Result, err, l.story())
	}
	d := l.compare(true)
	if l.loose {
		d.surplus, d.stale = nil, nil
	}
	if !d.none() {
		l.t.Errorf("missing: %s\nsurplus: %s\nstale: %s\n%s", list(d.missing), list(d.surplus), list(d.stale), l.story())
	}
	l.checkRecords()
}

// checkRecords holds the run records against the segments, and the last against the server.
func (l *lab) checkRecords() {
	l.t.Helper()
	var stored, adds int
	var last archive.RunRecord
	for r, err := range l.archive.Runs(context.Background(), address) {
		if err != nil {
			l.t.Fatal(err)
		}
		for _, f := range r.Folders {
			stored += f.Stored
		}
		last = r
	}
	l.manifests(func(_ string, e sinks.Event) {
		if e.Op == sinks.OpAdd {
			adds++
		}
	})
	if stored != adds {
		l.t.Errorf("the run records say %d items stored, the segments hold %d", stored, adds)
	}
	live := map[string]int{}
	for _, f := range last.Folders {
		if !f.Gone {
			live[f.Path] += f.Live
		}
	}
	for _, f := range l.box.user.Folders() {
		if n := live[f.Path()]; n < f.Len() || n > f.Len() && !l.loose {
			l.t.Errorf("the last run record says %d items live in %s, the server has %d", live[f.Path()], f.Path(), f.Len())
		}
	}
}
