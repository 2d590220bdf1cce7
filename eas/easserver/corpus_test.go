package easserver

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestCorpus serves the messages, cards and calendars of a corpus, if AIRLIFT_CORPUS
// names one: messages byte for byte, and everything in a form that the schemas allow.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("AIRLIFT_CORPUS")
	if dir == "" {
		t.Skip("AIRLIFT_CORPUS names no corpus; FuzzMessage and TestLoadDir cover the forms")
	}
	store, inbox := inboxOf(0)
	var messages []string
	err := filepath.WalkDir(filepath.Join(dir, "mail"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		messages = append(messages, string(b))
		inbox.AddMessage(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for version, opts := range map[string]wbxml.Element{"14.1": mimeOptions(), "16.1": wbxml.E(wbxml.AirSyncOptions, preference(1), preference(2))} {
		c := newClient(t, Config{}, store)
		c.version, c.device = version, "d"+version[:2]
		key, n := c.prime("1"), 0
		for {
			a := c.sync(key, "1", window("50"), opts)
			for i := range a.Child(wbxml.AirSyncCommands).Children {
				data := a.Child(wbxml.AirSyncCommands).Children[i].Child(wbxml.AirSyncApplicationData)
				if b := data.Child(wbxml.AirSyncBaseBody); b.Value(wbxml.AirSyncBaseType) == "4" && b.Value(wbxml.AirSyncBaseData) != messages[n] {
					t.Errorf("message %d is not what was put in", n)
				}
				n++
			}
			if key = a.Value(wbxml.AirSyncSyncKey); !a.Has(wbxml.AirSyncMoreAvailable) {
				break
			}
		}
		if n != len(messages) {
			t.Errorf("%d messages of %d", n, len(messages))
		}
		c.strict()
	}
	t.Logf("%d messages", len(messages))
}

// TestCorpusPeople reads the cards and calendars of a corpus.
func TestCorpusPeople(t *testing.T) {
	dir := os.Getenv("AIRLIFT_CORPUS")
	if dir == "" {
		t.Skip("AIRLIFT_CORPUS names no corpus; FuzzComponents and TestLoadDir cover the forms")
	}
	items, broken := 0, 0
	for _, kind := range []string{"contacts", "calendars"} {
		err := filepath.WalkDir(filepath.Join(dir, kind), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if kind == "contacts" {
				cards, err := parseFile(path, parseCards)
				if err != nil {
					t.Error(err)
				}
				for _, props := range cards {
					items++
					checkServed(t, path, props)
				}
				return nil
			}
			parsed, err := parseFile(path, parseComponents)
			if err != nil {
				broken++
				t.Logf("%v", err)
				return nil
			}
			for _, it := range calendarItems(parsed) {
				items++
				checkServed(t, path, it.props)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d items; %d files that do not parse", items, broken)
}

func checkServed(t *testing.T, path string, props []wbxml.Element) {
	t.Helper()
	e := wbxml.E(wbxml.AirSyncApplicationData, props...)
	if len(props) == 0 {
		t.Errorf("%s: an item without properties", path)
	}
	if _, err := wbxml.Marshal(&e); err != nil {
		t.Errorf("%s: %v", path, err)
	}
}
