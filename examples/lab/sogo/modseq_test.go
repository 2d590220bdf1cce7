//go:build interop

package sogo

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

// TestOneMODSEQ reads messages that share one MODSEQ while each answer is cut once. SOGo pages by MODSEQ: asked a second time
// with the key of a page in the middle, it says that there is nothing more, and a run that believes it loses the rest.
func TestOneMODSEQ(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		window int
		spare  bool // the audit's answers are not cut
		again  bool // more is missing than an audit fetches one by one: the folder is read again first
	}{
		{"fetched by the audit", 50, true, false},
		{"too many to be fetched one by one", 10, true, true},
		{"the audit is cut too", 50, false, false},
	}
	for _, test := range tests {
		if testing.Short() && test.again {
			continue // it takes longest, and the others show what the audit makes good
		}
		t.Run(test.name, func(t *testing.T) {
			const user, folder = "bob", "Bulk"
			addressBook(t, user).clear()
			calendar(t, user).clear()
			box := emptied(t, user)
			box.must(box.imap.Create(folder, nil).Wait()) // and not opened until the messages are there
			box.must(box.imap.Subscribe(folder).Wait())
			seed(t, box, folder)
			box.oneMODSEQ(folder)

			c := newCutter(t, test.spare)
			a := archive{t, t.TempDir()}
			log := filepath.Join(t.TempDir(), "log")
			args := []string{"--window", strconv.Itoa(test.window), "--retry-wait", "10ms", "--log-file", log, "--log-format", "json"}
			began := time.Now()
			r := a.archive(user, args...).through(c.URL + "/Microsoft-Server-ActiveSync").want(0)
			if s := r.summary(t); s.Stored != seeded || s.Result != "ok" || (s.Resyncs > 0) != test.again {
				t.Errorf("%+v, want %d items, read again: %v", s, seeded, test.again)
			}
			end := folderEnd(t, r.stdout, folder)
			if !end.Audited || !end.Balanced || end.Live != seeded || end.Recovered == 0 {
				t.Errorf("%s ended with %+v", folder, end)
			}
			if said := folderEnd(t, read(t, log), folder); said != end {
				t.Errorf("the log says %+v, the event %+v", said, end)
			}
			a.certified(user, folder, end)
			sameMail(t, box, a.extract())
			a.verify()
			t.Logf("%d messages, %d of them recovered by the audit, under %d cuts, in %.1f s", seeded, end.Recovered, c.cuts, time.Since(began).Seconds())
			a.nothingNew(user)
		})
	}
}

// oneMODSEQ makes sure that all messages of a folder have the same MODSEQ.
func (m *mailbox) oneMODSEQ(folder string) {
	m.t.Helper()
	list, err := m.imap.Fetch(m.sel(folder), &imap.FetchOptions{ModSeq: true}).Collect()
	m.must(err)
	all := map[uint64]int{}
	for _, msg := range list {
		all[msg.ModSeq]++
	}
	if len(all) != 1 {
		m.t.Fatalf("%s: %d messages with the MODSEQs %v, want one", folder, len(list), all)
	}
}

// An ending is what a run says of a folder when it is done with it.
type ending struct {
	Stored    int  `json:"stored"`
	Recovered int  `json:"recovered"`
	Vanished  int  `json:"vanished"`
	Live      int  `json:"live"`
	Audited   bool `json:"audited"`
	Balanced  bool `json:"balanced"`
}

// folderEnd finds a folder's last event, in the lines of --json or of a log.
func folderEnd(t *testing.T, lines, folder string) ending {
	t.Helper()
	for line := range strings.Lines(lines) {
		var e struct {
			ending
			Event, Msg, Folder string
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if e.Event+e.Msg == "folder-end" && e.Folder == folder {
			return e.ending
		}
	}
	t.Fatalf("nothing is said of how %s ended", folder)
	return ending{}
}

// certified makes sure that the only run record says of a folder what its last event said.
func (a archive) certified(user, folder string, want ending) {
	a.t.Helper()
	names, err := filepath.Glob(filepath.Join(a.dir, "mailboxes", address(user), "runs", "*.json"))
	if err != nil || len(names) != 1 {
		a.t.Fatalf("run records %q, %v", names, err)
	}
	var record struct {
		Run struct {
			Folders []struct {
				ending
				Path string
			}
		}
	}
	if err := json.Unmarshal([]byte(read(a.t, names[0])), &record); err != nil {
		a.t.Fatal(err)
	}
	for _, f := range record.Run.Folders {
		if f.Path == folder && f.ending == want {
			return
		}
	}
	a.t.Errorf("the run record says %+v, want %+v of %s", record.Run.Folders, want, folder)
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
