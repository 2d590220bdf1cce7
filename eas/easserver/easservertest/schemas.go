package easservertest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxChecked is how many answers of a server are held against the schemas, which takes a tenth of a second each. The tests of
// easserver hold all kinds of them.
const maxChecked = 3

// schemas keeps the answers of a server, to be held against the schemas when the test ends.
type schemas struct {
	http.Handler
	mu   sync.Mutex
	docs [][]byte
}

func checked(t testing.TB, h http.Handler) http.Handler {
	spec := os.Getenv("AIRLIFT_SPEC")
	if spec == "" {
		return h
	}
	s := &schemas{Handler: h}
	dir := t.TempDir()
	t.Cleanup(func() {
		var files []string
		for i, doc := range s.docs {
			name := filepath.Join(dir, fmt.Sprintf("answer-%d.xml", i))
			if err := os.WriteFile(name, doc, 0o600); err != nil {
				t.Error(err)
			}
			files = append(files, name)
		}
		if len(files) == 0 {
			return
		}
		if out, err := exec.Command(filepath.Join(spec, "check-response"), files...).CombinedOutput(); err != nil {
			t.Errorf("the schemas refuse answers: %v\n%s", err, out)
		}
	})
	return s
}

func (s *schemas) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k := &keeper{ResponseWriter: w}
	s.Handler.ServeHTTP(k, r)
	// The schemas are those of the versions from 14.0 on; a base64 query has no such header.
	version := r.Header.Get("MS-ASProtocolVersion")
	if !strings.HasPrefix(version, "14.") && !strings.HasPrefix(version, "16.") || w.Header().Get("Content-Encoding") != "" || k.body.Len() > maxKept {
		return
	}
	doc := k.body.Bytes()
	if strings.HasSuffix(w.Header().Get("Content-Type"), ".multipart") && len(doc) >= 12 { // MS-ASCMD 2.2.1.10.1.1
		from, n := binary.LittleEndian.Uint32(doc[4:]), binary.LittleEndian.Uint32(doc[8:])
		doc = doc[from : from+n]
	}
	e, err := wbxml.Unmarshal(doc, wbxml.Limits{})
	if err != nil || e.Tag == wbxml.FolderHierarchyFolderSync { // the same everywhere: the server's own tests hold it
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.docs) < maxChecked {
		s.docs = append(s.docs, ascii(e.AppendXML(nil)))
	}
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

const maxKept = 1 << 20 // bytes of an answer

// keeper keeps the beginning of a body on its way.
type keeper struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (k *keeper) Write(p []byte) (int, error) {
	if k.body.Len() <= maxKept {
		k.body.Write(p)
	}
	return k.ResponseWriter.Write(p)
}

func (k *keeper) Unwrap() http.ResponseWriter { return k.ResponseWriter }
