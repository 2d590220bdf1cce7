package auth_test

import (
	"context"
	"fmt"
	"os"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
)

// A mailbox of Exchange Online: somebody signs in once, and the token file serves from then on.
func ExampleTokenFile() {
	ctx := context.Background()
	login := auth.Login{
		Provider: auth.Entra("contoso.example"), ClientID: os.Getenv("CLIENT_ID"), Scopes: []string{auth.EntraScope, "offline_access"},
		Base: eas.NewTransport(),
	}
	grant, err := login.Device(ctx, func(c auth.DeviceCode) { fmt.Println("enter", c.Code, "at", c.URL) })
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := auth.WriteGrant(ctx, "alice.token", grant); err != nil {
		fmt.Println(err)
		return
	}

	tokens, err := auth.OpenTokenFile("alice.token", auth.TokenFileOptions{Base: eas.NewTransport()})
	if err != nil {
		fmt.Println(err)
		return
	}
	const server = "https://outlook.office365.com"
	client, err := eas.New(eas.Config{
		URL: server, User: "alice@contoso.example", DeviceID: "airlift1",
		Transport: auth.Bearer{Tokens: tokens, Origin: server, Base: eas.NewTransport()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.Connect(ctx))
}

// User and password, by whichever of Basic and NTLM the server offers.
func ExampleAuto() {
	const server, user = "https://mail.example", `LAB\alice`
	password, base := os.Getenv("PASSWORD"), eas.NewTransport()
	client, err := eas.New(eas.Config{
		URL: server, User: "alice@mail.example", DeviceID: "airlift1",
		Transport: &auth.Auto{Origin: server, Base: base, Ways: []auth.Way{
			auth.BasicWay(auth.Basic{User: user, Password: password, Origin: server, Base: base}),
			auth.NTLMWay(auth.NewNTLM(user, password, server, base)),
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.Connect(context.Background()))
}
