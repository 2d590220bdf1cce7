package migrate

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
)

// Selection says what a run takes. The zero value takes everything. What a rule leaves out of a folder that is read is
// counted as excluded.
type Selection struct {
	Classes        []eas.Class // empty = all
	Folders        []string    // globs on the folder path; empty = all
	ExcludeFolders []string    // globs on the folder path
	Since          time.Time   // items dated before are excluded; zero = no limit
	Before         time.Time   // items dated at or after are excluded; zero = no limit
	MaxSize        int64       // items with more bytes are excluded; 0 = no limit
}

func (s Selection) check() error {
	for _, g := range slices.Concat(s.Folders, s.ExcludeFolders) {
		if _, err := path.Match(g, ""); err != nil {
			return fmt.Errorf("folder pattern %q: %w", g, err)
		}
	}
	return nil
}

// Takes tells whether an item is taken, by the folder that it is in and by what a manifest says of it.
func (s Selection) Takes(folderPath string, class eas.Class, date *time.Time, size int64) bool {
	return s.folder(folderPath, class) && s.item(date, size) == ""
}

// All tells whether everything is taken.
func (s Selection) All() bool {
	return len(s.Classes)+len(s.Folders)+len(s.ExcludeFolders) == 0 && s.Since.IsZero() && s.Before.IsZero() && s.MaxSize == 0
}

// folder tells whether a folder is read at all.
func (s Selection) folder(folderPath string, class eas.Class) bool {
	if len(s.Classes) > 0 && !slices.Contains(s.Classes, class) {
		return false
	}
	if len(s.Folders) > 0 && !MatchFolder(s.Folders, folderPath) {
		return false
	}
	return !MatchFolder(s.ExcludeFolders, folderPath)
}

// item tells why an item is excluded; "" = it is taken. An item without a date is never excluded by date.
func (s Selection) item(date *time.Time, size int64) string {
	if date != nil {
		if !s.Since.IsZero() && date.Before(s.Since) {
			return "older than --since"
		}
		if !s.Before.IsZero() && !date.Before(s.Before) {
			return "not older than --before"
		}
	}
	if s.MaxSize > 0 && size > s.MaxSize {
		return "larger than --max-size"
	}
	return ""
}

// MatchFolder tells whether one of the patterns takes a folder, as people expect of a folder pattern: without regard to
// case, and a pattern that matches a folder also matches all below it. A pattern is one of path.Match.
func MatchFolder(globs []string, folderPath string) bool {
	p := strings.ToLower(folderPath)
	for _, g := range globs {
		g = strings.ToLower(strings.Trim(g, "/"))
		for q := p; q != "." && q != "/"; q = path.Dir(q) {
			if ok, _ := path.Match(g, q); ok {
				return true
			}
		}
	}
	return false
}
