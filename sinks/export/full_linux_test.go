package export

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/airlift-eas/airlift/sinks"
)

// TestFull: a full disk is told as that, and when there is room again the same export is completed.
func TestFull(t *testing.T) {
	l := newLab(t)
	f := l.folder("Inbox", "Email", 2)
	for n := range 8 {
		l.put(f, mail(n, strings.Repeat("0123456789\n", 20_000)))
	}
	for _, format := range formats {
		disk := t.TempDir()
		if err := unix.Mount("airlift-test", disk, "tmpfs", unix.MS_NODEV|unix.MS_NOSUID|unix.MS_NOEXEC, "size=1m"); err != nil {
			t.Skip("cannot mount a small file system:", err)
		}
		t.Cleanup(func() {
			if err := unix.Unmount(disk, unix.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
		out := filepath.Join(disk, "out")
		if _, err := Run(t.Context(), l.a, Options{Format: format, Dir: out}); !errors.Is(err, sinks.ErrFull) {
			t.Errorf("%s: %v, want ErrFull", format, err)
		}
		if err := unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_NODEV|unix.MS_NOSUID|unix.MS_NOEXEC, "size=8m"); err != nil {
			t.Fatal(err)
		}
		l.run(out, Options{Format: format})
		want, _ := l.run("", Options{Format: format})
		if diff := cmp.Diff(treeOf(t, want), treeOf(t, out)); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
	}
}
