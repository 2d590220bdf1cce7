// Command twoway keeps a directory of .vcf files and a contacts folder of a mailbox in step: what is added, changed or deleted on one
// side comes to the other. Of a contact that both sides changed, both versions stay.
//
//	AIRLIFT_PASSWORD=… go run ./examples/twoway -server mail.example.com -user alice -dir ./contacts
//
// It may be stopped at any time, and goes on where it was. What it has to remember is in DIR/.twoway.json.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/twoway"
)

func main() {
	server := flag.String("server", "", "host, or URL of the server")
	user := flag.String("user", "", "name to log in with")
	dir := flag.String("dir", "", "directory with the .vcf files")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *server, *user, os.Getenv("AIRLIFT_PASSWORD"), *dir); err != nil {
		fmt.Fprintln(os.Stderr, "twoway:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, server, user, password, dir string) error {
	client, err := eas.New(eas.Config{
		URL: server, User: user, DeviceID: "AIRLIFTTWOWAY",
		Transport: &auth.Basic{User: user, Password: password, Origin: server},
	})
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	if _, err := client.Connect(ctx); err != nil {
		return err
	}
	tree, err := client.FolderSync(ctx, eas.InitialKey)
	if err != nil {
		return err
	}
	for _, f := range tree.Add {
		if f.Type != eas.FolderContacts {
			continue
		}
		res, err := twoway.Sync(ctx, client, twoway.Folder{
			ID: f.ID, Type: f.Type, Local: files(dir), Store: stateFile(filepath.Join(dir, ".twoway.json")), Supported: supported(),
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "to the server: %d added, %d changed, %d deleted\n", res.Added, res.Changed, res.Erased)
		fmt.Fprintf(w, "from the server: %d written, %d deleted\n", res.Put, res.Deleted)
		for _, failure := range res.Failures {
			err = errors.Join(err, failure)
		}
		return err
	}
	return errors.New("the mailbox has no contacts folder")
}
