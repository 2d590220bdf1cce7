package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/migrate/deliver"
	"github.com/airlift-eas/airlift/sinks"
)

// mappingFlags say which folder goes where.
func mappingFlags() []cli.Flag {
	return []cli.Flag{
		listFlag("map", "put the folder of a path, and all below it, elsewhere: `SOURCE=TARGET`, as Inbox/Old=Archive/Old (repeatable); well-known folders find each other by themselves, in any language"),
		stringFlag("map-file", "", "read such mappings from `FILE`, one in a line"),
		stringFlag("target-root", "", "put all folders that no mapping names below the folder of this `PATH`"),
	}
}

// maxMapFile bounds the file of --map-file, in bytes.
const maxMapFile = 4 << 20

func mappingOf(ctx *cli.Context) (m deliver.Mapping, err error) {
	m.Root = strings.Trim(ctx.String("target-root"), "/")
	for _, text := range ctx.StringSlice("map") {
		rule, err := parseMapping(text)
		if err != nil {
			return m, usage("--map: "+err.Error(), hintMapping)
		}
		m.Rules = append(m.Rules, rule)
	}
	file := ctx.String("map-file")
	if file == "" {
		return m, nil
	}
	info, err := os.Stat(file)
	if err == nil && info.Size() > maxMapFile {
		err = fmt.Errorf("%s: larger than %d bytes", file, maxMapFile)
	}
	var b []byte
	if err == nil {
		b, err = os.ReadFile(file)
	}
	if err != nil {
		return m, usage("--map-file: "+err.Error(), "")
	}
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(b), "\ufeff")) {
		n++
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		rule, err := parseMapping(line)
		if err != nil {
			return m, usage(fmt.Sprintf("--map-file %s: line %d: %s", file, n, err), hintMapping)
		}
		m.Rules = append(m.Rules, rule)
	}
	return m, nil
}

const hintMapping = "a mapping is SOURCE=TARGET, both paths as airlift ls prints them: Inbox/Old=Archive/Old"

// parseMapping parses SOURCE=TARGET. The first "=" divides.
func parseMapping(text string) (deliver.Rule, error) {
	from, to, ok := strings.Cut(text, "=")
	r := deliver.Rule{From: strings.Trim(strings.TrimSpace(from), "/"), To: strings.Trim(strings.TrimSpace(to), "/")}
	for _, path := range []string{r.From, r.To} {
		for _, name := range sinks.SplitPath(path) {
			if !ok || name == "" {
				return r, fmt.Errorf("%q is no mapping", text)
			}
		}
	}
	return r, nil
}

// rulesOf are the rules of a delivery.
func rulesOf(ctx *cli.Context) (o deliver.Options, err error) {
	if o.Mapping, err = mappingOf(ctx); err != nil {
		return o, err
	}
	o.Workers, o.Delay = foldersAtOnce, delayOf
	o.Conflict, o.Collision = deliver.ConflictTarget, deliver.CollisionSkip
	for _, rule := range []struct {
		flag  string
		words []string
		put   func(string)
	}{
		{"conflict", []string{string(deliver.ConflictSource), string(deliver.ConflictTarget), string(deliver.ConflictNewer), string(deliver.ConflictBoth)}, func(w string) { o.Conflict = deliver.Conflict(w) }},
		{"collision", []string{string(deliver.CollisionSkip), string(deliver.CollisionCopy), string(deliver.CollisionReplace)}, func(w string) { o.Collision = deliver.Collision(w) }},
	} {
		if ctx.String(rule.flag) == "" { // the verb has no such flag
			continue
		}
		word, err := wordOf(ctx, rule.flag, "rule", rule.words...)
		if err != nil {
			return o, err
		}
		rule.put(word)
	}
	o.Deletes, o.Run = ctx.Bool("propagate-deletes"), sinks.NewRunID(now())
	return o, nil
}
