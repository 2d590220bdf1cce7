package easdst

import (
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// wanted are the marks that a message shall have; nil and not set: as they are.
type wanted struct {
	read       *bool
	flag       *wbxml.Element
	categories []string
	set        bool // categories
}

// marksOf makes marks of what a source says, as the version has them. What it has not is named.
func (c *collection) marksOf(o *outgoing, e *sinks.Event) wanted {
	w := wanted{read: e.Read}
	if e.Flag != "" {
		if c.version().AtLeast(eas.Version120) {
			w.flag = flagOf(o, e)
		} else if e.Flag != flagNone {
			o.alter(wbxml.EmailFlag.String(), e.Flag, "version "+string(c.version())+" has no such property")
		}
	}
	switch {
	case e.Categories == nil:
	case c.forDrafts():
		if len(e.Categories) > 0 {
			o.alter(wbxml.EmailCategories.String(), strings.Join(e.Categories, ", "), "a client cannot give a draft categories (MS-ASEMAIL 3.1.5.4)")
		}
	case c.version().AtLeast(eas.Version140):
		w.categories, w.set = e.Categories, true
	case len(e.Categories) > 0:
		o.alter(wbxml.EmailCategories.String(), strings.Join(e.Categories, ", "), "version "+string(c.version())+" has no such property")
	}
	if e.Verb != "" {
		o.alter(wbxml.Email2LastVerbExecuted.String(), e.Verb, "servers write it, clients cannot (MS-ASEMAIL 2.2.2.44)")
	}
	return w
}

const (
	flagNone     = "none" // of sinks.Event
	flagComplete = "complete"
)

// flagOf makes a flag. MS-ASEMAIL 2.2.2.34, 3.1.5.4.1: what is complete says when, and of the begin and the end there are both or none, in both
// forms.
func flagOf(o *outgoing, e *sinks.Event) *wbxml.Element {
	flag := wbxml.Empty(wbxml.EmailFlag)
	if e.Flag == flagNone {
		return &flag
	}
	f := e.FollowUp
	if f == nil {
		f = &sinks.FollowUp{}
	}
	kind := f.Type
	if kind == "" {
		kind = "Flag for follow up"
	}
	at := func(tag wbxml.Tag, t *time.Time) {
		if t != nil {
			flag.Append(wbxml.T(tag, t.UTC().Format(wbxml.DateTime)))
		}
	}
	if f.Subject != "" {
		flag.Append(wbxml.T(wbxml.TasksSubject, f.Subject))
	}
	if e.Flag == flagComplete {
		done := f.Completed
		if done == nil {
			if done = e.Received; done == nil {
				done = new(time.Unix(0, 0))
			}
			o.alter(wbxml.EmailCompleteTime.String(), "", "a flag that is complete says when, and the source did not")
		}
		flag.Append(wbxml.T(wbxml.EmailStatus, "1"), wbxml.T(wbxml.EmailFlagType, kind))
		at(wbxml.TasksDateCompleted, done)
		at(wbxml.EmailCompleteTime, done)
		return &flag
	}
	flag.Append(wbxml.T(wbxml.EmailStatus, "2"), wbxml.T(wbxml.EmailFlagType, kind))
	if start, due := f.Start, f.Due; start != nil || due != nil {
		if start == nil || due != nil && start.After(*due) {
			start = due
		}
		if due == nil {
			due = start
		}
		at(wbxml.TasksStartDate, start)
		at(wbxml.TasksUtcStartDate, start)
		at(wbxml.TasksDueDate, due)
		at(wbxml.TasksUtcDueDate, due)
	}
	if f.Reminder != nil {
		flag.Append(wbxml.T(wbxml.TasksReminderSet, "1"))
		at(wbxml.TasksReminderTime, f.Reminder)
	}
	return &flag
}

// elements are the properties that say it.
func (w wanted) elements() (all []wbxml.Element) {
	if w.read != nil {
		read := "0"
		if *w.read {
			read = "1"
		}
		all = append(all, wbxml.T(wbxml.EmailRead, read))
	}
	if w.flag != nil {
		all = append(all, *w.flag)
	}
	if w.set {
		categories := wbxml.Empty(wbxml.EmailCategories)
		for _, s := range w.categories {
			categories.Append(wbxml.T(wbxml.EmailCategory, s))
		}
		all = append(all, categories)
	}
	return all
}

// missing are those that a message has not.
func (w wanted) missing(l *letter) wanted {
	if w.read != nil && *w.read == l.read {
		w.read = nil
	}
	if w.flag != nil && flagText(w.flag) == l.flag {
		w.flag = nil
	}
	if w.set && categoriesText(w.categories) == l.categories {
		w.set = false
	}
	return w
}

// differences tell which marks a message has otherwise.
func (w wanted) differences(got *wbxml.Element) (all []sinks.Alteration) {
	if is := got.Value(wbxml.EmailRead) == "1"; w.read != nil && *w.read != is {
		all = append(all, sinks.Alteration{Property: wbxml.EmailRead.String(), Sent: yes(*w.read), Got: yes(is)})
	}
	if w.flag != nil {
		is := got.Child(wbxml.EmailFlag)
		sent, has := flagText(w.flag) != "", is != nil && flagText(is) != ""
		switch {
		case sent != has:
			all = append(all, sinks.Alteration{Property: wbxml.EmailFlag.String(), Sent: yes(sent), Got: yes(has)})
		case sent:
			for _, d := range item.Differences(w.flag, is) {
				all = append(all, sinks.Alteration{Property: wbxml.EmailFlag.String() + "/" + d.Property, Sent: d.Sent, Got: d.Got})
			}
		}
	}
	if is := categoriesOf(got); w.set && categoriesText(w.categories) != categoriesText(is) {
		all = append(all, sinks.Alteration{
			Property: wbxml.EmailCategories.String(), Sent: cut(strings.Join(slices.Sorted(slices.Values(w.categories)), ", ")), Got: cut(strings.Join(is, ", ")),
		})
	}
	return all
}

func yes(is bool) string {
	if is {
		return "1"
	}
	return "0"
}
