package main

import (
	"bytes"
	"os"
	"testing"
)

func TestTokensAreGenerated(t *testing.T) {
	in, err := os.Open("../../tokens.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	want, err := generate(in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../tokens.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("tokens.go is not what tokens.csv gives: run go generate in eas/wbxml")
	}
}
