package eas_test

import (
	"crypto/sha256"
	"testing"

	"github.com/airlift-eas/airlift/eas"
)

// BenchmarkSyncMail reads a page of 100 mails of 10 KB with their bodies spooled, without a network: what the client itself
// costs. The bytes are those of the bodies.
func BenchmarkSyncMail(b *testing.B) {
	doc := mailPage(b, 100, 10<<10)
	c, err := eas.New(eas.Config{URL: "mail.example", User: "u", DeviceID: "d", Version: eas.Version141, Transport: canned(doc)})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(100 * 10 << 10)
	b.ReportAllocs()
	for b.Loop() {
		p, err := c.Sync(b.Context(), eas.SyncRequest{Key: "1", CollectionID: "c", Class: eas.ClassEmail, WindowSize: 100, Options: wholeMail})
		if err != nil {
			b.Fatal(err)
		}
		n := int64(0)
		for cmd, err := range p.Commands() {
			if err != nil {
				b.Fatal(err)
			}
			n += cmd.Item.Body.Data.Size()
		}
		if p.Close(); n < 100*10<<10 {
			b.Fatal(n)
		}
	}
}

// BenchmarkSHA256 is the yardstick: hashing the same bytes.
func BenchmarkSHA256(b *testing.B) {
	doc := mimeBody(1, 10<<10)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		sha256.Sum256(doc)
	}
}
