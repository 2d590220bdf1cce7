package versitytest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/sinks/s3"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// traffic is what a summary tells of a store.
type traffic struct {
	Put     int64  `json:"put"`
	Get     int64  `json:"get"`
	Head    int64  `json:"head"`
	List    int64  `json:"list"`
	Other   int64  `json:"other"`
	BytesUp *int64 `json:"bytes_up"`
}

// requests leaves the bytes out.
func (t traffic) requests() traffic {
	t.BytesUp = nil
	return t
}

type summary struct {
	S3      *traffic `json:"s3"`
	Planned *traffic `json:"s3_planned"`
	Stored  int      `json:"items_stored"`
}

// TestDryRun holds what a dry run says of the run's cost against what the run asks for: the first run, one with nothing new,
// one with new items, and one that lost its checkpoints.
func TestDryRun(t *testing.T) {
	run := airlift(t)
	for name, options := range map[string]func(t *testing.T) (o s3.Options, more []string){
		"plain": func(t *testing.T) (s3.Options, []string) { return options(t, false), nil },
		"locked": func(t *testing.T) (s3.Options, []string) {
			return options(t, true), []string{"--s3-lock", "governance", "--s3-lock-days", "1"}
		},
		"encrypted": func(t *testing.T) (s3.Options, []string) {
			return options(t, false), []string{"--encrypt-to", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := easserver.NewStore()
			u := store.AddUser(user)
			add := func(folder, n int) {
				path := fmt.Sprint("Box ", folder)
				f := u.Folder(path)
				if f == nil {
					f = u.AddFolder(path, eas.FolderUserMail)
				}
				for i := range n {
					f.AddMessage(fmt.Appendf(nil, "From: a@example.org\r\nSubject: message %d\r\n\r\n%s\r\n", i, strings.Repeat("text of a message ", 500)))
				}
			}
			add(0, 25)
			add(1, 10)
			add(2, 0)
			url := easservertest.Start(t, easserver.Config{}, store)
			o, more := options(t)
			state := filepath.Join(t.TempDir(), "state")
			try := func(flags ...string) (int, string) {
				t.Helper()
				args := append([]string{"archive", "--server", url, "--mailbox", address, "--user", user, "--to", place(o), "--state", state, "--window", "10", "--quiet"}, more...)
				return run(o, append(args, flags...)...)
			}
			archive := func(flags ...string) (s summary) {
				t.Helper()
				code, out := try(append(flags, "--json")...)
				lines := strings.Split(strings.TrimSpace(out), "\n")
				if err := json.Unmarshal([]byte(lines[len(lines)-1]), &s); err != nil || code != 0 {
					t.Fatalf("exit %d, %v\n%s", code, err, out)
				}
				return s
			}
			compare := func(what string, items int) {
				t.Helper()
				before := versions(t, open(t, o))
				dry := archive("--dry-run")
				if dry.S3 == nil || dry.Planned == nil || dry.S3.Put != 0 || dry.S3.Other != 0 || dry.S3.List == 0 || dry.Stored != 0 {
					t.Fatalf("%s: dry run: %+v, %+v", what, dry.S3, dry.Planned)
				}
				if diff := cmp.Diff(before, versions(t, open(t, o))); diff != "" {
					t.Errorf("%s: a dry run wrote to the bucket:\n%s", what, diff)
				}
				ran := archive()
				t.Logf("%s: planned %+v, asked for %+v; the dry run itself %+v", what, dry.Planned.requests(), ran.S3.requests(), dry.S3.requests())
				if diff := cmp.Diff(ran.S3.requests(), dry.Planned.requests()); diff != "" {
					t.Errorf("%s: planned, and made (-made +planned):\n%s", what, diff)
				}
				if ran.Stored != items {
					t.Errorf("%s: %d stored", what, ran.Stored)
				}
				switch up := dry.Planned.BytesUp; {
				case what == "first":
					if up != nil {
						t.Errorf("bytes of the first run: %d, which nobody can know", *up)
					}
				case up == nil || *up > 3**ran.S3.BytesUp || items > 0 && 3**up < *ran.S3.BytesUp/4 || items == 0 && *up != 0:
					t.Errorf("%s: %v bytes planned, %d sent", what, up, *ran.S3.BytesUp)
				}
			}
			here := o.Prefix
			o.Prefix = "not/empty"
			sinktest.Write(t, open(t, o), "stray", []byte("no archive"))
			if code, out := try(); code == 0 || !strings.Contains(out, "(stray)") {
				t.Errorf("in a place that is not empty: exit %d\n%s", code, out)
			} else if dry, text := try("--dry-run"); dry != code || !strings.Contains(text, "(stray)") {
				t.Errorf("and the dry run: exit %d, not %d\n%s", dry, code, text)
			}
			o.Prefix = here
			if err := os.RemoveAll(state); err != nil {
				t.Fatal(err)
			}
			compare("first", 35)
			if _, err := os.Stat(state); err != nil {
				t.Fatal(err)
			}
			compare("nothing new", 0)
			add(1, 15)
			add(3, 5)
			if code, out := try("--dry-run"); code != 0 || !strings.Contains(out, "\na run would store 20 items in 3 pages, about ") ||
				!strings.Contains(out, "\nthe store: about 4 PUT, ") || !strings.Contains(out, "\nto find this out, the store: 0 PUT, ") {
				t.Errorf("for people: exit %d\n%s", code, out)
			} else {
				t.Logf("for people:\n%s", out)
			}
			compare("new items", 20)
			compare("nothing new again", 0)
			if err := os.RemoveAll(state); err != nil {
				t.Fatal(err)
			}
			add(0, 3)
			compare("no checkpoints", 3)
		})
	}
}
