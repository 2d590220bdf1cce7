package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/checkpointtest"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
)

func TestStore(t *testing.T) {
	checkpointtest.Run(t, func(t *testing.T) checkpoints.Store {
		return open(t, filepath.Join(t.TempDir(), "state", "checkpoints.db"))
	})
}

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
