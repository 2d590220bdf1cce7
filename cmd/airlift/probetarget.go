package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
)

// kept is what a target made of a property of the items that were put there.
type kept struct {
	Class    string `json:"class"`
	Property string `json:"property"`
	Kept     int    `json:"kept"`
	Changed  int    `json:"changed"`
	Lost     int    `json:"lost"`
	Refused  int    `json:"refused"` // the item was
	Example  string `json:"example,omitempty"`
}

type keptLine struct {
	Event   string    `json:"event"` // "property"
	Time    time.Time `json:"time"`
	Mailbox string    `json:"mailbox"`
	kept
}

// probesTarget tells whether a target is to be probed.
func probesTarget(ctx *cli.Context) bool {
	for _, flag := range []string{"target", "target-server", "target-imap"} {
		if ctx.String(flag) != "" {
			return true
		}
	}
	return false
}

// probeTarget puts items of each class into a folder that it makes for that, reads them back, and removes them.
func probeTarget(ctx *cli.Context, c *console) error {
	conn, err := connectionOf(ctx, c)
	if err != nil {
		return err
	}
	there := account{mailbox: ctx.String("mailbox")}
	if there.mailbox == "" {
		there.mailbox = ctx.String("target")
	}
	if there.mailbox == "" {
		return usage("no target", "name the address of the mailbox to write to with --target")
	}
	accounts := []account{there}
	aims, err := conn.aims(ctx, c, accounts)
	if err != nil {
		return err
	}
	t := &aims[0]
	if err := agreed(ctx, c, t.account.mailbox); err != nil {
		return err
	}
	run, stop := interruptible(ctx.Context, c, "what was written is removed first")
	defer stop()
	began := time.Now()
	targets, err := t.open(run, "probe")
	if err != nil {
		return named(t.account.mailbox, err)
	}
	defer func() { _ = closeAll(targets) }() // what was written is removed
	var all []kept
	for _, class := range []eas.Class{eas.ClassEmail, eas.ClassContacts, eas.ClassCalendar, eas.ClassTasks, eas.ClassNotes} {
		i := slices.IndexFunc(targets, func(t sinks.Target) bool { return t.Takes(string(class)) })
		if i < 0 {
			c.say("%s: no target takes class %s", t.account.mailbox, class)
			continue
		}
		found, err := tryClass(run, c, targets[i], string(class))
		all = append(all, found...)
		if err != nil {
			return named(t.account.mailbox, fmt.Errorf("target: class %s: %w", class, err))
		}
	}
	tellKept(c, t.account.mailbox, all, time.Since(began))
	return nil
}

// agreed asks before anything is written.
func agreed(ctx *cli.Context, c *console, mailbox string) error {
	if ctx.Bool("yes") {
		return nil
	}
	if c.in == nil || !term.IsTerminal(int(c.in.Fd())) {
		return usage("the probe writes to "+mailbox, "--yes says that it may: it makes a folder, puts some items into it, reads them back and removes both")
	}
	fmt.Fprintf(c.err, "Make a folder in %s, put some items into it, read them back and remove both? [y/N] ", mailbox)
	line, _ := bufio.NewReader(c.in).ReadString('\n')
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
		return usage("nothing was written", "")
	}
	return nil
}

// tryClass puts the canaries of a class into a folder of their own, and removes both whatever comes of it.
func tryClass(ctx context.Context, c *console, t sinks.Target, class string) (found []kept, err error) {
	at := now().Truncate(time.Hour).AddDate(0, 0, 7)
	items, err := canaries(class, at)
	if err != nil {
		return nil, err
	}
	place, made, err := t.MakeFolder(ctx, sinks.Place{Path: "airlift probe " + now().Format("20060102T150405"), Class: class})
	if err != nil {
		return nil, fmt.Errorf("folder for the probe: %w", err)
	}
	clean := context.WithoutCancel(ctx)
	defer func() {
		if !made {
			return
		}
		if derr := t.DeleteFolder(clean, place); derr != nil {
			c.warn(fmt.Sprintf("the folder %q stays at the target: %s", place.Path, derr), "remove it by hand; nothing is in it")
		}
	}()
	f, err := t.Open(ctx, place)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for _, one := range items {
		placed, perr := f.Put(ctx, []sinks.TargetItem{one.TargetItem})
		if perr != nil {
			return found, perr
		}
		p := placed[0]
		found = judge(found, class, one, p)
		if p.Err == nil {
			if _, err := f.Delete(clean, []sinks.Held{p.Held}); err != nil {
				return found, fmt.Errorf("remove what was put: %w", err)
			}
		}
	}
	return found, nil
}

// judge adds what became of an item's properties.
func judge(found []kept, class string, c canary, p sinks.Placed) []kept {
	of := func(property string) *kept {
		i := slices.IndexFunc(found, func(k kept) bool { return k.Class == class && k.Property == property })
		if i < 0 {
			found = append(found, kept{Class: class, Property: property})
			i = len(found) - 1
		}
		return &found[i]
	}
	altered := func(a sinks.Alteration) {
		k := of(propertyOf(c, a))
		if a.Got == "" {
			k.Lost++
		} else {
			k.Changed++
		}
		k.Example = why("", []sinks.Alteration{a})
	}
	for _, property := range c.properties {
		i := slices.IndexFunc(p.Altered, func(a sinks.Alteration) bool { return propertyOf(c, a) == property })
		switch {
		case p.Err != nil:
			k := of(property)
			k.Refused++
			k.Example = p.Err.Error()
		case i < 0:
			of(property).Kept++
		default:
			altered(p.Altered[i])
		}
	}
	// What the target altered besides is an exception's, its own addition, or what is not compared.
	for _, a := range p.Altered {
		if !slices.Contains(c.properties, propertyOf(c, a)) {
			altered(a)
		}
	}
	return found
}

// propertyOf is the property of an item that an alteration is of: that of a recurrence is of it as a whole.
func propertyOf(c canary, a sinks.Alteration) string {
	for _, property := range c.properties {
		if rest, ok := strings.CutPrefix(a.Property, property); ok && (rest == "" || rest[0] == '/' || rest[0] == ' ') {
			return property
		}
	}
	return a.Property
}

func tellKept(c *console, mailbox string, all []kept, took time.Duration) {
	var rows [][]string
	for _, k := range all {
		if c.json {
			c.emit(keptLine{"property", now(), mailbox, k})
			continue
		}
		word := "kept"
		switch {
		case k.Refused > 0:
			word = "refused"
		case k.Lost > 0:
			word = "lost"
		case k.Changed > 0:
			word = "changed"
		}
		n := strconv.Itoa
		rows = append(rows, []string{k.Class, k.Property, word, n(k.Kept), n(k.Changed), n(k.Lost), n(k.Refused), k.Example})
	}
	if c.json {
		sum := migrate.Summary{Result: migrate.ResultOK, Mailboxes: 1, Seconds: took.Seconds()}
		c.emit(newSummaryLine(sum, exitOK))
		return
	}
	c.result("%s\n\n%s", mailbox, table([]string{"CLASS", "PROPERTY", "RESULT", "KEPT#", "CHANGED#", "LOST#", "REFUSED#", "EXAMPLE"}, rows))
}
