package deliver

import (
	"errors"
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/sinks"
)

// Mapping says where folders go. The zero value brings well-known folders, and what is below them, to those of the same type, whatever
// they are called there, and every other folder to its own path.
type Mapping struct {
	// Rules come before everything else; of those that name a folder or one above it the longest From counts.
	Rules []Rule
	// Root is a path that everything is put below that no rule names; "" = none. Well-known folders keep their own names there.
	Root string
}

// Rule maps a folder and all below it to another path. Both are paths as sinks.JoinPath makes them.
type Rule struct{ From, To string }

// ErrMapping says that a mapping is none.
var ErrMapping = errors.New("no mapping of folders")

func (m Mapping) check() error {
	for i, r := range m.Rules {
		switch {
		case !isPath(r.From), !isPath(r.To):
			return fmt.Errorf("deliver: %q=%q: an empty name: %w", r.From, r.To, ErrMapping)
		case slices.ContainsFunc(m.Rules[:i], func(other Rule) bool { return other.From == r.From }):
			return fmt.Errorf("deliver: %q is mapped twice: %w", r.From, ErrMapping)
		}
	}
	if m.Root != "" && !isPath(m.Root) {
		return fmt.Errorf("deliver: root %q: an empty name: %w", m.Root, ErrMapping)
	}
	return nil
}

func isPath(path string) bool { return !slices.Contains(sinks.SplitPath(path), "") }

// wellKnown tells the types of which a mailbox has one folder. MS-ASCMD 2.2.3.186.3.
func wellKnown(typ int) bool { return typ >= 2 && typ <= 11 }

// below returns the names of path that follow those of base; ok is false if it is neither base nor below it.
func below(path, base string) (rest []string, ok bool) {
	names, above := sinks.SplitPath(path), sinks.SplitPath(base)
	if len(names) < len(above) || !slices.Equal(names[:len(above)], above) {
		return nil, false
	}
	return names[len(above):], true
}

func join(base string, rest []string) string {
	return sinks.JoinPath(append(sinks.SplitPath(base), rest...)...)
}

// said returns where a folder of the source is put by what somebody said; ok is false if nobody did, and its type counts.
func (m Mapping) said(path string) (to string, ok bool) {
	best := Rule{}
	for _, r := range m.Rules {
		if _, ok := below(path, r.From); ok && len(sinks.SplitPath(r.From)) > len(sinks.SplitPath(best.From)) || ok && best.From == "" {
			best = r
		}
	}
	if best.From != "" {
		rest, _ := below(path, best.From)
		return join(best.To, rest), true
	}
	return join(m.Root, sinks.SplitPath(path)), m.Root != ""
}

// path returns where a folder of the source is put. all are the source's folders, places the target's.
func (m Mapping) path(f Folder, all []Folder, places []sinks.Place) string {
	if to, ok := m.said(f.Path); ok {
		return to
	}
	// The nearest folder at it or above it that has a place of its own type at the target.
	to, depth := f.Path, 0
	for _, g := range all {
		rest, ok := below(f.Path, g.Path)
		n := len(sinks.SplitPath(g.Path))
		if g.Gone || !ok || !wellKnown(g.Type) || n <= depth {
			continue
		}
		i := slices.IndexFunc(places, func(p sinks.Place) bool { return p.Type == g.Type && p.Class == g.Class })
		if i >= 0 {
			to, depth = join(places[i].Path, rest), n
		}
	}
	return to
}
