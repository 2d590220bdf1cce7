package archive

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/dir"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

func openDir(t testing.TB, path string) *dir.Bucket {
	t.Helper()
	b, err := dir.Open(path, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func create(t testing.TB, b sinks.Bucket) *Archive {
	t.Helper()
	a, err := Create(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// segmentName is the name of a segment in an archive that is not encrypted.
func segmentName(mailbox, dir string, seq int) string { return layout{}.segment(mailbox, dir, seq) }

func TestSink(t *testing.T) {
	sinktest.Sink(t, func(t *testing.T) (sinks.Sink, func() sinks.Sink) {
		path := t.TempDir()
		return create(t, openDir(t, path)), func() sinks.Sink { return create(t, openDir(t, path)) }
	})
}

func TestCreate(t *testing.T) {
	b := openDir(t, t.TempDir())
	if _, err := Open(t.Context(), b); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("Open of nothing: %v, want ErrNotExist", err)
	}
	a := create(t, b)
	if len(a.ID()) != 32 || a.Created().IsZero() {
		t.Errorf("id %q, created %v", a.ID(), a.Created())
	}
	again, err := Open(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if again.ID() != a.ID() || !again.Created().Equal(a.Created()) || create(t, b).ID() != a.ID() {
		t.Errorf("opened again it is %s of %v, not %s of %v", again.ID(), again.Created(), a.ID(), a.Created())
	}
}

func TestCreateConcurrently(t *testing.T) {
	path := t.TempDir()
	ids := make([]string, 16)
	var g errgroup.Group
	for i := range ids {
		b := openDir(t, path)
		g.Go(func() error {
			a, err := Create(t.Context(), b)
			if err != nil {
				return err
			}
			ids[i] = a.ID()
			// The winner goes on writing while the others still look.
			return writeSmall(t.Context(), b, "mailboxes/"+string(rune('a'+i))+"/runs/x.json", nil)
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("archives %s and %s in one place", ids[0], id)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		name, object, data string
		want               error
		says               string
	}{
		{"other files", "holiday.jpg", "x", sinks.ErrFormat, "holiday.jpg"},
		{"later format", headName, `{"format":2,"id":"00112233445566778899aabbccddeeff","created":"2030-01-01T00:00:00Z"}`, sinks.ErrFormat, "format 2, this version knows 1"},
		{"not JSON", headName, "PK\x03\x04", sinks.ErrCorrupt, headName},
		{"no id", headName, `{"format":1,"created":"2030-01-01T00:00:00Z"}`, sinks.ErrCorrupt, headName},
		{"empty", headName, "", sinks.ErrCorrupt, headName},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := openDir(t, t.TempDir())
			sinktest.Write(t, b, c.object, []byte(c.data))
			if _, err := Create(t.Context(), b); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Create: %v, want %v and %q", err, c.want, c.says)
			}
			if names := sinktest.Names(t, b, "", ""); len(names) != 1 {
				t.Errorf("it wrote something: %q", names)
			}
		})
	}
}

// putBytes stores one item and returns its event.
func putBytes(t testing.TB, w sinks.PageWriter, e sinks.Event, ext string, data []byte) sinks.Event {
	t.Helper()
	e, err := w.Put(t.Context(), e, sinktest.Text(ext, string(data)))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func begin(t testing.TB, a *Archive, p sinks.Page) sinks.PageWriter {
	t.Helper()
	w, err := a.Begin(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Abort() })
	return w
}

func end(t testing.TB, w sinks.PageWriter) sinks.Segment {
	t.Helper()
	s, err := w.Commit(t.Context(), "after")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func readEntry(ctx context.Context, a *Archive, segment string, e sinks.Entry) ([]byte, error) {
	r, err := a.OpenEntry(ctx, segment, e)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}
