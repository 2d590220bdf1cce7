package versitytest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
)

// requests is what a program asked the gateway for.
type requests struct {
	lists    int
	segments int // HEAD and GET
	others   int // likewise
}

func (r requests) String() string {
	return fmt.Sprintf("%d LIST, %d HEAD and GET of segments, %d of other objects", r.lists, r.segments, r.others)
}

// counter counts what passes through it.
type counter struct {
	next http.Handler

	mu  sync.Mutex
	got requests
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
	case r.URL.Query().Has("list-type"):
		c.got.lists++
	case strings.HasSuffix(r.URL.Path, ".tar.zst"):
		c.got.segments++
	default:
		c.got.others++
	}
	c.mu.Unlock()
	c.next.ServeHTTP(w, r)
}

// take returns the counts since the last time.
func (c *counter) take() requests {
	c.mu.Lock()
	defer c.mu.Unlock()
	got := c.got
	c.got = requests{}
	return got
}

// TestCache lists an archive again and again: the manifests are read once, and that of a segment which somebody replaced is
// read anew.
func TestCache(t *testing.T) {
	run := airlift(t)
	store := easserver.NewStore()
	const folders, each, window = 3, 40, 4
	u := store.AddUser(user)
	for f := range folders {
		folder := u.AddFolder(fmt.Sprint("Box ", f), eas.FolderUserMail)
		for i := range each {
			folder.AddMessage(fmt.Appendf(nil, "From: a@example.org\r\nSubject: message %d of %d\r\n\r\ntext\r\n", i, f))
		}
	}
	url := easservertest.Start(t, easserver.Config{}, store)
	o := options(t, false)
	proxy, err := NewProxy(gateway.URL, Schedule{})
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	count := &counter{next: proxy}
	server := httptest.NewServer(count)
	defer server.Close()
	direct := o
	o.Endpoint = server.URL
	if code, out := run(o, "archive", "--server", url, "--mailbox", address, "--user", user, "--to", place(o), "--window", fmt.Sprint(window)); code != 0 {
		t.Fatalf("archive: exit %d\n%s", code, out)
	}
	segments := 0
	for _, name := range names(t, open(t, direct)) {
		if strings.HasSuffix(name, ".tar.zst") {
			segments++
		}
	}
	if segments < folders*each/window {
		t.Fatalf("%d segments", segments)
	}
	count.take()

	cacheDir := filepath.Join(t.TempDir(), "manifests")
	ls := func(more ...string) (int, string, requests) {
		t.Helper()
		code, out := run(o, append([]string{"ls", "--archive", place(o), "--cache-dir", cacheDir}, more...)...)
		got := count.take()
		t.Logf("%d segments: ls %s: %s", segments, strings.Join(more, " "), got)
		return code, out, got
	}
	code, want, none := ls("--no-cache")
	if code != 0 || strings.Count(want, "\n") != folders*each || none.segments < 2*segments {
		t.Errorf("without a cache: exit %d, %v\n%s", code, none, want)
	}
	if found, err := filepath.Glob(filepath.Join(cacheDir, "*")); err != nil || len(found) > 0 {
		t.Errorf("--no-cache left %q, %v", found, err)
	}
	if code, out, got := ls(); code != 0 || out != want || got.segments != none.segments {
		t.Errorf("while it fills the cache: exit %d, %v\n%s", code, got, out)
	}
	code, out, got := ls()
	if code != 0 || out != want || got.segments != 0 || got.others != 4 { // archive.json and the run record, HEAD and GET
		t.Errorf("from the cache: exit %d, %v\n%s", code, got, out)
	}

	// The segment that holds the item is read, and no other.
	id := regexp.MustCompile(`(?m)^(\S+) .*message 17 of 1`).FindStringSubmatch(out)
	if id == nil {
		t.Fatalf("no such message\n%s", out)
	}
	code, out = run(o, "cat", "--archive", place(o), "--cache-dir", cacheDir, id[1])
	if got := count.take(); code != 0 || !strings.Contains(out, "Subject: message 17 of 1\r\n") || got.segments > 3 {
		t.Errorf("cat: exit %d, %v\n%s", code, got, out)
	}

	// verify reads the bytes themselves.
	code, out = run(o, "verify", "--archive", place(o))
	if got := count.take(); code != 0 || got.segments < 2*segments {
		t.Errorf("verify: exit %d, %v\n%s", code, got, out)
	}
	segment := ""
	for _, name := range names(t, open(t, direct)) {
		if strings.HasSuffix(name, "00000002.tar.zst") {
			segment = name
		}
	}
	answer, err := gateway.Do(t.Context(), http.MethodPut, "/"+o.Bucket+"/"+o.Prefix+"/"+segment, nil, http.Header{}, []byte("something else"))
	if err != nil || answer.Status >= http.StatusMultipleChoices {
		t.Fatalf("replace: %v, %s", err, answer.Body)
	}
	if code, out, got := ls(); code != 15 || !strings.Contains(out, filepath.Base(segment)) || got.segments == 0 {
		t.Errorf("a segment that was replaced: exit %d, %v\n%s", code, got, out)
	}
}
