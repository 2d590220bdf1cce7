//go:build interop

package sogo

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// A cutter is a proxy in front of SOGo under which connections break: SOGo gives each Sync answer in full, and the client
// gets none, half, or all but the last byte of it, once for every key.
type cutter struct {
	*httptest.Server
	t     *testing.T
	spare bool // a second device partnership of the mailbox is left in peace

	mu    sync.Mutex
	first string         // DeviceId of the first request
	shown map[string]int // device, collection and key -> how often
	cuts  int
}

func newCutter(t *testing.T, spare bool) *cutter {
	c := &cutter{t: t, spare: spare, shown: map[string]int{}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *cutter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
	req, err := http.NewRequestWithContext(r.Context(), r.Method, lab.eas+"?"+r.URL.RawQuery, bytes.NewReader(body))
	if err != nil {
		c.t.Error(err)
		return
	}
	req.Header = r.Header.Clone()
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	send := len(answer)
	if query := r.URL.Query(); query.Get("Cmd") == "Sync" {
		send = c.leave(query.Get("DeviceId"), keyOf(body), len(answer))
	}
	if send == 0 && len(answer) > 0 {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), resp.Header)
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(answer[:send]) // whether the client takes it is the client's matter
	if send < len(answer) {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// leave tells how many bytes of an answer the client gets.
func (c *cutter) leave(device, key string, size int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first == "" {
		c.first = device
	}
	if c.spare && device != c.first {
		return size
	}
	key = device + " " + key
	c.shown[key]++
	if size == 0 || c.shown[key] > 1 {
		return size
	}
	c.cuts++
	return []int{0, size / 2, size - 1}[c.cuts%3]
}

// keyOf reads the collection and the key of a Sync request.
func keyOf(request []byte) string {
	var collection, key string
	d := wbxml.NewDecoder(bytes.NewReader(request), wbxml.Limits{})
	_, _ = d.Root() // a request that cannot be read has no key
	for tag := range d.Children() {
		if tag != wbxml.AirSyncCollections {
			continue
		}
		for range d.Children() {
			for tag := range d.Children() {
				switch tag {
				case wbxml.AirSyncCollectionId:
					collection = d.Text()
				case wbxml.AirSyncSyncKey:
					key = d.Text()
				}
			}
		}
	}
	return collection + " " + key
}
