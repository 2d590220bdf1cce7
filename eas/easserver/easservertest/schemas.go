package easservertest

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/airlift-eas/airlift/eas/easserver/schemacheck"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxChecked is how many answers of a server are held against the schemas, which takes a while. The tests of easserver hold all kinds of
// them.
const maxChecked = 3

// checked keeps answers of a server, to be held against the schemas.
type checked struct {
	http.Handler
	t       testing.TB
	answers *schemacheck.Answers

	mu sync.Mutex
	n  int
}

func (s *checked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
	if s.n++; s.n > maxChecked {
		return
	}
	if err := s.answers.Keep(s.t.Name(), e.AppendXML(nil)); err != nil {
		s.t.Error(err)
	}
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
