package autodiscover_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/autodiscover"
)

// Find the server of a mailbox and connect to it, printing each step of the search. Credentials are made for one server at a
// time, so that none goes to another.
func ExampleDiscover() {
	ctx := context.Background()
	base := eas.NewTransport()
	defer base.CloseIdleConnections()
	signIn := func(origin string) http.RoundTripper {
		return auth.Basic{User: "alice@example.com", Password: os.Getenv("PASSWORD"), Origin: origin, Base: base}
	}
	found, err := autodiscover.Discover(ctx, autodiscover.Options{
		Address: "alice@example.com", Credentials: signIn, Base: base,
		Trust: autodiscover.Trust{Hosts: []string{"mail.example.net"}}, // where somebody else runs it
		Trace: func(s autodiscover.Step) { fmt.Println(s.Method, s.URL, s.Outcome, s.To) },
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := eas.New(eas.Config{URL: found.URL, User: found.Address, DeviceID: "AIRLIFTEXAMPLE", Transport: signIn(found.URL)})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Connect(ctx); err != nil {
		log.Fatal(err)
	}
}
