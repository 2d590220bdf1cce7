package archive

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// smallDisk mounts a file system of 1 MiB.
func smallDisk(t *testing.T) (path string) {
	t.Helper()
	path = t.TempDir()
	if err := unix.Mount("airlift-test", path, "tmpfs", unix.MS_NODEV|unix.MS_NOSUID|unix.MS_NOEXEC, "size=1m"); err != nil {
		t.Skip("cannot mount a small file system:", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return path
}

// TestFullSpool: the place where an encrypted page waits for its commit is full, and not the archive.
func TestFullSpool(t *testing.T) {
	o := toOwner()
	o.TempDir = smallDisk(t)
	a, err := CreateWith(t.Context(), newMemory(), o)
	if err != nil {
		t.Fatal(err)
	}
	w := begin(t, a, sinktest.NewPage(sinks.Folder{ID: "0a1b2c3d", Dir: "folder-0a1b2c3d", Path: "Inbox"}, 1, ""))
	data := string(noise(rand.New(rand.NewPCG(1, 1)), 4<<20))
	_, err = w.Put(t.Context(), sinktest.Mail(1).Event, sinktest.Text(".eml", data))
	if !errors.Is(err, sinks.ErrFull) || !strings.Contains(err.Error(), "the temporary directory "+o.TempDir) {
		t.Errorf("Put: %v, want ErrFull and the directory", err)
	}
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
}

// TestFullDisk fills a real file system, which takes the privileges of root to mount. TestFull holds the same without.
func TestFullDisk(t *testing.T) {
	path := smallDisk(t)
	b := openDir(t, path)
	a := create(t, b)
	prev := ""
	for seq := 1; ; seq++ {
		w := begin(t, a, sinktest.NewPage(sinktest.Inbox, seq, prev))
		_, err := w.Put(t.Context(), sinktest.Mail(1).Event, sinktest.Text(".eml", string(madeUp()[len(madeUp())-4][:300_000])))
		var s sinks.Segment
		if err == nil {
			s, err = w.Commit(t.Context(), fmt.Sprint("key", seq))
		}
		if err != nil {
			if !errors.Is(err, sinks.ErrFull) || !strings.Contains(err.Error(), path) || seq < 3 {
				t.Errorf("page %d: %v, want ErrFull and the path", seq, err)
			}
			if pages, err := sinktest.ReadPages(t, a, sinktest.Inbox.Dir, 0); len(pages) != seq-1 || err != nil {
				t.Errorf("%d pages, %v, want %d", len(pages), err, seq-1)
			}
			break
		}
		prev = s.SHA256
	}
	if n, err := b.Clean(t.Context()); n != 0 || err != nil {
		t.Errorf("%d temporary files were left, %v", n, err)
	}
	if sum, err := a.Verify(t.Context(), VerifyOptions{}); sum.Problems != 0 || err != nil {
		t.Errorf("what is left has %d problems, %v", sum.Problems, err)
	}
}
