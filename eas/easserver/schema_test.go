package easserver

import (
	"testing"

	"github.com/airlift-eas/airlift/eas/easserver/schemacheck"
)

// schemas keeps the answers of all tests in versions that the schemas describe.
var schemas *schemacheck.Answers

func TestMain(m *testing.M) { schemacheck.Main(m, &schemas) }

// keep is for an answer in plain XML.
func keep(t *testing.T, doc []byte) {
	t.Helper()
	if err := schemas.Keep(t.Name(), doc); err != nil {
		t.Fatal(err)
	}
}
