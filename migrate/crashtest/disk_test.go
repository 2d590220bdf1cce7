package crashtest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"github.com/airlift-eas/airlift/sinks/dir"
)

// disk knows what of the files that sinks/dir makes a power cut would take back. It outlives the processes.
type disk struct {
	mu      sync.Mutex
	entries map[string]string // path whose directory was not synced since -> the path it had before, "" = none
	dirty   map[string]bool   // files with content that was not synced
}

func newDisk() *disk { return &disk{entries: map[string]string{}, dirty: map[string]bool{}} }

// step takes a step of sinks/dir.
func (d *disk) step(s dir.Step, do func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var made []string
	if s.Op == dir.OpMkdir {
		made = missing(s.Path)
	}
	if err := do(); err != nil {
		return err
	}
	switch s.Op {
	case dir.OpMkdir:
		for _, p := range made {
			d.entries[p] = ""
		}
	case dir.OpCreate:
		d.entries[s.Path] = ""
	case dir.OpWrite:
		d.dirty[s.Path] = true
	case dir.OpSync:
		delete(d.dirty, s.Path)
	case dir.OpPublish:
		d.publish(s)
	case dir.OpRemove: // that it comes back is what Clean is for
		delete(d.entries, s.Path)
		delete(d.dirty, s.Path)
	case dir.OpSyncDir:
		for p := range d.entries {
			if filepath.Dir(p) == s.Path {
				delete(d.entries, p)
			}
		}
	}
	return nil
}

func (d *disk) publish(s dir.Step) {
	before, young := d.entries[s.Path]
	if !young {
		before = s.Path
	}
	d.entries[s.As] = before
	if d.dirty[s.Path] {
		d.dirty[s.As] = true
	}
	delete(d.entries, s.Path)
	delete(d.dirty, s.Path)
}

// missing lists the directories that are not there, of path and above.
func missing(path string) (list []string) {
	for p := path; ; p = filepath.Dir(p) {
		if _, err := os.Stat(p); err == nil || p == filepath.Dir(p) {
			return list
		}
		list = append(list, p)
	}
}

// durable tells whether a file would outlive a power cut.
func (d *disk) durable(path string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dirty[path] {
		return false
	}
	for p := path; p != filepath.Dir(p); p = filepath.Dir(p) {
		if _, young := d.entries[p]; young {
			return false
		}
	}
	return true
}

// written is the system's writing back, some seconds after.
func (d *disk) written() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.entries)
	clear(d.dirty)
}

// powerCut takes back what was not synced: contents first, then names, the deepest first.
func (d *disk) powerCut() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for p := range d.dirty {
		errs = append(errs, os.Truncate(p, 0))
	}
	var paths []string
	for p := range d.entries {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range slices.Backward(paths) {
		if before := d.entries[p]; before != "" {
			errs = append(errs, os.Rename(p, before))
		} else {
			errs = append(errs, os.RemoveAll(p))
		}
	}
	clear(d.entries)
	clear(d.dirty)
	return errors.Join(errs...)
}

// fileFault is what a step that fails says: there are two kinds of bad news, and the engine treats them differently.
func fileFault(s dir.Step, n int) error {
	if n%2 == 0 && (s.Op == dir.OpMkdir || s.Op == dir.OpCreate || s.Op == dir.OpWrite || s.Op == dir.OpSync) {
		return &os.PathError{Op: string(s.Op), Path: s.Path, Err: syscall.ENOSPC}
	}
	return &os.PathError{Op: string(s.Op), Path: s.Path, Err: syscall.EIO}
}
