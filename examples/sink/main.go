// Command sink archives a mailbox through a sink of its own: one that hands everything on to an archive and, when a page
// is durable there, adds a line for each stored item to an index that a spreadsheet opens.
//
//	AIRLIFT_PASSWORD=… go run ./examples/sink -server mail.example.com -mailbox alice@example.com -to ./archive
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/dir"
)

func main() {
	server := flag.String("server", "", "URL of the server")
	mailbox := flag.String("mailbox", "", "address of the mailbox, and name to log in with")
	to := flag.String("to", "", "folder for the archive, its checkpoints and the index")
	flag.Parse()
	sum, err := run(context.Background(), *server, *mailbox, os.Getenv("AIRLIFT_PASSWORD"), *to)
	fmt.Println(sum.Result, sum.ItemsStored, "items stored")
	if err != nil {
		fmt.Fprintln(os.Stderr, "sink:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, server, mailbox, password, to string) (sum migrate.Summary, err error) {
	bucket, err := dir.Open(filepath.Join(to, "archive"), true)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, bucket.Close()) }()
	arch, err := archive.Create(ctx, bucket)
	if err != nil {
		return sum, err
	}
	state, err := sqlite.Open(ctx, filepath.Join(to, "state", "checkpoints.db"))
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	index, err := openIndex(arch, filepath.Join(to, "index.csv"))
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	return migrate.Run(ctx, migrate.Options{
		Job: arch.ID(), Sink: index, Checkpoints: state, Tool: "airlift example",
		Mailboxes: []migrate.Mailbox{{Address: mailbox, Client: eas.Config{
			URL: server, User: mailbox, Transport: &auth.Basic{User: mailbox, Password: password, Origin: server},
		}}},
	})
}
