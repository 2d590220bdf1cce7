//go:build interop

package sogo

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpus reads the messages below AIRLIFT_CORPUS, or makes some in varied shapes.
func corpus(t *testing.T) [][]byte {
	t.Helper()
	dir := os.Getenv("AIRLIFT_CORPUS")
	if dir == "" {
		return letters(7, 300)
	}
	var messages [][]byte
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".eml" {
			return err
		}
		raw, err := os.ReadFile(path)
		messages = append(messages, crlf(raw))
		return err
	})
	if err != nil || len(messages) == 0 {
		t.Fatalf("AIRLIFT_CORPUS %s: %d messages, %v", dir, len(messages), err)
	}
	return distinct(messages)
}

// crlf gives a message the line endings that SMTP and IMAP carry.
func crlf(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

func distinct(messages [][]byte) [][]byte {
	seen := map[string]bool{}
	var out [][]byte
	for _, m := range messages {
		if !seen[string(m)] {
			seen[string(m)] = true
			out = append(out, m)
		}
	}
	return out
}

// letters makes n different messages; the same seed makes the same ones.
func letters(seed uint64, n int) [][]byte {
	rnd := rand.New(rand.NewPCG(seed, 0))
	out := make([][]byte, n)
	for i := range out {
		out[i] = letter(rnd, fmt.Sprintf("%d-%d", seed, i))
	}
	return out
}

// letterDate is the date of the letters that have one.
const letterDate = "Thu, 02 May 2024 10:11:12 +0200"

func letter(rnd *rand.Rand, id string) []byte {
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", fmt.Sprintf("=?utf-8?q?Absender_=C3=84?= <a%s@remote.example>", id))
	if rnd.IntN(8) > 0 {
		header("Subject", strings.Repeat("subject "+id+" ", rnd.IntN(6)))
	}
	if rnd.IntN(8) > 0 {
		header("Date", letterDate)
	}
	header("Message-ID", "<"+id+"@remote.example>")
	for range rnd.IntN(4) {
		header("Received", "from a.remote.example\r\n\tby b.remote.example; Thu, 02 May 2024 10:11:12 +0200")
	}
	header("MIME-Version", "1.0")
	part(&b, rnd, rnd.IntN(4), id)
	return b.Bytes()
}

// part writes the header fields and the body of a part, with up to depth multiparts inside each other.
func part(b *bytes.Buffer, rnd *rand.Rand, depth int, id string) {
	if depth == 0 {
		leaf(b, rnd)
		return
	}
	boundary := fmt.Sprintf("=_%d_%s", depth, id)
	kind := []string{"mixed", "alternative", "related", "mixed"}[rnd.IntN(4)]
	fmt.Fprintf(b, "Content-Type: multipart/%s;\r\n boundary=\"%s\"\r\n\r\n", kind, boundary)
	for range 1 + rnd.IntN(3) {
		fmt.Fprintf(b, "--%s\r\n", boundary)
		part(b, rnd, depth-1, id)
	}
	fmt.Fprintf(b, "--%s--\r\n", boundary)
}

func leaf(b *bytes.Buffer, rnd *rand.Rand) {
	words := strings.Repeat("Grüße aus Köln, 漢字 & <b>😀</b> ]]> ", 1+rnd.IntN(40))
	switch rnd.IntN(20) {
	case 0, 1, 2, 3:
		fmt.Fprintf(b, "\r\nplain ASCII, number %d\r\n", rnd.Uint64())
	case 4, 5, 6, 7:
		fmt.Fprintf(b, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n", words)
	case 8, 9, 10, 11:
		b.WriteString("Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
		w := quotedprintable.NewWriter(b)
		fmt.Fprintf(w, "<p>%s</p>\r\n", words)
		w.Close()
		b.WriteString("\r\n")
	case 12:
		b.WriteString("Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nStra\xdfe, caf\xe9\r\n")
	case 13:
		b.WriteString("Content-Type: text/plain\r\n\r\nbell \x07, escape \x1b[31m, delete \x7f, no newline at the end")
		b.WriteString("\r\n")
	default:
		data := make([]byte, rnd.IntN(1<<uint(4+rnd.IntN(14))))
		for i := range data {
			data[i] = byte(rnd.Uint32())
		}
		fmt.Fprintf(b, "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"f%d.bin\"\r\n\r\n", len(data))
		text := base64.StdEncoding.EncodeToString(data)
		for len(text) > 76 {
			b.WriteString(text[:76] + "\r\n")
			text = text[76:]
		}
		b.WriteString(text + "\r\n")
	}
}
