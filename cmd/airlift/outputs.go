package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"
)

// outputFlags say where the figures of a run go besides the console.
func outputFlags() []cli.Flag {
	return append(metricsFlags(),
		fidelityReportFlag("a line for each thing that is to be said of a message that was stored, as a DKIM hash that is wrong, or that it is encrypted"),
		stringFlag("report", "", "write what came of the run to `FILE`, one HTML page: summary, completeness of every folder, quarantined items, problems"),
	)
}

func metricsFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("metrics-addr", "", "serve the run's figures to Prometheus at http://`ADDR`/metrics while it lasts, as 127.0.0.1:9750; port 0 takes a free one"),
		stringFlag("metrics-file", "", "write the run's figures to `FILE`, for the node exporter's textfile collector (it reads *.prom): every 15 s and at the end"),
	}
}

// outputs are the files and addresses at which a run tells of itself. They are tried out before it begins: at the end of a
// long run it is too late to say that a directory is not there.
type outputs struct {
	report   string         // "" = none
	fidelity *fidelityTable // nil = none
	metrics  metricsPlace
}

// metricsPlace is where the figures of a run go for programs that watch it.
type metricsPlace struct {
	file     string       // "" = none
	listener net.Listener // nil = none
}

func outputsOf(ctx *cli.Context) (o outputs, err error) {
	o.report = ctx.String("report")
	if err := writable("report", o.report); err != nil {
		return o, err
	}
	if ctx.Bool("dry-run") {
		if err := writable("fidelity-report", ctx.String("fidelity-report")); err != nil {
			return o, err
		}
		o.metrics, err = metricsPlaceOf(ctx)
		return o, err
	}
	if o.fidelity, err = newFindingsTable(ctx.String("fidelity-report")); err != nil {
		return o, err
	}
	if o.metrics, err = metricsPlaceOf(ctx); err != nil {
		o.fidelity.Close()
	}
	return o, err
}

// metricsPlaceOf takes the address, but for a run that only looks.
func metricsPlaceOf(ctx *cli.Context) (m metricsPlace, err error) {
	m.file = ctx.String("metrics-file")
	if err := writable("metrics-file", m.file); err != nil {
		return m, err
	}
	addr := ctx.String("metrics-addr")
	if addr == "" || ctx.Bool("dry-run") {
		return m, nil
	}
	var lc net.ListenConfig
	if m.listener, err = lc.Listen(ctx.Context, "tcp", addr); err != nil {
		return m, usage("--metrics-addr: "+err.Error(), "an address is HOST:PORT, and nobody else listens there: 127.0.0.1:9750")
	}
	return m, nil
}

// Close gives up what was not finished.
func (o outputs) Close() {
	o.fidelity.Close()
	o.metrics.Close()
}

// Close gives the address up, which may have been given up before.
func (m metricsPlace) Close() {
	if m.listener != nil {
		_ = m.listener.Close() // nothing came of it, or the server has closed it
	}
}

// writable refuses a file that could not be written at the end.
func writable(flag, file string) error {
	if file == "" {
		return nil
	}
	hint := "name a file in a directory that is there and may be written to"
	dir := filepath.Dir(file)
	if info, err := os.Stat(dir); err != nil {
		return usage(fmt.Sprintf("--%s: %s", flag, err), hint)
	} else if !info.IsDir() {
		return usage(fmt.Sprintf("--%s: %s is no directory", flag, dir), hint)
	}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return usage(fmt.Sprintf("--%s: %s is no file", flag, file), hint)
	}
	f, err := os.CreateTemp(dir, ".airlift-*")
	if err != nil {
		return usage(fmt.Sprintf("--%s: %s", flag, err), hint)
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return usage(fmt.Sprintf("--%s: %s", flag, err), hint)
	}
	return nil
}
