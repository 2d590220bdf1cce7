//go:build interop

package sogo

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// lab is what up.sh says of the servers, and the command under test.
var lab struct {
	folder  string
	eas     string // URL of the endpoint
	dav     string // URL below which the users' collections are
	imap    string // host:port
	smtp    string // host:port
	airlift string // path of the binary
}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if err := readLab(); err != nil {
		fmt.Fprintf(os.Stderr, "no lab: %v\nstart it with examples/lab/sogo/up.sh\n", err)
		return 1
	}
	dir, err := os.MkdirTemp("", "airlift-interop")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	lab.airlift = filepath.Join(dir, "airlift")
	if out, err := exec.Command("go", "build", "-o", lab.airlift, "../../../cmd/airlift").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

func readLab() error {
	lab.folder = os.Getenv("AIRLIFT_LAB")
	if lab.folder == "" {
		lab.folder = filepath.Join(os.TempDir(), "airlift-lab")
	}
	f, err := os.Open(filepath.Join(lab.folder, "lab.env"))
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), "=")
		switch name {
		case "LAB_EAS":
			lab.eas = value
		case "LAB_DAV":
			lab.dav = value
		case "LAB_IMAP":
			lab.imap = value
		case "LAB_SMTP":
			lab.smtp = value
		}
	}
	return lines.Err()
}

// seeded is how many messages seed writes.
const seeded = 221

// seed fills a folder of the mailbox with the messages of seed.py.
func seed(t *testing.T, box *mailbox, folder string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "./seed.py", box.user, strconv.Itoa(seeded-1), folder)
	cmd.Env = append(os.Environ(), "AIRLIFT_LAB="+lab.folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("seed.py %s: %v\n%s", box.user, err, out)
	}
	for range 100 { // Dovecot looks at a Maildir that changes under it once a second
		if box.count(folder) == seeded {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("IMAP shows %d of %d seeded messages", box.count(folder), seeded)
}

func address(user string) string  { return user + "@lab.example" }
func password(user string) string { return "secret-" + user }
