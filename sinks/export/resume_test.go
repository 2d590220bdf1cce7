package export

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// small is an archive of a few messages in two folders.
func small(t *testing.T) (*lab, sinks.Folder) {
	l := newLab(t)
	inbox, other := l.folder("Inbox", "Email", 2), l.folder("Other", "Email", 12)
	l.put(inbox, mail(0, "zero\n"), mail(1, "one\n"), mail(2, "From two"), mail(3, "three\n"))
	l.put(other, mail(4, "four\n"), mail(5, "five\n"))
	return l, inbox
}

var formats = []Format{EML, Maildir, Mbox}

// TestCutOff: an export that is cut off anywhere, in order or as by a power cut, is completed by the next one, and is what one
// that was not cut off is.
func TestCutOff(t *testing.T) {
	for _, format := range formats {
		l, _ := small(t)
		whole, sum := l.run("", Options{Format: format})
		want := treeOf(t, whole)
		for n := 1; n <= sum.Items; n++ {
			out, crashed := filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "crashed")
			ctx, cancel := context.WithCancel(t.Context())
			done := 0
			_, err := Run(ctx, l.a, Options{Format: format, Dir: out, Done: func(s Summary) {
				if done++; done == n {
					if err := os.CopyFS(crashed, os.DirFS(out)); err != nil {
						t.Error(err)
					}
					cancel()
				}
			}})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%s, cut off after %d: %v", format, n, err)
			}
			for _, dir := range []string{out, crashed} {
				if _, err := os.Stat(filepath.Join(dir, ManifestName)); err == nil {
					t.Errorf("%s, cut off after %d: there is a manifest", format, n)
				}
				// Once more cut off at its beginning, which must not forget what the first one noted.
				cancelled, stop := context.WithCancel(t.Context())
				stop()
				if _, err := Run(cancelled, l.a, Options{Format: format, Dir: dir}); err == nil {
					t.Error("a cancelled export ended well")
				}
				_, sum := l.run(dir, Options{Format: format})
				if diff := cmp.Diff(want, treeOf(t, dir)); diff != "" {
					t.Errorf("%s, cut off after %d: %s", format, n, diff)
				}
				if format == EML && sum.Kept < n-1 {
					t.Errorf("cut off after %d: %d files were kept", n, sum.Kept)
				}
			}
		}
	}
}

// TestTornLine: a manifest whose last line was being written is read up to that.
func TestTornLine(t *testing.T) {
	l, _ := small(t)
	whole, _ := l.run("", Options{Format: EML})
	manifest, err := os.ReadFile(filepath.Join(whole, ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 5, len(manifest) / 2, len(manifest) - 1} {
		dir := filepath.Join(t.TempDir(), "out")
		if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(
			os.Remove(filepath.Join(dir, ManifestName)), os.Mkdir(filepath.Join(dir, workDir), 0o700),
			os.WriteFile(filepath.Join(dir, logName), manifest[:n], 0o600), os.WriteFile(filepath.Join(dir, workDir, "new-7"), manifest, 0o600),
		); err != nil {
			t.Fatal(err)
		}
		_, sum := l.run(dir, Options{Format: EML})
		if diff := cmp.Diff(treeOf(t, whole), treeOf(t, dir)); diff != "" || sum.Kept != 6 {
			t.Errorf("%d bytes: %d kept; %s", n, sum.Kept, diff)
		}
	}
}

// TestAgain: an export of an archive that went on is brought up to date: what is new is written, what is gone or called otherwise
// is removed, the rest is let be; and it is what a new export is.
func TestAgain(t *testing.T) {
	for _, format := range formats {
		l, inbox := small(t)
		out, _ := l.run("", Options{Format: format})
		if _, sum := l.run(out, Options{Format: format}); sum.Kept != sum.Files || sum.Removed != 0 {
			t.Errorf("%s, nothing new: %+v", format, sum)
		}
		add := l.last[inbox.Dir].Events
		l.put(inbox,
			sinktest.Put{Event: sinks.Event{Op: sinks.OpChange, ID: add[0].ID, ServerID: "0", Read: ptr(false), Flag: "active"}},
			sinktest.Put{Event: sinks.Event{Op: sinks.OpDelete, ID: add[1].ID, ServerID: "1"}},
			mail(9, "nine\n"))
		_, sum := l.run(out, Options{Format: format})
		fresh, _ := l.run("", Options{Format: format})
		if diff := cmp.Diff(treeOf(t, fresh), treeOf(t, out)); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
		want := map[Format][2]int{EML: {5, 1}, Maildir: {5, 2}, Mbox: {1, 0}}[format] // kept, removed
		if got := [2]int{sum.Kept, sum.Removed}; got != want {
			t.Errorf("%s: kept and removed %v, want %v", format, got, want)
		}
		manifest(t, out)

		// As it was before, and then as it is: the other files go and come again.
		at := time.Date(2026, 1, 2, 3, 0, 1, 0, time.UTC)
		l.run(out, Options{Format: format, At: at})
		then, _ := l.run("", Options{Format: format, At: at})
		if diff := cmp.Diff(treeOf(t, then), treeOf(t, out)); diff != "" {
			t.Errorf("%s, as it was: %s", format, diff)
		}
		// A folder of which nothing is left has no directory.
		if _, sum := l.run(out, Options{Format: format, Select: none}); sum.Items != 0 {
			t.Errorf("%+v", sum)
		}
		if left := treeOf(t, out); len(left) != 1 {
			t.Errorf("%s, nothing selected: %v", format, left)
		}
	}
}

// TestNotOurs: what somebody put into the directory, or changed there, is not removed.
func TestNotOurs(t *testing.T) {
	l, _ := small(t)
	out, _ := l.run("", Options{Format: EML})
	files, _, _ := manifest(t, out)
	changed, note := filepath.Join(out, files[0].Path), filepath.Join(out, filepath.Dir(files[0].Path), "note.txt")
	if err := errors.Join(os.WriteFile(changed, []byte("mine"), 0o600), os.WriteFile(note, []byte("mine"), 0o600)); err != nil {
		t.Fatal(err)
	}
	_, sum := l.run(out, Options{Format: EML, Select: none})
	for _, file := range []string{changed, note} {
		if b, err := os.ReadFile(file); string(b) != "mine" || err != nil || sum.Removed != 5 {
			t.Errorf("%s: %q, %v; %d removed", file, b, err, sum.Removed)
		}
	}
	// What should be there is put there again.
	if _, sum := l.run(out, Options{Format: EML}); sum.Kept != 0 || sum.Files != 6 {
		t.Errorf("%+v", sum)
	}
	if b, err := os.ReadFile(changed); string(b) == "mine" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
}

// TestForeign: a directory with something else in it is left as it is.
func TestForeign(t *testing.T) {
	l, _ := small(t)
	other, _ := small(t)
	for name, fill := range map[string]func(dir string) error{
		"a file":          func(dir string) error { return os.WriteFile(filepath.Join(dir, "x"), nil, 0o600) },
		"another archive": func(dir string) error { other.run(dir, Options{Format: EML}); return nil },
		"another format":  func(dir string) error { l.run(dir, Options{Format: Mbox}); return nil },
		"another's, cut off": func(dir string) error {
			ctx, cancel := context.WithCancel(other.t.Context())
			_, err := Run(ctx, other.a, Options{Format: EML, Dir: dir, Done: func(Summary) { cancel() }})
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		},
		"a later version": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, ManifestName), []byte(`{"export":2,"archive":"`+l.a.ID()+`","format":"eml"}`+"\n"), 0o600)
		},
		"no manifest in it": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, ManifestName), []byte("hello\n"), 0o600)
		},
		"an endless line": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, ManifestName), []byte(strings.Repeat("x", 3<<20)), 0o600)
		},
	} {
		dir := t.TempDir()
		if err := fill(dir); err != nil {
			t.Fatal(err)
		}
		before := treeOf(t, dir)
		if _, err := Run(t.Context(), l.a, Options{Format: EML, Dir: dir}); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v, want ErrForeign", name, err)
		}
		after := treeOf(t, dir)
		delete(after, workDir+"/lock")
		delete(before, workDir+"/lock")
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestLocked: two exports do not work in one directory.
func TestLocked(t *testing.T) {
	l, _ := small(t)
	out := filepath.Join(t.TempDir(), "out")
	tried := false
	_, err := Run(t.Context(), l.a, Options{Format: EML, Dir: out, Done: func(Summary) {
		if tried {
			return
		}
		tried = true
		if _, err := Run(t.Context(), l.a, Options{Format: EML, Dir: out}); !errors.Is(err, ErrLocked) {
			t.Errorf("the second export: %v, want ErrLocked", err)
		}
	}})
	if err != nil || !tried {
		t.Error(err)
	}
	manifest(t, out)
}
