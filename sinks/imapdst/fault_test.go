package imapdst

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/airlift-eas/airlift/sinks"
)

func no(code imap.ResponseCode, text string) error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: text}
}

// number is which letter it is.
func number(b []byte) (n int) {
	fmt.Sscanf(string(b), "Message-ID: <%d@", &n)
	return n
}

// TestFaults: what a server says and does wrong is found, and told of the message that it is about.
func TestFaults(t *testing.T) {
	const at = 3 // the letter that the server has something against
	lost := errors.New("altered bytes")
	for _, c := range []struct {
		name  string
		fault appendFault
		want  error // of the letter; nil: of the Put
		put   error
	}{
		{"stores nothing", func(s *session, mailbox string, b []byte, o *imap.AppendOptions) (*imap.AppendData, error) {
			if number(b) == at {
				return &imap.AppendData{UID: 77777, UIDValidity: 2}, nil
			}
			return s.store(mailbox, b, o)
		}, ErrLost, nil},
		{"truncates", func(s *session, mailbox string, b []byte, o *imap.AppendOptions) (*imap.AppendData, error) {
			if number(b) == at {
				b = b[:len(b)-2]
			}
			return s.store(mailbox, b, o)
		}, lost, nil},
		{"refuses a size", func(s *session, mailbox string, b []byte, o *imap.AppendOptions) (*imap.AppendData, error) {
			if number(b) == at {
				return nil, no(imap.ResponseCodeTooBig, "too big")
			}
			return s.store(mailbox, b, o)
		}, sinks.ErrTooLarge, nil},
		{"refuses without a reason", func(s *session, mailbox string, b []byte, o *imap.AppendOptions) (*imap.AppendData, error) {
			if number(b) == at {
				return nil, no("", "I do not like it")
			}
			return s.store(mailbox, b, o)
		}, sinks.ErrRefused, nil},
		{"is full", func(s *session, mailbox string, b []byte, o *imap.AppendOptions) (*imap.AppendData, error) {
			if number(b) >= at {
				return nil, no(imap.ResponseCodeOverQuota, "full")
			}
			return s.store(mailbox, b, o)
		}, nil, sinks.ErrFull},
		{"has too much to do", func(s *session, mailbox string, b []byte, o *imap.AppendOptions) (*imap.AppendData, error) {
			if number(b) >= at {
				return nil, no(imap.ResponseCodeInUse, "later")
			}
			return s.store(mailbox, b, o)
		}, nil, sinks.ErrUnavailable},
		{"has no such folder any more", func(*session, string, []byte, *imap.AppendOptions) (*imap.AppendData, error) {
			return nil, no(imap.ResponseCodeTryCreate, "make it")
		}, nil, sinks.ErrNotExist},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, _ := listen(t, &imapserver.Options{Caps: rev1()}, c.fault)
			target := open(t, url)
			f := openFolder(t, target, makeFolder(t, target, "A"))
			items := letters(0, 6)
			placed, err := f.Put(t.Context(), items)
			if !errors.Is(err, c.put) || errors.Is(err, sinks.ErrUncertain) {
				t.Fatalf("%v, want %v", err, c.put)
			}
			var want []sinks.TargetItem
			for i, p := range placed {
				switch {
				case i != at || c.want == nil:
					if p.Err != nil || len(p.Altered) > 0 {
						t.Errorf("%d: %+v", i, p)
					}
					want = append(want, items[i])
				case errors.Is(c.want, lost):
					if len(p.Altered) != 1 || p.Altered[0].Property != "bytes" || !strings.HasPrefix(p.Altered[0].Got, fmt.Sprint(items[i].Contents[0].Size-2)) {
						t.Errorf("%d: %+v", i, p)
					}
					want = append(want, sinks.TargetItem{Contents: content(strings.TrimSuffix(text(t, items[i].Contents), "\r\n"))})
				case !errors.Is(p.Err, c.want) || p.ID != "":
					t.Errorf("%d: %+v, want %v", i, p, c.want)
				}
			}
			if len(placed) != len(items) && c.put == nil {
				t.Errorf("%d placed", len(placed))
			}
			sameTexts(t, f, want)
		})
	}
}

// TestDropAfterStore: the connection ends after a message was stored and before the server said so. It is not put a second time.
func TestDropAfterStore(t *testing.T) {
	var once atomic.Bool
	url, _ := listen(t, &imapserver.Options{Caps: rev1()}, func(s *session, mailbox string, b []byte, o *imap.AppendOptions) (*imap.AppendData, error) {
		d, err := s.store(mailbox, b, o)
		if number(b) == 2 && once.CompareAndSwap(false, true) {
			s.conn.NetConn().Close()
		}
		return d, err
	})
	target := open(t, url)
	items := letters(0, 5)
	p := makeFolder(t, target, "A")
	if n := deliver(t, target, p, items, func() {}, func() {}); n == 0 {
		t.Error("nothing was uncertain")
	}
	sameTexts(t, openFolder(t, target, p), items)
}

// TestAlteringServer: a server that writes a header field of its own into what it is given is found out, and what is uncertain is found all
// the same.
func TestAlteringServer(t *testing.T) {
	var drop atomic.Bool
	url, _ := listen(t, &imapserver.Options{Caps: rev1()}, func(s *session, mailbox string, b []byte, o *imap.AppendOptions) (*imap.AppendData, error) {
		d, err := s.store(mailbox, append([]byte("X-Seen-By: them\r\n"), b...), o)
		if drop.Load() {
			s.conn.NetConn().Close()
		}
		return d, err
	})
	target := open(t, url)
	f := openFolder(t, target, makeFolder(t, target, "A"))
	items := letters(0, 3)
	placed, err := f.Put(t.Context(), items[:1])
	if err != nil || len(placed[0].Altered) != 1 || placed[0].Altered[0].Property != "bytes" {
		t.Fatalf("%+v %v", placed, err)
	}
	mark := f.Mark()
	drop.Store(true)
	if _, err := f.Put(t.Context(), items[1:2]); !errors.Is(err, sinks.ErrUncertain) {
		t.Fatal(err)
	}
	found, err := f.Find(t.Context(), mark, items)
	if err != nil || len(found[0]) != 0 || len(found[1]) != 1 || len(found[2]) != 0 {
		t.Errorf("%+v %v", found, err)
	}
}

// TestBareLF: a server that makes CRLF of other line ends is told of, with the reason.
func TestBareLF(t *testing.T) {
	url, _ := listen(t, &imapserver.Options{Caps: rev1()}, func(s *session, mailbox string, b []byte, o *imap.AppendOptions) (*imap.AppendData, error) {
		return s.store(mailbox, bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")), o)
	})
	target := open(t, url)
	f := openFolder(t, target, makeFolder(t, target, "A"))
	placed, err := f.Put(t.Context(), []sinks.TargetItem{{Key: "1", Contents: content("Subject: x\n\nbody\n")}})
	if err != nil || len(placed[0].Altered) != 1 || placed[0].Altered[0].Why != "it made CRLF of line ends without CR" {
		t.Errorf("%+v %v", placed, err)
	}
}

// TestUnreadable: a message whose bytes are not as many as were promised is no fault of the target's. What is before it is put, and nothing
// of it or of what is behind it.
func TestUnreadable(t *testing.T) {
	url, _ := listen(t, &imapserver.Options{Caps: rev1()})
	checkUnreadable(t, open(t, url))
}

func checkUnreadable(t *testing.T, target *Target) {
	t.Helper()
	f := openFolder(t, target, makeFolder(t, target, "A"))
	broken := errors.New("the disk is broken")
	for name, c := range map[string]sinks.Content{
		"short":  {Size: 1000, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("Subject: x\r\n\r\n")), nil }},
		"long":   {Size: 5, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("Subject: x\r\n\r\n")), nil }},
		"broken": {Size: 5, Open: func() (io.ReadCloser, error) { return nil, broken }},
		"breaks": {Size: 9000, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader(strings.Repeat("x\r\n", 2000)), failing{broken})), nil
		}},
		"empty": {Size: 0, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil }},
	} {
		items := letters(0, 5)
		items[2].Contents = []sinks.Content{c}
		var want []sinks.TargetItem
		var held []sinks.Held
		for rest := items; len(rest) > 0; {
			placed, err := f.Put(t.Context(), rest)
			if err != nil {
				if !errors.Is(err, errContent) || errors.Is(err, sinks.ErrUncertain) || rest[len(placed)].Key != items[2].Key {
					t.Fatalf("%s: %d placed, %v", name, len(placed), err)
				}
				rest = append(rest[:len(placed):len(placed)], rest[len(placed)+1:]...)
			}
			for i, p := range placed {
				if p.Err == nil {
					want = append(want, rest[i])
					held = append(held, p.Held)
				}
			}
			rest = rest[len(placed):]
		}
		if len(want) != 4 {
			t.Errorf("%s: %d were put", name, len(want))
		}
		sameTexts(t, f, want)
		if _, err := f.Delete(t.Context(), held); err != nil {
			t.Fatal(err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
