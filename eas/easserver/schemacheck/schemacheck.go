// Package schemacheck holds answers of tests against Microsoft's response schemas.
package schemacheck

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Answers are answers that are held against the schemas all at once: the program that does it prepares them anew each time. nil keeps nothing, and has no
// complaints. It may be used from any goroutine.
type Answers struct {
	program string
	dir     string

	mu    sync.Mutex
	files []string
	seen  map[[sha256.Size]byte]bool
	named map[string]int
}

// The most answers that are kept of a test, and of it with all its subtests: there are some that go on until chance has shown everything.
const maxNamed, maxFamily = 10, 60

// Complaint is what the schemas refuse.
type Complaint struct {
	Answer string // the name that it was kept by
	Text   string
}

func (c Complaint) String() string { return c.Answer + ": " + c.Text }

// New is nil where there are no schemas: AIRLIFT_SPEC names a directory with the program check-response, which has them.
func New() (*Answers, error) {
	spec := os.Getenv("AIRLIFT_SPEC")
	if spec == "" {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "airlift-answers-")
	if err != nil {
		return nil, err
	}
	return &Answers{program: filepath.Join(spec, "check-response"), dir: dir, seen: map[[sha256.Size]byte]bool{}, named: map[string]int{}}, nil
}

// Keep keeps an answer in plain XML, by the name of its test; of several that are the same, one. The schemas are those of the versions from 14.0 on.
func (a *Answers) Keep(name string, doc []byte) error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	sum := sha256.Sum256(doc)
	family, _, _ := strings.Cut(name, "/")
	family += "/"
	if a.seen[sum] || a.named[name] == maxNamed || a.named[family] == maxFamily {
		return nil
	}
	a.seen[sum] = true
	a.named[name]++
	a.named[family]++
	file := filepath.Join(a.dir, fmt.Sprintf("%d~%s.xml", len(a.files), strings.ReplaceAll(name, "/", "-")))
	a.files = append(a.files, file)
	return os.WriteFile(file, ascii(doc), 0o600)
}

// Check holds what was kept against the schemas, and forgets it. kept is how many answers that were.
func (a *Answers) Check(ctx context.Context) (complaints []Complaint, kept int, err error) {
	if a == nil {
		return nil, 0, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	defer os.RemoveAll(a.dir)
	const atATime = 200 // the names of all of them may be too long for a command line
	for files := range slices.Chunk(a.files, atATime) {
		out, err := exec.CommandContext(ctx, a.program, files...).CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return nil, 0, err
		}
		if err != nil && len(bytes.TrimSpace(out)) == 0 {
			return nil, 0, fmt.Errorf("%s: %w", a.program, err)
		}
		for line := range strings.Lines(string(out)) {
			complaints = append(complaints, a.complaint(strings.TrimSpace(line)))
		}
	}
	return complaints, len(a.files), nil
}

func (a *Answers) complaint(line string) Complaint {
	name, text, ok := strings.Cut(strings.TrimPrefix(line, a.dir+string(filepath.Separator)), ".xml: ")
	_, name, numbered := strings.Cut(name, "~")
	if !ok || !numbered {
		return Complaint{Text: line}
	}
	return Complaint{Answer: name, Text: strings.TrimPrefix(text, "validity error : ")}
}

// ascii writes other characters as references: xmllint quotes the documents in its messages and cuts them anywhere.
func ascii(xml []byte) []byte {
	var out []byte
	for _, r := range string(xml) {
		if r < 0x80 {
			out = append(out, byte(r))
		} else {
			out = fmt.Appendf(out, "&#%d;", r)
		}
	}
	return out
}
