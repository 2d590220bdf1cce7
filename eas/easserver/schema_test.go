package easserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// schemas collects the answers of all tests, in versions that Microsoft's schemas
// describe, to be validated when the tests have run. AIRLIFT_SPEC names a directory with
// the program check-response, which does it.
var schemas = &answerCollector{kept: map[string]int{}}

type answerCollector struct {
	mu    sync.Mutex
	dir   string
	files []string
	kept  map[string]int // by test
}

func (a *answerCollector) keep(t *testing.T, e *wbxml.Element) { a.keepXML(t, e.AppendXML(nil)) }

func (a *answerCollector) keepXML(t *testing.T, doc []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dir == "" || a.kept[t.Name()] == 25 { // validating one takes 30 ms
		return
	}
	a.kept[t.Name()]++
	name := fmt.Sprintf("%s-%d.xml", strings.ReplaceAll(t.Name(), "/", "-"), len(a.files))
	a.files = append(a.files, filepath.Join(a.dir, name))
	if err := os.WriteFile(a.files[len(a.files)-1], ascii(doc), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ascii writes other characters as references: xmllint quotes the documents in its
// messages and cuts them anywhere.
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

func TestMain(m *testing.M) {
	spec := os.Getenv("AIRLIFT_SPEC")
	if spec != "" {
		dir, err := os.MkdirTemp("", "easserver-answers-")
		if err != nil {
			panic(err)
		}
		schemas.dir = dir
	}
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if spec != "" {
		out, err := exec.Command(filepath.Join(spec, "check-response"), schemas.files...).CombinedOutput()
		if err != nil {
			fmt.Fprintf(os.Stderr, "the schemas refuse answers: %v\n%s", err, out)
			code = 1
		}
		fmt.Printf("%d answers held against the schemas\n", len(schemas.files))
		_ = os.RemoveAll(schemas.dir)
	}
	os.Exit(code)
}
