package eas_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver/schemacheck"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// answered keeps what the servers of the tests answer.
var answered *schemacheck.Answers

func TestMain(m *testing.M) { schemacheck.Main(m, &answered) }

// connect makes a client of a server that is h. change may be nil.
func connect(t testing.TB, h http.Handler, change func(*eas.Config)) *eas.Client {
	t.Helper()
	s := httptest.NewServer(h)
	cfg := eas.Config{URL: s.URL, User: "alice", DeviceID: "dev1", Version: eas.Version141, SpoolDir: t.TempDir()}
	if change != nil {
		change(&cfg)
	}
	c, err := eas.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.CloseIdleConnections()
		s.Close()
	})
	return c
}

// answer serves one document to every request.
func answer(doc []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.ms-sync.wbxml")
		_, _ = w.Write(doc)
	})
}

func marshal(t testing.TB, e wbxml.Element) []byte {
	t.Helper()
	doc, err := wbxml.Marshal(&e)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// parse makes a document out of its plain XML.
func parse(t testing.TB, xml string) []byte {
	t.Helper()
	return marshal(t, *element(t, xml))
}

// commands reads a page to its end.
func commands(t testing.TB, p *eas.SyncPage, visit func(*eas.Command)) {
	t.Helper()
	for cmd, err := range p.Commands() {
		if err != nil {
			t.Fatal(err)
		}
		if visit != nil {
			visit(cmd)
		}
	}
}

func element(t testing.TB, xml string) *wbxml.Element {
	t.Helper()
	e, err := wbxml.ParseXML(strings.NewReader(xml), wbxml.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}
