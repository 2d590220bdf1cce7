package eas_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/airlift-eas/airlift/eas"
)

// slow yields a byte every 4 minutes.
type slow struct{ n int }

func (s slow) Size() int64                  { return int64(s.n) }
func (s slow) Open() (io.ReadCloser, error) { return io.NopCloser(&s), nil }

func (s *slow) Read(p []byte) (int, error) {
	if s.n == 0 {
		return 0, io.EOF
	}
	time.Sleep(4 * time.Minute)
	s.n--
	p[0] = 'x'
	return 1, nil
}

// receiver reads a request and answers, or not.
type receiver struct{ silent bool }

func (r receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	_, err := io.Copy(io.Discard, req.Body)
	if err == nil && r.silent {
		<-req.Context().Done()
		err = req.Context().Err()
	}
	if err != nil {
		return nil, err
	}
	return canned(nil).RoundTrip(req)
}

// TestSlowUpload: the time in which a server must answer begins when the message is sent.
func TestSlowUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, silent := range []bool{false, true} {
			c, err := eas.New(eas.Config{URL: "mail.example", User: "u", DeviceID: "d", Version: eas.Version121, Transport: receiver{silent}})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			err = c.SendMail(t.Context(), eas.Outgoing{Message: slow{10}})
			want := 40 * time.Minute
			var timeout net.Error
			if silent {
				want += 5 * time.Minute
			}
			if took := time.Since(start); took != want || silent != (errors.As(err, &timeout) && timeout.Timeout()) || !silent && err != nil {
				t.Errorf("silent %v: %v after %s", silent, err, took)
			}
		}
	})
}

// narrow takes 32 KiB of a request every 4 minutes.
type narrow struct{ answer []byte }

func (n narrow) RoundTrip(req *http.Request) (*http.Response, error) {
	piece := make([]byte, 32<<10)
	for {
		_, err := io.ReadFull(req.Body, piece)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return canned(n.answer).RoundTrip(req)
		}
		select {
		case <-time.After(4 * time.Minute):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
}

// TestSlowDocument: so it does for a document, which may have large items in it.
func TestSlowDocument(t *testing.T) {
	photo := string(bytes.Repeat([]byte("x"), 200<<10))
	doc := page(t, `<SyncKey>2</SyncKey><Status>1</Status><Responses><Add><ClientId>n</ClientId><ServerId>s</ServerId><Status>1</Status></Add></Responses>`)
	synctest.Test(t, func(t *testing.T) {
		c, err := eas.New(eas.Config{URL: "mail.example", User: "u", DeviceID: "d", Version: eas.Version141, Transport: narrow{doc}})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1", CollectionID: "c", Commands: []eas.ClientCommand{
			{Op: eas.OpAdd, ClientID: "n", Item: &eas.Contact{Department: photo}},
		}})
		if err != nil {
			t.Fatalf("%v after %s", err, time.Since(start))
		}
		defer p.Close()
		if took := time.Since(start); took != 24*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

// liar says another size than it has.
type liar struct{ eas.Bytes }

func (liar) Size() int64 { return 5 }

func TestSourceOfAnotherSize(t *testing.T) {
	received := 0
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err == nil && bytes.Contains(b, []byte("lie")) {
			received++
		}
	})
	for _, content := range []string{"lie", "a long lie"} {
		c := connect(t, h, nil)
		if err := c.SendMail(t.Context(), eas.Outgoing{Message: liar{eas.Bytes(content)}}); err == nil || received != 0 {
			t.Errorf("%q is sent as 5 bytes: %v", content, err)
		}
	}
}
