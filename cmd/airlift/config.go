package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/urfave/cli/v2"
)

// applyConfig sets the flags that neither the command line nor the environment sets from the file of --config. known
// are the flags of all verbs; what the verb at hand does not have is for another one.
func applyConfig(ctx *cli.Context, known []string) error {
	file := ctx.String("config")
	if file == "" {
		return nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return usage("config: "+err.Error(), "")
	}
	var doc yaml.MapSlice
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return usage(fmt.Sprintf("config %s: %s", file, err), "the file is a list of `flag: value` lines")
	}
	for _, item := range doc {
		name := fmt.Sprint(item.Key)
		if err := checkKey(name, known); err != nil {
			return usage(fmt.Sprintf("config %s: %s", file, err), hintOf(err))
		}
		f := flagOf(ctx, name)
		if f == nil || ctx.IsSet(name) {
			continue
		}
		values, err := flagValues(item.Value)
		if _, repeatable := f.(*cli.StringSliceFlag); !repeatable {
			values = []string{strings.Join(values, ",")} // as in --class mail,contacts
		}
		for _, v := range values {
			if err == nil {
				err = ctx.Set(name, v)
			}
		}
		if err != nil {
			return usage(fmt.Sprintf("config %s: %s: %s", file, name, err), "")
		}
	}
	return nil
}

func checkKey(name string, known []string) error {
	switch {
	case slices.Contains(known, name):
		return nil
	case strings.Contains(name, "password"):
		return usage(fmt.Sprintf("%q: a password may not be in it", name), "name a file or a command: password-file, password-command")
	}
	return usage(fmt.Sprintf("unknown key %q", name), "the keys are "+strings.Join(known, ", "))
}

// flagOf returns the flag of the verb with this name, nil if it has none.
func flagOf(ctx *cli.Context, name string) cli.Flag {
	for _, f := range ctx.Command.Flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

// flagValues turns a YAML value into what would have been written on the command line, once or repeatedly.
func flagValues(v any) ([]string, error) {
	switch v := v.(type) {
	case nil:
		return nil, fmt.Errorf("no value")
	case []any:
		var all []string
		for _, e := range v {
			one, err := flagValues(e)
			if err != nil {
				return nil, err
			}
			all = append(all, one...)
		}
		return all, nil
	case float64:
		// A version, 14.0, is a number to YAML. Nothing else that a flag takes is written with a point or an exponent.
		text := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return []string{text}, nil
	case map[string]any, yaml.MapSlice:
		return nil, fmt.Errorf("a value or a list of values is needed")
	}
	return []string{fmt.Sprint(v)}, nil
}
