package eas_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
)

// Print the subject and size of every message in the inbox. The server of the example replays a recorded page.
func ExampleClient_Sync() {
	server := httptest.NewServer(exampleServer())
	defer server.Close()
	base := eas.NewTransport()
	defer base.CloseIdleConnections()

	ctx := context.Background()
	client, err := eas.New(eas.Config{
		URL: server.URL, User: "alice", DeviceID: "AIRLIFT1", Version: eas.Version141,
		Transport: auth.Basic{User: "alice", Password: os.Getenv("PASSWORD"), Origin: server.URL, Base: base},
	})
	if err != nil {
		log.Fatal(err)
	}
	page, err := client.Sync(ctx, eas.SyncRequest{
		Key: "-1", CollectionID: inboxAlice, Class: eas.ClassEmail, WindowSize: 100,
		Options: eas.ArchiveOptions(eas.ClassEmail, client.Version()),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer page.Close()
	for cmd, err := range page.Commands() {
		if err != nil {
			log.Fatal(err) // nothing of this page counts
		}
		mail, _ := cmd.Item.Email() // a date that cannot be read is no reason to stop
		body, err := cmd.Item.Body.Data.Open()
		if err != nil {
			log.Fatal(err)
		}
		n, _ := io.Copy(io.Discard, body)
		body.Close()
		fmt.Printf("%s %q %d bytes\n", cmd.ServerID, mail.Subject, n)
		if cmd.ServerID == "5" {
			break
		}
	}
	// Output:
	// 1 "plain 0" 1853 bytes
	// 2 "plain 1" 1769 bytes
	// 3 "plain 2" 1804 bytes
	// 4 "plain 3" 1866 bytes
	// 5 "Grüße 4" 1018 bytes
}
