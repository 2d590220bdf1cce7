package imapdst

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"go.uber.org/goleak"

	"github.com/airlift-eas/airlift/sinks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testUser     = "bob"
	testPassword = "secret-bob"
)

// rev1 is what a server of today offers besides IMAP4rev1.
func rev1(more ...imap.Cap) imap.CapSet {
	caps := imap.CapSet{imap.CapIMAP4rev1: {}}
	for _, c := range slices.Concat(more, []imap.Cap{
		imap.CapNamespace, imap.CapUIDPlus, imap.CapMove, imap.CapListExtended, imap.CapListStatus, imap.CapLiteralPlus, imap.CapSpecialUse,
	}) {
		caps[c] = struct{}{}
	}
	return caps
}

// A session is one of the library's server, with faults.
type session struct {
	imapserver.SessionIMAP4rev2
	conn *imapserver.Conn
	// fault is called in the place of an APPEND; store stores.
	fault appendFault
}

type appendFault func(s *session, mailbox string, b []byte, o *imap.AppendOptions) (*imap.AppendData, error)

// Append stores a message that came whole. The server would store what came of it when the connection broke.
func (s *session) Append(mailbox string, r imap.LiteralReader, o *imap.AppendOptions) (*imap.AppendData, error) {
	b, err := io.ReadAll(r)
	if err != nil || int64(len(b)) != r.Size() {
		return nil, io.ErrUnexpectedEOF
	}
	if s.fault != nil {
		return s.fault(s, mailbox, b, o)
	}
	return s.store(mailbox, b, o)
}

type literal struct{ *bytes.Reader }

func (s *session) store(mailbox string, b []byte, o *imap.AppendOptions) (*imap.AppendData, error) {
	return s.SessionIMAP4rev2.Append(mailbox, literal{bytes.NewReader(b)}, o)
}

// listen serves the library's own server in memory, and returns the URL of it and its user.
func listen(t testing.TB, o *imapserver.Options, fault ...appendFault) (string, *imapmemserver.User) {
	t.Helper()
	mem := imapmemserver.New()
	user := imapmemserver.NewUser(testUser, testPassword)
	if err := user.Create(inbox, nil); err != nil {
		t.Fatal(err)
	}
	mem.AddUser(user)
	if len(fault) == 0 {
		fault = append(fault, nil)
	}
	o.NewSession = func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
		return &session{SessionIMAP4rev2: mem.NewSession().(imapserver.SessionIMAP4rev2), conn: c, fault: fault[0]}, nil, nil
	}
	o.InsecureAuth = o.TLSConfig == nil
	o.Logger = log.New(io.Discard, "", 0)
	server := imapserver.New(o)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-done })
	return "imap://" + l.Addr().String(), user
}

func open(t testing.TB, url string, change ...func(*Config)) *Target {
	t.Helper()
	cfg := Config{URL: url, User: testUser, Password: testPassword, TempDir: t.TempDir(), Timeout: 20 * time.Second}
	for _, c := range change {
		c(&cfg)
	}
	target, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	target.settings.settle = 100 * time.Millisecond
	t.Cleanup(func() { target.Close() })
	return target
}

func makeFolder(t testing.TB, target *Target, path string) sinks.Place {
	t.Helper()
	p, _, err := target.MakeFolder(t.Context(), sinks.Place{Path: path, Class: classEmail, Type: typeUser})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func openFolder(t testing.TB, target *Target, p sinks.Place) *folder {
	t.Helper()
	f, err := target.Open(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f.(*folder)
}

func content(text string) []sinks.Content {
	return []sinks.Content{{Ext: ".eml", Size: int64(len(text)), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}}
}

var testDate = time.Date(2019, 2, 3, 4, 5, 6, 0, time.UTC)

// letter is an item that is unlike any other number's.
func letter(n int) sinks.TargetItem {
	read := n%2 == 0
	date := testDate.Add(time.Duration(n) * time.Hour)
	text := fmt.Sprintf("Message-ID: <%d@example.com>\r\nSubject: number %d\r\n\r\n%s\r\n", n, n, strings.Repeat("x", n))
	item := sinks.TargetItem{Key: fmt.Sprint(n), Contents: content(text)}
	item.Received, item.Read = &date, &read
	return item
}

func letters(from, n int) (items []sinks.TargetItem) {
	for i := range n {
		items = append(items, letter(from+i))
	}
	return items
}

func text(t testing.TB, c []sinks.Content) string {
	t.Helper()
	r, err := c[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// put puts items one after the other batch by batch, all of which have to be there afterwards unaltered.
func put(t testing.TB, f sinks.TargetFolder, items []sinks.TargetItem) (held []sinks.Held) {
	t.Helper()
	for some := range slices.Chunk(items, f.Batch()) {
		placed, err := f.Put(t.Context(), some)
		if err != nil || len(placed) != len(some) {
			t.Fatalf("%d of %d: %v", len(placed), len(some), err)
		}
		for i, p := range placed {
			if p.Err != nil || len(p.Altered) > 0 {
				t.Errorf("%s: %v, altered %v", some[i].Key, p.Err, p.Altered)
			}
			held = append(held, p.Held)
		}
	}
	return held
}

// texts reads all that a folder holds.
func texts(t testing.TB, f sinks.TargetFolder) map[string]int {
	t.Helper()
	var all []sinks.Held
	for h, err := range f.Held(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, h)
	}
	got := map[string]int{}
	for _, h := range all {
		item, err := f.Read(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		got[text(t, item.Contents)]++
	}
	return got
}

func textsOf(t testing.TB, items []sinks.TargetItem) map[string]int {
	t.Helper()
	want := map[string]int{}
	for _, item := range items {
		want[text(t, item.Contents)]++
	}
	return want
}

func sameTexts(t testing.TB, f sinks.TargetFolder, items []sinks.TargetItem) {
	t.Helper()
	if got, want := texts(t, f), textsOf(t, items); !maps.Equal(got, want) {
		t.Errorf("%d different messages, want %d", len(got), len(want))
		for k, n := range got {
			if want[k] != n {
				t.Errorf("%d times, want %d: %.60q", n, want[k], k)
			}
		}
	}
}
