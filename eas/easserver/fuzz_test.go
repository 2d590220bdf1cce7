package easserver

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// FuzzRequest sends any document to any command in any version: the server answers, and
// with a document if it says so.
func FuzzRequest(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("..", "wbxml", "testdata", "sogo", "*.request.wbxml"))
	if err != nil || len(files) == 0 {
		f.Fatal("no recorded requests")
	}
	for i, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 1000 {
			f.Add(b, uint8(i))
		}
	}
	versions := []string{"2.5", "12.1", "14.1", "16.1"}
	f.Fuzz(func(t *testing.T, body []byte, version uint8) {
		store, _ := inboxOf(2)
		s := New(Config{Password: "secret", MinHeartbeat: 1, MaxHeartbeat: 1}, store)
		doc, err := wbxml.Unmarshal(body, wbxml.Limits{Memory: 1 << 20})
		cmd := "Sync"
		if err == nil {
			cmd = doc.Tag.Name()
		}
		r := httptest.NewRequest(http.MethodPost, "/?Cmd="+cmd+"&User=alice&DeviceId=d&DeviceType=t", strings.NewReader(string(body)))
		r.SetBasicAuth("alice", "secret")
		r.Header.Set("MS-ASProtocolVersion", versions[int(version)%len(versions)])
		r.Header.Set("Content-Type", contentTypeWBXML)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code == http.StatusOK && w.Body.Len() > 0 && w.Header().Get("Content-Type") == contentTypeWBXML {
			if _, err := wbxml.Unmarshal(w.Body.Bytes(), wbxml.Limits{}); err != nil {
				t.Errorf("the answer is no document: %v", err)
			}
		}
	})
}

// FuzzMessage serves any bytes as a message, in every form.
func FuzzMessage(f *testing.F) {
	msg, _ := attached()
	for _, b := range [][]byte{msg, alternative(), []byte(invitation), message(1), []byte("\x00"), nil} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		store, inbox := inboxOf(0)
		inbox.AddMessage(msg)
		c := newClient(t, Config{}, store)
		key := c.prime("1")
		for _, o := range []wbxml.Element{mimeOptions(), wbxml.E(wbxml.AirSyncOptions, preference(1), preference(2, truncate(7)))} {
			a := c.sync(key, "1", o)
			data := a.Child(wbxml.AirSyncCommands).Children[0].Child(wbxml.AirSyncApplicationData)
			if b := data.Child(wbxml.AirSyncBaseBody); b.Value(wbxml.AirSyncBaseType) == "4" && b.Value(wbxml.AirSyncBaseData) != string(msg) {
				t.Errorf("served %q for %q", b.Value(wbxml.AirSyncBaseData), msg)
			}
		}
	})
}

// FuzzComponents reads any text as iCalendar objects.
func FuzzComponents(f *testing.F) {
	f.Add(eventICS)
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseComponents(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, it := range calendarItems(parsed) {
			e := wbxml.E(wbxml.AirSyncApplicationData, it.props...)
			if strings.Contains(text, "\x00") {
				continue
			}
			if _, err := wbxml.Marshal(&e); err != nil {
				t.Error(err)
			}
		}
	})
}
