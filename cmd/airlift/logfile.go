package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/migrate"
)

// openLog opens the file of --log-file. Without the flag the log goes nowhere.
func openLog(ctx *cli.Context) (*slog.Logger, io.Closer, error) {
	format, err := wordOf(ctx, "log-format", "format", "text", "json")
	if err != nil {
		return nil, nil, err
	}
	file := ctx.String("log-file")
	if file == "" {
		return slog.New(slog.DiscardHandler), io.NopCloser(nil), nil
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, usage("--log-file: "+err.Error(), "")
	}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(f, nil)), f, nil
	}
	return slog.New(slog.NewTextHandler(f, nil)), f, nil
}

// logged writes every event to the log, with its fields by the names of --json.
func logged(log *slog.Logger) func(migrate.Event) {
	return func(e migrate.Event) {
		level := slog.LevelInfo
		switch e.Event {
		case migrate.EventProblem:
			level = slog.LevelError
		case migrate.EventWarning, migrate.EventRetry, migrate.EventResync:
			level = slog.LevelWarn
		}
		log.LogAttrs(context.Background(), level, e.Event, fieldsOf(e)...)
	}
}

// fieldsOf lists what an event or summary says, by name.
func fieldsOf(v any) []slog.Attr {
	b, err := json.Marshal(v)
	if err != nil {
		return []slog.Attr{slog.String("error", err.Error())}
	}
	fields := map[string]any{}
	_ = json.Unmarshal(b, &fields) // it was marshalled a moment ago
	delete(fields, "event")
	delete(fields, "time") // the log has its own
	var attrs []slog.Attr
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		attrs = append(attrs, slog.Any(name, fields[name]))
	}
	return attrs
}
