//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package dir

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// TestLink is the way of file systems that cannot rename without replacing.
func TestLink(t *testing.T) {
	path := t.TempDir()
	b := open(t, path)
	begin := func() *upload {
		u, err := b.Create(t.Context(), "d/x")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { u.Abort() })
		return u.(*upload)
	}
	first, second := begin(), begin()
	if _, err := first.Write([]byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := first.link(); err != nil {
		t.Fatal(err)
	}
	if err := second.link(); !errors.Is(mapError("d/x", err), sinks.ErrExist) {
		t.Errorf("second link: %v, want ErrExist", err)
	}
	if err := first.link(); err == nil {
		t.Error("a third one succeeded")
	}
	if got := sinktest.Read(t, b, "d/x"); string(got) != "first" {
		t.Errorf("it holds %q", got)
	}
	if n := temps(t, path); n != 1 {
		t.Errorf("%d temporary files, want the second's", n)
	}
}

// TestLinkAnswerLost: NFS repeats a request whose answer got lost, and hears that the name is taken, by itself.
func TestLinkAnswerLost(t *testing.T) {
	b := open(t, t.TempDir())
	c, err := b.Create(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	u := c.(*upload)
	defer u.Abort()
	if err := b.root.Link(u.temp, u.name); err != nil {
		t.Fatal(err)
	}
	if err := u.link(); err != nil {
		t.Errorf("link: %v", err)
	}
}

func TestErrors(t *testing.T) {
	for _, errno := range []unix.Errno{unix.ENOSPC, unix.EDQUOT} {
		err := mapError("/a/b", &os.PathError{Op: "write", Path: "b", Err: errno})
		if !errors.Is(err, sinks.ErrFull) || !errors.Is(err, errno) {
			t.Errorf("%v is %v, want ErrFull", errno, err)
		}
		if want := "/a/b: " + sinks.ErrFull.Error() + ": " + errno.Error(); err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}
