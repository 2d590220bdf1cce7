package importer

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/sinks/export/maildir"
	"github.com/airlift-eas/airlift/sinks/export/mbox"
)

// maildirs reads a Maildir, the folders of Maildir++ in it, and what else lies in it as directories.
func (r *reader) maildirs(ctx context.Context, names []string, dir string) error {
	own := names
	if len(own) == 0 {
		own = []string{"Inbox"}
	}
	if err := r.maildir(ctx, own, dir); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return r.problem(ctx, dir, err)
	}
	for _, e := range entries {
		below := filepath.Join(dir, e.Name())
		switch e.Name() {
		case maildir.Cur, maildir.New, maildir.Tmp:
			continue
		}
		if !e.IsDir() {
			continue // of the program that keeps the Maildir
		}
		if inside := maildir.FolderNames(e.Name()); inside != nil && isMaildir(below) {
			err = r.maildir(ctx, append(slices.Clip(names), inside...), below)
		} else if !strings.HasPrefix(e.Name(), ".") && !isBeside(e.Name()) {
			err = r.dir(ctx, append(slices.Clip(names), e.Name()), below)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// maildir reads the messages of one Maildir. What is in tmp is not there yet.
func (r *reader) maildir(ctx context.Context, names []string, dir string) error {
	for _, part := range []string{maildir.Cur, maildir.New} {
		entries, err := os.ReadDir(filepath.Join(dir, part))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			if err := r.problem(ctx, filepath.Join(dir, part), err); err != nil {
				return err
			}
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") {
				continue
			}
			file := filepath.Join(dir, part, e.Name())
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := r.letter(names, file, e.Name(), part == maildir.Cur); err != nil {
				if err := r.problem(ctx, file, err); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *reader) letter(names []string, file, base string, seen bool) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		r.sum.Others++
		return nil
	}
	n := maildir.ParseName(base)
	has := func(flag rune) bool { return seen && strings.ContainsRune(n.Flags, flag) }
	f := &found{
		names: names, class: "Email", ext: ".eml", path: file, file: file, size: info.Size(), modify: info.ModTime(), date: n.Time,
		open: func() (io.ReadCloser, error) { return os.Open(file) },
	}
	f.setRead(has(maildir.Seen))
	f.setFlagged(has(maildir.Flagged))
	f.setVerb(has(maildir.Replied), has(maildir.Passed))
	return r.take(f)
}

// mbox reads the messages of an mbox file.
func (r *reader) mbox(ctx context.Context, of found) error {
	file, err := os.Open(of.path)
	if err != nil {
		return err
	}
	defer file.Close()
	for m, err := range mbox.Messages(file) {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		f := of
		f.class, f.ext, f.date = "Email", ".eml", m.Date
		f.file = fmt.Sprintf("%s: byte %d", of.path, m.Offset)
		f.open = func() (io.ReadCloser, error) { return mbox.Open(file, m), nil }
		if f.size, err = sizeOf(mbox.Open(file, m)); err != nil {
			return err
		}
		if err := f.headerMarks(); err != nil {
			return err
		}
		if err := r.take(&f); err != nil {
			if err := r.problem(ctx, f.file, err); err != nil {
				return err
			}
		}
	}
	return nil
}

func sizeOf(r io.ReadCloser) (int64, error) {
	defer r.Close()
	return io.Copy(io.Discard, r)
}
