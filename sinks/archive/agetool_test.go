package archive

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// ageTool returns the stock program: one that is installed, or the one of the module if Go has it and what it needs.
func ageTool(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("age"); err == nil {
		return path
	}
	source := strings.TrimSpace(string(run(t, "", tool(t, "go"), "list", "-m", "-f", "{{.Dir}}", "filippo.io/age")))
	path := filepath.Join(t.TempDir(), "age")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", path, "./cmd/age")
	cmd.Dir, cmd.Env = source, append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("age is not to be had: %v\n%s", err, out)
	}
	return path
}

// TestStockAge unpacks every segment of an encrypted archive with age, tar and zstd.
func TestStockAge(t *testing.T) {
	agePath := ageTool(t)
	tarPath := tool(t, "tar")
	tool(t, "zstd")
	b := openDir(t, t.TempDir())
	a := createWith(t, b, toOwner())
	pages, want := fill(t, a, sinktest.Inbox, messages(t), 40)
	_, more := fill(t, a, sinks.Folder{ID: "00000002", Path: "a/b/Grüße", Class: "Email"}, madeUp()[:30], 7)
	want = append(want, more...)
	if err := a.Record(t.Context(), sinktest.NewRun("run1", pages...)); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(owner().String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	for _, name := range sinktest.Names(t, b, "mailboxes/", "") {
		plain := filepath.Join(t.TempDir(), "plain")
		run(t, "", agePath, "-d", "-i", key, "-o", plain, filepath.Join(b.Path(), name))
		if strings.HasSuffix(name, ".tar.zst.age") {
			run(t, out, tarPath, "--zstd", "-xf", plain)
			continue
		}
		data, err := os.ReadFile(plain)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := parseRun(data); err != nil || len(r.Segments) != len(pages) || r.Mailbox != sinktest.Mailbox {
			t.Errorf("%s holds %+v, %v", name, r, err)
		}
	}
	wantUnpacked(t, out, want, len(sinktest.Names(t, b, "mailboxes/", ""))-1) // a run record is no segment
}

// TestStockAgeKeys opens a segment, a change of recipients and a hold record with keys of the other kinds.
func TestStockAgeKeys(t *testing.T) {
	agePath := ageTool(t)
	pq, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	ssh, sshPublic := sshKey(t, "ssh-ed25519")
	for name, c := range map[string]struct{ recipient, identity string }{
		"post-quantum": {pq.Recipient().String(), pq.String()}, "ssh": {sshPublic, ssh},
	} {
		key := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(key, []byte(c.identity), 0o600); err != nil {
			t.Fatal(err)
		}
		ids, err := ParseIdentities(strings.NewReader(c.identity))
		if err != nil {
			t.Fatal(err)
		}
		b := openDir(t, t.TempDir())
		a := createWith(t, b, Options{Recipients: []string{c.recipient}, Identities: ids})
		pages, items := fill(t, a, sinktest.Inbox, madeUp()[:1], 1)
		if _, err := a.Rekey(t.Context(), []string{c.recipient}, nil); err != nil {
			t.Fatal(err)
		}
		segment := run(t, "", agePath, "-d", "-i", key, filepath.Join(b.Path(), pages[0].Segment.Name))
		z, err := zstd.NewReader(bytes.NewReader(segment))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(z)
		z.Close()
		if err != nil || !bytes.Contains(plain, items[0].data) {
			t.Errorf("%s: the segment does not hold the item, %v", name, err)
		}
		change := run(t, "", agePath, "-d", "-i", key, filepath.Join(b.Path(), a.names.rekey(1)))
		if lines := bytes.Split(bytes.TrimSpace(change), []byte("\n")); len(lines) != 3 || !bytes.Contains(lines[2], []byte(pages[0].Segment.Name)) {
			t.Errorf("%s: the change of recipients is %s", name, change)
		}
		hold(t, a, HoldSet, "Acme v. Ada", heldOne)
		record := run(t, "", agePath, "-d", "-i", key, filepath.Join(b.Path(), a.names.hold(1)))
		if !bytes.Contains(record, []byte(`"matter":"Acme v. Ada","mailboxes":["`+heldOne+`"],"by":"the counsel","reason":"a court asks"}`)) {
			t.Errorf("%s: the hold record is %s", name, record)
		}
	}
}
