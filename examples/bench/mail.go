package main

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// mailbox is a folder that the embedded server can serve, and the same messages in one file for the yardsticks.
type mailbox struct {
	dir  string
	all  string
	n    int
	size int64
}

// build writes n messages, made by message, into the Inbox of the user bench.
func (b *bench) build(name string, n int, message func(i int) []byte) (*mailbox, error) {
	m := &mailbox{dir: filepath.Join(b.dir, name), all: filepath.Join(b.dir, name+".all"), n: n}
	inbox := filepath.Join(m.dir, "bench", "Inbox")
	if err := os.MkdirAll(inbox, 0o700); err != nil {
		return nil, err
	}
	all, err := os.Create(m.all)
	if err != nil {
		return nil, err
	}
	for i := range n {
		msg := message(i)
		m.size += int64(len(msg))
		if err := os.WriteFile(filepath.Join(inbox, fmt.Sprintf("%07d.eml", i)), msg, 0o600); err != nil {
			return nil, err
		}
		if _, err := all.Write(msg); err != nil {
			return nil, err
		}
	}
	return m, all.Close()
}

// texts are the messages of the corpus, or generated ones.
func texts() ([][]byte, error) {
	dir := os.Getenv("AIRLIFT_CORPUS")
	if dir == "" {
		r := rand.New(rand.NewPCG(1, 2))
		out := make([][]byte, 1500)
		for i := range out {
			out[i] = generated(r, i, 1000+r.IntN(8000))
		}
		return out, nil
	}
	var out [][]byte
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".eml" {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && !strings.Contains(string(b), "\x00") { // NUL cannot be said in a WBXML string
			out = append(out, b)
		}
		return err
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("no .eml files below AIRLIFT_CORPUS %s", dir)
	}
	return out, err
}

var vocabulary = strings.Fields(`the project budget meeting on and to of for with please find attached report from our last
	week regarding customer order invoice number delivery schedule next quarter team review could you send me an update about this
	contract before friday thanks best regards kind looking forward question issue server update release version change request
	approval pending draft final comments welcome office travel flight hotel booking confirmation`)

// generated makes a plain message of about the given size.
func generated(r *rand.Rand, i, size int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "From: Sender %d <s%d@example.org>\r\nTo: Bench <bench@example.com>\r\nSubject: message %d %s\r\n", i%97, i%97, i, words(r, 4))
	fmt.Fprintf(&b, "Date: Mon, %02d Jan 2024 10:%02d:00 +0000\r\nMessage-ID: <%d.%d@example.org>\r\nMIME-Version: 1.0\r\n", 1+i%28, i%60, i, r.Uint64())
	b.WriteString("Content-Type: text/plain; charset=utf-8\r\n\r\n")
	for b.Len() < size {
		b.WriteString(words(r, 6+r.IntN(6)) + "\r\n")
	}
	return []byte(b.String())
}

func words(r *rand.Rand, n int) string {
	w := make([]string, n)
	for i := range w {
		w[i] = vocabulary[r.IntN(len(vocabulary))]
	}
	return strings.Join(w, " ")
}

// withAttachment makes a message that carries a base64 attachment: half of it random, as compressed documents are, half
// of it compressible, as old ones are.
func withAttachment(r *rand.Rand, text []byte, size int) []byte {
	data := make([]byte, size)
	for i := range data {
		if i%2048 < 1024 {
			data[i] = byte(r.Uint32())
		} else {
			data[i] = "spreadsheet row "[i%16]
		}
	}
	enc := base64.StdEncoding.EncodeToString(data)
	var b strings.Builder
	b.Grow(len(text) + len(enc)*78/76 + 1000)
	fmt.Fprintf(&b, "From: a@example.org\r\nTo: bench@example.com\r\nSubject: attachment %d\r\nMessage-ID: <%d@example.org>\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/mixed; boundary=\"=_part\"\r\n\r\n--=_part\r\nContent-Type: text/plain\r\n\r\n", size, r.Uint64())
	b.Write(text)
	b.WriteString("\r\n--=_part\r\nContent-Type: application/octet-stream; name=\"data.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	for len(enc) > 0 {
		n := min(76, len(enc))
		b.WriteString(enc[:n] + "\r\n")
		enc = enc[n:]
	}
	b.WriteString("--=_part--\r\n")
	return []byte(b.String())
}

// mixed makes a message as mailboxes hold them: four of five are text, the fifth carries an attachment.
func mixed(r *rand.Rand, texts [][]byte, i int) []byte {
	text := texts[i%len(texts)]
	if i%5 == 4 {
		return withAttachment(r, text, 20_000+r.IntN(180_000))
	}
	return fmt.Appendf(nil, "X-Copy: %d\r\n%s", r.Uint64(), text)
}
