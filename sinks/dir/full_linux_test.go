package dir

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// smallDisk mounts a file system of its own, which takes the privileges of root.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	path := t.TempDir()
	if err := unix.Mount("airlift-test", path, "tmpfs", unix.MS_NODEV|unix.MS_NOSUID|unix.MS_NOEXEC, options); err != nil {
		t.Skip("cannot mount a small file system:", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return path
}

func TestFullDisk(t *testing.T) {
	path := smallDisk(t, "size=1m")
	b := open(t, path)
	sinktest.Write(t, b, "d/fits", make([]byte, 300<<10))
	u, err := b.Create(t.Context(), "d/too-big")
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if _, err = u.Write(make([]byte, 300<<10)); err != nil {
			break
		}
	}
	if !errors.Is(err, sinks.ErrFull) || !strings.Contains(err.Error(), path+"/d/too-big") {
		t.Errorf("Write: %v, want ErrFull and the path", err)
	}
	// Before anybody calls Abort: another mailbox's page may fit into the room.
	if n := temps(t, path); n != 0 {
		t.Errorf("%d temporary files", n)
	}
	sinktest.Write(t, b, "d/fits-too", make([]byte, 300<<10))
	if err := u.Commit(t.Context()); err == nil {
		t.Error("Commit after a failed Write succeeded")
	}
	if err := u.Abort(); err != nil {
		t.Errorf("Abort: %v", err)
	}
	if names := sinktest.Names(t, b, "", ""); len(names) != 2 {
		t.Errorf("objects: %q", names)
	}
}

func TestFullOfFiles(t *testing.T) {
	path := smallDisk(t, "size=1m,nr_inodes=4") // the root, one directory, two files
	b := open(t, path)
	sinktest.Write(t, b, "d/1", nil)
	sinktest.Write(t, b, "d/2", nil)
	for _, name := range []string{"d/3", "new/directory/3"} {
		if _, err := b.Create(t.Context(), name); !errors.Is(err, sinks.ErrFull) || !strings.Contains(err.Error(), path) {
			t.Errorf("Create(%s): %v, want ErrFull and the path", name, err)
		}
	}
	clean(t, b, 0)
}
