package export

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

// workDir holds what is there only while an export works, or after one was cut off: the lock, the manifest so far, the file
// that is being written, and the manifests of exports that were cut off before.
const (
	workDir    = ".airlift-export"
	logName    = workDir + "/manifest.jsonl"
	beforeName = workDir + "/before-"
)

// tree is the directory that is exported to. Nothing outside it is reached, whatever symbolic links it holds.
type tree struct {
	head   head
	path   string
	root   *os.Root
	lock   *flock.Flock
	log    *os.File          // the manifest so far
	before []string          // manifests of earlier exports
	merged map[string][]Line // what they say of files of several items, by path
	fates  map[pathSum]fate
	fold   bool // case does not count here
	temps  int
	made   map[string]bool // directories that are known to be there
}

// fate is how a file came to be as the new manifest names it.
type fate uint8

const (
	fateWritten fate = iota
	fateKept         // it was there
)

// pathSum stands for a path: there may be a million of them.
type pathSum [16]byte

func (t *tree) sumOf(name string) pathSum {
	if t.fold {
		name = strings.ToLower(name)
	}
	sum := sha256.Sum256([]byte(name))
	return pathSum(sum[:len(pathSum{})])
}

// openTree makes or takes over the directory of an export.
func openTree(dir, archive string, format Format) (t *tree, err error) {
	t = &tree{
		head: head{Export: manifestVersion, Archive: archive, Format: format}, path: dir,
		fates: map[pathSum]fate{}, made: map[string]bool{},
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if t.root, err = os.OpenRoot(dir); err != nil {
		return nil, err
	}
	if err = t.takeOver(); err == nil {
		t.log, err = t.root.OpenFile(logName, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	}
	if err == nil {
		err = errors.Join(t.note(t.head), t.recall())
	}
	if err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

// takeOver finds out whether the directory is one for this export, locks it, and collects what earlier ones noted.
func (t *tree) takeOver() error {
	known, err := t.belongs(ManifestName)
	if err != nil {
		return err
	}
	if _, err := t.root.Lstat(workDir); errors.Is(err, fs.ErrNotExist) && !known {
		if err := t.empty(); err != nil {
			return err
		}
	}
	if err := t.root.MkdirAll(workDir, 0o700); err != nil {
		return err
	}
	if err := t.takeLock(); err != nil {
		return err
	}
	_, err = t.root.Lstat(strings.ToUpper(workDir))
	t.fold = err == nil
	if known, err = t.belongs(ManifestName); err != nil {
		return err
	}
	if known {
		t.before = append(t.before, ManifestName)
	}
	return t.sweep()
}

// empty returns an error if there is anything in the directory.
func (t *tree) empty() error {
	d, err := t.root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	there, _ := d.Readdirnames(1) // what it cannot list it will not be able to write to either
	if len(there) > 0 {
		return fmt.Errorf("it is not empty (%s): %w", there[0], ErrForeign)
	}
	return nil
}

// takeLock locks the directory. Who ended removes the lock's file, so that it has to be seen whether what was locked still
// is the file of that name.
func (t *tree) takeLock() error {
	name := filepath.Join(t.path, workDir, "lock")
	lock := flock.New(name, flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if errors.Is(err, errors.ErrUnsupported) {
		return lock.Close() // a file system without locks: who exports to it twice at once is not kept from it
	}
	if err != nil {
		return errors.Join(err, lock.Close())
	}
	var ours, there fs.FileInfo
	if ok {
		if ours, err = lock.Stat(); err == nil {
			there, err = os.Stat(name)
		}
		ok = err == nil && os.SameFile(ours, there)
	}
	if !ok {
		return errors.Join(ErrLocked, lock.Close())
	}
	t.lock = lock
	return nil
}

// sweep removes the files that a dead export was writing, and keeps what it noted.
func (t *tree) sweep() error {
	entries, err := fs.ReadDir(t.root.FS(), workDir)
	if err != nil {
		return err
	}
	n := 0
	for _, e := range entries {
		name := path.Join(workDir, e.Name())
		switch {
		case strings.HasPrefix(name, beforeName):
			t.before = append(t.before, name)
			n++
		case name == logName, e.Name() == "lock":
		default:
			if err := t.root.Remove(name); err != nil {
				return err
			}
		}
	}
	for _, name := range append(slices.Clone(t.before), logName) {
		if found, err := t.belongs(name); err != nil {
			return err
		} else if found && name == logName {
			kept := fmt.Sprintf("%s%d.jsonl", beforeName, n)
			if err := t.root.Rename(logName, kept); err != nil {
				return err
			}
			t.before = append(t.before, kept)
		}
	}
	return nil
}

// recall reads what earlier exports say of their files of several items.
func (t *tree) recall() error {
	t.merged = map[string][]Line{}
	if t.head.Format == EML || t.head.Format == Maildir {
		return nil
	}
	for _, name := range t.before {
		for l, err := range t.readManifest(name) {
			if err != nil {
				return err
			}
			if l.Of != "" {
				t.merged[l.Path] = append(t.merged[l.Path], l.Line)
			}
		}
	}
	return nil
}

// close lets go of the directory. After finish nothing is left of workDir.
func (t *tree) close() error {
	var err error
	if t.log != nil {
		err = t.log.Close()
	}
	if t.lock != nil {
		err = errors.Join(err, t.lock.Close())
	}
	if t.root != nil {
		err = errors.Join(err, t.root.Close())
	}
	return err
}

// clean removes workDir. Where files that are open cannot be removed the lock is let go first.
func (t *tree) clean() error {
	var err error
	if runtime.GOOS == "windows" && t.lock != nil {
		err = errors.Join(err, t.lock.Close())
		t.lock = nil
	}
	return errors.Join(err, t.root.RemoveAll(workDir))
}

// note appends a line to the manifest.
func (t *tree) note(v any) error {
	b, err := encodeLine(v)
	if err == nil {
		_, err = t.log.Write(b)
	}
	return err
}

// mkdir makes a directory with its parents.
func (t *tree) mkdir(name string) error {
	if t.made[name] {
		return nil
	}
	if err := t.root.MkdirAll(name, 0o700); err != nil {
		return err
	}
	t.made[name] = true
	return nil
}
