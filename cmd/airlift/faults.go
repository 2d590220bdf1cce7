package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/eas/easserver"
)

// faultsOf makes the faults of --fault; nil if the server is to behave.
func faultsOf(ctx *cli.Context) (*easserver.Faults, error) {
	var rules []easserver.FaultRule
	for _, s := range ctx.StringSlice("fault") {
		r, err := easserver.ParseFaultRule(s)
		if err != nil {
			return nil, usage("--fault: "+err.Error(), "airlift server --fault list tells what each of them does")
		}
		rules = append(rules, r)
	}
	if len(rules) == 0 {
		return nil, nil
	}
	return easserver.NewFaults(uint64(ctx.Int("fault-seed")), rules...), nil
}

func faultsTable() string {
	var rows [][]string
	for _, f := range easserver.AllFaults() {
		rows = append(rows, []string{string(f.Fault), f.Text})
	}
	return table([]string{"FAULT", "WHAT THE SERVER DOES"}, rows)
}

// injectedLines tell how often each fault happened.
func injectedLines(f *easserver.Faults) (lines []string) {
	if f == nil {
		return nil
	}
	injected := f.Injected()
	for _, name := range slices.Sorted(maps.Keys(injected)) {
		lines = append(lines, fmt.Sprintf("fault %s: %s", name, count(injected[name], "time", "times")))
	}
	return lines
}
