package eas

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
)

// StatusError is a Status of the protocol that does not say success. The same number means other things in other commands,
// and in other elements of one command, so all three are part of it.
type StatusError struct {
	Command string // "Sync"
	Element string // the element that the Status stood in: "Collection"
	Code    int
}

func (e *StatusError) Error() string {
	where := e.Command
	if e.Element != "" && e.Element != e.Command {
		where += ": " + e.Element
	}
	return fmt.Sprintf("%s: status %d (%s)", where, e.Code, e.Info().Meaning)
}

// Hint is what an operator can do about it, "" if nothing is known.
func (e *StatusError) Hint() string { return e.Info().Hint }

// Action is what a client should do about it.
func (e *StatusError) Action() Action { return e.Info().Action }

// Is answers to the sentinels.
func (e *StatusError) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		return e.Code == 124
	case ErrBlocked:
		return e.Code == 112 || e.Code >= 126 && e.Code <= 131 || e.Code == 139 || e.Code == 141 || e.Code == 145 || e.Code == 177
	case ErrRemoteWipe:
		return e.Code == 140
	case ErrPolicyRequired:
		return e.Code >= 142 && e.Code <= 144
	case ErrMailboxFull:
		return e.Code == 113
	case ErrNoCollection:
		return e.Command == "Sync" && e.Code == 12 || e.Command == "GetItemEstimate" && e.Code == 2
	}
	return false
}

// Info is what the specifications say of the status. One that they do not know is to be told to the user (MS-ASCMD 2.2.3.177.1).
func (e *StatusError) Info() StatusInfo {
	info := StatusInfo{Command: e.Command, Element: e.Element, Code: e.Code, Meaning: "unknown status", Action: ActionTell}
	if m, section, ok := e.lookup(); ok {
		info.Name, info.Meaning, info.Hint, info.Action, info.Section = m.name, m.text, m.hint, m.action, section
	}
	return info
}

// lookup prefers the table of the element to the others of the command, and those to the codes of all commands.
func (e *StatusError) lookup() (m meaning, section string, ok bool) {
	for i := range statusTables {
		t := &statusTables[i]
		if t.command != e.Command {
			continue
		}
		exact := slices.Contains(t.elements, e.Element)
		if ok && !exact {
			continue
		}
		if found, has := t.codes[e.Code]; has {
			m, section, ok = found, t.section, true
			if exact {
				return m, section, ok
			}
		}
	}
	if !ok {
		m, ok = commonStatus[e.Code]
		section = commonSection
	}
	return m, section, ok
}

// StatusInfo is an entry of the tables of statuses.
type StatusInfo struct {
	Command string // "" = any command
	Element string // that the Status stands in, "" = any
	Code    int
	Name    string // the specification's where it has one, else in its style
	Meaning string
	Action  Action
	Hint    string // what an operator can do, "" if nothing is known
	Section string // where it is specified: "MS-ASCMD 2.2.3.177.17"
}

// Statuses yields all statuses that the specifications know: those of the commands, then those of all commands.
func Statuses() iter.Seq[StatusInfo] {
	return func(yield func(StatusInfo) bool) {
		for _, t := range append(slices.Clone(statusTables), statusTable{elements: []string{""}, section: commonSection, codes: commonStatus}) {
			for _, element := range t.elements {
				for _, code := range slices.SortedFunc(maps.Keys(t.codes), cmp.Compare[int]) {
					m := t.codes[code]
					if !yield(StatusInfo{t.command, element, code, m.name, m.text, m.action, m.hint, t.section}) {
						return
					}
				}
			}
		}
	}
}

// statusTable has the statuses that stand in some elements of the answer to a command.
type statusTable struct {
	command  string
	elements []string
	section  string
	codes    map[int]meaning
}

type meaning struct {
	name, text, hint string
	action           Action
}

const (
	hintRetry     = "this usually passes: try again later"
	hintResync    = "the folder has to start over at key 0; nothing that is stored is stored again"
	hintHierarchy = "the folder tree changed: it is read again with the next run"
	hintAdmin     = "ask the administrator of the server"
	hintReport    = "please report this with the output of --verbose"
)

// statusTables are those of MS-ASCMD 2.2.3.177 and MS-ASPROV 2.2.2.54.
var statusTables = slices.Concat(syncStatus, folderStatus, itemStatus, lookupStatus, deviceStatus)
