// Command library uses package eas by itself: it connects to a mailbox, lists the folders with their counts, and prints
// the subjects of the first items of a folder. It keeps nothing, and leaves nothing behind but a device partnership.
//
//	AIRLIFT_PASSWORD=… go run ./examples/library -server mail.example.com -user alice -folder Inbox
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
)

func main() {
	server := flag.String("server", "", "host, or URL of the server")
	user := flag.String("user", "", "name to log in with")
	folder := flag.String("folder", "Inbox", "display name of the folder to list")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *server, *user, os.Getenv("AIRLIFT_PASSWORD"), *folder); err != nil {
		fmt.Fprintln(os.Stderr, "library:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, server, user, password, folder string) error {
	client, err := eas.New(eas.Config{
		URL: server, User: user, DeviceID: "AIRLIFTEXAMPLE",
		Transport: &auth.Basic{User: user, Password: password, Origin: server},
	})
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	if _, err := client.Connect(ctx); err != nil {
		return err
	}
	fmt.Fprintln(w, "speaking EAS", client.Version())
	tree, err := client.FolderSync(ctx, eas.InitialKey)
	if err != nil {
		return err
	}
	for _, f := range tree.Add {
		class, syncs := f.Type.Class()
		if !syncs {
			continue
		}
		fmt.Fprintf(w, "%-9s %s\n", class, f.Name)
		if f.Name == folder {
			if err := list(ctx, w, client, f.ID, class); err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
		}
	}
	return nil
}

// list asks twice: the initial key only buys a first key, which then brings a page of items.
func list(ctx context.Context, w io.Writer, client *eas.Client, id eas.CollectionID, class eas.Class) error {
	key := eas.InitialKey
	for range 2 {
		page, err := client.Sync(ctx, eas.SyncRequest{
			Key: key, CollectionID: id, Class: class, WindowSize: 5, Options: eas.HeadersOnly(class, client.Version()),
		})
		if err != nil {
			return err
		}
		defer page.Close()
		for cmd, err := range page.Commands() {
			if err != nil {
				return err // what came before belongs to a page that is none
			}
			if cmd.Op != eas.OpAdd || class != eas.ClassEmail {
				continue
			}
			mail, _ := cmd.Item.Email() // the error names values that do not parse; the rest is there
			fmt.Fprintf(w, "          %s  %s\n", mail.From, mail.Subject)
		}
		key = page.Key
	}
	return nil
}
