//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/airlift-eas/airlift/eas/easserver"
)

// TestBandwidthRun archives one mailbox twice, without a limit and with one. Both get the same bytes; the second gets them
// as slowly as it is told.
func TestBandwidthRun(t *testing.T) {
	store := easserver.NewStore()
	inbox := store.AddUser("alice@example.com").Folder("Inbox")
	random := rand.NewChaCha8([32]byte{})
	for i := range 24 {
		noise := make([]byte, 10<<10) // on the wire it cannot take less
		_, _ = random.Read(noise)
		inbox.AddMessage(fmt.Appendf(nil, "From: bob@example.org\r\nSubject: %d\r\n\r\n%x\r\n", i, noise))
	}
	eas := easserver.New(easserver.Config{Password: "secret"}, store)
	t.Cleanup(eas.Close)
	server := httptest.NewServer(eas)
	t.Cleanup(server.Close)

	dir := t.TempDir()
	speed := func(name, limit string) (fetched, seconds float64) {
		cmd := command(t, "archive", "--server", server.URL, "--mailbox", "alice@example.com", "--to", filepath.Join(dir, name),
			"--window", "4", "--bodies", "sync", "--bandwidth", limit, "--json")
		out, err := cmd.Output()
		sum := lastLine(t, out)
		if code := exitOf(t, cmd, err); code != 0 || sum["items_stored"] != 24.0 || sum["retries"] != 0.0 {
			t.Fatalf("--bandwidth %s: exit code %d, summary %v", limit, code, sum)
		}
		return sum["bytes_fetched"].(float64), sum["seconds"].(float64)
	}
	const limit, burst = 96 << 10, 96 << 10
	free, quick := speed("free", "0")
	bytes, slow := speed("limited", "96k")
	if bytes < 240<<10 || bytes != free {
		t.Errorf("%.0f bytes came without a limit, %.0f with it", free, bytes)
	}
	if rate := (bytes - burst) / slow; rate > limit {
		t.Errorf("%.0f bytes a second after the first ones, the limit is %d", rate, limit)
	}
	if bytes/slow > free/quick/2 {
		t.Errorf("%.0f bytes a second with the limit, %.0f without", bytes/slow, free/quick)
	}
}
