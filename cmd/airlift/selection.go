package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/migrate"
)

// selection makes the engine's selection from the flags.
func selection(ctx *cli.Context) (s migrate.Selection, err error) {
	if s.Classes, err = parseClasses(ctx.String("class")); err != nil {
		return s, err
	}
	if s.Folders, err = globsOf(ctx, "folder"); err != nil {
		return s, err
	}
	if s.ExcludeFolders, err = globsOf(ctx, "exclude-folder"); err != nil {
		return s, err
	}
	if s.Since, err = parseDate("since", ctx.String("since")); err != nil {
		return s, err
	}
	if s.Before, err = parseDate("before", ctx.String("before")); err != nil {
		return s, err
	}
	s.MaxSize, err = parseSize("max-size", ctx.String("max-size"))
	return s, err
}

// classes are the names of the command line and those of the protocol.
func classes() (names []string, class map[string]eas.Class) {
	return []string{"mail", "contacts", "calendar", "tasks", "notes"}, map[string]eas.Class{
		"mail": eas.ClassEmail, "contacts": eas.ClassContacts, "calendar": eas.ClassCalendar,
		"tasks": eas.ClassTasks, "notes": eas.ClassNotes,
	}
}

func classNames() []string {
	names, _ := classes()
	return names
}

func parseClasses(list string) ([]eas.Class, error) {
	if list == "" {
		return nil, nil
	}
	names, class := classes()
	var found []eas.Class
	for name := range strings.SplitSeq(list, ",") {
		c, ok := class[strings.TrimSpace(name)]
		if !ok {
			return nil, usage(fmt.Sprintf("--class: unknown class %q", name), "the classes are "+strings.Join(names, ", "))
		}
		found = append(found, c)
	}
	return found, nil
}

func parseDate(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usage(fmt.Sprintf("--%s: %q is no date", flag, s), "a date is 2006-01-02, the beginning of that day in UTC, or 2006-01-02T15:04:05Z")
}

func parseSize(flag, s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	number, shift := s, 0
	for suffix, bits := range map[string]int{"k": 10, "M": 20, "G": 30} {
		if n, ok := strings.CutSuffix(s, suffix); ok {
			number, shift = n, bits
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n<<shift>>shift != n {
		return 0, usage(fmt.Sprintf("--%s: %q is no size", flag, s), "a size is a number of bytes, or one with k, M or G: 25M")
	}
	return n << shift, nil
}
