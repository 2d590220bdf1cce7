package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/sinks/export/maildir"
)

// found is an item that was found in a file.
type found struct {
	names  []string // of the folders that it is in, from the outermost in
	class  string   // Email, Contacts, Calendar, Tasks, Notes
	ext    string   // of the form in which it is stored
	path   string   // of the file that it is in
	file   string   // the same, and where in it, for words
	size   int64
	apart  string // SHA-256 of the bytes that it has when it is taken out of a file of several, in hex; "" = those that it has
	open   func() (io.ReadCloser, error)
	date   time.Time // when it came, as its place says; zero = that does not say
	read   *bool     // nil = not said
	flag   string    // "active", "complete", "none"; "" = not said
	gone   bool      // a mail program says in it that it is deleted, and only its bytes are still there
	verb   string    // what was last done with it, as sinks.Event has it; "" = nothing, or not said
	modify time.Time // when its file was last changed
}

// reader finds items.
type reader struct {
	Options
	sum  *Summary
	take func(*found) error
}

const maxFolderDepth = 64 // of directories in one another

func (r *reader) read(ctx context.Context) error {
	info, err := os.Stat(r.In)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		known, err := r.file(ctx, nil, r.In, info)
		if !known {
			r.sum.Others++
		}
		return err
	}
	if isExport(r.In) {
		return fmt.Errorf("%s: %w", r.In, ErrExport)
	}
	return r.dir(ctx, nil, r.In)
}

// problem tells of a file of which something could not be stored. It returns the error if that ends the import.
func (r *reader) problem(ctx context.Context, file string, err error) error {
	if ctx.Err() != nil || errors.As(err, new(*storeError)) {
		return err
	}
	r.sum.Problems++
	if r.Problem != nil {
		r.Problem(Problem{File: file, Why: err})
	}
	return nil
}

// dir reads a directory: files first, class by class, so that what goes into one folder comes together.
func (r *reader) dir(ctx context.Context, names []string, dir string) error {
	if len(names) > maxFolderDepth {
		return r.problem(ctx, dir, fmt.Errorf("more than %d directories in one another: %w", maxFolderDepth, ErrTooLarge))
	}
	if isMaildir(dir) && (r.Format == Auto || r.Format == Maildir) {
		return r.maildirs(ctx, names, dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return r.problem(ctx, dir, err)
	}
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int {
		return strings.Compare(filepath.Ext(a.Name()), filepath.Ext(b.Name()))
	})
	for _, directories := range []bool{false, true} {
		for _, e := range entries {
			name := filepath.Join(dir, e.Name())
			switch {
			case e.IsDir() != directories:
			case strings.HasPrefix(e.Name(), "."), directories && isBeside(e.Name()):
				r.sum.Others++
			case directories:
				err = r.dir(ctx, append(slices.Clip(names), dirName(e.Name())), name)
			default:
				err = r.entry(ctx, names, name, e)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// isBeside tells a directory that holds what belongs to items and is none.
func isBeside(name string) bool { return strings.HasSuffix(name, ".files") }

// dirName is the folder that a directory is: Thunderbird keeps the folders in X in X.sbd, and Apple Mail a folder X as
// X.mbox/mbox.
func dirName(name string) string {
	for _, ext := range []string{".sbd", ".mbox"} {
		if base, ok := strings.CutSuffix(name, ext); ok && base != "" {
			return base
		}
	}
	return name
}

func (r *reader) entry(ctx context.Context, names []string, file string, e fs.DirEntry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	info, err := e.Info()
	if err != nil {
		return r.problem(ctx, file, err)
	}
	known := false
	if info.Mode().IsRegular() {
		if known, err = r.file(ctx, names, file, info); err != nil {
			return err
		}
	}
	if !known {
		r.sum.Others++
	}
	return nil
}

// file reads a file by what its name says that it is, and tells whether it is of a kind that is wanted.
func (r *reader) file(ctx context.Context, names []string, file string, info fs.FileInfo) (known bool, err error) {
	f := found{names: names, path: file, file: file, size: info.Size(), modify: info.ModTime(), open: func() (io.ReadCloser, error) { return os.Open(file) }}
	base := filepath.Base(file)
	name, ext := strings.TrimSuffix(base, filepath.Ext(base)), strings.ToLower(filepath.Ext(base))
	inside := append(slices.Clip(names), name) // of a file that is a folder
	format := Format(strings.TrimPrefix(ext, "."))
	if ext == "" {
		if format = Mbox; !isMbox(file) {
			return false, nil
		}
		if base == "mbox" && len(names) > 0 {
			inside = names
		}
	}
	if r.Format != Auto && r.Format != format {
		return false, nil
	}
	switch format {
	case EML:
		if len(f.names) == 0 {
			f.names = r.ownName(file)
		}
		f.class, f.ext = "Email", ".eml"
		err = r.take(&f)
	case Mbox:
		f.names = inside
		err = r.mbox(ctx, f)
	case ICS:
		f.names = inside
		err = r.ics(f)
	case VCF:
		f.names = inside
		err = r.vcf(ctx, f)
	default:
		return false, nil
	}
	if err != nil {
		err = r.problem(ctx, file, err)
	}
	return true, err
}

// ownName is the folder of messages that lie in no directory below In: the one that all are put into, or one that is called as the
// directory.
func (r *reader) ownName(file string) []string {
	if r.Into != "" {
		return nil
	}
	if abs, err := filepath.Abs(filepath.Dir(file)); err == nil && len(filepath.Base(abs)) > 1 {
		return []string{filepath.Base(abs)}
	}
	return []string{"Imported"}
}

// isMbox tells a file that begins as an mbox file does.
func isMbox(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 5)
	_, err = io.ReadFull(f, head)
	return err == nil && bytes.Equal(head, []byte("From "))
}

// isMaildir tells a Maildir from folders that are called like its directories and hold .eml files, as no Maildir does.
func isMaildir(dir string) bool {
	if !isDir(filepath.Join(dir, maildir.Cur)) || !isDir(filepath.Join(dir, maildir.New)) && !isDir(filepath.Join(dir, maildir.Tmp)) {
		return false
	}
	for _, part := range []string{maildir.Cur, maildir.New} {
		d, err := os.Open(filepath.Join(dir, part))
		if err != nil {
			continue
		}
		some, _ := d.Readdirnames(1) // what cannot be read is told of when it is to be
		_ = d.Close()
		if len(some) > 0 {
			return !strings.EqualFold(filepath.Ext(some[0]), ".eml")
		}
	}
	return true
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
